from odoo import fields, models


class PembaContractType(models.Model):
    """What a kind of contract entitles to."""

    _inherit = "pemba.contract.type"

    right_ids = fields.Many2many("pemba.right", string="Rights")
