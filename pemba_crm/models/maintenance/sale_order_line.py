from odoo import api, fields, models
from odoo.tools import float_compare

from ..public import VALUES_LIST, public


class SaleOrderLine(models.Model):
    """The line of what starts on another day than it was quoted for."""

    _inherit = "sale.order.line"

    pemba_date_start = fields.Date(
        string="Quoted From", readonly=True, help="The first day that was offered when it was quoted."
    )
    pemba_date_end = fields.Date(
        string="Quoted Until", readonly=True, help="The last day that was offered when it was quoted."
    )

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        lines = super().create(vals_list)
        for line in lines.filtered("opportunity_line_id"):
            line._take_period()
        return lines

    def _take_period(self):
        """It is quoted for the days that are offered now."""
        offered = self.opportunity_line_id.sudo()  # seen when linked
        period = offered.date_start, offered.date_end
        if (self.pemba_date_start, self.pemba_date_end) != period:
            self._set(pemba_date_start=period[0], pemba_date_end=period[1])

    def _get_offered_period(self):
        """The days that are offered now, none where it has another product by now."""
        offered = self._get_sold_line().sudo()  # seen when linked
        return offered.date_start, offered.date_end

    def _get_quoted_period(self):
        """The days that it was quoted for; those that are offered where they were not kept."""
        quoted = self.pemba_date_start, self.pemba_date_end
        return quoted if all(quoted) else self._get_offered_period()

    def _has_other_period(self):
        """Whether other days are offered than it was quoted for."""
        return bool(self._get_sold_line()) and self._get_quoted_period() != self._get_offered_period()

    def _format_period(self, start, end):
        """Days as a quotation names them, in the customer's language."""
        env = self.with_context(lang=self.order_id._get_lang()).env
        return env["pemba.opportunity.line"]._format_period(start, end)

    def _follow_days(self, start=None, end=None):
        """Its description names the days that are offered now.

        :param start: the first day that it names, if it is not the one that it was quoted for
        :param end: the last one
        """
        quoted = self._format_period(start or self.pemba_date_start, end or self.pemba_date_end)
        now = self._format_period(*self._get_offered_period())
        name = self.name.replace(quoted, now) if quoted in self.name else f"{self.name}\n{now}"
        self.write({"name": name})
        self._take_period()

    def _follow_period(self, start, end):
        """Its price is in proportion, and its description names the new days.

        :param start: the first day that it was quoted for
        :param end: the last one
        """
        offered = self.opportunity_line_id.sudo()  # seen when linked
        quoted = offered.new({"date_start": start, "date_end": end}, origin=offered)
        share = quoted._get_year_share()
        now, _discount = self._get_negotiated_price()
        if share and float_compare(offered.year_share, share, precision_digits=9):
            price = self.price_unit * offered.year_share / share
            then, _discount = self._get_negotiated_price(share)
            # As it was offered, but for less than the smallest coin.
            if abs(self.price_unit - then) * abs(self.product_uom_qty) < self.currency_id.rounding:
                price = now
            self.write({"price_unit": price, "technical_price_unit": price})
        self._follow_days(start, end)
