from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    pemba_contract_type_id = fields.Many2one(
        "pemba.contract.type",
        string="Contract Type",
        index="btree_not_null",
        ondelete="restrict",
        help="The contract that selling it brings, where it recurs; the first of the list if empty.",
    )
