import logging
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import format_date
from psycopg2 import Error
from psycopg2.errors import SerializationFailure

from ..installed_base.pemba_equipment import IN_BASE
from ..pipeline.crm_lead import OURS
from .pemba_contract import SILENT

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
    has_renewal = fields.Boolean(compute="_compute_renewal_lead_id", compute_sudo=True)
    renewal_likelihood = fields.Float(
        string="Renewal Likelihood (%)",
        default=100.0,
        min_display_digits=0,
        aggregator=None,
        copy=False,
        help="How likely its renewal is, for the revenue that is expected after its end.",
    )
    renewal_error = fields.Char(
        readonly=True, copy=False, help="Why its renewal could not be opened; it is tried again once mended."
    )
    missing_info = fields.Char(
        string="Missing", compute="_compute_missing_info", help="What still blocks its renewal offer."
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
    )
    @api.depends_context("lang")
    def _compute_missing_info(self):
        for contract in self:
            is_over = contract.state in ("renewed", "terminated")
            contract.missing_info = "" if is_over else " ".join(contract._get_missing_info())

    def _get_missing_info(self):
        """What blocks the renewal offer, a sentence each."""
        missing = []
        lines = self._get_lines_going_on()
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

    # ------------------------------------------------------------
    # The revised price
    # ------------------------------------------------------------

    def _get_revaluation(self):
        """How the prices of the next term follow the index.

        S0 is the value of the base month, S1 the newest final one that is old enough when the term starts.

        :return: ``{}`` without an index; ``{missing}`` with a reason where a value lacks; else what
            ``pemba.price.index._revalue`` gives for a price of 1 without rounding, as JSON
        """
        index, kind = self.index_id, self.contract_type_id
        if not index:
            return {}
        if not self.index_base_month:
            return {"missing": self.env._("The base month of %s is not known.", index.display_name)}
        month = self._get_revision_month()
        if not month or month <= self.index_base_month:
            return {
                "missing": self.env._(
                    "%(index)s has no final value after %(month)s that is old enough.",
                    index=index.display_name,
                    month=self._format_month(self.index_base_month),
                )
            }
        try:
            revised = index._get_coefficient(
                self.index_base_month, month, kind.fixed_share, kind._get_cap(), kind._get_floor()
            )
        except UserError as error:
            return {"missing": str(error)}
        return {
            "index": index.display_name,
            "base_month": fields.Date.to_string(self.index_base_month),
            "base_value": revised["base_value"],
            "month": fields.Date.to_string(month),
            "value": revised["value"],
            "ratio": revised["ratio"],
            "coefficient": revised["coefficient"],
            "fixed_share": kind.fixed_share,
            "cap": kind._get_cap(),
            "floor": kind._get_floor(),
        }

    def _get_revision_month(self):
        """The newest month with a final value, at least the lag before the next term starts."""
        start = self.date_end + timedelta(days=1)
        last = start.replace(day=1) - relativedelta(months=self.contract_type_id.index_lag_months)
        return self.index_id._get_newest_month(last)

    def _format_month(self, month):
        return format_date(self.env, month, date_format="MMMM yyyy")

    # ------------------------------------------------------------
    # Opening renewals
    # ------------------------------------------------------------

    @api.model
    def _get_due_domain(self, date):
        """Contracts whose renewal is to be opened by a day: none has one already, whatever became of it."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)  # of all salespeople
        opened = leads._search([("renewal_contract_id", "!=", False)])
        return (
            Domain("state", "=", "running")
            & Domain("renewal_date", "<=", date)
            & Domain("renewal_error", "=", False)
            & Domain("successor_id", "=", False)
            & Domain("id", "not in", opened.subselect("renewal_contract_id"))
        )

    @api.model
    def _cron_open_renewals(self, batch_size=200):
        """Open the renewals that are due, each once, whoever else is opening some.

        Batches are committed one after the other: what a crash leaves is opened by the next run. A
        contract that cannot be renewed is set aside with its reason.

        :param batch_size: how many contracts are locked and opened together
        """
        due = self._get_due_domain(fields.Date.context_today(self))
        in_cron = bool(self.env.context.get("ir_cron_progress_id"))
        remaining = self.search_count(due)
        last = 0
        while remaining:
            batch = self.search(due & Domain("id", ">", last), order="id", limit=batch_size)
            if not batch:
                break
            last = batch[-1].id
            try:
                # A worker that has just opened some of these makes the lock fail.
                with self.env.cr.savepoint():
                    locked = batch.try_lock_for_update(allow_referencing=True)
            except SerializationFailure:
                self.env.cr.rollback()
                continue
            locked._open_renewals_apart()
            remaining = max(remaining - len(batch), 0)
            if in_cron or remaining:
                time_left = self.env["ir.cron"]._commit_progress(len(batch), remaining=remaining)
                self.env.invalidate_all()
                if not time_left:
                    break

    def _open_renewals_apart(self):
        """Open renewals together; where that fails, one by one, and set aside those that fail."""
        try:
            with self.env.cr.savepoint():
                self._open_renewals()
            return
        except (UserError, ValidationError, Error, ValueError, TypeError) as error:
            if len(self) == 1:
                reason = str(error)
                _logger.info("%s: its renewal is set aside. %s", self.display_name, reason)
        self.env.invalidate_all()
        if len(self) == 1:
            self.with_context(**SILENT)._set(renewal_error=reason)
            return
        for contract in self:
            contract._open_renewals_apart()

    def action_open_renewal(self):
        """Open the renewal now, or show the one that there is.

        :raise UserError: naming the contract that is not running
        """
        self.ensure_one()
        lead = self.renewal_lead_id
        if not lead:
            if self.state not in ("running", "expired"):
                raise UserError(
                    self.env._("%s is not running: there is nothing to renew.", self.display_name)
                )
            lead = self._open_renewals()
        return lead.get_formview_action()

    def action_retry_renewal(self):
        """Try again what was set aside."""
        self._set(renewal_error=False)
        for contract in self:
            contract._open_renewals()
        return True

    def _open_renewals(self):
        """Create the renewal opportunities, silently, with their lines at the revised prices.

        :return: the opportunities
        """
        leads = self.env["crm.lead"].with_context(**SILENT)
        vals_list = []
        for (user, company), contracts in self.grouped(lambda one: (one.user_id, one.company_id)).items():
            placed = self._get_place(user, company)
            vals_list += [contract._prepare_renewal() | placed for contract in contracts]
        created = leads.create(vals_list)
        for contract in self.with_context(**SILENT):
            if not contract.expected_order_date:
                contract._set(expected_order_date=contract.date_end)
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
        lines = self._get_lines_going_on()
        if not lines:
            raise UserError(self.env._("%s: no line runs to its end.", self.display_name))
        revaluation = self._get_revaluation()
        start = self.date_end + timedelta(days=1)
        end = start + relativedelta(months=self.contract_type_id.duration_months, days=-1)
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
            "opportunity_line_ids": [
                Command.create(line._prepare_renewal(revaluation) | {"date_start": start, "date_end": end})
                for line in lines
            ],
        }

    # ------------------------------------------------------------
    # What comes of it
    # ------------------------------------------------------------

    def _renew(self, lead=None, may_leave_gap=None):
        """The successor starts on the day after the end, with what was won, else with what was offered.

        :param lead: the renewal
        :param may_leave_gap: whether the new term may start later; who is asked if not given
        :return: the successor
        :raise UserError: naming the contract, where a gap would be left and it is no manager's, or where
            the new term starts before the old one ends
        """
        self.ensure_one()
        if self.successor_id:
            self.successor_id._take_over(lead)
            return self.successor_id
        vals = self._prepare_successor(lead)
        self._check_gap(vals["date_start"], self._is_by_manager() if may_leave_gap is None else may_leave_gap)
        successor = self.create(vals)
        successor.action_start()
        return successor

    def _check_gap(self, start, may_leave_gap):
        following = self.date_end + timedelta(days=1)
        if start < following:
            raise UserError(
                self.env._(
                    "%(contract)s runs until %(end)s: its successor cannot start on %(start)s.",
                    contract=self.display_name,
                    end=format_date(self.env, self.date_end),
                    start=format_date(self.env, start),
                )
            )
        if start > following and not may_leave_gap:
            raise UserError(
                self.env._(
                    "%(contract)s ended on %(end)s: only a sales manager leaves a gap until %(start)s.",
                    contract=self.display_name,
                    end=format_date(self.env, self.date_end),
                    start=format_date(self.env, start),
                )
            )

    def _prepare_successor(self, lead=None):
        """Values of the next term."""
        sold = lead.opportunity_line_ids._get_contracted() if lead else None
        following = self.date_end + timedelta(days=1)
        start = min((line.date_start for line in sold or () if line.date_start), default=following)
        end = max((line.date_end for line in sold or () if line.date_end), default=None)
        revaluation = (lead and lead.revaluation) or self._get_revaluation()
        if sold:
            lines = [line._prepare_contract_line() for line in sold]
        else:
            lines = [
                line._prepare_successor(line._prepare_renewal(revaluation))
                for line in self._get_lines_going_on()
            ]
        return {
            "company_id": self.company_id.id,
            "contract_type_id": self.contract_type_id.id,
            "partner_id": self.partner_id.id,
            "contact_id": self.contact_id.id,
            "invoice_partner_id": self.invoice_partner_id.id,
            "distributor_id": self.distributor_id.id,
            "authorized_partner_ids": [Command.set(self.authorized_partner_ids.ids)],
            "user_id": self.user_id.id,
            "currency_id": self.currency_id.id,
            "date_start": start,
            "date_end": end or start + relativedelta(months=self.contract_type_id.duration_months, days=-1),
            "index_id": self.index_id.id,
            "index_base_month": revaluation.get("month") or self.index_base_month,
            "predecessor_id": self.id,
            "lead_id": lead and lead.id,
            "line_ids": [Command.create(vals) for vals in lines],
        }

    def _take_over(self, lead):
        """A successor that started without its order has the lines of that, once it comes."""
        sold = lead.opportunity_line_ids._get_contracted() if lead else None
        if not sold:
            return
        ours = self.with_context(pemba_following=OURS, **SILENT)
        ours.line_ids.unlink()
        vals = {
            "lead_id": lead.id,
            "line_ids": [Command.create(line._prepare_contract_line()) for line in sold],
        }
        if (lead.revaluation or {}).get("month"):
            vals["index_base_month"] = lead.revaluation["month"]
        ours.write(vals)
        if self.state == "draft":  # its renewal had been taken back
            self.action_start()

    def _extend(self, line):
        """A line that was won comes into the contract, from its day on, and ends with it.

        :param line: of the opportunity
        """
        vals = line._prepare_contract_line()
        today = line.lead_id.close_date or fields.Date.context_today(self)
        vals.setdefault("date_start", min(max(today, self.date_start), self.date_end))
        if self.state == "draft":
            vals["date_start"] = max(line.date_start or self.date_start, self.date_start)
        vals.setdefault("date_end", self.date_end)
        vals["date_end"] = min(vals["date_end"], self.date_end)
        self.line_ids.with_context(pemba_following=OURS).create(vals | {"contract_id": self.id})
        if self.state == "running":
            self._message_log(
                body=self.env._(
                    "%(lead)s: %(product)s × %(quantity)s",
                    lead=line.lead_id.display_name,
                    product=line.product_id.display_name,
                    quantity=f"{line.quantity:g}",
                )
            )

    def _propose_retirement(self):
        """Subscriptions that end with it: support is asked whether they are retired then."""
        equipment = self.line_ids.equipment_id.filtered(
            lambda one: one._is_subscription() and one.state in IN_BASE
        )
        user = self.env["crm.lead"]._get_delivery_user(self.company_id) or self.user_id
        if equipment and user:
            of_user = self.with_context(lang=user.lang).env
            equipment.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.date_end + timedelta(days=1),
                summary=of_user._("%s is not renewed: retire the subscription", self.name),
                user_id=user.id,
            )

    def _close_renewals(self, reason):
        """What was terminated is not offered again."""
        leads = self.sudo().renewal_lead_ids  # a colleague's too
        leads = leads.filtered(lambda lead: lead.won_status == "pending")
        if leads:
            lost = self.env["crm.lost.reason"].sudo()  # salespeople read them
            named = lost.search([("name", "=", reason)], limit=1) or lost.create({"name": reason})
            leads.action_set_lost(lost_reason_id=named.id)

    @api.model
    def _cron_renew_tacitly(self):
        """Contracts that are renewed tacitly go on: without notice, the successor starts."""
        today = fields.Date.context_today(self)
        over = self.search(
            [
                ("state", "in", ("running", "expired")),
                ("contract_type_id.is_tacit", "=", True),
                ("date_end", "<", today),
                ("date_end", ">=", today - relativedelta(months=1)),
                ("successor_id", "=", False),
                ("renewal_error", "=", False),
                ("close_reason", "=", False),
            ]
        )
        for contract in over:
            try:
                with self.env.cr.savepoint():
                    contract._renew(contract.renewal_lead_id)
            except (UserError, ValidationError) as error:
                contract.with_context(**SILENT)._set(renewal_error=str(error))
