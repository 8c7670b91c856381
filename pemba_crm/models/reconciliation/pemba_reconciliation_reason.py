from odoo import fields, models


class PembaReconciliationReason(models.Model):
    """Why what was sold differs from what is there."""

    _name = "pemba.reconciliation.reason"
    _description = "Reconciliation Reason"
    _inherit = ["pemba.guarded"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("unique(name)", "There is a reason of this name already.")
