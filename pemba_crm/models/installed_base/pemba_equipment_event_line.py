from odoo import api, fields, models


class PembaEquipmentEventLine(models.Model):
    """How much of a product an event added to equipment, or took from it."""

    _name = "pemba.equipment.event.line"
    _inherit = "pemba.equipment.ledger"
    _description = "Equipment Event Line"
    _order = "event_id, id"

    event_id = fields.Many2one(
        "pemba.equipment.event", required=True, readonly=True, index=True, ondelete="cascade"
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    module_id = fields.Many2one("pemba.software.module", readonly=True, ondelete="restrict")
    quantity = fields.Float(
        digits="Product Unit", required=True, readonly=True, help="Negative where it was taken away."
    )
    opportunity_line_id = fields.Many2one(
        "pemba.opportunity.line",
        string="Sold by",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    @api.depends("product_id", "module_id", "quantity")
    def _compute_display_name(self):
        for line in self:
            what = line.module_id.name or line.product_id.name or line.event_id.equipment_id.software_id.name
            line.display_name = f"{what} {line.quantity:+g}"
