from odoo import models
from odoo.exceptions import AccessError, UserError

from ..pipeline.crm_lead import OURS


class PembaContract(models.Model):
    """What happens to a contract: it starts, and is held while a payment is disputed."""

    _inherit = "pemba.contract"

    def action_start(self):
        """Drafts run, from their first day on.

        :raise UserError: naming the contract that is no draft, has no line, or does not follow the one before
        """
        for contract in self:
            if contract.state != "draft":
                raise UserError(self.env._("%s is not a draft.", contract.display_name))
            if not contract.line_ids:
                raise UserError(self.env._("%s has no line: what does it cover?", contract.display_name))
            if contract.predecessor_id:
                contract._check_follows()
        self._set(state="running")
        before = self.predecessor_id.with_context(tracking_disable=False)  # told, by a job too
        before._set(state="renewed", renewal_error=False)
        return True

    def _check_follows(self):
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
        before._check_gap(self.date_start, self._is_by_manager() or self._has_gap_agreed())

    def _has_gap_agreed(self):
        """Whether somebody who may has accepted already that it starts later."""
        return self.env.context.get("pemba_leaves_gap") is OURS

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
        """The hold is over, in what follows too."""
        self._check_may_hold()
        held = self.sudo()  # as above
        following = held.successor_id.filtered(lambda one: one.hold_reason == one.predecessor_id.hold_reason)
        (held | following)._set(is_on_hold=False, hold_reason=False)
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
