from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..marks import get_scope, scope
from ..offer.crm_lead import OFFER_FIELDS
from ..pipeline.crm_lead import CLOSED
from ..public import VALUES, public


class CrmLead(models.Model):
    """Deals that were closed up to the day that sales are closed until, as their company says.

    Such a deal is *settled*: amount, date, result, customer and distributor stay for everybody, by form,
    import, API and code alike, and what its orders become is only told in its history. What happens to its
    contacts, merged ones included, reaches it. Nor is a deal closed into that time, imported ones included:
    a day that was given is refused, one that follows from an order or from the moment of closing is today
    instead.
    """

    _inherit = "crm.lead"

    offer_lock = fields.Selection(selection_add=[("settled", "Sales Closed")])

    @api.depends("type", "close_date")
    def _compute_offer_lock(self):
        settled = self._filtered_settled()
        settled.offer_lock = "settled"
        return super(CrmLead, self - settled)._compute_offer_lock()

    # ------------------------------------------------------------
    # The time that sales are closed for
    # ------------------------------------------------------------

    def _filtered_settled(self):
        """Those whose amount, date, result and buyers stay."""
        return self.filtered(lambda lead: lead._is_settled())

    def _is_settled(self):
        """Whether it was won or lost in the time that sales are closed for; open deals cost no query."""
        is_closed = self.type == "opportunity" and self.won_status in CLOSED
        return is_closed and self._is_in_closed_time(self.close_date)

    def _is_in_closed_time(self, day):
        closed_until = self._get_closed_until()
        return bool(day and closed_until) and day <= closed_until

    def _get_closed_until(self):
        """The last day that sales of its company are closed for, if any; the same whoever looks."""
        company = self._get_selling_company().sudo()  # salespeople need not see companies
        return company.pemba_sales_closed_date

    def _get_selling_company(self):
        """Whose sale it is, the same whoever looks: of one without a company, that of its orders."""
        if self.company_id:
            return self.company_id
        confirmed = self.sudo().order_ids.filtered(lambda order: order.state == "sale")  # whoever looks
        return confirmed.company_id.sorted("id")[:1] or self._get_shared_company()

    def _get_open_day(self, day):
        """The day itself, or where sales are closed then, today: that is when it really happens.

        If sales are closed for today too, the first day after that.
        """
        if not self._is_in_closed_time(day):
            return day
        today = self._get_close_date(fields.Datetime.now())
        return max(today, self._get_closed_until() + timedelta(days=1))

    def _log_open_days(self, days):
        """:param days: ``{lead: the day it would have been closed on, if sales were not closed then}``"""
        bodies = {
            lead.id: self.env._(
                "Sales are closed until %(date)s: what happened on %(day)s counts on %(close_date)s.",
                date=format_date(self.env, lead._get_closed_until()),
                day=format_date(self.env, day),
                close_date=format_date(self.env, lead.close_date),
            )
            for lead, day in days.items()
            if lead._is_in_closed_time(day)
        }
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)

    def _log_closing_days(self):
        """Those that were closed just now, in the time that sales are closed for."""
        closed = self.filtered(lambda lead: lead.won_status in CLOSED and lead.type == "opportunity")
        closed._log_open_days({lead: lead._get_close_date() for lead in closed})

    # ------------------------------------------------------------
    # What stays
    # ------------------------------------------------------------

    @api.model
    def _get_buyer_fields(self):
        """Who buys: a sale is checked at its customer, another contact of whom passes. A new list."""
        return ["customer_id", "distributor_id"]

    @api.model
    def _get_settled_fields(self):
        """What a settled deal keeps: its result, day and amounts; archived, a won one would weigh nothing."""
        return [
            *self._get_buyer_fields(),
            *("type", "active", "company_id", "won_status", "close_date", "deal_currency_id", "deal_rate"),
            *("deal_amount", "expected_revenue"),
        ]

    def _get_deal_state(self):
        state = super()._get_deal_state()
        state["is_settled"] = self._is_settled()
        if state["is_settled"]:
            state |= {name: self[name] for name in self._get_settled_fields()}
            state["closed_until"] = self._get_closed_until()
        return state

    def _start_results(self, given):
        result = super()._start_results(given)
        self._check_closing_days()
        self.filtered(lambda lead: not given[lead].get("close_date"))._log_closing_days()
        return result

    def _follow_results(self, before, vals):
        self._check_settled(before)
        result = super()._follow_results(before, vals)
        self.filtered(lambda lead: not before[lead]["is_settled"])._check_closing_days()
        if not vals.get("close_date"):
            self.filtered(lambda lead: lead.won_status != before[lead]["won_status"])._log_closing_days()
        return result

    @public(vals=VALUES)
    def write(self, vals):
        keeping = get_scope(self.env, "keeps_contact") if "partner_id" in vals else ()
        spared = self.filtered(lambda lead: lead.id in keeping) if keeping else self.browse()
        if not spared:
            return super().write(vals)
        others = {name: value for name, value in vals.items() if name != "partner_id"}
        if others:
            super(CrmLead, spared).write(others)
        return super(CrmLead, self - spared).write(vals)

    def _message_post_after_hook(self, message, msg_vals):
        """All opportunities of an address get its contact, once it is written to: but settled ones."""
        if self.partner_id or not self.email_from:
            return super()._message_post_after_hook(message, msg_vals)
        same_address = Domain("email_from", "=", self.email_from)
        if self.email_normalized:
            same_address |= Domain("email_normalized", "=", self.email_normalized)
        closed = Domain("partner_id", "=", False) & Domain("won_status", "in", CLOSED)
        with scope(self.search(closed & same_address)._filtered_settled(), "keeps_contact"):
            return super()._message_post_after_hook(message, msg_vals)

    def _check_rate_lock(self, vals):
        """Unlocking the rate of a settled deal would not help."""
        for lead in self._filtered_settled():
            lead._refuse_settled(
                name
                for name in ("deal_currency_id", "deal_rate")
                if name in vals and vals[name] != self._fields[name].convert_to_write(lead[name], lead)
            )
        return super()._check_rate_lock(vals)

    def _check_offer_is_open(self):
        for lead in self._filtered_settled():
            lead._refuse_settled(sorted(OFFER_FIELDS))
        return super()._check_offer_is_open()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_settled(self):
        for lead in self._filtered_settled():
            raise UserError(
                self.env._(
                    "%(lead)s is not deleted: sales are closed until %(date)s, and what was won or lost by"
                    " then stays.",
                    lead=lead.display_name,
                    date=format_date(self.env, lead._get_closed_until()),
                )
            )

    def _check_settled(self, before):
        """:param before: ``{lead: state before the change}``"""
        for lead in self.filtered(lambda lead: before[lead]["is_settled"]):
            old = before[lead]
            changed = [name for name in self._get_settled_fields() if lead[name] != old[name]]
            lead._refuse_settled(changed, old["closed_until"])

    def _refuse_settled(self, names, closed_until=None):
        """:param names: the fields that would change; nothing is refused where there are none
        :param closed_until: its company's if none is given
        :raise UserError: naming the deal, the fields and the day
        """
        names = list(names)
        if names:
            self._refuse_settled_change(", ".join(self._get_labels(names)), closed_until)

    def _refuse_settled_change(self, what, closed_until=None):
        """:param what: what would change, in words"""
        raise UserError(
            self.env._(
                "%(lead)s, %(what)s: sales are closed until %(date)s, and what was won or lost by then"
                " stays.",
                lead=self.display_name,
                what=what,
                date=format_date(self.env, closed_until or self._get_closed_until()),
            )
        )

    def _check_closing_days(self):
        """:raise UserError: naming a deal that would be settled now, and the first day to choose"""
        for lead in self._filtered_settled():
            closed_until = lead._get_closed_until()
            raise UserError(
                self.env._(
                    "%(lead)s, %(field)s: sales are closed until %(date)s. Choose %(first)s or a later day.",
                    lead=lead.display_name,
                    field=lead._get_labels(["close_date"])[0],
                    date=format_date(self.env, closed_until),
                    first=format_date(self.env, closed_until + timedelta(days=1)),
                )
            )

    # ------------------------------------------------------------
    # Orders and merging
    # ------------------------------------------------------------

    def _follow_orders(self, confirmed=None):
        """Whatever becomes of their orders, settled deals stay; their history tells: see ``sale.order``."""
        return super(CrmLead, self - self._filtered_settled())._follow_orders(confirmed)

    def _follow_settled_orders(self, texts):
        """What became of their orders was told in their history, and changed nothing else.

        :param texts: what was told, ``{id: [text]}``
        """

    def _update_revenues_from_so(self, order):
        return super(CrmLead, self - self._filtered_settled())._update_revenues_from_so(order)

    def _get_unmergeable(self):
        """The settled deals that merging would remove, or give the amounts of others."""
        settled = self._filtered_settled()
        if not settled:
            return settled
        head = self._sort_by_confidence_level(reverse=True)[:1]
        return settled if (self - head)._get_priced() else settled - head

    def _is_mergeable(self):
        return super()._is_mergeable() and not self._get_unmergeable()

    def _merge_data(self, fnames=None):
        """A settled one keeps its company and its buyers, or that it has none."""
        data = super()._merge_data(fnames)
        if self[:1]._is_settled():
            kept = {"company_id", "partner_id", *self._get_buyer_fields()}
            data = {name: value for name, value in data.items() if name not in kept}
        return data

    def _merge_opportunity(self, *args, **kwargs):
        """:raise UserError: naming a settled deal that would be merged away, or take over amounts"""
        for lead in self._get_unmergeable():
            raise UserError(
                self.env._(
                    "%(lead)s is not merged: sales are closed until %(date)s, and what was won or lost by"
                    " then stays.",
                    lead=lead.display_name,
                    date=format_date(self.env, lead._get_closed_until()),
                )
            )
        return super()._merge_opportunity(*args, **kwargs)
