from collections import defaultdict

from odoo import models
from odoo.fields import Domain


class PembaReconciliationCharge(models.AbstractModel):
    """Who is in charge of differences, and of what records: found for many lines at once."""

    _name = "pemba.reconciliation.charge"
    _description = "Who Is in Charge of Differences"

    def _get_in_charge(self, lines, checks):
        """Who settles what a check found, or corrects the base, and on what record they are asked.

        :param checks: what is asked about each line: a check, or ``correction``
        :return: ``{line: (record, user)}``, both with all rights; empty ones where there is nobody
        """
        found = {}
        for of_run in lines.sudo().grouped("reconciliation_id").values():  # whoever asks
            in_charge = self.sudo()._get_in_charge_of_run(of_run, checks)  # as above
            found |= {line.with_env(lines.env): value for line, value in in_charge.items()}
        return found

    def _get_in_charge_of_run(self, lines, checks):
        """See ``_get_in_charge``, of lines of a run."""
        records, salespeople = self._get_records(lines, checks), self._get_salespeople(lines)
        support = self.env["crm.lead"]._get_delivery_user(lines.company_id)
        found = {}
        for line in lines:
            record, user = records.get(line), salespeople[line]
            if self._is_of_support(line, checks[line]):
                user = support or (record and record.user_id) or user
            elif record:
                user = record.user_id
            found[line] = (record or line.partner_id, user)
        return found

    def _is_of_support(self, line, check):
        """Whether support settles it: what is delivered, and what is wrong in the base."""
        return check == "correction" or (check == "installed" and not line._is_unsold())

    def _get_records(self, lines, checks):
        """What of lines of a run somebody is in charge of: ``{line: record}``; else it is of the customer."""
        deliveries = lines.filtered(lambda one: checks[one] == "installed" and not one._is_unsold())
        covered = lines.filtered(lambda one: checks[one] == "covered" and not one._is_unattended())
        invoiced = lines.filtered(lambda one: checks[one] == "invoiced")
        return {
            **self._get_undelivered(deliveries),
            **self._get_contracts(covered),
            **self._get_documents(invoiced),
        }

    def _get_undelivered(self, lines):
        """A sale of each of which something is not in the base yet: ``{line: opportunity}``."""
        sold = self.env["pemba.opportunity.line"].search(
            lines._get_sale_domain() & Domain("lead_id.is_to_deliver", "=", True)
        )
        leads = {(one.lead_id.customer_id.commercial_partner_id, one.product_id): one.lead_id for one in sold}
        return {line: leads[line._get_key()] for line in lines if line._get_key() in leads}

    def _get_contracts(self, lines):
        """A contract of each whose salesperson is in charge: ``{line: contract}``."""
        of_key = defaultdict(self.env["pemba.contract.line"].browse)
        for covering in self.env["pemba.contract.line"].search(lines._get_contract_domain()):
            equipment = covering.equipment_id
            customer = covering.contract_id.partner_id.commercial_partner_id
            for product in covering.product_id | equipment.product_id | equipment.component_ids.product_id:
                of_key[customer, product] |= covering
        found = {}
        for line in lines:
            contracts = line._get_contracts_among(of_key[line._get_key()])
            contracts = contracts.filtered(lambda one: self._is_in_charge(one.user_id, lines.company_id))
            if contracts:
                found[line] = contracts[0]
        return found

    def _get_documents(self, lines):
        """What of each is to invoice, or was: ``{line: order or opportunity}``, somebody is in charge of it.

        Orders that have something to invoice come first, so that who sold the rest is left in peace.
        """
        found = self._get_leads(lines)
        orders = defaultdict(self.env["sale.order"].browse)
        for sold in self.env["sale.order.line"].search(lines._get_order_domain()):
            order = sold.order_id
            if sold.state == "sale" and self._is_in_charge(order.user_id, lines.company_id):
                of_deal = sold.opportunity_line_id.lead_id.customer_id
                customers = of_deal | order.end_customer_id
                for customer in (customers or order.partner_id).commercial_partner_id:
                    orders[customer, sold.product_id] |= order
        for line in lines:
            of_line = orders[line._get_key()]
            if of_line:
                found[line] = of_line.sorted(lambda one: one.invoice_status != "to invoice")[0]
        return found

    def _get_leads(self, lines):
        """The last won opportunity of each whose salesperson is in charge: ``{line: opportunity}``."""
        leads = {}
        for sold in self.env["pemba.opportunity.line"].search(lines._get_sale_domain(), order="id"):
            if self._is_in_charge(sold.lead_id.user_id, lines.company_id):
                leads[sold.lead_id.customer_id.commercial_partner_id, sold.product_id] = sold.lead_id
        without = lines.filtered(lambda one: not one.product_id)
        for lead in without and self.env["crm.lead"].search(without._get_lead_domain(), order="id"):
            if self._is_in_charge(lead.user_id, lines.company_id):
                leads[lead.customer_id.commercial_partner_id, without.product_id] = lead
        return {line: leads[line._get_key()] for line in lines if line._get_key() in leads}

    # ------------------------------------------------------------
    # Salespeople
    # ------------------------------------------------------------

    def _get_salespeople(self, lines):
        """Who is in charge of the customers of lines of a run: ``{line: user}``, with all rights.

        The customer's salesperson, who worked on a sale to it last, its zone's manager, the zone's team's.
        """
        known = lines.sudo()  # whoever asks
        last = self._get_last_salespeople(known)
        nobody = known.env["res.users"]
        found = {}
        for line in known:
            candidates = (
                line.partner_id.user_id,
                last.get(line.partner_id, nobody),
                line.zone_id.user_id,
                line.zone_id.team_id.user_id,
            )
            found[line] = next(
                (user for user in candidates if self._is_in_charge(user, line.company_id)), nobody
            )
        return found

    def _get_last_salespeople(self, lines):
        """Who worked on a sale to the customers of lines last: ``{customer: user}``."""
        leads = lines.env["crm.lead"].with_context(active_test=False)  # whoever sold
        of_customers = (
            lines._get_of_customer("customer_id")
            & Domain("user_id.active", "=", True)
            & Domain("user_id.company_ids", "in", lines.company_id.ids)
        )
        last = {}
        for customer, newest in leads._read_group(of_customers, ["customer_id"], ["id:max"]):
            known = last.get(customer.commercial_partner_id, 0)
            last[customer.commercial_partner_id] = max(known, newest)
        newest_ones = leads.browse(last.values())
        return {customer: lead.user_id for customer, lead in zip(last, newest_ones, strict=True)}

    def _is_in_charge(self, user, company):
        return bool(user.active and company in user.sudo().company_ids)  # whoever asks
