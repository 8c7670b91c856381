from odoo import api, fields, models

from ..public import public

# The activity that asks what becomes of a deal whose orders were cancelled.
CANCELLED_ORDERS = "pemba_crm.mail_activity_type_cancelled_orders"


class CrmLead(models.Model):
    """What becomes of a deal whose orders are all cancelled: its offer is back, and a person is asked."""

    _inherit = "crm.lead"

    asks_about_orders = fields.Boolean(
        compute="_compute_asks_about_orders", compute_sudo=True, export_string_translation=False
    )

    @api.depends("activity_ids.activity_type_id", "activity_ids.active")
    def _compute_asks_about_orders(self):
        asked = self.env.ref(CANCELLED_ORDERS, raise_if_not_found=False)
        for lead in self:
            open_ones = lead.activity_ids.filtered("active")
            lead.asks_about_orders = bool(asked) and asked in open_ones.activity_type_id

    @public
    def action_stay_won(self):
        """They are won still, without an order: what it sells is the offer."""
        self.check_access("write")
        self.sudo()._answer_about_cancelled_orders()  # a colleague may have been asked
        return True

    def _return_to_offer(self):
        """All orders are cancelled: the lines are those of the offer again; a person decides what next."""
        for line in self._get_all_lines().filtered("offer_terms"):
            line._return_to_offer()
        self._retain_what_counts()
        self._follow_lines()
        if self.won_status == "won":
            self._ask_about_cancelled_orders()

    def _is_without_order(self):
        """Whether it is won, and the orders that it had are cancelled or gone."""
        return self.won_status == "won" and "sale" not in self.order_ids.mapped("state")

    def _ask_about_cancelled_orders(self):
        """An activity for the salesperson, once: a cancellation does not reopen the deal by itself."""
        asked = self.env.ref(CANCELLED_ORDERS, raise_if_not_found=False)
        if asked and asked not in self.activity_ids.activity_type_id:
            user = self._get_asked_user(self.order_ids)
            of_user = self.with_context(lang=user.lang).env
            note = of_user._(
                "The lines are those of the offer again. Move the opportunity back to an open stage, and "
                "mark it lost there if it is."
            )
            if self._is_settled():
                note = of_user._(
                    "Sales are closed for the day it was won: it stays as it was closed, and what it sold"
                    " goes on. End what is not to go on, and explain the difference in the reconciliation."
                )
            self.activity_schedule(
                CANCELLED_ORDERS,
                summary=of_user._("All orders are cancelled: is the deal still won?"),
                note=note,
                user_id=user.id,
            )

    def _answer_about_cancelled_orders(self):
        """The question is settled: the deal was reopened or lost, or an order confirmed."""
        if self:
            self.activity_feedback([CANCELLED_ORDERS])

    def _follow_reopening(self, before):
        """A deal that is not won any more is not asked about its cancelled orders."""
        result = super()._follow_reopening(before)
        self.filtered(
            lambda lead: before[lead]["won_status"] == "won" and lead.won_status != "won"
        )._answer_about_cancelled_orders()
        return result
