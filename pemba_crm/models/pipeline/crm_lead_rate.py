from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..company_day import get_today
from ..marks import get_scope
from .crm_lead import CLOSED


class CrmLead(models.Model):
    """The currency a deal is made in, its conversion rate, and its amount in both currencies."""

    _inherit = "crm.lead"

    deal_currency_id = fields.Many2one(
        "res.currency",
        ondelete="restrict",
        help="One of the two of the customer's or the distributor's zone, or the company's.",
    )
    deal_rate = fields.Float(
        string="Conversion Rate",
        digits=0,
        copy=False,
        aggregator=None,
        help="Units of the deal's currency for one unit of the company's.",
    )
    is_rate_typed = fields.Boolean(
        string="Rate Pinned",
        copy=False,
        help="The rate was typed for this deal and does not follow its zone's.",
    )
    is_rate_locked = fields.Boolean(
        string="Rate Locked",
        copy=False,
        help="Won or lost: the rate stays. Managers may unlock it.",
    )
    deal_amount = fields.Monetary(
        currency_field="deal_currency_id",
        help="What the deal brings in its own currency, before tax.",
    )
    expected_revenue = fields.Monetary(help="The deal's amount in the company's currency, before tax.")

    _deal_rate_range = models.Constraint(
        "check(deal_rate >= 0)", "The conversion rate of an opportunity cannot be negative."
    )

    def _get_deal_company(self):
        """The company whose currency and rates count: the current one where the lead has none."""
        return self.company_id or self.env.company

    @api.model
    def _get_shared_company(self):
        """The company of opportunities without one and without orders, where it must be the same for all.

        Elsewhere they are of the current company, as Odoo has it.
        """
        return self.env.ref("base.user_root").company_id

    def _get_default_deal_currency(self):
        return self.zone_id.currency_id or self._get_deal_company().currency_id

    def _get_allowed_deal_currencies(self):
        """The currencies that the deal may be made in."""
        zones = self.zone_id | self.customer_id.zone_id | self.distributor_id.zone_id
        return zones.currency_id | zones.secondary_currency_id | self._get_deal_company().currency_id

    def _get_deal_rates(self):
        """``{lead: rate}`` by zone, currency and company, as of today or of the day they were closed."""
        today = get_today(self)
        rates = {}
        for date, leads in self.grouped(
            lambda lead: (lead.won_status in CLOSED and lead.close_date) or today
        ).items():
            keys = {lead: lead._get_rate_key() for lead in leads}
            of_date = self.env["pemba.zone"]._get_rates(keys.values(), date)
            rates |= {lead: of_date[key] for lead, key in keys.items()}
        return rates

    def _get_rate_key(self):
        return self.zone_id.id, self.deal_currency_id.id, self._get_deal_company().id

    def _is_in_company_currency(self):
        return self.deal_currency_id == self._get_deal_company().currency_id

    def _to_company(self, amount, rate):
        return self._get_deal_company().currency_id.round(amount / rate if rate else amount)

    def _to_deal(self, amount, rate):
        return self.deal_currency_id.round(amount * rate)

    # ------------------------------------------------------------
    # On the form, as the server will have it
    # ------------------------------------------------------------

    @api.onchange("partner_id", "zone_id", "company_id")
    def _onchange_default_deal_currency(self):
        if not self._origin:
            self.deal_currency_id = self._get_default_deal_currency()

    @api.onchange("deal_currency_id")
    def _onchange_deal_currency(self):
        self.is_rate_typed = False

    @api.onchange("zone_id", "deal_currency_id", "company_id", "is_rate_typed")
    def _onchange_deal_rate(self):
        if self.deal_currency_id and not (self.is_rate_typed or self.is_rate_locked):
            self.deal_rate = self._get_deal_rates()[self]

    @api.onchange("deal_amount", "deal_rate")
    def _onchange_deal_amount(self):
        if self._has_typed_amounts() and not self._are_amounts_in_step():
            self.expected_revenue = self._to_company(self.deal_amount, self.deal_rate)

    @api.onchange("expected_revenue")
    def _onchange_expected_revenue(self):
        if self._has_typed_amounts() and not self._are_amounts_in_step():
            self.deal_amount = self._to_deal(self.expected_revenue, self.deal_rate)

    def _has_typed_amounts(self):
        """Whether one amount follows from the other on the form, and not both from what is offered."""
        return self.deal_currency_id and self.deal_rate

    def _has_own_amounts(self):
        """Whether one amount follows from the other, and not both from what is offered."""
        return True

    def _are_amounts_in_step(self):
        """Whether each amount is what the rate makes of the other, to the cent."""
        return self._follows_from_revenue(self.deal_rate) or self._follows_from_deal(self.deal_rate)

    def _follows_from_revenue(self, rate):
        """Whether the deal's amount is what a rate makes of the company's."""
        in_deal_currency = self._to_deal(self.expected_revenue, rate)
        return not self.deal_currency_id.compare_amounts(self.deal_amount, in_deal_currency)

    def _follows_from_deal(self, rate):
        """Whether the company's amount is what a rate makes of the deal's."""
        in_company_currency = self._to_company(self.deal_amount, rate)
        return not self._get_deal_company().currency_id.compare_amounts(
            self.expected_revenue, in_company_currency
        )

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    def _check_deal_currency(self):
        """:raise ValidationError: naming the deal, the currency and those that are allowed"""
        kept = get_scope(self.env, "copying") | get_scope(self.env, "merging")
        others = self.browse(kept).deal_currency_id
        for lead in self:
            if lead._is_in_company_currency() or lead.deal_currency_id in others:
                continue
            allowed = lead._get_allowed_deal_currencies()
            if lead.deal_currency_id not in allowed:
                raise ValidationError(
                    self.env._(
                        "%(lead)s, deal currency: %(currency)s is not one of its zones' (%(allowed)s).",
                        lead=lead.display_name,
                        currency=lead.deal_currency_id.name,
                        allowed=", ".join(allowed.mapped("name")),
                    )
                )

    def _check_typed_rate(self, rate):
        """:raise ValidationError: naming the deal, where a rate was typed for the company's own currency"""
        for lead in self:
            if rate != 1 and lead._is_in_company_currency():
                raise ValidationError(
                    self.env._(
                        "%(lead)s, conversion rate: %(currency)s is the company's own currency, at 1.",
                        lead=lead.display_name,
                        currency=lead.deal_currency_id.name,
                    )
                )

    def _start_rates(self, given):
        """The currency, rate and amounts of deals that were just created.

        :param given: ``{lead: values it was created with}``
        """
        self._write_by_values(
            {
                lead: {"deal_currency_id": lead._get_default_deal_currency().id}
                for lead in self
                if not lead.deal_currency_id
            }
        )
        self._check_deal_currency()
        rates = self.filtered(lambda lead: not lead.deal_rate)._get_deal_rates()
        new_vals = {}
        for lead, vals in given.items():
            rate = rates.get(lead) or lead.deal_rate
            new_vals[lead] = {"deal_rate": rate} | lead._prepare_amounts(rate, vals)
            if lead not in rates:
                lead._check_typed_rate(rate)
                if "is_rate_typed" not in vals:
                    new_vals[lead]["is_rate_typed"] = True
        self._write_by_values(new_vals)

    def _prepare_amounts(self, rate, given):
        """The amount that follows from the one that was given; the deal's own wins.

        Of two that are in step none moves: a form sends what it showed.
        """
        if given.get("deal_amount") or ("deal_amount" in given and "expected_revenue" not in given):
            if "expected_revenue" in given and self._follows_from_revenue(rate):
                return {}
            return {"expected_revenue": self._to_company(self.deal_amount, rate)}
        if self.deal_amount and self._follows_from_deal(rate):
            return {}
        return {"deal_amount": self._to_deal(self.expected_revenue, rate)}

    def _follow_rates(self, before, vals):
        """Bring currency, rate and amounts in step with what was written.

        :param before: ``{lead: state before the change}``
        :param vals: the values that were written
        """
        leads = self.filtered(lambda lead: before[lead]["deal_currency_id"])  # else it is being created
        moved = leads.filtered(lambda lead: lead._get_deal_company() != before[lead]["company"])
        leads._follow_currencies(before, vals, moved)
        self._write_by_values(
            {lead: {"is_rate_locked": False} for lead in leads if lead._is_released(before[lead])}
        )
        changed = leads.filtered(lambda lead: lead.deal_currency_id != before[lead]["deal_currency_id"])
        new_vals = {lead: {} for lead in leads}
        if vals.get("deal_rate"):
            leads._check_typed_rate(vals["deal_rate"])
            if "is_rate_typed" not in vals:
                new_vals = {lead: {"is_rate_typed": True} for lead in leads}
        else:
            anew = moved | changed
            if "deal_rate" in vals:  # emptied
                anew = leads
            following = leads.filtered(lambda lead: lead in anew or lead._follows_again(before[lead], vals))
            for lead, rate in following._get_deal_rates().items():
                if lead in anew and lead.is_rate_typed:
                    new_vals[lead]["is_rate_typed"] = False
                if rate != lead.deal_rate:
                    new_vals[lead]["deal_rate"] = rate
        for lead in leads:
            if lead._has_own_amounts():
                new_vals[lead] |= lead._prepare_following_amounts(
                    before[lead], vals, new_vals[lead].get("deal_rate", lead.deal_rate)
                )
        self._write_by_values(new_vals)

    def _follow_currencies(self, before, vals, moved):
        """A currency that was emptied is the default again; a new company brings its own.

        :param moved: the deals whose company changed
        """
        new_vals = {}
        for lead in self:
            company = lead._get_deal_company()
            if not lead.deal_currency_id:
                new_vals[lead] = {"deal_currency_id": lead._get_default_deal_currency().id}
            elif (
                lead in moved
                and "deal_currency_id" not in vals
                and lead.deal_currency_id == before[lead]["company"].currency_id
            ):
                new_vals[lead] = {"deal_currency_id": company.currency_id.id}
        self._write_by_values(new_vals)
        self.filtered(
            lambda lead: lead not in new_vals and lead.deal_currency_id != before[lead]["deal_currency_id"]
        )._check_deal_currency()

    def _is_released(self, old):
        """Whether the deal has just been opened again."""
        return self.is_rate_locked and old["won_status"] in CLOSED and self.won_status not in CLOSED

    def _follows_again(self, old, vals):
        """Whether the deal takes the rate of its zone now."""
        if self.is_rate_typed or self.is_rate_locked or self.won_status in CLOSED:
            return False
        is_reopened = self._is_open() and not old["is_open"]
        return is_reopened or self.zone_id != old["zone_id"] or "is_rate_typed" in vals

    def _prepare_following_amounts(self, old, vals, rate):
        if not {"deal_amount", "expected_revenue"}.isdisjoint(vals) and (
            self.deal_currency_id.compare_amounts(self.deal_amount, old["deal_amount"])
            or self.company_currency.compare_amounts(self.expected_revenue, old["expected_revenue"])
        ):
            return self._prepare_amounts(rate, vals)
        if rate != old["deal_rate"]:
            return {"expected_revenue": self._to_company(self.deal_amount, rate)}
        return {}
