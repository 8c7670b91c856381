from odoo import models


class SaleOrderLine(models.Model):
    """The line of what starts on another day than it was quoted for."""

    _inherit = "sale.order.line"

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
