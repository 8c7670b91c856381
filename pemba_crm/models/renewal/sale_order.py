from odoo import models
from odoo.exceptions import UserError

from ..public import VALUES, public


class SaleOrder(models.Model):
    """The offer of a renewal."""

    _inherit = "sale.order"

    @public(some=True)
    def action_quotation_send(self):
        """:raise UserError: naming the renewal whose price is not revised yet"""
        self._check_renewal_price()
        self._check_renewal_hold()
        self._check_renewal_gap()
        return super().action_quotation_send()

    @public(vals=VALUES)
    def write(self, vals):
        if vals.get("state") in ("sent", "sale"):
            self._check_renewal_price()
        if vals.get("state") == "sent":
            self._check_renewal_hold()
            self._check_renewal_gap()
        return super().write(vals)

    def _check_renewal_gap(self):
        """A gap is asked about before it is offered: the customer may confirm the offer alone.

        :raise UserError: naming the contract, where a gap would be left and it is no manager's
        """
        for order in self:
            lead = order.opportunity_id.sudo()  # seen when linked
            sold = lead.opportunity_line_ids._get_renewing()
            starts = [line.date_start for line in sold if line.date_start]
            contract = lead.renewal_contract_id
            if contract and starts and not contract.successor_id:
                is_by_manager = contract.with_env(self.env)._is_by_manager()
                contract._check_gap(min(starts), may_leave_gap=is_by_manager)

    def _check_renewal_hold(self):
        """:raise UserError: naming the contract whose payment is disputed: nothing is offered meanwhile"""
        for order in self:
            contract = order._get_renewed_contract()
            if contract.is_on_hold:
                raise UserError(
                    self.env._(
                        "%(contract)s is on hold: %(reason)s",
                        contract=contract.display_name,
                        reason=contract.hold_reason,
                    )
                )

    def _check_renewal_price(self):
        leads = self.opportunity_id.sudo()  # seen when linked
        leads.filtered("renewal_contract_id")._check_price_is_revised()

    def _find_mail_template(self):
        """The offer of a renewal has its own letter."""
        template = super()._find_mail_template()
        quotation = self.env.ref("sale.email_template_edi_sale", raise_if_not_found=False)
        if template == quotation and self._get_renewed_contract():
            offer = self.env.ref("pemba_crm.mail_template_renewal_offer", raise_if_not_found=False)
            return offer or template
        return template

    def _get_renewed_contract(self):
        """The contract whose next term it offers."""
        return self.opportunity_id.sudo().renewal_contract_id  # seen when linked, not by who sends it

    def _get_renewal(self):
        """The renewal that it offers, with its price revision; for printing."""
        lead = self.opportunity_id.sudo()  # seen when linked, not by who prints it
        return lead if lead.renewal_contract_id and lead.revaluation else lead.browse()
