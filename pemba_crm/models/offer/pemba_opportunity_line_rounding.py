from odoo import api, fields, models
from odoo.tools import float_compare

from .crm_lead_rounding import Part


class PembaOpportunityLine(models.Model):
    """The line as a quotation has it, and its share of what rounding makes of the whole."""

    _inherit = "pemba.opportunity.line"

    rounding_amount = fields.Monetary(
        string="Rounding",
        readonly=True,
        copy=False,
        currency_field="deal_currency_id",
        aggregator=None,
        help="Its share of the cents by which the sum of the offer, rounded as taxes are, differs from that"
        " of its lines.",
    )

    def _get_unrounded(self, name):
        """An amount of the line by itself, without its share of the cents."""
        is_shared = name == "net_amount" or not self.is_distributed
        return self[name] - (self.rounding_amount if is_shared else 0.0)

    def _get_order_price(self, share=None):
        """Unit price and discount on a quotation, in the deal's currency and before tax.

        :param share: of a year, if not that of its days
        :return: ``(price, discount)``
        """
        if share is None:
            share, net = self.year_share, self._get_unrounded("net_amount")
        else:
            currency = self.lead_id.deal_currency_id
            paid = currency.round(self.quantity * self.price_unit * share * (1 - self.discount / 100))
            net = paid - currency.round(paid * self._get_distributor_rate() / 100)
        return self._as_ordered(
            self.quantity,
            self.price_unit * share,
            self.discount,
            net,
            is_kept=not (self.is_distributed or self._keeps_amounts()),
        )

    @api.model
    def _as_ordered(self, quantity, price, discount, net, is_kept):
        """Price and discount, where they are kept and Odoo's digits are enough; else all in the price.

        What a distributor pays is the net amount.
        """
        digits = self.env["decimal.precision"].precision_get("Discount")
        if is_kept and not float_compare(discount, round(discount, digits), 9):
            return price, discount
        return net / quantity if quantity else 0.0, 0.0

    def _get_part(self):
        """The line as its quotation has it."""
        price, discount = self._get_order_price()
        net = self._get_unrounded("net_amount")
        return Part(self.product_id, self.quantity, price, discount, net, self.is_recurring)
