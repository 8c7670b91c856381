from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    pemba_sale_type_id = fields.Many2one(
        "pemba.sale.type",
        string="Sale Type",
        index="btree_not_null",
        ondelete="restrict",
        help="What kind of sale the product is: software, maintenance, a study, training.",
    )
    pemba_equipment_policy = fields.Selection(
        selection=[
            ("none", "None"),
            ("per_line", "One per Line Sold"),
            ("per_unit", "One per Unit Sold"),
        ],
        string="Installed Base",
        default="none",
        required=True,
        help="Whether selling it puts something into the customer's installed base.",
    )
