from odoo import api, fields, models, tools
from odoo.exceptions import UserError

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
# What is offered: it needs the deal's currency and rate, and gives its amounts.
OFFER_FIELDS = frozenset({"opportunity_configuration_ids", "opportunity_line_ids"})
# Of these, what matters only where another salesperson or team means another company or stage.
PEOPLE_FIELDS = frozenset({"user_id", "team_id"})
# What stays as it was once a deal is closed; managers may correct it, with a trace.
FROZEN_FIELDS = ("zone_id", "maturity", "risk_level_id", "close_date")
# What is told, with its old and new value, when it changes after that.
TRACED_FIELDS = (*FROZEN_FIELDS, "deal_currency_id", "deal_rate")
# Who sees costs and margins.
MARGIN = "pemba_crm.group_margin"
# What is shown of lines and of their sums, in the deal's currency.
SHOWN = ("price_subtotal", "distributor_margin", "net_amount", "margin")
CLOSED = ("won", "lost")
# As a value in the context it marks what our own methods do: no client can send it.
OURS = object()


class CrmLead(models.Model):
    """An opportunity in the P-E-M-B-A tunnel: who buys, where, what kind of sale, and its result.

    The stage and what hangs on it are in ``crm_lead_stage``, currency and amounts in ``crm_lead_rate``,
    changes of many deals at once in ``crm_lead_sql``.
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
    date_deadline = fields.Date(tracking=True)
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
            is_frozen = lead._origin and lead.won_status in CLOSED
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
        vals_list, offers = self._split_offers(self._without_sums(vals_list))
        leads = super().create(vals_list)
        given = dict(zip(leads, vals_list, strict=True))
        leads._start_results(given)
        leads._start_rates(given)
        leads._start_offers(offers, given)
        leads._enter_stages()
        return leads

    def write(self, vals):
        [vals] = self._without_sums([vals])
        if not OFFER_FIELDS.isdisjoint(vals) and self.env.context.get("pemba_defers_sums") is not OURS:
            return self._write_offer(vals)
        touched = DEAL_FIELDS.intersection(vals)
        if (
            not touched
            or self.env.context.get("pemba_following") is OURS
            or (touched <= PEOPLE_FIELDS and not self._moves_with_people())
        ):
            return super().write(vals)
        if "maturity" in vals and vals.get("stage_id"):
            vals = vals | {"maturity_stage_id": vals["stage_id"]}
        before = {lead: lead._get_deal_state() for lead in self}
        self._check_rate_lock(vals)
        result = super().write(vals)
        self._follow_rates(before, vals)
        self._follow_terms(before, vals)
        self._follow_results(before, vals)
        self._follow_reopening(before)
        moved = self.filtered(lambda lead: lead.stage_id != before[lead]["stage_id"])
        moved._enter_stages(is_chosen="stage_id" in vals)
        converted = self.filtered(lambda lead: lead.type != before[lead]["type"])
        (converted - moved)._enter_stages(is_chosen=False)
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
        stages = self.env["crm.stage"].sudo()  # the answer is the same for everybody
        return (
            self.env["res.company"].sudo().search_count([], limit=2) > 1  # of all companies
            or bool(stages.search_count([("activity_plan_id", "!=", False)], limit=1))
            and bool(stages.search_count([("team_ids", "!=", False)], limit=1))
        )

    def _get_deal_state(self):
        """What must be known of a deal before a change, to tell what changed."""
        return {
            "type": self.type,
            "stage_id": self.stage_id,
            "last_open_step": self.last_open_step,  # asked for while it is open
            "won_status": self.won_status,
            "is_open": self._is_open(),
            "company": self._get_deal_company(),
            "deal_amount": self.deal_amount,
            "expected_revenue": self.expected_revenue,
            "distributor_id": self.distributor_id,
            **{name: self[name] for name in TRACED_FIELDS},
        }

    def _is_open(self):
        """Whether it is an opportunity that is neither won, lost nor archived."""
        return self.type == "opportunity" and self.active and self.won_status == "pending"

    @api.model
    def _write_by_values(self, vals_by_lead):
        """Write what follows from the rules, past them; leads with the same values together.

        :param vals_by_lead: ``{lead: values}``
        """
        leads_by_vals = {}
        for lead, vals in vals_by_lead.items():
            if vals:
                key = tuple(vals.items())
                leads_by_vals[key] = leads_by_vals.get(key, self.browse()) | lead
        for key, leads in leads_by_vals.items():
            leads.with_context(pemba_following=OURS).write(dict(key))

    # ------------------------------------------------------------
    # The result: won and lost
    # ------------------------------------------------------------

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
            elif changed := [name for name in TRACED_FIELDS if lead[name] != old[name]]:
                lead._check_frozen(changed)
                bodies[lead.id] = self.env._("Changed after closing: %s", lead._describe(changed, old))
        self._write_by_values(new_vals)
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
        frozen = [name for name in changed if name in FROZEN_FIELDS]
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

    def _is_by_manager(self):
        return self.env.su or self.env.user.has_group("pemba_crm.group_manager")

    def _get_labels(self, names):
        """The labels of fields as the user knows them."""
        labels = self.sudo().fields_get(names, ["string"])  # also of those the user may not see
        return [labels[name]["string"] for name in names]
