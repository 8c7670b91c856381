from odoo import fields, models


class PembaSaleType(models.Model):
    """What is sold, commercially speaking: software, maintenance, a study, training."""

    _name = "pemba.sale.type"
    _description = "Sale Type"
    _inherit = ["pemba.guarded"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    family = fields.Selection(
        selection=[("product", "Product"), ("service", "Service")], required=True, default="service"
    )
    is_recurring = fields.Boolean(
        string="Recurring", help="It is sold for a period and comes again, like maintenance."
    )
    margin_rate = fields.Float(
        string="Margin (%)",
        aggregator="avg",
        groups="pemba_crm.group_margin",
        help="The share of the price that is ours, where the product has no cost.",
    )
    color = fields.Integer()

    _code_uniq = models.Constraint("unique(code)", "Another sale type has this code.")
    _margin_rate_range = models.Constraint(
        "check(margin_rate >= 0 AND margin_rate <= 100)",
        "The margin of a sale type is between 0 and 100 %.",
    )
