from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, is_html_empty

from ..marks import take
from .crm_lead import CLOSED
from .crm_stage import STEPS


class CrmLead(models.Model):
    """What hangs on the stage of an opportunity: step, maturity, weight, gates and activity plans."""

    _inherit = "crm.lead"

    pemba_step = fields.Selection(
        selection=STEPS,
        string="PEMBA Step",
        compute="_compute_pemba_step",
        store=True,
        index=True,
    )
    last_open_step = fields.Selection(
        selection=STEPS,
        compute="_compute_last_open_step",
        store=True,
        copy=False,
        help="The step it is at, or was at when it was won or lost.",
    )
    maturity = fields.Float(
        string="Maturity (%)",
        compute="_compute_maturity",
        store=True,
        readonly=False,
        copy=False,
        digits=(5, 2),
        aggregator="avg",
        help="How far the sale has come, from 0 to 100: its stage's, until you change it.",
    )
    maturity_stage_id = fields.Many2one(
        "crm.stage",
        string="Stage of the Maturity",
        compute="_compute_maturity",
        store=True,
        readonly=False,  # as the maturity itself, so that a form knows it too
        copy=False,
        ondelete="set null",
        help="Odoo computes the stage again when people change; a typed maturity lasts until it differs.",
    )
    risk_level_id = fields.Many2one(
        "pemba.risk.level",
        string="Risk",
        # Not env.ref, which asks the database each time.
        default=lambda self: self.env["ir.model.data"]._xmlid_to_res_id("pemba_crm.risk_level_low"),
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
    )
    risk_color = fields.Integer(related="risk_level_id.color", export_string_translation=False)
    weighted_revenue = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_weighted_revenue",
        store=True,
        help="Expected revenue × maturity × risk factor while open, all of it once won, nothing once lost.",
    )
    plan_stage_ids = fields.Many2many(
        "crm.stage",
        relation="crm_lead_plan_stage_rel",
        string="Stages whose Activity Plan Started",
        copy=False,
        readonly=True,
    )

    def _compute_stage_id(self):
        """A deal that is won or archived stays in its stage when its team changes."""
        kept = self.filtered(
            lambda lead: lead._origin and lead.stage_id and (lead.stage_id.is_won or not lead.active)
        )
        return super(CrmLead, self - kept)._compute_stage_id()

    # Changes of the stage itself and of a risk's factor are one SQL statement: see crm.stage.
    @api.depends("stage_id")
    def _compute_pemba_step(self):
        for lead in self:
            lead.pemba_step = lead.stage_id.pemba_step

    @api.depends("pemba_step", "won_status")
    def _compute_last_open_step(self):
        for lead in self:
            if lead.won_status not in CLOSED:
                lead.last_open_step = lead.pemba_step

    @api.depends("stage_id")
    def _compute_maturity(self):
        for lead in self:
            is_closed = lead.stage_id.is_won or lead.won_status == "lost"
            if lead.stage_id != lead.maturity_stage_id and not (lead._origin and is_closed):
                lead.maturity = lead.stage_id.maturity
                lead.maturity_stage_id = lead.stage_id

    @api.depends("expected_revenue", "maturity", "risk_level_id", "won_status", "type", "active")
    def _compute_weighted_revenue(self):
        for lead in self:
            if lead._is_open():
                level = lead.risk_level_id.sudo()  # the same for everybody
                factor = level.factor if level else 1.0
                weighted = lead.expected_revenue * lead.maturity / 100 * factor
                lead.weighted_revenue = lead.company_currency.round(weighted)
            else:
                is_won = lead.type == "opportunity" and lead.active and lead.won_status == "won"
                lead.weighted_revenue = lead.expected_revenue if is_won else 0.0

    @api.constrains("maturity")
    def _check_maturity(self):
        for lead in self:
            if not 0 <= lead.maturity <= 100:
                raise ValidationError(
                    self.env._(
                        "%(lead)s, maturity: %(maturity)s is not between 0 and 100 %%.",
                        lead=lead.display_name,
                        maturity=lead.maturity,
                    )
                )

    # ------------------------------------------------------------
    # Gates and plans
    # ------------------------------------------------------------

    def _enter_stages(self, is_chosen=True):
        """Opportunities have just come into their stages: the gates, then the plans.

        :param is_chosen: whether someone chose the stage; one that follows from a change of team
            has no gate
        """
        opportunities = self.filtered(lambda lead: lead.type == "opportunity" and lead.stage_id)
        if is_chosen:
            (opportunities - take(opportunities, "passes_gates"))._check_gates()
        opportunities._start_plans()

    def _check_gates(self):
        """What a stage asks for must be there before an opportunity enters it.

        :raise UserError: naming the opportunity, the stage and the missing fields. Managers pass, which
            the opportunity's history keeps.
        """
        gates = self.env["crm.stage"]._get_gates()
        bodies = {}
        for lead in self:
            values = lead.sudo()  # a gate may ask for what its salesperson does not see
            missing = [name for name in gates.get(lead.stage_id.id, ()) if values._is_empty(name)]
            if not missing:
                continue
            labels = ", ".join(self._get_labels(missing))
            if not self._is_by_manager():
                raise UserError(
                    self.env._(
                        "%(lead)s cannot enter %(stage)s yet. Missing: %(fields)s.",
                        lead=lead.display_name,
                        stage=lead.stage_id.name,
                        fields=labels,
                    )
                )
            bodies[lead.id] = self.env._(
                "A manager let it enter %(stage)s without: %(fields)s.",
                stage=lead.stage_id.name,
                fields=labels,
            )
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)

    def _is_empty(self, name):
        value = self[name]
        return is_html_empty(value) if self._fields[name].type == "html" else not value

    def _start_plans(self):
        """Start the activity plan of the stage that was entered, once for an opportunity and stage.

        Not while importing or creating silently, nor for what is lost. What the plan leaves open is for
        the salesperson.
        """
        silent = ("import_file", "tracking_disable", "mail_create_nolog")
        entering = self.filtered(lambda lead: lead.stage_id.activity_plan_id)
        if not entering or any(self.env.context.get(key) for key in silent):
            return
        leads_by_plan = defaultdict(self.browse)
        for lead in entering:
            plan_company = lead.stage_id.activity_plan_id.company_id
            is_ours = not plan_company or plan_company == lead._get_deal_company()
            if is_ours and lead.active and lead.stage_id not in lead.plan_stage_ids:
                leads_by_plan[lead.stage_id, lead.company_id, lead.user_id] |= lead
        for (stage, _company, user), leads in leads_by_plan.items():
            leads._set(plan_stage_ids=[fields.Command.link(stage.id)])
            self.env["mail.activity.schedule"].create(
                {
                    "res_model": self._name,
                    "res_ids": str(leads.ids),
                    "plan_id": stage.activity_plan_id.id,
                    "plan_on_demand_user_id": user.id or self.env.uid,
                }
            ).action_schedule_plan()

    # ------------------------------------------------------------
    # What a stage or a risk changes in many deals at once: each one SQL statement
    # ------------------------------------------------------------

    @api.model
    def _get_open_sql(self):
        """Condition on ``lead``: see ``_is_open``."""
        return SQL("lead.type = 'opportunity' AND lead.active AND lead.won_status = 'pending'")

    @api.model
    def _get_weighted_sql(self, expected, maturity):
        """The weight of an open deal, from its ``lead``, ``risk`` and ``currency``."""
        return SQL(
            """ROUND(%(expected)s * (%(maturity)s)::numeric / 100 * COALESCE(risk.factor, 1)::numeric
                     / currency.rounding) * currency.rounding""",
            expected=expected,
            maturity=maturity,
        )

    @api.model
    def _follow_factors(self, level_ids):
        """Risk levels have other factors."""
        self._update_weighted_revenue(SQL("lead.risk_level_id IN %s", tuple(level_ids)))

    @api.model
    def _follow_maturities(self, old):
        """Stages have other maturities, which the deals take that still carry the old ones.

        :param old: ``{id of a stage: its maturity before}``
        """
        for stage in self.env["crm.stage"].browse(old).exists():
            if stage.maturity != old[stage.id] and not stage.is_won:
                self._update_weighted_revenue(
                    SQL("lead.stage_id = %s AND lead.maturity = %s", stage.id, old[stage.id]), stage.maturity
                )

    @api.model
    def _update_weighted_revenue(self, condition, maturity=None):
        """Weigh open deals again, in one statement.

        :param condition: SQL on ``lead``
        :param maturity: the maturity that these take, and those that are not open yet; each keeps its
            own if none is given
        """
        self.env.flush_all()
        maturity = SQL("lead.maturity") if maturity is None else SQL("%s::numeric", maturity)
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed
                      SET maturity = %(maturity)s,
                          weighted_revenue = CASE WHEN %(open)s THEN %(weighted)s ELSE 0 END
                     FROM crm_lead lead
                     JOIN res_company company ON company.id = COALESCE(lead.company_id, %(company)s)
                     JOIN res_currency currency ON currency.id = company.currency_id
                LEFT JOIN pemba_risk_level risk ON risk.id = lead.risk_level_id
                    WHERE changed.id = lead.id AND lead.won_status = 'pending' AND %(condition)s
                      AND (lead.maturity, lead.weighted_revenue) IS DISTINCT FROM
                          (%(maturity)s, CASE WHEN %(open)s THEN %(weighted)s ELSE 0 END)""",
                maturity=maturity,
                weighted=self._get_weighted_sql(SQL("lead.expected_revenue"), maturity),
                company=self.env.company.id,
                open=self._get_open_sql(),
                condition=condition,
            )
        )
        self.invalidate_model(["maturity", "weighted_revenue"])

    @api.model
    def _update_steps(self, stage_ids):
        """The deals in stages are at the steps of these, in one statement."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead lead
                      SET pemba_step = stage.pemba_step,
                          last_open_step = CASE WHEN lead.won_status = 'pending' THEN stage.pemba_step
                                                ELSE lead.last_open_step END
                     FROM crm_stage stage
                    WHERE stage.id = lead.stage_id AND stage.id IN %s
                      AND lead.pemba_step IS DISTINCT FROM stage.pemba_step""",
                tuple(stage_ids),
            )
        )
        self.invalidate_model(["pemba_step", "last_open_step"])
