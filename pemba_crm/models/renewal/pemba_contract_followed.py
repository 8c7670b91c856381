from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError

from ..marks import APPLYING


class PembaContract(models.Model):
    """Whatever changes a contract, or ends it, reaches its open renewal and its successor."""

    _inherit = "pemba.contract"

    def _change_owner(self, owner):
        """Their open renewals are for whom they are."""
        result = super()._change_owner(owner)
        leads = self.sudo().renewal_lead_ids  # linked by us, a colleague's too
        self.env.add_to_compute(leads._fields["customer_id"], leads)
        return result

    def _follow_added(self, lines):
        """What is added while its renewal is open is offered with it."""
        result = super()._follow_added(lines)
        for contract in self:
            lead = contract._get_open_renewal()
            offered = lead._get_all_lines() if lead else ()
            for line in lines if lead else ():
                goes_on = line.contract_id == contract and line.date_end == contract.date_end
                if goes_on and line not in offered.contract_line_id:
                    dates = {"date_start": contract.date_end + timedelta(days=1)}
                    dates["date_end"] = max(offered.filtered("date_end").mapped("date_end"), default=False)
                    vals = line._prepare_renewal(lead.revaluation or {}) | {"lead_id": lead.id}
                    offered._put([vals | {name: day for name, day in dates.items() if day}], APPLYING)
                    lead._follow_lines()
        return result

    def _follow_extension(self, line):
        """What is added to a contract that was renewed already goes on in its successor."""
        result = super()._follow_extension(line)
        following = self.successor_id.filtered(lambda one: one.state == "draft" or one._is_open())
        if following and line.date_end == self.date_end:
            vals = line._prepare_successor(line._prepare_renewal({}))
            line._put([vals | {"contract_id": following.id}])
        return result

    def _follow_removed(self, reduced):
        """What is reduced while its renewal is open is offered with less."""
        result = super()._follow_removed(reduced)
        for contract in self:
            offered = contract._get_open_renewal()._get_all_lines()
            for line, rest in reduced.items():
                of_line = offered.filtered(lambda one, line=line: one.contract_line_id.id == line.id)
                if rest:
                    of_line._set(contract_line_id=rest.id)
                    of_line.quantity = rest.quantity
                else:
                    of_line.unlink()
        return result

    def _follow_reduction(self, line, rest, quantity):
        result = super()._follow_reduction(line, rest, quantity)
        self._reduce_following(line, rest, quantity)
        return result

    def _reduce_following(self, line, rest, quantity):
        """What is reduced in a contract that is renewed already is less in the next term, too.

        :param line: that is reduced
        :param rest: the line that goes on of it, if any
        :param quantity: how much is taken away
        """
        following = self.successor_id.line_ids.filtered(lambda one: one.predecessor_id == line)
        for one in following:
            if one.quantity > quantity:
                left = one.quantity - quantity
                one._set(quantity=left, is_amended=True, predecessor_id=(rest or line).id)
            else:
                self.successor_id._log_lines(one, self.env._("removed"))
                one._drop()

    def _get_open_renewal(self):
        """Their renewals that are open."""
        leads = self.sudo().renewal_lead_ids  # linked by us, a colleague's too
        return leads.filtered(lambda lead: lead.won_status == "pending")

    def _get_offered(self):
        """What a renewal that is open offers: ``{line of the contract: line of the renewal}``."""
        lines = self._get_open_renewal()._get_all_lines()
        return {line.contract_line_id: line for line in lines if line.contract_line_id}

    def _move_renewal(self, end):
        """A renewal that is open starts after the end, when that is corrected.

        :param end: the last day before
        """
        lead = self._get_open_renewal()
        if not lead or end == self.date_end:
            return
        shift = self.date_end - end
        if lead.date_deadline == end:
            lead.date_deadline = self.date_end
        for line in lead._get_all_lines().filtered("contract_line_id"):
            if line.date_start == end + timedelta(days=1):
                last = line.date_end and line.date_end + shift
                line.write({"date_start": line.date_start + shift, "date_end": last})

    def _follow_dates(self, before):
        """The order is expected at the end, when that is corrected, and the renewal starts after it."""
        result = super()._follow_dates(before)
        for contract, (_start, end) in before.items():
            if contract.expected_order_date == end != contract.date_end:
                contract._set(expected_order_date=contract.date_end)
            contract._move_renewal(end)
        return result

    # ------------------------------------------------------------
    # What is terminated is not renewed
    # ------------------------------------------------------------

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
        result = super()._follow_reinstatement(before)
        leads = self.sudo().env["crm.lead"]  # whoever is in charge of the renewal
        leads.browse(before["closed"]).exists().action_unarchive()
        self._set(close_reason=before["close_reason"], renewal_likelihood=before["renewal_likelihood"])
        return result

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
