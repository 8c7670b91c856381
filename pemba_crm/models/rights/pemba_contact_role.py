from odoo import fields, models


class PembaContactRole(models.Model):
    """What a person does at a customer, and which of the customer's rights that person may use."""

    _name = "pemba.contact.role"
    _description = "Contact Role"
    _inherit = ["pemba.guarded"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    right_ids = fields.Many2many("pemba.right", string="Rights")

    _name_uniq = models.Constraint("unique(name)", "Another role has this name.")
