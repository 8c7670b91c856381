from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .crm_lead import CLOSED

# No client can send it: see crm.team.
MERGEABLE_ONLY = object()
KEEPS_CURRENCY = object()


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

    _deal_rate_positive = models.Constraint(
        "check(deal_rate >= 0)", "The conversion rate of an opportunity must be above zero."
    )

    def _get_deal_company(self):
        """The company whose currency and rates count: the current one where the lead has none."""
        return self.company_id or self.env.company

    def _get_default_deal_currency(self):
        return self.zone_id.currency_id or self._get_deal_company().currency_id

    def _get_allowed_deal_currencies(self):
        """The currencies that the deal may be made in."""
        zones = self.zone_id | self.customer_id.zone_id | self.distributor_id.zone_id
        return zones.currency_id | zones.secondary_currency_id | self._get_deal_company().currency_id

    def _get_deal_rates(self):
        """``{lead: rate}`` by zone, currency and company, as of today."""
        today = fields.Date.context_today(self)
        keys = {
            lead: (lead.zone_id.id, lead.deal_currency_id.id, lead._get_deal_company().id) for lead in self
        }
        rates = self.env["pemba.zone"].sudo()._get_rates(keys.values(), today)  # rates are not secret
        return {lead: rates[key] for lead, key in keys.items()}

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

    @api.onchange("zone_id", "deal_currency_id", "company_id", "is_rate_typed")
    def _onchange_deal_rate(self):
        if self.deal_currency_id and not (self.is_rate_typed or self.is_rate_locked):
            self.deal_rate = self._get_deal_rates()[self]

    @api.onchange("deal_amount", "deal_rate")
    def _onchange_deal_amount(self):
        if self.deal_rate and not self._are_amounts_in_step():
            self.expected_revenue = self._to_company(self.deal_amount, self.deal_rate)

    @api.onchange("expected_revenue")
    def _onchange_expected_revenue(self):
        if self.deal_rate and not self._are_amounts_in_step():
            self.deal_amount = self._to_deal(self.expected_revenue, self.deal_rate)

    def _are_amounts_in_step(self):
        """Whether each amount is what the rate makes of the other, to the cent."""
        return self._same_amount(
            self.deal_currency_id, self.deal_amount, self._to_deal(self.expected_revenue, self.deal_rate)
        ) or self._same_amount(
            self._get_deal_company().currency_id,
            self.expected_revenue,
            self._to_company(self.deal_amount, self.deal_rate),
        )

    def action_unlock_rate(self):
        """For managers: the rate of a closed deal may be typed again."""
        self.write({"is_rate_locked": False, "is_rate_typed": True})

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    def _check_deal_currency(self):
        """:raise ValidationError: naming the deal, the currency and those that are allowed"""
        if self.env.context.get("pemba_currency") is KEEPS_CURRENCY:
            return
        for lead in self:
            if lead.deal_currency_id == lead._get_deal_company().currency_id:
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

    def _check_rate_lock(self, vals):
        """Only managers unlock the rate of a closed deal, and it leaves a trace; locked, it stays.

        :raise UserError: naming the deal
        """
        unlocks = "is_rate_locked" in vals and not vals["is_rate_locked"]
        bodies = {}
        for lead in self.filtered("is_rate_locked"):
            if unlocks:
                if not self._is_by_manager():
                    raise UserError(
                        self.env._("%s: only sales managers may unlock its rate.", lead.display_name)
                    )
                bodies[lead.id] = self.env._("Conversion rate unlocked at %s.", lead.deal_rate)
            elif (
                ("deal_rate" in vals and vals["deal_rate"] != lead.deal_rate)
                or ("deal_currency_id" in vals and vals["deal_currency_id"] != lead.deal_currency_id.id)
                or ("is_rate_typed" in vals and vals["is_rate_typed"] != lead.is_rate_typed)
            ):
                raise UserError(
                    self.env._(
                        "%s: its rate is locked. A sales manager may unlock it first.", lead.display_name
                    )
                )
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)

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
        rates = self.filtered(lambda lead: not lead.deal_rate)._get_deal_rates()
        new_vals = {}
        for lead, vals in given.items():
            rate = rates.get(lead) or lead.deal_rate
            new_vals[lead] = {"deal_rate": rate} | lead._prepare_amounts(rate, vals)
            if lead not in rates and "is_rate_typed" not in vals:
                new_vals[lead]["is_rate_typed"] = True
        self._write_by_values(new_vals)

    def _prepare_amounts(self, rate, given):
        """The amount that follows from the one that was given; the deal's own wins.

        Of two that were in step already none moves: a form sends both.
        """
        if given.get("deal_amount") or ("deal_amount" in given and "expected_revenue" not in given):
            kept = self._same_amount(
                self.deal_currency_id, self.deal_amount, self._to_deal(self.expected_revenue, rate)
            )
            if "expected_revenue" in given and kept:
                return {}
            return {"expected_revenue": self._to_company(self.deal_amount, rate)}
        return {"deal_amount": self._to_deal(self.expected_revenue, rate)}

    def _follow_rates(self, before, vals):
        """Bring currency, rate and amounts in step with what was written.

        :param before: ``{lead: state before the change}``
        :param vals: the values that were written
        """
        leads = self.filtered("deal_currency_id")  # without one: it is being created
        new_vals = {lead: {} for lead in leads}
        moved = leads.filtered(lambda lead: lead._get_deal_company() != before[lead]["company"])
        for lead in moved:
            old_currency = before[lead]["company"].currency_id
            if "deal_currency_id" not in vals and lead.deal_currency_id == old_currency:
                new_vals[lead]["deal_currency_id"] = lead._get_deal_company().currency_id.id
        self._write_by_values(new_vals)
        written = leads.filtered(lambda lead: lead.deal_currency_id != before[lead]["deal_currency_id"])
        (written - moved)._check_deal_currency()

        new_vals = {lead: {} for lead in leads}
        released = leads.filtered(
            lambda lead: (
                lead.is_rate_locked and before[lead]["won_status"] in CLOSED and lead.won_status not in CLOSED
            )
        )
        self._write_by_values({lead: {"is_rate_locked": False} for lead in released})
        if vals.get("deal_rate"):
            if "is_rate_typed" not in vals:
                new_vals = {lead: {"is_rate_typed": True} for lead in leads}
        else:
            rates = leads.filtered(
                lambda lead: lead in moved or lead in written or lead._follows_again(before[lead], vals)
            )._get_deal_rates()
            for lead, rate in rates.items():
                if lead in moved or lead in written:
                    new_vals[lead]["is_rate_typed"] = False
                if rate != lead.deal_rate:
                    new_vals[lead]["deal_rate"] = rate
        for lead in leads:
            new_vals[lead] |= lead._prepare_following_amounts(
                before[lead], vals, new_vals[lead].get("deal_rate", lead.deal_rate)
            )
        self._write_by_values(new_vals)

    def _follows_again(self, old, vals):
        """Whether the deal takes the rate of its zone now."""
        if self.is_rate_typed or self.is_rate_locked or self.won_status in CLOSED:
            return False
        is_reopened = self._is_open() and not old["is_open"]
        return is_reopened or self.zone_id != old["zone_id"] or "is_rate_typed" in vals or "deal_rate" in vals

    def _prepare_following_amounts(self, old, vals, rate):
        if not {"deal_amount", "expected_revenue"}.isdisjoint(vals):
            is_same = self._same_amount(
                self.deal_currency_id, self.deal_amount, old["deal_amount"]
            ) and self._same_amount(self.company_currency, self.expected_revenue, old["expected_revenue"])
            if not is_same:
                return self._prepare_amounts(rate, vals)
        if rate != old["deal_rate"]:
            return {"expected_revenue": self._to_company(self.deal_amount, rate)}
        return {}

    # ------------------------------------------------------------
    # Duplicating and merging
    # ------------------------------------------------------------

    def copy(self, default=None):
        """A copy keeps its currency, whichever its zone's are now."""
        copies = super(CrmLead, self.with_context(pemba_currency=KEEPS_CURRENCY)).copy(default)
        return copies.with_env(self.env)

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "zone_id", "sale_type_id", "distributor_id"]

    def _merge_data(self, fnames=None):
        """The currency and amount are those of the first that has an amount, the rate is the head's."""
        data = super()._merge_data(fnames)
        data.pop("expected_revenue", None)
        source = self.filtered("deal_amount")[:1]
        if source and source != self[0] and not self[0].is_rate_locked:
            data |= {"deal_currency_id": source.deal_currency_id.id, "deal_amount": source.deal_amount}
        return data

    def _is_mergeable(self):
        """Whether those that have an amount have it in one currency."""
        return len(self.filtered("deal_amount").deal_currency_id) <= 1

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        """:raise UserError: naming two opportunities that have amounts in different currencies"""
        if not self._is_mergeable():
            by_currency = self.filtered("deal_amount").grouped("deal_currency_id")
            (one_currency, one), (other_currency, other), *_more = by_currency.items()
            raise UserError(
                self.env._(
                    "%(one)s is in %(one_currency)s and %(other)s in %(other_currency)s: "
                    "opportunities with amounts in different currencies cannot be merged.",
                    one=one[0].display_name,
                    one_currency=one_currency.name,
                    other=other[0].display_name,
                    other_currency=other_currency.name,
                )
            )
        head = super(CrmLead, self.with_context(pemba_currency=KEEPS_CURRENCY))._merge_opportunity(
            user_id=user_id, team_id=team_id, auto_unlink=auto_unlink, max_length=max_length
        )
        return head.with_env(self.env)

    def _get_lead_duplicates(self, partner=None, email=None, include_lost=False):
        duplicates = super()._get_lead_duplicates(partner=partner, email=email, include_lost=include_lost)
        if self.env.context.get("pemba_duplicates") is MERGEABLE_ONLY and not duplicates._is_mergeable():
            return self
        return duplicates

    # ------------------------------------------------------------
    # The rates of zones, in SQL
    # ------------------------------------------------------------

    @api.model
    def _update_open_rates(self, condition=None):
        """Open deals take the rates of today, in one statement; neither pinned nor locked ones.

        Revenue, weighted and prorated revenue follow. What their histories say of these stays silent.

        :param condition: SQL on ``lead``; all deals if none is given
        """
        self.env.flush_all()
        following = SQL(
            "%s AND lead.is_rate_typed IS NOT TRUE AND lead.is_rate_locked IS NOT TRUE AND (%s)",
            self._get_open_sql(),
            condition or SQL("TRUE"),
        )
        company = SQL("COALESCE(lead.company_id, %s)", self.env.company.id)
        keys = self.env.execute_query(
            SQL(
                """SELECT DISTINCT lead.zone_id, lead.deal_currency_id, %s
                     FROM crm_lead lead WHERE lead.deal_currency_id IS NOT NULL AND %s""",
                company,
                following,
            )
        )
        if not keys:
            return
        rates = self.env["pemba.zone"].sudo()._get_rates(keys, fields.Date.context_today(self))
        values = SQL(", ").join(
            SQL("(%s::int, %s, %s, %s::numeric)", zone or None, currency, of_company, rate)
            for (zone, currency, of_company), rate in rates.items()
        )
        revenue = SQL("ROUND(lead.deal_amount / new.rate / currency.rounding) * currency.rounding")
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed
                      SET deal_rate = new.rate,
                          expected_revenue = %(revenue)s,
                          weighted_revenue = %(weighted)s,
                          prorated_revenue = ROUND(%(revenue)s * lead.probability::numeric / 100, 2)
                     FROM crm_lead lead
                     JOIN (VALUES %(values)s) new (zone_id, currency_id, company_id, rate)
                       ON lead.zone_id IS NOT DISTINCT FROM new.zone_id
                      AND lead.deal_currency_id = new.currency_id
                      AND %(company)s = new.company_id
                     JOIN res_company company ON company.id = new.company_id
                     JOIN res_currency currency ON currency.id = company.currency_id
                LEFT JOIN pemba_risk_level risk ON risk.id = lead.risk_level_id
                    WHERE changed.id = lead.id
                      AND lead.deal_rate IS DISTINCT FROM new.rate AND %(following)s""",
                revenue=revenue,
                weighted=self._get_weighted_sql(revenue, SQL("lead.maturity")),
                values=values,
                company=company,
                following=following,
            )
        )
        self.invalidate_model(["deal_rate", "expected_revenue", "weighted_revenue", "prorated_revenue"])

    @api.model
    def _cron_update_open_rates(self):
        """Every day: rates that became valid today, and Odoo's own where a zone has none."""
        self._update_open_rates()
