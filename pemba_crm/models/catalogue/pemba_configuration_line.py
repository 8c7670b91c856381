from odoo import fields, models


class PembaConfigurationLine(models.Model):
    """A service that a ready-made configuration brings: days of study, of training."""

    _name = "pemba.configuration.line"
    _description = "Service of a Ready-Made Configuration"
    _inherit = ["pemba.guarded"]
    _order = "configuration_id, sequence, id"
    _rec_name = "product_id"

    configuration_id = fields.Many2one("pemba.configuration", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        domain=[("sale_ok", "=", True)],
        index=True,
        ondelete="restrict",
    )
    sale_type_id = fields.Many2one(related="product_id.pemba_sale_type_id")
    quantity = fields.Float(digits="Product Unit", default=1.0, required=True)

    _quantity_positive = models.Constraint(
        "check(quantity > 0)", "The quantity of a service must be above zero."
    )
