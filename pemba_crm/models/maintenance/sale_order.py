from odoo import api, models
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
                    order._start_as_signed()
                    order._tell_late()
                else:
                    order._start_today()
        return super().write(vals)

    @api.depends(
        *("order_line.pemba_date_start", "order_line.pemba_date_end"),
        *(f"opportunity_id.opportunity_line_ids.{name}" for name in ("date_start", "date_end")),
    )
    def _compute_differs_from_offer(self):
        return super()._compute_differs_from_offer()

    def _describe_differences(self):
        """With the days that are offered now, and others on it."""
        found = super()._describe_differences()
        lines = self.env["pemba.opportunity.line"]
        for line in self.order_line.filtered(lambda one: one._has_other_period()):
            offered = line.opportunity_line_id.sudo()  # seen when linked
            found.append(
                self.env._(
                    "%(product)s: %(before)s here, %(now)s offered",
                    product=line.product_id.display_name,
                    before=lines._format_period(line.pemba_date_start, line.pemba_date_end),
                    now=lines._format_period(offered.date_start, offered.date_end),
                )
            )
        return found

    def _bring_up_to_date(self):
        """With the days that are offered now."""
        result = super()._bring_up_to_date()
        for line in self.order_line.filtered(lambda one: one._has_other_period()):
            line._follow_days()
        return result

    def _is_signed(self):
        """Whether the customer agreed to it as it stands: signed it, or paid."""
        paid = self.transaction_ids.filtered(lambda one: one.state in ("authorized", "done"))
        return bool(self.signed_on or self.signature or paid)

    def _start_as_signed(self):
        """What was signed is for the days that it was quoted for, whatever the deal sells by now."""
        for line in self.order_line:
            if line._has_other_period():
                line.opportunity_line_id._start_as_signed(*line._get_quoted_period())

    def _tell_late(self):
        """What was signed stays; that it began before the order, a person is to look at."""
        day = get_today(self.company_id or self.env.company)
        late = self.order_line.opportunity_line_id.filtered(lambda line: line._is_late(day))
        if late:
            late._set(is_signed_late=True)

    def _start_today(self):
        """Recurring lines whose period nobody typed start today at the earliest, at prices in proportion.

        Quoted for a day that is to come, they start on it; where that cannot be any more, the order follows.
        """
        day = get_today(self.company_id or self.env.company)
        offered = self.order_line.opportunity_line_id
        if not offered:
            return
        quoted = {
            line: line._get_quoted_period()
            for line in self.order_line
            if line._get_sold_line() and line.opportunity_line_id._is_quoted_by_days()
        }
        self.opportunity_id._start_by(day)
        if offered.filtered(lambda line: line._is_late(day))._start_by(day):  # of a deal that is won
            offered.lead_id._follow_lines()
        for line, period in quoted.items():
            line.opportunity_line_id._start_as_quoted(day, *period)
        moved = self.order_line.filtered(
            lambda one: (
                one in quoted
                and one.opportunity_line_id._has_own_period()
                and one._get_offered_period() != quoted[one]
            )
        )
        for line in moved:
            line._follow_period(*quoted[line])
        if moved:
            self._message_log(
                body=self.env._(
                    "Ordered for other days than it was quoted for: %s",
                    "; ".join(
                        self.env._(
                            "%(product)s from %(start)s to %(end)s, %(amount)s",
                            product=line.product_id.display_name,
                            start=format_date(self.env, line.pemba_date_start),
                            end=format_date(self.env, line.pemba_date_end),
                            amount=formatLang(self.env, line.price_subtotal, currency_obj=line.currency_id),
                        )
                        for line in moved
                    ),
                )
            )
