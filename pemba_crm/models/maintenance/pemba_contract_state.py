from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..pipeline.crm_lead import OURS


class PembaContract(models.Model):
    """What happens to a contract: it starts, is amended, held, terminated, and expires."""

    _inherit = "pemba.contract"

    def action_start(self):
        """Drafts run, from their first day on.

        :raise UserError: naming the contract that is no draft, or has no line
        """
        for contract in self:
            if contract.state != "draft":
                raise UserError(self.env._("%s is not a draft.", contract.display_name))
            if not contract.line_ids:
                raise UserError(self.env._("%s has no line: what does it cover?", contract.display_name))
            if contract.predecessor_id.state == "terminated":
                raise UserError(
                    self.env._("%s was terminated: nothing follows it.", contract.predecessor_id.display_name)
                )
        self._set(state="running")
        self.predecessor_id.with_context(tracking_disable=False)._set(state="renewed")  # told, by a job too
        return True

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
            contract._end_lines(date)
            contract._set(
                state="terminated",
                date_end=date,
                close_reason=reason,
                renewal_likelihood=0.0,
                termination=before,
            )
            contract._withdraw_successor()
            contract._propose_retirement()
        self._close_renewals()
        return True

    def _prepare_termination(self):
        """What a termination changes, as it is before: kept to take it back."""
        return {
            "date_end": fields.Date.to_string(self.date_end),
            "renewal_likelihood": self.renewal_likelihood,
            "lines": {line.id: fields.Date.to_string(line.date_end) for line in self.line_ids},
        }

    def action_reinstate(self):
        """Take a termination back, until its day: the contract runs to its end again, and is renewed.

        :raise UserError: naming the contract that is not terminated, or is over
        """
        today = fields.Date.context_today(self)
        likelihoods = {}
        for contract in self:
            before = contract.termination
            if contract.state != "terminated" or not before or contract.date_end < today:
                raise UserError(
                    self.env._(
                        "%s is not terminated for a later day: it cannot go on.", contract.display_name
                    )
                )
            contract._propose_retirement(is_withdrawn=True)
            likelihoods[contract] = before["renewal_likelihood"]
            end = fields.Date.to_date(before["date_end"])
            contract._set(state="running", date_end=end, close_reason=False, termination=False)
            for line in contract.line_ids.with_context(pemba_following=OURS):
                line.date_end = before["lines"].get(str(line.id)) or line.date_end
        self._reopen_closed_renewals()
        for contract, likelihood in likelihoods.items():
            contract.renewal_likelihood = likelihood
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
        """Lines end on a day; those that would start after it go."""
        lines = self.line_ids.with_context(pemba_following=OURS)
        future = lines.filtered(lambda line: line.date_start > date)
        if future:
            self._log_lines(future, self.env._("removed"))
        future.unlink()
        lines.filtered(lambda line: line.exists() and line.date_end > date).date_end = date

    def _reduce(self, line, quantity, date=None):
        """Less of a line from a day on: it ends on the day before, and what stays goes on.

        :param line: of this contract
        :param quantity: how much is taken away; all of it ends the line
        :param date: the first day with less, else today
        :return: the line that goes on, none where all is taken away
        :raise UserError: naming the line that has less, or that has no such day
        """
        self.ensure_one()
        date = fields.Date.to_date(date) or fields.Date.context_today(self)
        if not self._is_open() or line.contract_id != self:
            raise UserError(self.env._("%s is not running.", self.display_name))
        if not line.date_start <= date <= line.date_end or not 0 < quantity <= line.quantity:
            raise UserError(
                self.env._(
                    "%(contract)s, %(product)s: there are %(quantity)s of it, from %(start)s to %(end)s.",
                    contract=self.display_name,
                    product=line.product_id.display_name,
                    quantity=line.quantity,
                    start=format_date(self.env, line.date_start),
                    end=format_date(self.env, line.date_end),
                )
            )
        self._message_log(
            body=self.env._(
                "%(product)s: %(before)s → %(after)s from %(date)s.",
                product=line.product_id.display_name,
                before=f"{line.quantity:g}",
                after=f"{line.quantity - quantity:g}",
                date=format_date(self.env, date),
            )
        )
        ours = line.with_context(pemba_following=OURS)
        rest, left = line.browse(), line.quantity - quantity
        if left and date == line.date_start:
            ours.write({"quantity": left, "is_amended": True})
            rest = line
        elif left:
            vals = {"quantity": left, "date_start": date, "date_end": line.date_end, "is_amended": True}
            rest = ours.copy(vals).with_env(self.env)
        self._follow_renewal(reduced={line: rest})
        if date > line.date_start:
            ours.write({"date_end": date - timedelta(days=1), "is_amended": True})
        elif not left:
            ours.unlink()
        return rest

    def _log_lines(self, lines, what):
        """Amendments of a running contract are told."""
        names = ", ".join(f"{line.product_id.display_name} × {line.quantity:g}" for line in lines)
        self._message_log(body=self.env._("Lines %(what)s: %(names)s", what=what, names=names))

    def _hold(self, reason):
        """Rights are suspended while a payment is disputed.

        :raise AccessError: for who is neither accountant nor manager
        :raise UserError: without a reason
        """
        self._check_may_hold()
        if not reason:
            raise UserError(self.env._("Say why it is put on hold."))
        self.sudo()._set(is_on_hold=True, hold_reason=reason)  # accountants may not write contracts
        return True

    def action_release(self):
        """The hold is over."""
        self._check_may_hold()
        self.sudo()._set(is_on_hold=False, hold_reason=False)  # as above
        return True

    def _check_may_hold(self):
        self.check_access("read")
        groups = ("pemba_crm.group_accountant", "pemba_crm.group_manager")
        if not (self.env.su or any(self.env.user.has_group(group) for group in groups)):
            raise AccessError(self.env._("Only accountants and sales managers hold and release contracts."))

    def _set(self, **vals):
        """Write what follows from an action, past the rules for what people write."""
        self.with_context(pemba_following=OURS).write(vals)

    def _go_to(self, state):
        """A state that is written is reached by its action.

        :raise UserError: where none leads there
        """
        for contract in self.filtered(lambda one: one.state != state):
            if (contract.state, state) != ("draft", "running"):
                labels = dict(self._fields["state"]._description_selection(self.env))
                contract._refuse(
                    "state",
                    self.env._(
                        "what is %(old)s does not become %(new)s by hand.",
                        old=labels[contract.state],
                        new=labels.get(state, state),
                    ),
                )
            contract.action_start()
