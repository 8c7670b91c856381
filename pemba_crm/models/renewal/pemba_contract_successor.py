from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..company_day import get_today
from ..installed_base.pemba_customer_mixin import get_differing
from ..maintenance.pemba_contract_job import FAILURES
from ..pipeline.crm_lead import SILENT
from .pemba_contract import MISSED_MONTHS


class PembaContract(models.Model):
    """The next term of a contract: with what was won, else with what was offered."""

    _inherit = "pemba.contract"

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
        successor = self._put([vals], lines=["line_ids"])
        successor._start(may_leave_gap=True)  # asked above
        return successor

    def _start(self, may_leave_gap=None):
        """What follows another contract starts after it, which is renewed by that.

        :param may_leave_gap: whether a gap was agreed on; only managers leave one if not given
        """
        for contract in self.filtered("predecessor_id"):
            contract._check_follows(self._is_by_manager() if may_leave_gap is None else may_leave_gap)
        result = super()._start()
        before = self.predecessor_id.with_context(tracking_disable=False)  # told, by a job too
        before._set(state="renewed", renewal_error=False)
        return result

    def _check_follows(self, may_leave_gap):
        """:raise UserError: where it cannot follow the contract that it is to follow"""
        before = self.predecessor_id
        if before.state == "terminated":
            raise UserError(self.env._("%s was terminated: nothing follows it.", before.display_name))
        for name in ("partner_id", "company_id"):
            if self[name] != before[name]:
                self._refuse(
                    name,
                    self.env._(
                        "it follows %(contract)s, of %(owner)s.",
                        contract=before.name,
                        owner=before[name].display_name,
                    ),
                )
        before._check_gap(self.date_start, may_leave_gap)

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
        sold = lead.opportunity_line_ids._get_renewing() if lead else None
        following = self._get_next_term()
        start = min(
            (line.date_start for line in sold or () if line.date_start), default=following["date_start"]
        )
        end = max((line.date_end for line in sold or () if line.date_end), default=None)
        revaluation = (lead and lead.revaluation) or self._get_revaluation()
        if sold:
            lines = [line._prepare_contract_line() for line in sold]
        else:
            lines = [
                line._prepare_successor(line._prepare_renewal(revaluation))
                for line in self._get_lines_offered()
            ]
        return {
            "company_id": self.company_id.id,
            "contract_type_id": self.contract_type_id.id,
            "partner_id": self.partner_id.id,
            "came_with_id": self.came_with_id.id,
            "contact_id": self.contact_id.id,
            "invoice_partner_id": self.invoice_partner_id.id,
            "distributor_id": (lead if sold else self).distributor_id.id,
            "authorized_partner_ids": [Command.set(self.authorized_partner_ids.ids)],
            "user_id": self.user_id.id,
            "currency_id": lead.deal_currency_id.id if sold else self.currency_id.id,
            "is_on_hold": self.is_on_hold,
            "hold_reason": self.hold_reason,
            "hold_date": self.hold_date,
            "date_start": start,
            "date_end": end or self._get_end_of_term(start),
            "index_id": self.index_id.id,
            "index_base_month": revaluation.get("month") or self.index_base_month,
            "predecessor_id": self.id,
            "lead_id": lead and lead.id,
            "line_ids": [Command.create(vals) for vals in lines],
        }

    def _get_end_of_term(self, start):
        """The last day of a next term that starts on a day."""
        following = self._get_next_term()
        if start == following["date_start"]:
            return following["date_end"]
        return start + relativedelta(months=self.contract_type_id.duration_months, days=-1)

    def _take_over(self, lead):
        """A successor that is there already is what was sold.

        What was amended since stays, and so do lines that came from elsewhere.

        :param lead: the renewal that was won
        """
        sold = lead.opportunity_line_ids._get_renewing() if lead else None
        if not sold:
            return
        if self.state == "terminated":
            self._ask(
                lambda env: env._("Its renewal was ordered after it was terminated"),
                lambda _env: lead.display_name,
            )
            return
        ours = self.with_context(**SILENT)
        if self.lead_id != lead:
            ours._take_over_first(lead, sold)
        elif self.state == "draft":
            ours._follow_term(sold)
        ours._take_over_terms(lead)
        known = ours.line_ids.grouped("opportunity_line_id")
        by_predecessor = ours.line_ids.filtered(lambda line: not line.opportunity_line_id).grouped(
            "predecessor_id"
        )
        for one in sold:
            line = known.get(one) or (
                one.contract_line_id and by_predecessor.get(one.contract_line_id, ours.line_ids.browse())[:1]
            )
            if line:
                line._follow_sale(one)
            elif one.taken_off:
                one._ask_about_taken_off()
            elif self._is_open() or self.state == "draft":
                ours.line_ids._put([one._prepare_contract_line() | {"contract_id": self.id}])
        kept = lead.opportunity_line_ids._get_contracted()  # what extends it, too
        unsold = ours.line_ids.filtered(
            lambda line: line.opportunity_line_id.lead_id == lead and line.opportunity_line_id not in kept
        )
        unsold._withdraw()
        if self.state == "draft":  # its renewal had been taken back
            self._start(may_leave_gap=True)
        ours.exists()._get_terms_from_here()._answer_about_unsold()

    def _take_over_first(self, lead, sold):
        """It started without its order: what that leaves out goes, its dates hold."""
        renewed = sold.contract_line_id
        self.line_ids.filtered(
            lambda line: line.predecessor_id not in renewed and not line.opportunity_line_id
        )._drop()
        self._set(lead_id=lead.id)
        self._follow_term(sold)

    def _take_over_terms(self, lead):
        """What was agreed besides the lines; another currency only where all of it was sold by this."""
        vals = {"distributor_id": lead.distributor_id.id}
        month = (lead.revaluation or {}).get("month")
        if month:
            vals["index_base_month"] = fields.Date.to_date(month)
        others = self.line_ids.opportunity_line_id.filtered(lambda line: line.lead_id != lead)
        if not others:
            vals["currency_id"] = lead.deal_currency_id.id
        changes = get_differing(self, vals)
        if changes:
            self._set(**changes)

    def _follow_term(self, sold):
        """Its dates are those that were sold, as long as nothing else was added to it."""
        dates = [line for line in sold if line.date_start and line.date_end]
        if not dates or any(self.line_ids.mapped("is_amended")):
            return
        start, end = min(line.date_start for line in dates), max(line.date_end for line in dates)
        if (start, end) != (self.date_start, self.date_end):
            self.predecessor_id._check_gap(start, may_leave_gap=True)
            self.line_ids._set(date_start=start, date_end=end)
            self._set(date_start=start, date_end=end)

    def _withdraw_successor(self):
        """A successor that never started goes with what it would have followed."""
        drafts = self.successor_ids.filtered(lambda contract: contract.state == "draft")
        drafts.sudo()._drop()  # salespeople delete no contract

    def _get_running_term(self):
        term = super()._get_running_term()
        while term.successor_id and not term._is_extensible():
            term = term.successor_id
        return term

    def _is_extensible(self):
        """A successor that has not started yet as well."""
        return super()._is_extensible() or bool(self.state == "draft" and self.predecessor_id)

    @api.model
    def _cron_renew_tacitly(self, batch_size=100):
        """Contracts that are renewed tacitly go on: without notice, the successor starts.

        :param batch_size: how many contracts are locked together
        :return: whether there was time for all
        """
        without_successor = Domain("successor_id", "=", False) | Domain("successor_id.state", "=", "draft")
        over = (
            Domain("state", "in", ("running", "expired"))
            & Domain("contract_type_id.is_tacit", "=", True)
            & self._by_day_everywhere(
                lambda today: (
                    Domain("date_end", "<", today)
                    & Domain("date_end", ">=", today - relativedelta(months=MISSED_MONTHS))
                )
            )
            & Domain("close_reason", "=", False)
            & without_successor
        )
        return self._work_off(over, type(self)._renew_tacitly, batch_size)

    def _renew_tacitly(self):
        """Each by itself: what fails is set aside with its reason. Terms that were missed follow, too."""
        for contract in self:
            term, today = contract._in_own_language(), get_today(contract)
            while term.date_end < today and term.contract_type_id.is_tacit and not term.close_reason:
                try:
                    with self.env.cr.savepoint():
                        if term.successor_id.state == "draft":
                            term.successor_id.action_start()
                        elif not term.successor_id:
                            term._renew(term.renewal_lead_id)
                except FAILURES as error:
                    self.env.invalidate_all()
                    term._set_aside(str(error))
                    break
                term = term.successor_id
