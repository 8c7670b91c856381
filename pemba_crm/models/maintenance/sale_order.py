from odoo import models
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ..company_day import get_today
from ..order.sale_order_difference import OPEN
from ..public import VALUES, public


class SaleOrder(models.Model):
    """What is ordered later than it was to start, starts on the day of the order; what was signed stays."""

    _inherit = "sale.order"

    @public(vals=VALUES)
    def write(self, vals):
        if vals.get("state") == "sale":
            orders = self.sudo()  # who confirms an order need not see all that it sells
            for order in orders.filtered(lambda one: one.state in OPEN):
                if order._is_signed():
                    order._tell_late()
                else:
                    order._start_today()
        return super().write(vals)

    def _is_signed(self):
        """Whether the customer agreed to it as it stands: signed it, or paid."""
        paid = self.transaction_ids.filtered(lambda one: one.state in ("authorized", "done"))
        return bool(self.signed_on or self.signature or paid)

    def _tell_late(self):
        """What was signed stays; that it began before the order, a person is to look at."""
        day = get_today(self.company_id or self.env.company)
        late = self.order_line.opportunity_line_id.filtered(lambda line: line._is_late(day))
        if late:
            late._set(is_signed_late=True)

    def _start_today(self):
        """Recurring lines whose period nobody typed start today at the earliest, at prices in proportion."""
        day = get_today(self.company_id or self.env.company)
        sold = self.order_line.filtered(lambda one: one.opportunity_line_id._is_late(day))
        if not sold:
            return
        before = {line: (line._get_negotiated_price()[0], line._get_period_texts()) for line in sold}
        moved = self.opportunity_id._start_by(day)
        for line in sold.filtered(lambda one: one.opportunity_line_id in moved):
            line._follow_period(*before[line])
        if moved:
            self._message_log(
                body=self.env._(
                    "Ordered later than offered: %s",
                    "; ".join(
                        self.env._(
                            "%(product)s from %(start)s to %(end)s, %(amount)s",
                            product=line.product_id.display_name,
                            start=format_date(self.env, line.date_start),
                            end=format_date(self.env, line.date_end),
                            amount=formatLang(self.env, line.net_amount, currency_obj=line.deal_currency_id),
                        )
                        for line in moved
                    ),
                )
            )
