from odoo import models
from odoo.exceptions import UserError


class PembaContract(models.Model):
    """What is terminated is not renewed."""

    _inherit = "pemba.contract"

    def _check_termination(self, date):
        successor = self.successor_id
        if self.state == "running" and successor.state not in (False, "draft"):
            raise UserError(
                self.env._(
                    "%(contract)s goes on as %(successor)s: terminate that.",
                    contract=self.display_name,
                    successor=successor.name,
                )
            )
        return super()._check_termination(date)

    def _prepare_termination(self):
        return super()._prepare_termination() | {"renewal_likelihood": self.renewal_likelihood}

    def _follow_termination(self):
        self._set(renewal_likelihood=0.0)
        self._withdraw_successor()
        return super()._follow_termination() | {"closed": self._close_renewals().ids}

    def _follow_reinstatement(self, before):
        super()._follow_reinstatement(before)
        leads = self.sudo().env["crm.lead"]  # whoever is in charge of the renewal
        leads.browse(before["closed"]).exists().action_unarchive()
        self._set(close_reason=before["close_reason"], renewal_likelihood=before["renewal_likelihood"])

    def _close_renewals(self):
        """What was terminated is not offered again.

        :return: the renewals that are lost by that
        """
        leads = self._get_open_renewal()
        if leads:
            reason = self.env.ref("pemba_crm.lost_reason_terminated", raise_if_not_found=False)
            reasons = self.env["crm.lost.reason"].sudo()  # salespeople read them
            reason = reason or reasons.create({"name": self.env._("Terminated")})
            leads.action_set_lost(lost_reason_id=reason.id)
        return leads
