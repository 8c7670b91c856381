from odoo import api, fields, models

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

    def _has_other_period(self):
        """Whether other days are offered than it was quoted for."""
        offered = self._get_sold_line().sudo()  # seen when linked
        quoted = self.pemba_date_start, self.pemba_date_end
        return bool(offered and all(quoted)) and quoted != (offered.date_start, offered.date_end)

    def _format_period(self, start, end):
        """Days as a quotation names them, in the customer's language."""
        env = self.with_context(lang=self.order_id._get_lang()).env
        return env["pemba.opportunity.line"]._format_period(start, end)

    def _follow_days(self):
        """Its description names the days that are offered now."""
        quoted = self._format_period(self.pemba_date_start, self.pemba_date_end)
        offered = self.opportunity_line_id.sudo()  # seen when linked
        now = self._format_period(offered.date_start, offered.date_end)
        name = self.name.replace(quoted, now) if quoted in self.name else f"{self.name}\n{now}"
        self.write({"name": name})
        self._take_period()

    def _get_period_texts(self):
        """What it says of the opportunity's line, in the customer's language."""
        return self.opportunity_line_id.with_context(lang=self.order_id._get_lang())._get_details()

    def _follow_period(self, price, texts):
        """Its price is in proportion, and its description names the new days.

        :param price: the negotiated one before
        :param texts: what it said before
        """
        vals, (now, _discount) = {}, self._get_negotiated_price()
        if price and now != price:
            vals["price_unit"] = vals["technical_price_unit"] = self.price_unit * now / price
            if not self.currency_id.compare_amounts(self.price_unit, price):
                vals["price_unit"] = vals["technical_price_unit"] = now
        name = self.name
        for old, new in zip(texts, self._get_period_texts(), strict=False):
            name = name.replace(old, new)
        if name != self.name:
            vals["name"] = name
        if vals:
            self.write(vals)
        self._take_period()
