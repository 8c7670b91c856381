from odoo import api, fields, models

from ..marks import scope
from ..pipeline.crm_lead import CLOSED, SILENT
from ..public import public


class CrmLead(models.Model):
    """From the opportunity to its quotations, and back from its confirmed orders."""

    _inherit = "crm.lead"

    offer_lock = fields.Selection(selection_add=[("ordered", "Ordered")])

    @api.depends("opportunity_line_ids.is_aligned")
    def _compute_offer_lock(self):
        ordered = self.filtered(lambda lead: any(lead.opportunity_line_ids.mapped("is_aligned")))
        ordered.offer_lock = "ordered"
        return super(CrmLead, self - ordered)._compute_offer_lock()

    @api.depends("deal_amount", "expected_revenue", "deal_rate", "deal_currency_id", "company_id")
    def _compute_sale_data(self):
        """The sum of the orders is at the deal's rate, as the revenue beside it is."""
        result = None
        for lead in self:
            with lead._agreeing():
                result = super(CrmLead, lead)._compute_sale_data()
            orders = lead.order_ids.filtered_domain(self._get_lead_sale_order_domain())
            is_alike = orders and lead.opportunity_line_count and orders.currency_id == lead.deal_currency_id
            ordered = sum(orders.mapped("amount_untaxed"))
            if is_alike and not lead.deal_currency_id.compare_amounts(ordered, lead.deal_amount):
                lead.sale_amount_total = lead.expected_revenue
        return result

    # ------------------------------------------------------------
    # A new quotation
    # ------------------------------------------------------------

    def _prepare_opportunity_quotation_context(self):
        """A new quotation has the opportunity's lines; through a distributor, the distributor buys.

        What was ordered is not offered again.
        """
        context = super()._prepare_opportunity_quotation_context()
        buyer = self.distributor_id or self.partner_id
        context |= {"default_partner_id": buyer.id} | self._prepare_pricelist(buyer)
        if self.distributor_id:
            context["default_end_customer_id"] = self.customer_id.id
        if not self.opportunity_line_count:
            return context
        context["default_order_line"] = [
            fields.Command.create(line._prepare_order_line_vals())
            for line in self.opportunity_line_ids
            if not line.is_aligned
        ]
        context["default_sale_order_template_id"] = False  # its lines would replace these
        return context

    @public(one=True)
    def action_new_quotation(self):
        self._bring_up_to_date()
        return super().action_new_quotation()

    def _bring_up_to_date(self):
        """What is quoted has the distributors' margins of today's rules, and is rounded as orders are."""
        for lead in self:
            if lead.won_status in CLOSED or not lead.opportunity_line_count:
                continue
            lines = lead.opportunity_line_ids.filtered(lambda line: line._has_other_margin_rule())
            lines._take_again("distributor_margin_rate", "margin_rule_id")
            lead._settle_lines()

    def _prepare_pricelist(self, buyer):
        """The pricelist that priced the deal, else one that gives a quotation its currency, if need be."""
        company = self._get_deal_company()
        currency = self.deal_currency_id or company.currency_id
        pricelist = self._get_pricelist(self.partner_id, company, currency)
        own_pricelist = buyer.with_company(company).property_product_pricelist
        if pricelist and pricelist != own_pricelist:
            return {"default_pricelist_id": pricelist.id}
        if (own_pricelist.currency_id or company.currency_id) == currency:
            return {}
        return {"default_pricelist_id": self.env["product.pricelist"]._get_for_deals(currency).id}

    def _make_quotation(self):
        """A quotation as the *New Quotation* button makes it."""
        self._bring_up_to_date()
        context = self._prepare_opportunity_quotation_context()
        company = self._get_deal_company()
        orders = self.env["sale.order"].with_company(company).with_context(context, **SILENT)
        return orders.create({"company_id": company.id}).with_env(self.env)

    def _update_revenues_from_so(self, order):
        # With lines, the amounts are theirs, which follow the confirmed orders.
        without_lines = self.filtered(lambda lead: not lead.opportunity_line_count)
        return super(CrmLead, without_lines)._update_revenues_from_so(order)

    # ------------------------------------------------------------
    # Back from confirmed orders
    # ------------------------------------------------------------

    def _follow_orders(self, confirmed=None):
        """Be what the confirmed orders sum up to.

        Without a confirmed order any more, the offer is what it was. Opportunities without lines are
        left as they are, and a person is asked.

        :param confirmed: orders that have just been confirmed: they win
        """
        winning = self.browse()
        for lead in self:
            orders = lead.order_ids.filtered(lambda order: order.state == "sale")
            lines = lead._get_all_lines()
            if not lines.filtered(lambda line: line.active or line.sale_line_ids or line.offer_terms):
                if orders:
                    lead._ask_whether_won(confirmed or orders.browse())
                else:
                    lead._withdraw_question()
                    if lead._is_without_order():
                        lead._ask_about_cancelled_orders()
                continue
            if orders:
                lead._align(orders)
                if confirmed and orders & confirmed:
                    winning |= lead
            elif lines.filtered("offer_terms"):
                lead._return_to_offer()
        winning._win_by_orders()

    def _settle_lines(self):
        """Lines that follow confirmed orders are what these say, at the rates of now."""
        result = super()._settle_lines()
        ordered = self.filtered(lambda lead: any(lead.opportunity_line_ids.mapped("is_aligned")))
        if ordered:
            ordered.sudo()._follow_orders()  # whoever may see the orders
        return result

    def _align(self, orders):
        """The lines become what was ordered; what was offered is kept for the case of a cancellation.

        :param orders: the confirmed ones
        """
        if not any(self.opportunity_line_ids.mapped("is_aligned")):
            self._answer_about_cancelled_orders()
        ordered = {}
        for order_line in orders.order_line:
            if not (order_line.display_type or order_line.is_downpayment or order_line.is_expense):
                line = self._get_ordered_line(order_line)
                ordered[line] = ordered.get(line, order_line.browse()) | order_line
        rounding = self._get_ordered_rounding(orders, ordered)
        for line in self._get_all_lines():
            if line in ordered:
                line._align(ordered[line], rounding[line])
            elif line.active:
                line._leave_out()
        self._retain_what_counts()
        self._follow_lines()

    def _get_ordered_rounding(self, orders, ordered):
        """The cents by which what orders come to differs from their lines; as offered where these make them.

        :param ordered: ``{line of the opportunity: lines of the orders}``
        :return: ``{line of the opportunity: its share}``
        """
        currency = self.deal_currency_id
        others = orders.order_line - orders.order_line.browse().union(*ordered.values())
        total = sum(order._get_deal_amount(self, order.amount_untaxed) for order in orders)
        total -= sum(line.order_id._get_deal_amount(self, line.price_subtotal) for line in others)
        nets = {line: line._get_ordered_net(order_lines) for line, order_lines in ordered.items()}
        offered = {line: line.net_amount for line in nets}
        cents = currency.rounding * (len(nets) + 0.5)
        if not currency.compare_amounts(total, sum(offered.values())) and all(
            abs(net - offered[line]) < cents for line, net in nets.items()
        ):
            return {line: currency.round(offered[line] - net) for line, net in nets.items()}
        rounding = currency.round(total) - sum(nets.values())
        parts = [line._get_part()._replace(amount=net) for line, net in nets.items()]
        return dict(zip(nets, self._share_rounding(currency, rounding, parts), strict=True))

    def _get_ordered_line(self, order_line):
        """The line that an order's line sells; one that was added to the order by hand becomes a line."""
        line = order_line.opportunity_line_id
        if line.lead_id == self and line.product_id == order_line.product_id:
            return line
        # A surcharge, or more than all of it, is in the price.
        is_kept = not self.distributor_id and 0 <= order_line.discount <= 100
        vals = {
            "lead_id": self.id,
            "product_id": order_line.product_id.id,
            "quantity": abs(order_line._get_product_quantity()) or 1.0,
            "discount": order_line.discount if is_kept else 0.0,
            "offer_terms": {"active": False},
        }
        line = line._put([vals])
        order_line._set(opportunity_line_id=line.id, negotiated_uom_id=order_line.product_uom_id.id)
        return line

    def _retain_what_counts(self):
        """The configurations whose lines count are those that the customer retained."""
        for configuration in self.opportunity_configuration_ids:
            lines = configuration._get_all_lines()
            is_retained = any(lines.mapped("active"))
            if lines and configuration.is_retained != is_retained:
                configuration._set(is_retained=is_retained)

    def _win_by_orders(self):
        """Win, on the day of the first confirmed order, what orders confirm; the gates let it pass.

        Today where sales are closed for that day: see ``_get_open_day``.
        """
        winning = self.filtered(lambda lead: lead.won_status != "won")
        with scope(winning, "passes_gates"):
            winning.action_set_won()
        new_vals, days = {}, {}
        for lead in winning:
            orders = lead.order_ids.filtered(lambda order: order.state == "sale")
            days[lead] = lead._get_close_date(min(orders.mapped("date_order")))
            close_date = lead._get_open_day(days[lead])
            if close_date != lead.close_date:
                new_vals[lead] = {"close_date": close_date}
        self._write_by_values(new_vals)
        # Where today is closed too, winning has told so already.
        told = winning.filtered(lambda lead: lead._is_in_closed_time(lead._get_close_date()))
        self._log_open_days({lead: day for lead, day in days.items() if lead not in told})
