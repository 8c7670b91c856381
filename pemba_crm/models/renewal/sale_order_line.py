from odoo import models


class SaleOrderLine(models.Model):
    """The line of a renewal's offer."""

    _inherit = "sale.order.line"

    def _was_offered(self):
        """What the contract does not propose any more was."""
        line = self.opportunity_line_id.sudo()  # seen when linked
        return super()._was_offered() or bool(self.negotiated_uom_id and line.proposed)
