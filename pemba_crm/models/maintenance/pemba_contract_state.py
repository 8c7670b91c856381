from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html

from ..company_day import by_day, get_today
from ..public import public


class PembaContract(models.Model):
    """What happens to a contract: it starts, and is held while a payment is disputed."""

    _inherit = "pemba.contract"

    @api.depends("state", "date_start", "date_end")
    def _compute_is_in_force(self):
        for contract in self:
            contract.is_in_force = contract._is_in_force(get_today(contract))

    def _is_in_force(self, date):
        return self.state != "draft" and self.date_start <= date <= self.date_end

    def _search_is_in_force(self, operator, value):
        if operator != "in":
            return NotImplemented
        return by_day(
            self.env.companies,
            lambda today: (
                Domain("state", "!=", "draft")
                & Domain("date_start", "<=", today)
                & Domain("date_end", ">=", today)
            ),
        )

    def _is_open(self):
        """Whether it may be amended: it runs, or is renewed already and runs to its end."""
        today = get_today(self)
        return self.state == "running" or (self.state == "renewed" and self.date_end >= today)

    def _is_extensible(self):
        """Whether what is sold may come into it: never once it is over, expired by the daily job or not."""
        return self._is_open() and self.date_end >= get_today(self)

    def _get_running_term(self):
        """The term of it that runs; itself where nothing follows it."""
        return self

    def _get_terms_from_here(self):
        """These, and the terms that follow them."""
        return self

    @public
    def action_start(self):
        """Drafts run, from their first day on.

        :raise UserError: naming the contract that is no draft, has no line, or does not follow the one before
        """
        self._start()
        return True

    def _start(self):
        for contract in self:
            if contract.state != "draft":
                raise UserError(self.env._("%s is not a draft.", contract.display_name))
            if not contract.line_ids:
                raise UserError(self.env._("%s has no line: what does it cover?", contract.display_name))
        self._set(state="running")
        self.line_ids._tell_covered_twice()

    def _hold(self, reason):
        """Rights are suspended while a payment is disputed.

        :raise AccessError: for who is neither accountant nor manager
        :raise UserError: without a reason
        """
        self._check_may_hold()
        if not reason:
            raise UserError(self.env._("Say why it is put on hold."))
        held = {"is_on_hold": True, "hold_reason": reason}
        for contract in self.sudo():  # accountants may not write contracts
            contract._set(**held, hold_date=contract.hold_date or get_today(contract))
        return True

    @public
    def action_release(self):
        """The hold is over."""
        self._check_may_hold()
        self.sudo()._set(is_on_hold=False, hold_reason=False, hold_date=False)  # as above
        return True

    def _check_may_hold(self):
        self.check_access("read")
        if not self._may_hold():
            raise AccessError(self.env._("Only accountants and sales managers hold and release contracts."))

    @api.model
    def _may_hold(self):
        """Whether the user holds and releases contracts."""
        groups = ("pemba_crm.group_accountant", "pemba_crm.group_manager")
        return self.env.su or any(self.env.user.has_group(group) for group in groups)

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

    # ------------------------------------------------------------
    # What a person decides
    # ------------------------------------------------------------

    def _ask(self, summary, note=None):
        """Ask whoever is in charge, once for each question, in that person's language.

        :param summary: what is asked, by a function of the person's environment
        :param note: more of it, in the same way; what is new of it is added to what is asked already
        """
        for contract in self:
            user = contract._get_asked_user()
            of_user = contract.with_context(lang=user.lang).env
            text = note(of_user) if note else ""
            known = contract._get_asked(summary)[:1]
            if known:
                known._add_to_note(text)
                if not known.user_id.active:
                    known.user_id = user
            else:
                contract.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=summary(of_user),
                    note=text and plaintext2html(text),
                    user_id=user.id,
                    pemba_question=contract._get_question(summary),
                )

    def _get_question(self, summary):
        """What is asked whatever the language of whoever is asked."""
        return summary(self.with_context(lang="en_US").env)

    def _get_asked(self, summary):
        """The activities that ask it: see ``_ask``."""
        question = self._get_question(summary)

        def is_asked(one):
            if one.pemba_question:
                return one.pemba_question == question
            return one.summary in (question, summary(self.with_context(lang=one.user_id.lang).env))

        asked = self.sudo().activity_ids  # whoever was asked
        return asked.filtered(lambda one: one.active and is_asked(one))

    def _answer(self, summary):
        """What was asked is settled by itself: see ``_ask``."""
        for contract in self:
            contract._get_asked(summary).unlink()

    def _answer_about_unsold(self):
        """What is not sold any more is taken off, or sold again."""
        done = self.filtered(lambda one: not any(line._is_to_take_off() for line in one.line_ids))
        done._answer(done.line_ids._get_unsold_question)

    def _get_asked_user(self):
        """Who is asked about it: the first of those in charge who is there."""
        lead, zone = self.sudo().lead_id, self.zone_id  # of all salespeople
        in_charge = [self.user_id, lead.team_id.user_id, zone.user_id, zone.team_id.user_id]
        named = self.company_id.sudo().pemba_asked_user_id  # salespeople need not see companies
        return lead._get_present_user(*in_charge, named, self.env.user)
