from odoo import api, fields, models, tools

from ..marks import FOLLOWING, scope
from ..public import VALUES, VALUES_LIST, public

# Of what decides on a deal, what matters only where other people mean another company or stage.
PEOPLE_FIELDS = frozenset({"user_id", "team_id"})
CLOSED = ("won", "lost")
# What is opened and followed by thousands, for nobody who is waiting, is told nobody.
SILENT = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}


class CrmLead(models.Model):
    """An opportunity in the P-E-M-B-A tunnel: who buys, where, what kind of sale, and its result.

    The stage and what hangs on it are in ``crm_lead_stage``, currency and amounts in ``crm_lead_rate``, new
    rates of many deals in ``crm_lead_open_rates``. What is offered, ordered, delivered, contracted and
    renewed comes in through the hooks of creating and writing, which later rooms fill.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead", "pemba.rules"]
    _is_owned = True

    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        index="btree_not_null",
        help="The company, or the person where there is none, that the contact belongs to; once won or lost,"
        " the one that the sale was made with.",
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
                lead._set(is_zone_manual=is_manual)

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
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        granted = self._take_creation(vals_list)
        if not granted:
            vals_list = self._as_sent(vals_list, is_new=True)
        vals_list, details = self._split_details(vals_list)
        leads = super().create(vals_list)
        given = dict(zip(leads, vals_list, strict=True))
        leads._start_results(given)
        leads._start_rates(given)
        with scope(leads if granted else self.browse(), "opening"):
            leads._start_details(details, given)
        leads._enter_stages()
        return leads

    @public(vals=VALUES)
    def write(self, vals):
        if self._take_write(vals) == FOLLOWING:
            return super().write(vals)
        vals = self._as_sent([vals])[0]
        touched = self._get_deal_fields().intersection(vals)
        if not touched or (touched <= PEOPLE_FIELDS and not self._moves_with_people()):
            result = super().write(vals)
            self._follow_choices(vals)
            return result
        if "maturity" in vals and vals.get("stage_id"):
            vals = vals | {"maturity_stage_id": vals["stage_id"]}
        before = {lead: lead._get_deal_state() for lead in self}
        self._check_rate_lock(vals)
        result = super().write(vals)
        self._follow_choices(vals)
        self._follow_rates(before, vals)
        self._follow_terms(before, vals)
        self._follow_results(before, vals)
        self._follow_reopening(before)
        moved = self.filtered(lambda lead: lead.stage_id != before[lead]["stage_id"])
        moved._enter_stages(is_chosen="stage_id" in vals)
        converted = self.filtered(lambda lead: lead.type != before[lead]["type"])
        (converted - moved)._enter_stages(is_chosen=False)
        return result

    @api.model
    def _get_deal_fields(self):
        """What a write must contain for a deal's stage, result, zone, rate or amounts to move: a new set."""
        return {
            *("stage_id", "active", "probability", "type", "company_id", "user_id", "team_id", "partner_id"),
            *("country_id", "zone_id", "distributor_id", "deal_currency_id", "deal_rate", "is_rate_typed"),
            *("is_rate_locked", "deal_amount", "expected_revenue", "maturity", "risk_level_id", "close_date"),
        }

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {
            "won_status",
            "weighted_revenue",
            "customer_id",
            "maturity_stage_id",
        }

    @api.model
    def _get_frozen_fields(self):
        """What stays as it was once a deal is closed; managers may correct it, with a trace: a new list."""
        return ["zone_id", "maturity", "risk_level_id", "close_date"]

    @api.model
    def _get_traced_fields(self):
        """What is told, with its old and new value, when it changes after that: a new list."""
        return [*self._get_frozen_fields(), "deal_currency_id", "deal_rate"]

    # Hooks of creating and writing

    @api.model
    def _split_details(self, vals_list):
        """Take out of the values of new deals what needs their currency and rate.

        :return: the values to create them with, and what was taken out: ``[{field: value}]``
        """
        return vals_list, [{} for _vals in vals_list]

    def _start_details(self, details, given):
        """Bring in what was taken out, now that the deals have a currency and a rate.

        :param details: see ``_split_details``, one for each deal
        :param given: ``{lead: values it was created with}``
        """

    def _follow_choices(self, vals):
        """What it means that something was chosen, which would follow from what hangs on the deal else.

        :param vals: the values that were written
        """

    def _follow_terms(self, before, vals):
        """What a change of the deal means for what hangs on it.

        :param before: ``{lead: state before the change}``
        :param vals: the values that were written
        """

    def _follow_reopening(self, before):
        """What it means that deals are open again; called last.

        :param before: ``{lead: state before the change}``
        """

    @public
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
            "partner_id": self.partner_id,
            "deal_amount": self.deal_amount,
            "expected_revenue": self.expected_revenue,
            "distributor_id": self.distributor_id,
            **{name: self[name] for name in self._get_traced_fields()},
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
            leads._set(**dict(key))

    def _is_by_manager(self):
        return self.env.su or self.env.user.has_group("pemba_crm.group_manager")

    def _get_labels(self, names):
        """The labels of fields as the user knows them."""
        labels = self.sudo().fields_get(names, ["string"])  # also of those the user may not see
        return [labels[name]["string"] for name in names]
