from odoo import models


class SaleOrder(models.Model):
    """What the list of what waits looks for, found without reading all orders."""

    _inherit = "sale.order"

    _to_do_sent_idx = models.Index("(opportunity_id) WHERE state = 'sent'")
    _to_do_confirmed_idx = models.Index("(opportunity_id) WHERE state = 'sale'")
