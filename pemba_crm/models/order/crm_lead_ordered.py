from odoo import api, models
from odoo.tools.misc import formatLang

from ..pipeline.crm_lead import CLOSED

# The activity that asks whether a deal without lines is won, now that something of it was ordered.
ORDERED = "pemba_crm.mail_activity_type_ordered"


class CrmLead(models.Model):
    """Orders of deals without lines: these do not follow them, so that a person is asked."""

    _inherit = "crm.lead"

    def _ask_whether_won(self, confirmed):
        """An activity for the salesperson, once.

        :param confirmed: orders that have just been confirmed
        """
        for lead in self:
            orders = lead.order_ids & confirmed
            if lead.won_status in CLOSED or not orders or self._is_asked(lead):
                continue
            user = lead._get_asked_user(orders)
            of_user = lead.with_context(lang=user.lang).env
            lead.activity_schedule(
                ORDERED,
                summary=of_user._("Ordered: is it won?"),
                note=of_user._(
                    "%(orders)s: %(ordered)s was ordered, the opportunity says %(amount)s. Mark it won, with"
                    " the amount that counts.",
                    orders=", ".join(orders.mapped("name")),
                    ordered=" + ".join(
                        formatLang(of_user, order.amount_untaxed, currency_obj=order.currency_id)
                        for order in orders
                    ),
                    amount=formatLang(of_user, lead.deal_amount, currency_obj=lead.deal_currency_id),
                ),
                user_id=user.id,
            )

    def _get_asked_user(self, orders):
        """Who is asked about orders: the first of those in charge who is there."""
        in_charge = [self.user_id, self.team_id.user_id, *orders.user_id, self.zone_id.user_id]
        named = self._get_deal_company().sudo().pemba_asked_user_id  # salespeople need not see companies
        return self._get_present_user(*in_charge, named, self.env.user)

    @api.model
    def _get_present_user(self, *in_charge):
        """The first of these who is there, else the administrator."""
        there = (user for user in in_charge if user.active and not user.share)
        return next(there, self.env.ref("base.user_admin"))

    def _has_other_amount(self):
        """Whether it says another amount than its orders; lines are what these say by themselves."""
        if self.opportunity_line_count:
            return False
        orders = self.sudo().order_ids.filtered(lambda order: order.state == "sale")  # whoever asks
        ordered = sum(order._get_deal_amount(self, order.amount_untaxed) for order in orders)
        return bool(orders) and bool(self.deal_currency_id.compare_amounts(ordered, self.deal_amount))

    def _withdraw_question(self):
        """Nothing is ordered any more."""
        if self._is_asked(self):
            self.activity_unlink([ORDERED])

    def _is_asked(self, lead):
        asked = self.env.ref(ORDERED, raise_if_not_found=False)
        return not asked or asked in lead.activity_ids.activity_type_id

    def _follow_results(self, before, vals):
        """Once it is won or lost, the question is answered."""
        result = super()._follow_results(before, vals)
        closed = self.filtered(
            lambda lead: (
                not lead.opportunity_line_count
                and lead.won_status in CLOSED
                and before[lead]["won_status"] not in CLOSED
            )
        )
        if closed:
            closed.activity_feedback([ORDERED])
        return result

    def _update_revenues_from_so(self, order):
        """Odoo raises the revenue to what was ordered in company currency; so it is in the deal's own."""
        result = super()._update_revenues_from_so(order)
        for lead in self.filtered(lambda lead: not lead.opportunity_line_count):
            is_foreign = lead.deal_currency_id != lead._get_deal_company().currency_id
            is_same = order.currency_id == lead.deal_currency_id
            if is_foreign and is_same and lead.deal_amount < order.amount_untaxed:
                lead.deal_amount = order.amount_untaxed
                lead._track_set_log_message(self.env._("The amount is what was ordered."))
        return result
