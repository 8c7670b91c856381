from odoo import fields, models


class PembaRight(models.Model):
    """What a customer may be entitled to: support, the hotline, updates, upgrades, downloads."""

    _name = "pemba.right"
    _description = "Right"
    _inherit = ["pemba.guarded"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="What programs ask for it by.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("unique(code)", "Another right has this code.")
