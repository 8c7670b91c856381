from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import format_date
from psycopg2 import IntegrityError

from ..installed_base.pemba_equipment import IN_BASE
from ..pipeline.crm_lead import OURS
from .pemba_contract import MISSED_MONTHS, SILENT


class PembaContract(models.Model):
    """What comes of a renewal: the next term, or the end; and amendments while it is open."""

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
        successor = self.with_context(pemba_following=OURS).create(vals).with_env(self.env)
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
            "is_on_hold": self.is_on_hold,
            "hold_reason": self.hold_reason,
            "date_start": start,
            "date_end": end or start + relativedelta(months=self.contract_type_id.duration_months, days=-1),
            "index_id": self.index_id.id,
            "index_base_month": revaluation.get("month") or self.index_base_month,
            "predecessor_id": self.id,
            "lead_id": lead and lead.id,
            "line_ids": [Command.create(vals) for vals in lines],
        }

    def _take_over(self, lead):
        """A successor that is there already is what was sold.

        What was amended since stays, and so do lines that came from elsewhere.

        :param lead: the renewal that was won
        """
        sold = lead.opportunity_line_ids._get_contracted() if lead else None
        if not sold:
            return
        ours = self.with_context(pemba_following=OURS, **SILENT)
        if self.lead_id != lead:
            ours._take_over_first(lead, sold)
        elif self.state == "draft":
            ours._follow_term(sold)
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
            elif self._is_open() or self.state == "draft":
                ours.line_ids.create(one._prepare_contract_line() | {"contract_id": self.id})
        unsold = ours.line_ids.filtered(
            lambda line: line.opportunity_line_id.lead_id == lead and line.opportunity_line_id not in sold
        )
        unsold._withdraw()
        if self.state == "draft":  # its renewal had been taken back
            self.action_start()

    def _take_over_first(self, lead, sold):
        """It started without its order: what that leaves out goes, its dates and its index value hold."""
        renewed = sold.contract_line_id
        self.line_ids.filtered(
            lambda line: line.predecessor_id not in renewed and not line.opportunity_line_id
        ).unlink()
        vals = {"lead_id": lead.id}
        if (lead.revaluation or {}).get("month"):
            vals["index_base_month"] = lead.revaluation["month"]
        self.write(vals)
        self._follow_term(sold)

    def _follow_term(self, sold):
        """Its dates are those that were sold, as long as nothing else was added to it."""
        dates = [line for line in sold if line.date_start and line.date_end]
        if not dates or any(self.line_ids.mapped("is_amended")):
            return
        start, end = min(line.date_start for line in dates), max(line.date_end for line in dates)
        if (start, end) != (self.date_start, self.date_end):
            self.predecessor_id._check_gap(start, may_leave_gap=True)
            self.line_ids.write({"date_start": start, "date_end": end})
            self.write({"date_start": start, "date_end": end})

    def _withdraw_successor(self):
        """A successor that never started goes with what it would have followed."""
        drafts = self.successor_ids.filtered(lambda contract: contract.state == "draft")
        drafts.with_context(pemba_following=OURS).unlink()

    def _extend(self, line):
        """A line that was won comes into the contract, from its day on, and ends with it.

        A draft is as long as what was sold; what is added to a contract that was renewed already goes on in
        its successor.

        :param line: of the opportunity
        """
        vals = line._prepare_contract_line()
        if self.state == "draft":
            self._widen(line)
            vals["date_start"] = line.date_start or self.date_start
        today = line.lead_id.close_date or fields.Date.context_today(self)
        vals.setdefault("date_start", min(max(today, self.date_start), self.date_end))
        vals["date_end"] = min(vals.get("date_end") or self.date_end, self.date_end)
        ours = self.line_ids.with_context(pemba_following=OURS)
        added = ours.create(vals | {"contract_id": self.id})
        if self.state == "draft":
            return
        self._message_log(
            body=self.env._(
                "%(lead)s: %(product)s × %(quantity)s",
                lead=line.lead_id.display_name,
                product=line.product_id.display_name,
                quantity=f"{line.quantity:g}",
            )
        )
        self._follow_renewal(added=added)
        following = self.successor_id.filtered(lambda one: one.state == "draft" or one._is_open())
        if following and added.date_end == self.date_end:
            next_vals = added._prepare_successor(added._prepare_renewal({}))
            ours.create(next_vals | {"contract_id": following.id})

    def _widen(self, line):
        """A draft is as long as all that was sold into it."""
        start = min(filter(None, (line.date_start, self.date_start)))
        end = max(filter(None, (line.date_end, self.date_end)))
        if (start, end) != (self.date_start, self.date_end):
            self._set(date_start=start, date_end=end)

    def _follow_renewal(self, added=None, reduced=None):
        """What is added or reduced while its renewal is open is offered with it.

        :param added: lines
        :param reduced: ``{line: what goes on of it, if anything}``
        """
        for contract in self:
            leads = contract.sudo().renewal_lead_ids  # a colleague's too
            lead = leads.filtered(lambda one: one.won_status == "pending")
            if not lead:
                continue
            offered = lead._get_all_lines()
            for line in added or ():
                goes_on = line.contract_id == contract and line.date_end == contract.date_end
                if goes_on and line not in offered.contract_line_id:
                    dates = {"date_start": contract.date_end + timedelta(days=1)}
                    dates["date_end"] = max(offered.filtered("date_end").mapped("date_end"), default=False)
                    vals = line._prepare_renewal(lead.revaluation or {}) | {"lead_id": lead.id}
                    offered.create(vals | {name: day for name, day in dates.items() if day})
            for line, rest in (reduced or {}).items():
                of_line = offered.filtered(lambda one, line=line: one.contract_line_id.id == line.id)
                if rest:
                    of_line.write({"contract_line_id": rest.id, "quantity": rest.quantity})
                else:
                    of_line.unlink()

    def _move_renewal(self, end):
        """A renewal that is open starts after the end, when that is corrected.

        :param end: the last day before
        """
        lead = self.sudo().renewal_lead_ids.filtered(lambda one: one.won_status == "pending")  # as above
        if not lead or end == self.date_end:
            return
        shift = self.date_end - end
        for line in lead._get_all_lines().filtered(lambda one: one.contract_line_id and one.date_start):
            if line.date_start == end + timedelta(days=1):
                line.write({"date_start": line.date_start + shift, "date_end": line.date_end + shift})

    def _propose_retirement(self, is_withdrawn=False):
        """Subscriptions that end with it: support is asked whether they are retired then.

        :param is_withdrawn: whether it goes on after all, and support is not asked any more
        """
        equipment = self.line_ids.equipment_id.filtered(
            lambda one: one._is_subscription() and one.state in IN_BASE
        )
        user = self.env["crm.lead"]._get_delivery_user(self.company_id) or self.user_id
        following = self.date_end + timedelta(days=1)
        if is_withdrawn:
            asked = equipment.sudo().activity_search(["mail.mail_activity_data_todo"])  # of others too
            asked.filtered(lambda activity: activity.date_deadline == following).unlink()
        elif equipment and user:
            of_user = self.with_context(lang=user.lang).env
            equipment.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=following,
                summary=of_user._("%s is not renewed: retire the subscription", self.name),
                user_id=user.id,
            )

    def _close_renewals(self):
        """What was terminated is not offered again."""
        leads = self.sudo().renewal_lead_ids  # a colleague's too
        leads = leads.filtered(lambda lead: lead.won_status == "pending")
        if leads:
            reasons = self.env["crm.lost.reason"].sudo()  # salespeople read them
            reason = self._get_terminated_reason() or reasons.create({"name": self.env._("Terminated")})
            leads.action_set_lost(lost_reason_id=reason.id)

    def _reopen_closed_renewals(self):
        """What goes on is offered again."""
        leads = self.sudo().renewal_lead_ids  # as above
        closed = leads.filtered(
            lambda lead: lead.won_status == "lost" and lead.lost_reason_id == self._get_terminated_reason()
        )
        closed.action_unarchive()

    @api.model
    def _get_terminated_reason(self):
        return self.env.ref("pemba_crm.lost_reason_terminated", raise_if_not_found=False)

    @api.model
    def _cron_renew_tacitly(self, batch_size=100):
        """Contracts that are renewed tacitly go on: without notice, the successor starts.

        :param batch_size: how many contracts are locked together
        """
        today = fields.Date.context_today(self)
        without_successor = Domain("successor_id", "=", False) | Domain("successor_id.state", "=", "draft")
        over = (
            Domain("state", "in", ("running", "expired"))
            & Domain("contract_type_id.is_tacit", "=", True)
            & Domain("date_end", "<", today)
            & Domain("date_end", ">=", today - relativedelta(months=MISSED_MONTHS))
            & Domain("close_reason", "=", False)
            & without_successor
        )
        self._work_off(over, type(self)._renew_tacitly, batch_size)

    def _renew_tacitly(self):
        """Each by itself: what fails is set aside with its reason."""
        for contract in self:
            try:
                with self.env.cr.savepoint():
                    if contract.successor_id:
                        contract.successor_id.action_start()
                    else:
                        contract._renew(contract.renewal_lead_id)
            except (UserError, ValidationError, IntegrityError) as error:
                self.env.invalidate_all()
                contract._set_aside(str(error))
