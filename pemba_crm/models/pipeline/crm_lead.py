from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL, float_compare

# What a write must contain for a deal's stage, result, zone, rate or amounts to move.
DEAL_FIELDS = frozenset(
    {
        "stage_id",
        "active",
        "probability",
        "type",
        "company_id",
        "user_id",
        "team_id",
        "partner_id",
        "country_id",
        "zone_id",
        "distributor_id",
        "deal_currency_id",
        "deal_rate",
        "is_rate_typed",
        "is_rate_locked",
        "deal_amount",
        "expected_revenue",
        "maturity",
        "risk_level_id",
        "close_date",
    }
)
# Of these, what matters only where another salesperson or team means another company or stage.
PEOPLE_FIELDS = frozenset({"user_id", "team_id"})
# What stays as it was once a deal is closed; managers may correct it, with a trace.
FROZEN_FIELDS = ("zone_id", "maturity", "risk_level_id", "close_date")
CLOSED = ("won", "lost")


class CrmLead(models.Model):
    """An opportunity in the P-E-M-B-A tunnel: who buys, where, what kind of sale, and its result.

    The stage and what hangs on it are in ``crm_lead_stage``, currency and amounts in ``crm_lead_rate``.
    """

    _inherit = "crm.lead"

    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        index="btree_not_null",
        help="The company, or the person where there is none, that the contact belongs to.",
    )
    zone_id = fields.Many2one(
        "pemba.zone",
        string="Sales Zone",
        compute="_compute_zone_id",
        inverse="_inverse_zone_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The customer's zone, else that of the address' country. It stays once the deal is closed.",
    )
    is_zone_manual = fields.Boolean(
        string="Zone Chosen by Hand",
        readonly=True,
        copy=False,
        help="The zone differs from the one that customer and country give, and stays when these change.",
    )
    nature = fields.Selection(
        selection=[("new", "New Business"), ("extension", "Extension"), ("renewal", "Renewal")],
        default="new",
        required=True,
    )
    sale_type_id = fields.Many2one(
        "pemba.sale.type",
        index="btree_not_null",
        ondelete="restrict",
        help="What most of the sale is: software, maintenance, a study, training.",
    )
    distributor_id = fields.Many2one(
        "res.partner",
        domain="[('is_distributor', '=', True)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="The partner who sells to the customer and whom we invoice; empty for a direct sale.",
    )
    channel = fields.Selection(
        selection=[("direct", "Direct"), ("distribution", "Distribution")],
        compute="_compute_channel",
        store=True,
        precompute=True,
    )
    close_date = fields.Date(
        string="Closed On",
        copy=False,
        index="btree_not_null",
        help="The day the deal was won or lost, by the company's clock: the period of reports and targets.",
    )

    @api.depends("partner_id.commercial_partner_id")
    def _compute_customer_id(self):
        for lead in self:
            lead.customer_id = lead.partner_id.commercial_partner_id

    @api.depends("customer_id", "country_id")
    def _compute_zone_id(self):
        for lead in self:
            is_frozen = lead.won_status in CLOSED and lead.zone_id
            if not lead.is_zone_manual and not is_frozen:
                lead.zone_id = lead._get_own_zone()

    def _inverse_zone_id(self):
        for lead in self:
            is_manual = lead.zone_id != lead._get_own_zone()
            if lead.is_zone_manual != is_manual:
                lead.is_zone_manual = is_manual

    def _get_own_zone(self):
        """The zone that customer and country give."""
        return self.customer_id.zone_id or self.env["pemba.zone"]._get_country_zone(self.country_id)

    @api.depends("distributor_id")
    def _compute_channel(self):
        for lead in self:
            lead.channel = "distribution" if lead.distributor_id else "direct"

    # ------------------------------------------------------------
    # Creating and writing: every rule of a deal, whichever way it is changed
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        given = dict(zip(leads, vals_list, strict=True))
        leads._start_rates(given)
        leads._start_results(given)
        leads._check_deal_currency()
        leads._enter_stages()
        return leads

    def write(self, vals):
        touched = DEAL_FIELDS.intersection(vals)
        if not touched or (touched <= PEOPLE_FIELDS and not self._moves_with_people()):
            return super().write(vals)
        before = {lead: lead._get_deal_state() for lead in self}
        self._check_rate_lock(vals)
        result = super().write(vals)
        self._follow_rates(before, vals)
        self._follow_results(before, vals)
        self.browse(
            lead.id for lead, old in before.items() if lead.stage_id != old["stage_id"]
        )._enter_stages(is_chosen="stage_id" in vals)
        return result

    def action_assign_to_me(self):
        """The current user takes the opportunities over."""
        return self.write({"user_id": self.env.uid})

    @api.model
    @tools.ormcache()
    def _moves_with_people(self):
        """Whether a deal's company, or a stage with an activity plan, may follow from who is in charge.

        Where not, the computations that a change of salesperson sets off are left for Odoo to batch.
        """
        stages = self.env["crm.stage"].sudo()
        return (
            self.env["res.company"].sudo().search_count([], limit=2) > 1
            or bool(stages.search_count([("activity_plan_id", "!=", False)], limit=1))
            and bool(stages.search_count([("team_ids", "!=", False)], limit=1))
        )

    def _get_deal_state(self):
        """What must be known of a deal before a change, to tell what changed."""
        return {
            "stage_id": self.stage_id,
            "last_open_step": self.last_open_step,  # asked for while it is open
            "won_status": self.won_status,
            "is_open": self._is_open(),
            "company": self._get_deal_company(),
            "deal_currency_id": self.deal_currency_id,
            "deal_rate": self.deal_rate,
            "deal_amount": self.deal_amount,
            "expected_revenue": self.expected_revenue,
            **{name: self[name] for name in FROZEN_FIELDS},
        }

    def _is_open(self):
        """Whether it is an opportunity that is neither won, lost nor archived."""
        return self.type == "opportunity" and self.active and self.won_status == "pending"

    def _write_by_values(self, vals_by_lead):  # pylint: disable=missing-return
        """Write each lead's own values, past our own rules; leads with the same values together.

        :param vals_by_lead: ``{lead: values}``
        """
        leads_by_vals = {}
        for lead, vals in vals_by_lead.items():
            if vals:
                key = tuple(vals.items())
                leads_by_vals[key] = leads_by_vals.get(key, self.browse()) | lead
        for key, leads in leads_by_vals.items():
            super(CrmLead, leads).write(dict(key))

    # ------------------------------------------------------------
    # The result: won and lost
    # ------------------------------------------------------------

    def _start_results(self, given):
        """Deals that are created closed: their day, and the maturity of their stage.

        :param given: ``{lead: values it was created with}``
        """
        new_vals = {}
        for lead, vals in given.items():
            if lead.won_status not in CLOSED:
                new_vals[lead] = {"close_date": False} if lead.close_date else {}
                continue
            new_vals[lead] = lead._prepare_closing_vals() | (
                {} if "maturity" in vals else {"maturity": lead.stage_id.maturity}
            )
            if lead.close_date:
                del new_vals[lead]["close_date"]
            if lead.won_status == "lost" and not lead.last_open_step:
                new_vals[lead]["last_open_step"] = lead.pemba_step
        self._write_by_values(new_vals)

    def _follow_results(self, before, vals):
        """Freeze what is closed now, release what was opened again, keep what stays closed.

        :param before: ``{lead: state before the change}``
        :param vals: the values that were written
        """
        new_vals = {}
        for lead, old in before.items():
            was_closed, is_closed = old["won_status"] in CLOSED, lead.won_status in CLOSED
            if not is_closed:
                if was_closed:
                    new_vals[lead] = {"close_date": False}
            elif lead.won_status != old["won_status"]:
                new_vals[lead] = lead._prepare_closing_vals()
                if "close_date" in vals:
                    del new_vals[lead]["close_date"]
                if "maturity" not in vals and lead.maturity != old["maturity"]:
                    new_vals[lead]["maturity"] = old["maturity"]
            else:
                lead._check_frozen(old)
        self._write_by_values(new_vals)

    def _prepare_closing_vals(self):
        """What a deal keeps from the day it is won or lost."""
        return {"is_rate_locked": True, "close_date": self._get_close_date()}

    def _get_close_date(self):
        """The day of closing where the company is.

        By the time zone of the company's partner, else of its working hours, else UTC.
        """
        company = self._get_deal_company().sudo()  # salespeople need not see the company's contact
        zone = company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
        moment = self.date_closed or fields.Datetime.now()
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), moment).date()

    def _check_frozen(self, old):
        """Only managers correct what a closing froze, and it leaves a trace.

        :raise UserError: naming the opportunity and the fields
        """
        changed = [name for name in FROZEN_FIELDS if self[name] != old[name]]
        if not changed:
            return
        labels = self._get_labels(changed)
        if not self._is_by_manager():
            raise UserError(
                self.env._(
                    "%(lead)s is closed: only sales managers may change %(fields)s.",
                    lead=self.display_name,
                    fields=labels,
                )
            )
        self._message_log(body=self.env._("Changed after closing: %s", labels))

    def _is_by_manager(self):
        return self.env.su or self.env.user.has_group("pemba_crm.group_manager")

    def _get_labels(self, names):
        """The labels of fields as the user knows them, in one text."""
        labels = self.fields_get(names, ["string"])
        return ", ".join(labels[name]["string"] for name in names if name in labels)

    # ------------------------------------------------------------
    # Following contacts and zones, in SQL
    # ------------------------------------------------------------

    @api.model
    def _follow_customers(self, condition):
        """Deals that are not closed take the zone of their customer and country again, in SQL.

        Not those whose zone was chosen by hand. The rates of the zones that changed follow.

        :param condition: SQL on ``lead`` and ``customer`` (a partner)
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """UPDATE crm_lead changed SET zone_id = COALESCE(customer.zone_id, country.zone_id)
                     FROM crm_lead lead
                LEFT JOIN res_partner customer ON customer.id = lead.customer_id
                LEFT JOIN pemba_zone_res_country_rel country ON country.country_id = lead.country_id
                    WHERE changed.id = lead.id
                      AND lead.is_zone_manual IS NOT TRUE
                      AND lead.won_status = 'pending'
                      AND lead.zone_id IS DISTINCT FROM COALESCE(customer.zone_id, country.zone_id)
                      AND (%s)
                RETURNING lead.id""",
                condition,
            )
        )
        if rows:
            self.invalidate_model()
            self._update_open_rates(SQL("lead.id = ANY(%s)", [lead_id for (lead_id,) in rows]))

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
            " ADD COLUMN IF NOT EXISTS last_open_step varchar"
        )
        return super()._auto_init()

    @api.model
    def _fill_deals(self):
        """Give the opportunities that were there before the add-on their values, in one statement."""
        self.env.flush_all()
        revenue = SQL("COALESCE(lead.expected_revenue, 0)")
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed
                      SET customer_id = partner.commercial_partner_id,
                          channel = 'direct',
                          pemba_step = stage.pemba_step,
                          maturity = COALESCE(stage.maturity, 0),
                          last_open_step = CASE WHEN lead.won_status != 'won' THEN stage.pemba_step END,
                          risk_level_id = risk.id,
                          deal_currency_id = company.currency_id,
                          deal_rate = 1,
                          deal_amount = %(revenue)s,
                          is_rate_locked = lead.won_status IN ('won', 'lost'),
                          close_date = CASE WHEN lead.won_status IN ('won', 'lost') THEN (
                              COALESCE(lead.date_closed, lead.date_last_stage_update, lead.write_date)
                              AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(own.tz, hours.tz, 'UTC'))::date END,
                          weighted_revenue = CASE
                              WHEN %(open)s THEN %(weighted)s
                              WHEN lead.type = 'opportunity' AND lead.active AND lead.won_status = 'won'
                                  THEN %(revenue)s
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
                revenue=revenue,
                open=self._get_open_sql(),
                weighted=self._get_weighted_sql(revenue, SQL("COALESCE(stage.maturity, 0)")),
                company=self.env.company.id,
                risk=self.env.ref("pemba_crm.risk_level_low").id,
            )
        )
        self.env.invalidate_all()

    @api.model
    def _same_amount(self, currency, one, other):
        return not float_compare(one, other, precision_rounding=currency.rounding)
