from collections import defaultdict

from odoo import models
from odoo.fields import Domain


class PembaReconciliationLine(models.Model):
    """Who is in charge of a difference, and of what record: found for many at once."""

    _inherit = "pemba.reconciliation.line"

    def _get_in_charge(self, checks):
        """Who settles what a check found, or corrects the base, and on what record they are asked.

        :param checks: what is asked about each line: a check, or ``correction``
        :return: ``{line: (record, user)}``, both with all rights; empty ones where there is nobody
        """
        found = {}
        for run, lines in self.sudo().grouped("reconciliation_id").items():  # whoever asks
            corrections = lines.filtered(lambda one: checks[one] == "correction")
            deliveries = lines.filtered(lambda one: checks[one] == "installed" and not one._is_unsold())
            support = self.env["crm.lead"]._get_delivery_user(run.company_id)
            delivered = deliveries._get_undelivered_by_line()
            contracts = lines.filtered(
                lambda one: checks[one] == "covered" and not one._is_unattended()
            )._get_contracts_by_line()
            documents = lines.filtered(lambda one: checks[one] == "invoiced")._get_documents_by_line()
            salespeople = lines._get_salespeople()
            for line in lines:
                record = delivered.get(line) or contracts.get(line) or documents.get(line)
                user = salespeople[line]
                if line in deliveries | corrections:
                    user = support or (record and record.user_id) or user
                elif record:
                    user = record.user_id
                found[line.with_env(self.env)] = (record or line.partner_id, user)
        return found

    def _get_key(self):
        """Its customer, of one that became part of another since the other, and its product."""
        return self.partner_id.commercial_partner_id, self.product_id

    def _get_undelivered_by_line(self):
        """A sale of each of which something is not in the base yet: ``{line: opportunity}``."""
        sold = self.env["pemba.opportunity.line"].search(
            self._get_sale_domain() & Domain("lead_id.is_to_deliver", "=", True)
        )
        leads = {(one.lead_id.customer_id.commercial_partner_id, one.product_id): one.lead_id for one in sold}
        return {line: leads[line._get_key()] for line in self if line._get_key() in leads}

    def _get_contracts_by_line(self):
        """A contract of each whose salesperson is in charge: ``{line: contract}``."""
        of_key = defaultdict(self.env["pemba.contract.line"].browse)
        for covering in self.env["pemba.contract.line"].search(self._get_contract_domain()):
            equipment = covering.equipment_id
            customer = covering.contract_id.partner_id.commercial_partner_id
            for product in covering.product_id | equipment.product_id | equipment.component_ids.product_id:
                of_key[customer, product] |= covering
        found = {}
        for line in self:
            contracts = line._get_contracts_among(of_key[line._get_key()])
            contracts = contracts.filtered(lambda one: self._is_in_charge(one.user_id))
            if contracts:
                found[line] = contracts[0]
        return found

    def _get_documents_by_line(self):
        """What of each is to invoice, or was: ``{line: order or opportunity}``, somebody is in charge of it.

        Orders that have something to invoice come first, so that who sold the rest is left in peace.
        """
        found = self._get_leads_by_line()
        orders = defaultdict(self.env["sale.order"].browse)
        for sold in self.env["sale.order.line"].search(self._get_order_domain()):
            order = sold.order_id
            if sold.state == "sale" and self._is_in_charge(order.user_id):
                of_deal = sold.opportunity_line_id.lead_id.customer_id
                customers = of_deal | order.end_customer_id
                for customer in (customers or order.partner_id).commercial_partner_id:
                    orders[customer, sold.product_id] |= order
        for line in self:
            of_line = orders[line._get_key()]
            if of_line:
                found[line] = of_line.sorted(lambda one: one.invoice_status != "to invoice")[0]
        return found

    def _get_leads_by_line(self):
        """The last won opportunity of each whose salesperson is in charge: ``{line: opportunity}``."""
        leads = {}
        for sold in self.env["pemba.opportunity.line"].search(self._get_sale_domain(), order="id"):
            if self._is_in_charge(sold.lead_id.user_id):
                leads[sold.lead_id.customer_id.commercial_partner_id, sold.product_id] = sold.lead_id
        without = self.filtered(lambda one: not one.product_id)
        for lead in without and self.env["crm.lead"].search(without._get_lead_domain(), order="id"):
            if self._is_in_charge(lead.user_id):
                leads[lead.customer_id.commercial_partner_id, without.product_id] = lead
        return {line: leads[line._get_key()] for line in self if line._get_key() in leads}

    def _get_salespeople(self):
        """Who is in charge of their customers: ``{line: user}``, with all rights.

        The customer's salesperson, who worked on a sale to it last, its zone's manager, the zone's team's.
        """
        lines = self.sudo()  # whoever asks
        last = lines._get_last_salespeople()
        return {
            line: next(
                filter(
                    line._is_in_charge,
                    (
                        line.partner_id.user_id,
                        last.get(line.partner_id, self.env["res.users"]),
                        line.zone_id.user_id,
                        line.zone_id.team_id.user_id,
                    ),
                ),
                self.env["res.users"],
            )
            for line in lines
        }

    def _get_last_salespeople(self):
        """Who worked on a sale to their customers last: ``{customer: user}``."""
        leads = self.env["crm.lead"].with_context(active_test=False)  # whoever sold
        of_customers = (
            self._get_of_customer("customer_id")
            & Domain("user_id.active", "=", True)
            & Domain("user_id.company_ids", "in", self.company_id.ids)
        )
        last = {}
        for customer, newest in leads._read_group(of_customers, ["customer_id"], ["id:max"]):
            known = last.get(customer.commercial_partner_id, 0)
            last[customer.commercial_partner_id] = max(known, newest)
        newest_ones = leads.browse(last.values())
        return {customer: lead.user_id for customer, lead in zip(last, newest_ones, strict=True)}

    def _is_in_charge(self, user):
        return bool(user.active and self.company_id in user.sudo().company_ids)  # whoever asks
