from datetime import date as Day
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..company_day import get_today
from ..installed_base.pemba_equipment import IN_BASE
from ..public import public


class PembaContract(models.Model):
    """A contract ends before its end, or for it; until its day that is taken back."""

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
            contract._check_termination(date)
            before = contract._prepare_termination()
            before["removed"] = contract._end_lines(date)
            contract._set(state="terminated", date_end=date, close_reason=reason)
            contract._set(termination=before | contract._follow_termination())
        return True

    def _check_termination(self, date):
        if self.state != "running":
            raise UserError(self.env._("%s is not running.", self.display_name))
        if not self.date_start <= date <= self.date_end:
            raise UserError(
                self.env._(
                    "%(contract)s runs from %(start)s to %(end)s: it cannot end on %(date)s.",
                    contract=self.display_name,
                    start=format_date(self.env, self.date_start),
                    end=format_date(self.env, self.date_end),
                    date=format_date(self.env, date),
                )
            )
        self._check_notice(date)

    def _follow_termination(self):
        """What else ends with it.

        :return: what is needed to take that back, as JSON
        """
        return {"asked": self._propose_retirement().ids}

    def _prepare_termination(self):
        """What a termination changes, as it is before: kept to take it back."""
        return {
            "date_end": fields.Date.to_string(self.date_end),
            "close_reason": self.close_reason,
            "lines": {line.id: fields.Date.to_string(line.date_end) for line in self.line_ids},
        }

    @public
    def action_reinstate(self):
        """Take a termination back, until its day: the contract runs to its end again, and is renewed.

        :raise UserError: naming the contract that is not terminated, or is over
        """
        for contract in self:
            before = contract.termination
            is_terminated = contract.state == "terminated" and before
            if not is_terminated or contract.date_end < get_today(contract):
                raise UserError(
                    self.env._(
                        "%s is not terminated for a later day: it cannot go on.", contract.display_name
                    )
                )
            end = fields.Date.to_date(before["date_end"])
            contract._set(state="running", date_end=end, termination=False)
            for line in contract.line_ids:
                line._set(date_end=before["lines"].get(str(line.id)) or line.date_end)
            for vals in before["removed"]:
                rest_of = contract.line_ids.browse(vals.get("rest_of_id") or ()).exists()
                contract.line_ids._put([vals | {"contract_id": contract.id, "rest_of_id": rest_of.id}])
            contract._set(close_reason=before["close_reason"])
            contract._follow_reinstatement(before)
        return True

    def _follow_reinstatement(self, before):
        """What else ended with it goes on.

        :param before: what was kept of the termination
        """
        activities = self.sudo().env["mail.activity"]  # whoever was asked
        activities.browse(before["asked"]).exists().unlink()

    def _check_notice(self, date):
        """:raise UserError: where notice comes too late, unless it is a manager's"""
        months = self.contract_type_id.notice_months
        last = date + timedelta(days=1) - relativedelta(months=months, days=1)
        if get_today(self) > last and not self._is_by_manager():
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
        lines = self.line_ids
        future = lines.filtered(lambda line: line.date_start > date)
        lines.filtered(lambda line: line.date_start <= date < line.date_end)._set(date_end=date)
        removed = []
        for line, vals in zip(future, future.copy_data(), strict=True):
            vals |= line._prepare_origin()
            removed.append(
                {
                    name: fields.Date.to_string(value) if isinstance(value, Day) else value
                    for name, value in vals.items()
                }
            )
        future._drop()
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
