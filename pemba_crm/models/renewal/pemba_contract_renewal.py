import logging
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from psycopg2.errors import UniqueViolation

from ..maintenance.pemba_contract_job import FAILURES
from ..offer.pemba_opportunity_line import get_months
from ..pipeline.crm_lead import SILENT
from ..public import public
from .pemba_contract import MISSED_MONTHS

_logger = logging.getLogger(__name__)


class PembaContract(models.Model):
    """The renewal of a contract: its opportunity, opened in time at the revised price, and its outcome."""

    _inherit = "pemba.contract"

    renewal_lead_ids = fields.One2many(
        "crm.lead", "renewal_contract_id", context={"active_test": False}, groups="pemba_crm.group_user"
    )
    renewal_lead_id = fields.Many2one(
        "crm.lead",
        string="Renewal",
        compute="_compute_renewal_lead_id",
        compute_sudo=True,
        groups="pemba_crm.group_user",
    )
    has_renewal = fields.Boolean(
        compute="_compute_renewal_lead_id", compute_sudo=True, groups="base.group_user"
    )
    renewal_likelihood = fields.Float(
        string="Renewal Likelihood (%)",
        default=100.0,
        min_display_digits=0,
        aggregator=None,
        copy=False,
        groups="base.group_user",
        help="How likely its renewal is, for the revenue that is expected after its end.",
    )
    renewal_error = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Why its renewal could not be opened; it is tried again once mended.",
    )
    missing_info = fields.Char(
        string="Missing",
        compute="_compute_missing_info",
        groups="base.group_user",
        help="What still blocks its renewal offer.",
    )

    _renewal_likelihood_range = models.Constraint(
        "check(renewal_likelihood >= 0 AND renewal_likelihood <= 100)",
        "The likelihood of a renewal is between 0 and 100 %.",
    )

    @api.depends("renewal_lead_ids")
    def _compute_renewal_lead_id(self):
        for contract in self:
            contract.renewal_lead_id = contract.renewal_lead_ids[:1]
            contract.has_renewal = bool(contract.renewal_lead_id)

    @api.depends(
        "state",
        "date_end",
        "index_id",
        "index_base_month",
        "is_on_hold",
        "contact_id.email",
        "partner_id.email",
        "distributor_id.email",
        "user_id",
        "line_ids.date_end",
        "line_ids.product_id.active",
        "line_ids.equipment_id.state",
        "line_ids.equipment_id.partner_id",
    )
    @api.depends_context("lang")
    def _compute_missing_info(self):
        for contract in self:
            is_over = contract.state in ("renewed", "terminated")
            contract.missing_info = "" if is_over else " ".join(contract._get_missing_info())

    def _get_missing_info(self):
        """What blocks the renewal offer, a sentence each."""
        lines = self._get_lines_offered()
        missing = [
            self.env._("%s is not there any more: it is not renewed.", line.equipment_id.name)
            for line in self._get_lines_going_on() - lines
        ]
        buyer = self.distributor_id or self.contact_id or self.partner_id
        if not lines:
            missing.append(self.env._("No line runs to its end."))
        if lines.product_id.filtered(lambda product: not product.active):
            missing.append(self.env._("A product is archived."))
        if not buyer.email:
            missing.append(self.env._("%s has no email address.", buyer.display_name))
        if not self.user_id:
            missing.append(self.env._("Nobody is in charge."))
        if self.is_on_hold:
            missing.append(self.env._("It is on hold."))
        return missing + list(filter(None, [self._get_revaluation().get("missing")]))

    @api.model
    def _get_due_domain(self, date):
        """Contracts whose renewal is to be opened by a day: none has one already, whatever became of it."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)  # of all salespeople
        opened = leads._search([("renewal_contract_id", "!=", False)])
        return (
            Domain("state", "=", "running")
            & Domain("renewal_date", "<=", date)
            & Domain("date_end", ">=", date - relativedelta(months=MISSED_MONTHS))
            & Domain("successor_id", "=", False)
            & Domain("close_reason", "=", False)
            & Domain("id", "not in", opened.subselect("renewal_contract_id"))
        )

    @api.model
    def _get_daily_steps(self):
        """Prices that waited, tacit renewal, the end, reminders."""
        first = [self._cron_revise_prices, self._cron_renew_tacitly]
        return [*first, *super()._get_daily_steps(), self._cron_remind_orders]

    @api.model
    def _get_expired_domain(self, today):
        """Contracts wait for their renewal: it is open, or cannot be opened."""
        is_waiting = self._get_due_domain(today) & Domain("renewal_error", "=", False)
        return super()._get_expired_domain(today) & ~is_waiting

    @api.model
    def _cron_open_renewals(self, batch_size=200):
        """Open the renewals that are due, each once, whoever else is opening some.

        A contract that cannot be renewed is set aside with its reason, and tried again the next day.

        :param batch_size: how many contracts are locked and opened together
        :return: whether there was time for all
        """
        due = self._by_day_everywhere(self._get_due_domain)
        return self._work_off(due, type(self)._open_renewals_apart, batch_size)

    def _open_renewals_apart(self):
        """Open renewals together; where that fails, one by one, and set aside those that fail."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                (self._in_own_language() if len(self) == 1 else self)._open_renewals()
            return
        except UniqueViolation:
            self.env.invalidate_all()
            if len(self) == 1:  # somebody else has just opened it
                return
        except FAILURES as error:
            self.env.invalidate_all()
            if len(self) == 1:
                self._set_aside(str(error))
                return
        for contract in self:
            contract._open_renewals_apart()

    def _in_own_language(self):
        """It as whoever is asked about it reads it."""
        return self.with_context(lang=self._get_asked_user().lang)

    def _set_aside(self, reason):
        """Its renewal could not be opened: whoever is in charge is asked, once for each reason."""
        if reason == self.renewal_error:
            return
        _logger.info("%s: its renewal is set aside. %s", self.display_name, reason)
        self.with_context(**SILENT)._set(renewal_error=reason)
        self._ask(lambda env: env._("Its renewal could not be opened"), lambda _env: reason)

    @public(one=True)
    def action_open_renewal(self):
        """Open the renewal now, or show the one that there is.

        :raise UserError: naming the contract that is not running
        """
        lead = self.sudo().renewal_lead_ids[:1].sudo(self.env.su)  # a colleague's is not opened again
        if not lead:
            self._check_is_renewed()
            lead = self._open_renewals()
        return lead.get_formview_action()

    @public
    def action_retry_renewal(self):
        """Try again what was set aside.

        :raise UserError: naming the contract that is not running
        """
        for contract in self.filtered(lambda one: not one.has_renewal):
            contract._check_is_renewed()
            contract._open_renewals()
        return True

    def _check_is_renewed(self):
        """:raise UserError: naming the contract that does not run, or goes on already"""
        if self.state not in ("running", "expired") or self.successor_id:
            raise UserError(self.env._("%s is not running: there is nothing to renew.", self.display_name))

    def _open_renewals(self):
        """Create the renewal opportunities, silently, with their lines at the revised prices.

        :return: the opportunities
        """
        leads = self.env["crm.lead"].with_context(**SILENT)
        vals_list = []
        for (user, company), contracts in self.grouped(lambda one: (one.user_id, one.company_id)).items():
            placed = self._get_place(user, company)
            vals_list += [contract._prepare_renewal() | placed for contract in contracts]
        created = leads._put(vals_list)
        for contract in self.with_context(**SILENT):
            # Written always: a second worker with an older snapshot then fails to lock the row.
            contract._set(
                expected_order_date=contract.expected_order_date or contract.date_end,
                renewal_error=False,
                reminded_days=-9999,
            )
        created.with_env(self.env)._make_renewal_quotations()
        return created.with_env(self.env)

    @api.model
    def _get_place(self, user, company):
        """The team and the stage of the renewals of a person, which Odoo would find one by one."""
        teams = self.env["crm.team"].with_company(company)
        team = user and teams._get_default_team_id(user_id=user.id, domain=[("use_opportunities", "=", True)])
        team_id = team.id if team else False
        stage = self.env["crm.lead"]._stage_find(team_id=team_id, domain=[("fold", "=", False)])
        return {"team_id": team_id, "stage_id": stage.id}

    def _prepare_renewal(self):
        """:raise UserError: naming the contract of which nothing goes on"""
        lines = self._get_lines_offered()
        if not lines:
            raise UserError(self.env._("%s: no line runs to its end.", self.display_name))
        revaluation = self._get_revaluation()
        in_language = self.with_context(lang=self.user_id.lang or self.env.lang).env
        return {
            "type": "opportunity",
            "name": in_language._("Renewal of %s", self.display_name),
            "nature": "renewal",
            "renewal_contract_id": self.id,
            "partner_id": (self.contact_id or self.partner_id).id,
            "distributor_id": self.distributor_id.id,
            "user_id": self.user_id.id,
            "company_id": self.company_id.id,
            "deal_currency_id": self.currency_id.id,
            "date_deadline": self.expected_order_date or self.date_end,
            "is_price_to_revise": bool(revaluation.get("missing")),
            "revaluation": revaluation or False,
            "proposed_line_ids": lines.ids,
            "opportunity_line_ids": [Command.create(line._prepare_proposal(revaluation)) for line in lines],
        }

    def _get_next_term(self):
        """The first day and the last of the term that follows: ``{date_start, date_end}``.

        A chain that began on the 31st returns to that day after shorter months.
        """
        start = self.date_end + timedelta(days=1)
        months = get_months(start, self.anchor_date)
        anchor, months = (start, 0) if months is None else (self.anchor_date, months)
        following = anchor + relativedelta(months=months + self.contract_type_id.duration_months)
        return {"date_start": start, "date_end": following - timedelta(days=1)}

    def _get_lines_offered(self):
        """The lines that are renewed."""
        return self.line_ids.filtered("is_offered")
