from contextlib import contextmanager

from markupsafe import Markup, escape
from odoo import api, fields, models
from odoo.tools import format_date

from ..public import VALUES, VALUES_LIST, public


class SaleOrder(models.Model):
    """What becomes of the orders of settled deals goes through, and is told in the history of these.

    That an order was confirmed or cancelled, that it came to the deal or left it, and once, until it is
    cancelled, that its amount changed.
    """

    _inherit = "sale.order"

    is_change_told = fields.Boolean(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="The history of its opportunity tells that it changed after sales were closed.",
    )

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._tell_settled({})
        return orders

    @public(vals=VALUES)
    def write(self, vals):
        if self._get_followed_fields().isdisjoint(vals):
            return super().write(vals)
        with self._telling_settled():
            return super().write(vals)

    @contextmanager
    def _telling_settled(self):
        """What is done in it to these orders is told to the settled deals that they are of.

        Unless whoever does it, having more to do, will see to that.
        """
        orders = self._get_followed_now()
        before = orders._get_settled_state()
        yield
        orders._tell_settled(before)

    def _get_settled_state(self):
        """What must be known of orders before a change, to tell what happened.

        :return: ``{order: (whether it is confirmed, settled deal that it is of, amount)}``; of those that
            are not confirmed or of no settled deal, no deal and no amount
        """
        nothing = self.env["crm.lead"].sudo(), 0.0  # as below
        state = {}
        for order in self.sudo():  # whoever may see the opportunities
            is_confirmed = order.state == "sale"
            is_settled = is_confirmed and order.opportunity_id._is_settled()
            lead, amount = (order.opportunity_id, order.amount_untaxed) if is_settled else nothing
            state[order] = is_confirmed, lead, amount
        return state

    def _tell_settled(self, before):
        """Note in the history of settled deals what happened to their orders.

        :param before: see ``_get_settled_state``; nothing for new orders
        """
        told = {}
        after = self._get_settled_state()
        for order, (is_confirmed, lead, amount) in after.items():
            was_confirmed, old_lead, old_amount = before.get(order, (False, lead.browse(), 0.0))
            events = {}
            if lead != old_lead:
                events[lead] = "assigned" if was_confirmed else "confirmed"
                events[old_lead] = "taken" if is_confirmed else "cancelled"
            elif not order.is_change_told and order.currency_id.compare_amounts(amount, old_amount):
                events[lead] = "changed"
            for settled in filter(None, events):
                order._set(is_change_told=events[settled] == "changed")
                told.setdefault(settled.id, []).append(order._describe_event(events[settled], settled))
        if told:
            bodies = {lead_id: Markup("<br/>").join(map(escape, texts)) for lead_id, texts in told.items()}
            leads = self.env["crm.lead"].sudo().browse(bodies)  # whoever may see them
            leads._message_log_batch(bodies=bodies)
            without = leads.filtered(lambda lead: lead._is_without_order())
            (leads - without)._answer_about_cancelled_orders()
            (leads - without)._follow_settled_orders(told)
            for lead in without:
                lead._ask_about_cancelled_orders()

    def _describe_event(self, event, lead):
        """What happened to the order of a settled deal, for people to read."""
        values = {"order": self.name, "date": format_date(self.env, lead._get_closed_until())}
        texts = {
            "confirmed": self.env._(
                "%(order)s was confirmed after sales were closed until %(date)s: the opportunity stays as it"
                " was closed.",
                **values,
            ),
            "cancelled": self.env._(
                "%(order)s was cancelled after sales were closed until %(date)s: the opportunity stays as it"
                " was closed.",
                **values,
            ),
            "changed": self.env._(
                "%(order)s was changed after sales were closed until %(date)s: the opportunity stays as it"
                " was closed.",
                **values,
            ),
            "assigned": self.env._(
                "%(order)s was assigned to it after sales were closed until %(date)s: the opportunity stays"
                " as it was closed.",
                **values,
            ),
            "taken": self.env._(
                "%(order)s was assigned elsewhere after sales were closed until %(date)s: the opportunity"
                " stays as it was closed.",
                **values,
            ),
        }
        return texts[event]
