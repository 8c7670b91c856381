from datetime import date as Day
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..installed_base.pemba_equipment import IN_BASE
from ..pipeline.crm_lead import OURS


class PembaContract(models.Model):
    """A contract ends before its end, or is not renewed; until its day that is taken back."""

    _inherit = "pemba.contract"

    def _terminate(self, date, reason):
        """It ends on a day.

        :param date: its last day
        :param reason: why, in words
        :raise UserError: naming the contract that does not run, a day outside its term, or one for which it
            is too late; managers may
        """
        date = fields.Date.to_date(date)
        if not reason:
            raise UserError(self.env._("Say why it is terminated."))
        for contract in self:
            if contract.state != "running":
                raise UserError(self.env._("%s is not running.", contract.display_name))
            if contract.successor_id.state not in (False, "draft"):
                raise UserError(
                    self.env._(
                        "%(contract)s goes on as %(successor)s: terminate that.",
                        contract=contract.display_name,
                        successor=contract.successor_id.name,
                    )
                )
            if not contract.date_start <= date <= contract.date_end:
                raise UserError(
                    self.env._(
                        "%(contract)s runs from %(start)s to %(end)s: it cannot end on %(date)s.",
                        contract=contract.display_name,
                        start=format_date(self.env, contract.date_start),
                        end=format_date(self.env, contract.date_end),
                        date=format_date(self.env, date),
                    )
                )
            contract._check_notice(date)
            before = contract._prepare_termination()
            before["removed"] = contract._end_lines(date)
            contract._set(state="terminated", date_end=date, close_reason=reason, renewal_likelihood=0.0)
            contract._withdraw_successor()
            before["asked"] = contract._propose_retirement().ids
            before["closed"] = contract._close_renewals().ids
            contract._set(termination=before)
        return True

    def _prepare_termination(self):
        """What a termination changes, as it is before: kept to take it back."""
        return {
            "date_end": fields.Date.to_string(self.date_end),
            "close_reason": self.close_reason,
            "renewal_likelihood": self.renewal_likelihood,
            "lines": {line.id: fields.Date.to_string(line.date_end) for line in self.line_ids},
        }

    def action_reinstate(self):
        """Take a termination back, until its day: the contract runs to its end again, and is renewed.

        :raise UserError: naming the contract that is not terminated, or is over
        """
        today = fields.Date.context_today(self)
        for contract in self:
            before = contract.termination
            if contract.state != "terminated" or not before or contract.date_end < today:
                raise UserError(
                    self.env._(
                        "%s is not terminated for a later day: it cannot go on.", contract.display_name
                    )
                )
            end = fields.Date.to_date(before["date_end"])
            contract._set(state="running", date_end=end, termination=False)
            lines = contract.line_ids.with_context(pemba_following=OURS)
            for line in lines:
                line.date_end = before["lines"].get(str(line.id)) or line.date_end
            lines.create([vals | {"contract_id": contract.id} for vals in before["removed"]])
            everybody = self.sudo().env  # whoever was asked, and whoever is in charge of the renewal
            everybody["mail.activity"].browse(before["asked"]).exists().unlink()
            everybody["crm.lead"].browse(before["closed"]).exists().action_unarchive()
            contract._set(
                close_reason=before["close_reason"], renewal_likelihood=before["renewal_likelihood"]
            )
        return True

    def _check_notice(self, date):
        """:raise UserError: where notice comes too late, unless it is a manager's"""
        months = self.contract_type_id.notice_months
        last = date + timedelta(days=1) - relativedelta(months=months, days=1)
        if fields.Date.context_today(self) > last and not self._is_by_manager():
            raise UserError(
                self.env._(
                    "%(contract)s: notice is of %(months)s months, and was due by %(last)s. A sales manager"
                    " may accept it all the same.",
                    contract=self.display_name,
                    months=months,
                    last=format_date(self.env, last),
                )
            )

    def _end_lines(self, date):
        """Lines end on a day; those that would start after it go.

        :return: the values of those that go, as JSON
        """
        lines = self.line_ids.with_context(pemba_following=OURS)
        future = lines.filtered(lambda line: line.date_start > date)
        lines.filtered(lambda line: line.date_start <= date < line.date_end).date_end = date
        removed = []
        for line, vals in zip(future, future.copy_data(), strict=True):
            vals |= {
                "predecessor_id": line.predecessor_id.id,
                "opportunity_line_id": line.opportunity_line_id.id,
            }
            removed.append(
                {
                    name: fields.Date.to_string(value) if isinstance(value, Day) else value
                    for name, value in vals.items()
                }
            )
        future.unlink()
        return removed

    def _propose_retirement(self):
        """Subscriptions that end with it: support is asked whether they are retired then.

        :return: what is asked
        """
        equipment = self.line_ids.equipment_id.filtered(
            lambda one: one._is_subscription() and one.state in IN_BASE
        )
        user = self.env["crm.lead"]._get_delivery_user(self.company_id) or self.user_id
        if not (equipment and user):
            return self.env["mail.activity"]
        of_user = self.with_context(lang=user.lang).env
        return equipment.sudo().activity_schedule(  # salespeople do not change equipment
            "mail.mail_activity_data_todo",
            date_deadline=self.date_end + timedelta(days=1),
            summary=of_user._("%s is not renewed: retire the subscription", self.name),
            user_id=user.id,
        )

    def _close_renewals(self):
        """What was terminated is not offered again.

        :return: the renewals that are lost by that
        """
        leads = self.sudo().renewal_lead_ids  # a colleague's too
        leads = leads.filtered(lambda lead: lead.won_status == "pending")
        if leads:
            reason = self.env.ref("pemba_crm.lost_reason_terminated", raise_if_not_found=False)
            reasons = self.env["crm.lost.reason"].sudo()  # salespeople read them
            reason = reason or reasons.create({"name": self.env._("Terminated")})
            leads.action_set_lost(lost_reason_id=reason.id)
        return leads
