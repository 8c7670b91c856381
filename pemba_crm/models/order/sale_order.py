from odoo import api, fields, models
from odoo.tools import SQL

from ..deferral import deferring, get_ready
from ..marks import FOLLOWING, Pass, scope
from ..public import VALUES, VALUES_LIST, public


class SaleOrder(models.Model):
    """An order for an opportunity: in its currency, from its lines, and what it brings once confirmed."""

    _name = "sale.order"
    _inherit = ["sale.order", "pemba.rules"]

    end_customer_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Who will use what a distributor buys.",
    )

    def _get_rated_deal(self):
        """Its opportunity, where that has a rate of its own for the order's currency: see below."""
        lead = self.opportunity_id.sudo()  # whoever makes the order, seen when linked
        company = lead.company_id or lead._get_shared_company()
        is_same = lead.deal_currency_id == self.currency_id and self.company_id in (company, company.browse())
        return lead if lead and is_same else lead.browse()

    @api.model
    def _get_rate_sql(self):
        """Units of an order's currency for one of its company's, in SQL on ``sale_order`` and ``deal``.

        That of its opportunity, where it is of the same company and in the same currency; else Odoo's.
        """
        return SQL(
            """COALESCE(CASE WHEN deal.deal_currency_id = sale_order.currency_id
                              AND COALESCE(deal.company_id, %s) = sale_order.company_id
                             THEN NULLIF(deal.deal_rate, 0) END,
                        NULLIF(sale_order.currency_rate, 0), 1)""",
            self.env["crm.lead"]._get_shared_company().id,
        )

    def _get_deal_amount(self, lead, amount):
        """An amount of the order in the currency of an opportunity, at its rate if the order has another."""
        if self.currency_id == lead.deal_currency_id:
            return amount
        return amount / (self.currency_rate or 1.0) * lead.deal_rate

    def _compute_pricelist_id(self):
        """An order from an opportunity stays in the deal's currency, whoever the buyer is."""
        from_deals = self.filtered("opportunity_id.deal_currency_id")
        kept = from_deals.filtered(
            lambda order: (
                order.pricelist_id and order.pricelist_id.currency_id == order.opportunity_id.deal_currency_id
            )
        )
        result = super(SaleOrder, self - kept)._compute_pricelist_id()
        for order in from_deals - kept:
            company_currency = (order.company_id or self.env.company).currency_id
            currency = order.opportunity_id.deal_currency_id
            if order.state == "draft" and (order.pricelist_id.currency_id or company_currency) != currency:
                order.pricelist_id = self.env["product.pricelist"]._find_for_deals(currency)
        return result

    def _recompute_prices(self):
        with scope(self, "updates_prices"):
            return super()._recompute_prices()

    @api.model
    def _get_link_operation(self, name):
        """A confirmed order wins and changes its opportunity."""
        return "write" if name == "opportunity_id" else super()._get_link_operation(name)

    @api.model
    def _is_checked_link(self, field):
        return field.name == "opportunity_id" or super()._is_checked_link(field)

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        vals_list = self._as_sent(vals_list, is_new=True)
        with self._passing(Pass(FOLLOWING, created=self._get_line_vals(vals_list, ["order_line"]))):
            orders = super().create(vals_list)
        orders._follow_confirmed(is_new=True)
        return orders

    @public(vals=VALUES)
    def write(self, vals):
        if not self._take_write(vals):
            vals = self._as_sent([vals])[0]
        if self._get_followed_fields().isdisjoint(vals):
            return super().write(vals)
        followed = self._get_followed_now()
        opportunities = followed.opportunity_id
        followed.mapped("amount_untaxed")  # known before, so that rules on orders run once
        confirmed = followed.filtered(lambda order: order.state == "sale")
        with deferring(self, "alignment"):
            result = super().write(vals)
        newly_confirmed = (followed - confirmed).filtered(lambda order: order.state == "sale")
        if confirmed | newly_confirmed:
            self._follow_opportunities(opportunities | followed.opportunity_id, newly_confirmed)
        return result

    @api.model
    def _get_followed_fields(self):
        """What changes whose order it is, whether it is confirmed, or what it brings: a new set."""
        return {"state", "opportunity_id", "order_line", "currency_id", "pricelist_id"}

    @api.model
    def _follow_opportunities(self, opportunities, confirmed=None):
        """Opportunities with lines are what their confirmed orders sum up to.

        :param confirmed: orders that have just been confirmed: they win
        """
        if opportunities:
            opportunities.sudo()._follow_orders(confirmed)  # seen when linked, not by who confirms

    def _follow_confirmed(self, is_new=False):
        """Their lines may have changed.

        :param is_new: whether they were created confirmed
        """
        orders = self._get_followed_now().filtered(
            lambda order: order.state == "sale" and order.opportunity_id
        )
        orders._follow_opportunities(orders.opportunity_id, orders if is_new else None)

    def _get_followed_now(self):
        """Without those of which whoever has more to do with them sees to the rest."""
        return get_ready(self, "alignment")
