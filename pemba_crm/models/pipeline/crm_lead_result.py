from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..links import is_other
from ..marks import is_in_scope, scope
from ..public import VALUES, public
from .crm_lead import CLOSED


class CrmLead(models.Model):
    """The result of a deal: it is won or lost on a day, and keeps what it was closed with.

    Deals that were there before the add-on get their values, results included, at the end.
    """

    _inherit = "crm.lead"

    def _start_results(self, given):
        """Deals that are created closed: their day and zone, and the maturity of their stage.

        :param given: ``{lead: values it was created with}``
        """
        new_vals = {}
        for lead, vals in given.items():
            new_vals[lead] = {"maturity_stage_id": lead.stage_id.id} if "maturity" in vals else {}
            if lead.won_status in CLOSED:
                new_vals[lead] |= lead._prepare_closing_vals(vals)
                if "maturity" not in vals:
                    new_vals[lead] |= {
                        "maturity": lead.stage_id.maturity,
                        "maturity_stage_id": lead.stage_id.id,
                    }
                if "zone_id" not in vals:
                    new_vals[lead]["zone_id"] = lead._get_own_zone().id
                if lead.won_status == "lost" and not lead.last_open_step:
                    new_vals[lead]["last_open_step"] = lead.pemba_step
            elif lead.close_date:
                new_vals[lead]["close_date"] = False
        self._write_by_values(new_vals)

    def _follow_results(self, before, vals):
        """Freeze what is closed now, release what was opened again, keep what stays closed.

        :param before: ``{lead: state before the change}``
        :param vals: the values that were written
        """
        new_vals, bodies = {}, {}
        for lead, old in before.items():
            if lead.won_status not in CLOSED:
                new_vals[lead] = {"close_date": False} if lead.close_date else {}
            elif lead.won_status != old["won_status"]:
                new_vals[lead] = lead._prepare_closing_vals(vals)
            elif changed := [name for name in self._get_traced_fields() if lead[name] != old[name]]:
                lead._check_frozen(changed)
                bodies[lead.id] = self.env._("Changed after closing: %s", lead._describe(changed, old))
        self._write_by_values(new_vals)
        opened = [lead.id for lead, old in before.items() if old["won_status"] in CLOSED]
        self.env.add_to_compute(self._fields["customer_id"], self.browse(opened))
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)

    def _prepare_closing_vals(self, given):
        """What a deal keeps from the day it is won or lost.

        :param given: the values it is created or written with; only managers choose the day
        """
        close_date = self._get_open_day(self._get_close_date())
        if given.get("close_date") and self.close_date != close_date:
            self._check_frozen(["close_date"])
            close_date = self.close_date
        return {"is_rate_locked": True, "close_date": close_date}

    def _get_open_day(self, day):
        """The day that a deal closed on a day is closed on, for rooms that know of closed time."""
        return day

    def _get_close_date(self, moment=None):
        """The day of closing where the company is.

        By the time zone of the company's partner, else of its working hours, else UTC.

        :param moment: in UTC; when it was closed if none is given
        """
        zone = self._get_deal_company()._get_sales_clock()
        moment = moment or self.date_closed or fields.Datetime.now()
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), moment).date()

    def _check_frozen(self, changed):
        """Only managers correct what a closing froze.

        :param changed: names of fields
        :raise UserError: naming the opportunity and the fields
        """
        frozen = [name for name in self._get_frozen_fields() if name in changed]
        if frozen and not self._is_by_manager():
            raise UserError(
                self.env._(
                    "%(lead)s is closed: only sales managers may change %(fields)s.",
                    lead=self.display_name,
                    fields=", ".join(self._get_labels(frozen)),
                )
            )

    def _describe(self, names, old):
        """How fields changed, for people to read.

        :param old: ``{field: value before}``
        """

        def say(value):
            return value.display_name if isinstance(value, models.BaseModel) else value

        return ", ".join(
            f"{label}: {say(old[name]) or '-'} → {say(self[name]) or '-'}"
            for name, label in zip(names, self._get_labels(names), strict=True)
        )

    # ------------------------------------------------------------
    # The rate is locked once it is closed
    # ------------------------------------------------------------

    @public
    def action_unlock_rate(self):
        """For managers: the rate of a closed deal may be typed again."""
        self.write({"is_rate_locked": False, "is_rate_typed": True})

    @public
    def action_lock_rate(self):
        """For managers: the rate of a closed deal stays again."""
        self.write({"is_rate_locked": True})

    def _check_rate_lock(self, vals):
        """Only managers lock and unlock rates; unlocking leaves a trace, and locked, a rate stays.

        :raise UserError: naming the deal
        """
        is_locked = vals.get("is_rate_locked")
        bodies = {}
        for lead in self:
            if is_locked is not None and bool(is_locked) != lead.is_rate_locked:
                if not self._is_by_manager():
                    raise UserError(
                        self.env._("%s: only sales managers may lock or unlock its rate.", lead.display_name)
                    )
                if not is_locked:
                    bodies[lead.id] = self.env._("Conversion rate unlocked at %s.", lead.deal_rate)
            elif lead.is_rate_locked and (
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

    # ------------------------------------------------------------
    # Installing on a database that has opportunities
    # ------------------------------------------------------------

    def _auto_init(self):
        # Made here, so that no opportunity is computed in Python; _fill_deals gives them their values.
        self.env.cr.execute(
            "ALTER TABLE crm_lead"
            " ADD COLUMN IF NOT EXISTS customer_id int4, ADD COLUMN IF NOT EXISTS zone_id int4,"
            " ADD COLUMN IF NOT EXISTS channel varchar, ADD COLUMN IF NOT EXISTS pemba_step varchar,"
            " ADD COLUMN IF NOT EXISTS maturity numeric, ADD COLUMN IF NOT EXISTS weighted_revenue numeric,"
            " ADD COLUMN IF NOT EXISTS last_open_step varchar,"
            " ADD COLUMN IF NOT EXISTS maturity_stage_id int4"
        )
        return super()._auto_init()

    @api.model
    def _fill_deals(self):
        """Give the opportunities that were there before the add-on their values, in one statement."""
        self.env.flush_all()
        expected = SQL("COALESCE(lead.expected_revenue, 0)")
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed
                      SET customer_id = partner.commercial_partner_id,
                          channel = 'direct',
                          pemba_step = stage.pemba_step,
                          maturity = COALESCE(stage.maturity, 0),
                          maturity_stage_id = lead.stage_id,
                          last_open_step = CASE WHEN lead.won_status != 'won' THEN stage.pemba_step END,
                          risk_level_id = risk.id,
                          deal_currency_id = company.currency_id,
                          deal_rate = 1,
                          deal_amount = %(expected)s,
                          is_rate_locked = lead.won_status IN ('won', 'lost'),
                          close_date = CASE WHEN lead.won_status IN ('won', 'lost') THEN (
                              COALESCE(lead.date_closed, lead.date_last_stage_update, lead.write_date)
                              AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(own.tz, hours.tz, 'UTC'))::date END,
                          weighted_revenue = CASE
                              WHEN %(open)s THEN %(weighted)s
                              WHEN lead.type = 'opportunity' AND lead.active AND lead.won_status = 'won'
                                  THEN %(expected)s
                              ELSE 0 END
                     FROM crm_lead lead
                     JOIN res_company company ON company.id = COALESCE(lead.company_id, %(company)s)
                     JOIN res_currency currency ON currency.id = company.currency_id
                     JOIN res_partner own ON own.id = company.partner_id
                LEFT JOIN resource_calendar hours ON hours.id = company.resource_calendar_id
                LEFT JOIN pemba_risk_level risk ON risk.id = %(risk)s
                LEFT JOIN crm_stage stage ON stage.id = lead.stage_id
                LEFT JOIN res_partner partner ON partner.id = lead.partner_id
                    WHERE changed.id = lead.id""",
                expected=expected,
                open=self._get_open_sql(),
                weighted=self._get_weighted_sql(expected, SQL("COALESCE(stage.maturity, 0)")),
                company=self.env.company.id,
                risk=self.env.ref("pemba_crm.risk_level_low").id,
            )
        )
        self.env.invalidate_all()

    # ------------------------------------------------------------
    # Whose sale it is
    # ------------------------------------------------------------

    @api.depends("partner_id.commercial_partner_id")
    def _compute_customer_id(self):
        for lead in self:
            if not lead._keeps_customer():
                lead.customer_id = lead.partner_id.commercial_partner_id

    def _keeps_customer(self):
        """Whether it is closed, and its contact is the same and only went to another company."""
        stored = self._origin
        is_closed = stored and stored.won_status in CLOSED and self.customer_id
        return is_closed and self.partner_id == stored.partner_id and not self._has_other_contact()

    def _has_other_contact(self):
        """Whether its contact is being changed, and not what the contact belongs to."""
        return is_in_scope(self, "other_contact")

    @public(vals=VALUES)
    def write(self, vals):
        if "partner_id" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda lead: is_other(lead, "partner_id", vals["partner_id"]))
        with scope(changed, "other_contact"):
            result = super().write(vals)
            changed.mapped("customer_id")  # computed while it is known
        return result
