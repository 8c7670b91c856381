from odoo import fields, models

from ...models.public import public


class CrmLeadLost(models.TransientModel):
    _inherit = "crm.lead.lost"

    lost_competitor_product_id = fields.Many2one(
        "pemba.competitor.product",
        string="Lost to",
        help="What the customer chose instead; it is recorded as what the customer has.",
    )

    @public(one=True)
    def action_lost_reason_apply(self):
        """Whom it was lost to is written first, so that it is known when it is lost."""
        if self.lost_competitor_product_id:
            self.lead_ids.write({"lost_competitor_product_id": self.lost_competitor_product_id.id})
        return super().action_lost_reason_apply()
