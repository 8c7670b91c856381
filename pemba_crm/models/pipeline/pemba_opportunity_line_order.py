from odoo import models
from odoo.tools import float_compare, float_round, format_date


class PembaOpportunityLine(models.Model):
    """The line on quotations, and what confirmed orders make of it."""

    _inherit = "pemba.opportunity.line"

    def _prepare_order_line_vals(self):
        """The values of a new quotation's line; its price follows from the link."""
        return {
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "opportunity_line_id": self.id,
        }

    def _get_details(self):
        """What a quotation says below the product: ``[text]``, in the language of the context."""
        details = []
        if self.module_id:
            # A module's own product usually has its name.
            details += [self.module_id.name] if self.module_id.name != self.product_id.name else []
        elif self.configuration_role in ("licence", "maintenance"):
            details.append(self.configuration_id.display_name)
        if self.date_start and self.date_end:
            start, end = (format_date(self.env, date) for date in (self.date_start, self.date_end))
            details.append(self.env._("From %(start)s to %(end)s", start=start, end=end))
        return details

    def _get_order_price(self):
        """Unit price and discount on a quotation, in the deal's currency and before tax.

        Directly, those of the line, for its share of the year; a discount with more digits than Odoo's
        goes into the price. A distributor pays the net amount.

        :return: ``(price, discount)``
        """
        digits = self.env["decimal.precision"].precision_get("Discount")
        if self.is_distributed:
            return self.net_amount / self.quantity, 0.0
        if self.is_aligned or float_compare(self.discount, round(self.discount, digits), 9):
            return self.price_subtotal / self.quantity, 0.0
        return self.price_unit * self.year_share, self.discount

    def _align(self, order_lines):
        """Take quantity and net amount from confirmed orders; discount and distributor's rate stay.

        What the customer pays follows from the net amount, and the unit price from that; where the
        distributor keeps all of it, they stay.

        :param order_lines: those that sell this line
        """
        lead = self.lead_id
        currency = lead.deal_currency_id
        quantity = sum(order_line._get_product_quantity() for order_line in order_lines)
        net = currency.round(sum(order_line._get_deal_amount(lead) for order_line in order_lines))
        if not quantity and not net:
            self._leave_out()
            return
        is_returned = quantity < 0
        quantity = abs(quantity) or 1.0
        rate = self._get_distributor_rate()
        vals = {"quantity": quantity, "net_amount": net, "is_aligned": True, "active": True}
        vals["is_returned"] = is_returned
        if rate < 100:
            paid = currency.round(net / (1 - rate / 100))
            vals |= {"price_subtotal": paid, "distributor_margin": currency.round(paid - net)}
            units = quantity * self.year_share * (1 - self.discount / 100)
            if units and currency.round(self.price_unit * units) != paid:
                vals["price_unit"] = float_round(paid / units, 9)  # no dust of floats
        self._write_aligned(vals)

    def _leave_out(self):
        """The line was not ordered: it does not count."""
        self._write_aligned({"active": False})

    def _write_aligned(self, vals):
        if not self.offer_terms:
            vals["offer_terms"] = {name: self[name] for name in ("quantity", "price_unit", "active")}
        changes = {name: value for name, value in vals.items() if self[name] != value}
        if changes:
            self.write(changes)
