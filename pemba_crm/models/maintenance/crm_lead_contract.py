from dateutil.relativedelta import relativedelta
from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError

from ..pipeline.crm_lead import OURS
from .pemba_contract import SILENT


class CrmLead(models.Model):
    """Contracts of what was won, and what becomes of them when it is not any more."""

    _inherit = "crm.lead"

    def action_set_lost(self, **additional_values):
        """Why a renewal is lost is written first: its contract says it, and none is lost without."""
        reason = additional_values.get("lost_reason_id")
        renewals = self.filtered("renewal_contract_id")
        if renewals and reason:
            renewals.write({"lost_reason_id": reason})
        return super().action_set_lost(**additional_values)

    def _start_results(self, given):
        result = super()._start_results(given)
        self.filtered(lambda lead: lead.won_status == "won")._follow_contracts()
        return result

    def _start_offers(self, offers, given):
        result = super()._start_offers(offers, given)
        self.filtered(lambda lead: lead.won_status == "won")._follow_contracts()
        return result

    def _follow_results(self, before, vals):
        result = super()._follow_results(before, vals)
        was = {lead: before[lead]["won_status"] for lead in self}
        won = self.filtered(lambda lead: lead.won_status == "won")
        has_come = "partner_id" in vals  # the customer, after the result
        won.filtered(lambda lead: has_come or was[lead] != "won")._follow_contracts()
        self.filtered(lambda lead: was[lead] == "won" and lead.won_status != "won")._withdraw_contracts()
        renewals = self.filtered("renewal_contract_id")
        renewals.filtered(lambda lead: lead.won_status == "lost" and was[lead] != "lost")._lose_renewals()
        renewals.filtered(lambda lead: was[lead] == "lost" and lead.won_status != "lost")._reopen_renewals()
        return result

    def _align(self, orders):
        result = super()._align(orders)
        self.with_env(self.env).filtered(lambda lead: lead.won_status == "won")._follow_contracts()
        return result

    def _follow_contracts(self):
        """What was won is in a contract: renewals in the successor, the rest in a running or a new one.

        Done again it brings these up to date, and adds nothing twice.
        """
        for lead in self.filtered("opportunity_line_count").filtered("customer_id"):
            sold = lead.opportunity_line_ids._get_contracted()
            if lead.renewal_contract_id and sold:
                lead._win_renewal()
            elif lead.renewal_contract_id:
                lead._ask_about_successor()
            elif sold or lead.sudo().contract_ids:  # whoever wins
                lead._sell_contracts(sold)

    def _win_renewal(self):
        """The successor starts; the customer's order has come."""
        contract = self.renewal_contract_id
        user = self.env.user  # orders are followed with all rights
        may_leave_gap = (
            self.env.uid == SUPERUSER_ID or user.share or user.has_group("pemba_crm.group_manager")
        )
        ours = contract.sudo().with_context(**SILENT)  # whoever wins
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
        orders = self.sudo().order_ids.filtered(lambda order: order.state == "sale")  # as above
        vals = {}
        if not contract.order_received_date:
            vals["order_received_date"] = self.close_date or fields.Date.context_today(self)
        references = ", ".join(filter(None, orders.mapped("client_order_ref")))
        if references and not contract.order_reference:
            vals["order_reference"] = references
        if vals:
            ours._set(**vals)

    def _ask_about_successor(self):
        """A renewal that was won without anything that recurs leaves no successor: is that right?"""
        contract = self.renewal_contract_id.sudo()  # whoever wins
        user = self.user_id or self.env.user
        if contract.successor_id or contract.activity_ids:
            return
        of_user = self.with_context(lang=user.lang).env
        contract.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=of_user._("Its renewal was won without a line that recurs: nothing follows it"),
            user_id=user.id,
        )

    def _sell_contracts(self, sold):
        """Lines go into the running contract that they extend, else into a draft of their type.

        :param sold: the lines that recur
        """
        contract_lines = self.env["pemba.contract.line"].sudo()  # whoever wins
        known = contract_lines.search([("opportunity_line_id", "in", self._get_all_lines().ids)])
        of_line = known.grouped(lambda one: one.opportunity_line_id.id)
        (known.filtered(lambda one: one.opportunity_line_id.id not in sold.ids))._withdraw()
        unmatched = sold.filtered(lambda line: not line.contract_id and line.id not in of_line)
        running = unmatched._get_running_contracts() if unmatched else self.env["pemba.contract"]
        for line in sold:
            if line.id in of_line:
                of_line[line.id]._follow_sale(line)
                continue
            contract = (line.contract_id or line._get_matching(running)).sudo()  # as above
            if not (contract and contract._is_open()):
                contract = self._get_draft_contract(line)
            contract._extend(line)

    def _get_draft_contract(self, line):
        """The draft of this deal for the contract type of a line."""
        kind = line._get_contract_type()
        drafts = self.sudo().contract_ids.filtered(  # whoever wins
            lambda one: one.state == "draft" and one.contract_type_id == kind
        )
        contracts = self.env["pemba.contract"].sudo().with_context(pemba_following=OURS)  # as above
        if not drafts:
            drafts = contracts.create(self._prepare_contract(line, kind)).with_env(drafts.env)
        return drafts[:1]

    def _prepare_contract(self, line, kind):
        """Values of a new contract, for a first line of what was won."""
        start = line.date_start or self.close_date or fields.Date.context_today(self)
        vals = {
            "company_id": self._get_deal_company().id,
            "contract_type_id": kind.id,
            "partner_id": self.customer_id.id,
            "contact_id": self.partner_id.id if self.partner_id != self.customer_id else False,
            "distributor_id": self.distributor_id.id,
            "user_id": self.user_id.id,
            "currency_id": self.deal_currency_id.id,
            "date_start": start,
            "date_end": line.date_end or start + relativedelta(months=kind.duration_months, days=-1),
            "lead_id": self.id,
        }
        if kind.index_id:
            # As old as the one that the next term is compared with will be then.
            last = start.replace(day=1) - relativedelta(months=kind.index_lag_months)
            vals["index_base_month"] = kind.index_id._get_newest_month(last)
        return vals

    def _withdraw_contracts(self):
        """What is not won any more leaves the drafts it came into; a successor waits for it as a draft."""
        renewals = self.filtered("renewal_contract_id")
        for lead in renewals:
            lead._withdraw_renewal()
        sold = (self - renewals).filtered("opportunity_line_count")._get_all_lines()
        if sold:
            lines = self.env["pemba.contract.line"].sudo()  # whoever reopens
            lines.search([("opportunity_line_id", "in", sold.ids)])._withdraw()

    def _withdraw_renewal(self):
        """A successor that has not started waits as a draft; one that has goes on without its order."""
        contract = self.sudo().renewal_contract_id  # whoever reopens
        contract._set(order_received_date=False, order_reference=False)
        successor = contract.successor_id
        today = fields.Date.context_today(self)
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
            ours = self.renewal_contract_id.sudo()  # whoever cancels
            ours._set(order_received_date=False, order_reference=False)
        return result

    def _lose_renewals(self):
        """The contract ends at its end; whether its subscriptions are retired then is asked."""
        for lead in self:
            contract = lead.renewal_contract_id.sudo()  # whoever loses it
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
