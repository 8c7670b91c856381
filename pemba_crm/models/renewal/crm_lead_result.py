from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..company_day import get_today
from ..order.crm_lead_ordered import ORDERED
from ..pipeline.crm_lead import CLOSED, SILENT
from ..public import public


class CrmLead(models.Model):
    """Winning a renewal makes the successor, losing it lets the contract end."""

    _inherit = "crm.lead"

    @public
    def action_set_lost(self, **additional_values):
        """Why a renewal is lost is written first: its contract says it, and none is lost without."""
        reason = additional_values.get("lost_reason_id")
        renewals = self.filtered("renewal_contract_id")
        if renewals and reason:
            renewals.write({"lost_reason_id": reason})
        return super().action_set_lost(**additional_values)

    def _follow_results(self, before, vals):
        result = super()._follow_results(before, vals)
        was = {lead: before[lead]["won_status"] for lead in self}
        renewals = self.filtered("renewal_contract_id")
        renewals.filtered(lambda lead: lead.won_status == "lost" and was[lead] != "lost")._lose_renewals()
        renewals.filtered(lambda lead: was[lead] == "lost" and lead.won_status != "lost")._reopen_renewals()
        renewals.filtered(
            lambda lead: was[lead] in CLOSED and lead.won_status not in CLOSED
        ).sudo().renewal_contract_id._offer_again()  # linked by us alone
        return result

    def _follow_contract(self, sold):
        """What is renewed is in the successor, what extends the term that runs is in that."""
        if not self.renewal_contract_id:
            return super()._follow_contract(sold)
        renewing = sold._get_renewing()
        if renewing:
            self._win_renewal()
        else:
            self._ask_about_successor()
            lines = self.sudo().renewal_contract_id.successor_id.line_ids  # linked by us alone
            lines.filtered(lambda line: line.opportunity_line_id.lead_id == self)._withdraw()
        extending = self._get_all_lines().filtered(lambda line: line._is_extending())
        if extending:
            self._sell_contracts(sold - renewing, extending)

    def _win_renewal(self):
        """The successor starts; the customer's order has come."""
        contract = self.renewal_contract_id
        user = self.env.user  # orders are followed with all rights
        may_leave_gap = (
            self.env.uid == SUPERUSER_ID or user.share or user.has_group("pemba_crm.group_manager")
        )
        ours = contract.sudo().with_context(**SILENT)  # linked by us; who wins may write the deal
        if not contract.successor_id and self.customer_id != contract.partner_id:
            raise UserError(
                self.env._(
                    "%(lead)s renews %(contract)s of %(owner)s: it is not sold to %(customer)s.",
                    lead=self.display_name,
                    contract=contract.name,
                    owner=contract.partner_id.display_name,
                    customer=self.customer_id.display_name,
                )
            )
        ours._renew(self, may_leave_gap)
        ours._answer(self._get_successor_question)
        orders = self.sudo().order_ids.filtered(lambda order: order.state == "sale")  # as above
        vals = {}
        if not contract.order_received_date:
            vals["order_received_date"] = self.close_date or get_today(self)
        references = ", ".join(filter(None, orders.mapped("client_order_ref")))
        if references and not contract.order_reference:
            vals["order_reference"] = references
        if vals:
            ours._set(**vals)
        if orders:
            self._ask_about_less()

    def _ask_about_less(self):
        """Orders for less than the renewal offered: was that meant, or was their quotation an old one?"""
        left = []
        for line in self._get_all_lines().filtered(lambda one: one.proposed and one.offer_terms):
            ordered = line.quantity if line.active else 0.0
            rest = line.offer_terms["quantity"] - ordered
            if line.offer_terms["active"] and rest > 1e-6:
                left.append(f"{line.product_id.display_name} × {rest:.12g}")
        if left and not self._is_asked(self):
            user = self._get_asked_user(self.order_ids)
            of_user = self.with_context(lang=user.lang).env
            self.activity_schedule(
                ORDERED,
                summary=of_user._("Ordered for less than was offered"),
                note=plaintext2html(
                    of_user._(
                        "%s: the next term does not have it. Add it there if that was not meant.",
                        ", ".join(left),
                    )
                ),
                user_id=user.id,
            )

    def _ask_about_successor(self):
        """A renewal that was won without anything that recurs leaves no successor: is that right?"""
        contract = self.renewal_contract_id.sudo()  # linked by us alone
        if not contract.successor_id:
            contract._ask(self._get_successor_question)

    @api.model
    def _get_successor_question(self, env):
        return env._("Its renewal was won without a line that recurs: nothing follows it")

    def _withdraw_contracts(self):
        """A successor waits for its renewal as a draft."""
        renewals = self.filtered("renewal_contract_id")
        for lead in renewals:
            lead._withdraw_renewal()
        return super(CrmLead, self - renewals)._withdraw_contracts()

    def _withdraw_renewal(self):
        """A successor that has not started waits as a draft; one that has goes on without its order."""
        contract = self.sudo().renewal_contract_id  # linked by us alone
        contract._set(order_received_date=False, order_reference=False)
        successor = contract.successor_id
        today = get_today(self)
        if successor.lead_id == self and successor.state == "running":
            if successor.date_start > today:
                successor._set(state="draft")
                contract._set(state="running" if contract.date_end >= today else "expired")
            else:
                successor._message_log(
                    body=self.env._("Its order was taken back: %s is open again.", self.display_name)
                )

    def _return_to_offer(self):
        """All its orders are cancelled: the customer's order for the renewal has not come."""
        result = super()._return_to_offer()
        if self.renewal_contract_id:
            ours = self.renewal_contract_id.sudo()  # linked by us alone
            ours._set(order_received_date=False, order_reference=False)
        return result

    def _lose_renewals(self):
        """The contract ends at its end; whether its subscriptions are retired then is asked."""
        for lead in self:
            contract = lead.renewal_contract_id.sudo()  # linked by us alone
            if not lead.lost_reason_id:
                raise UserError(self.env._("%s is a renewal: say why it was lost.", lead.display_name))
            if contract.state not in ("running", "expired"):
                continue
            contract._set(close_reason=lead.lost_reason_id.name, renewal_likelihood=0.0)
            contract._withdraw_successor()
            contract._propose_retirement()

    def _reopen_renewals(self):
        for lead in self:
            contract = lead.renewal_contract_id.sudo()  # as above
            if contract.state in ("running", "expired"):
                contract._set(close_reason=False, renewal_likelihood=100.0)
