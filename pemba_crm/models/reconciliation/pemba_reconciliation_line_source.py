from odoo import models
from odoo.fields import Domain


class PembaReconciliationLine(models.Model):
    """What is behind differences of a run: their sales, orders, openings, equipment, contracts, invoices."""

    _inherit = "pemba.reconciliation.line"

    def _get_of_customer(self, name="partner_id"):
        """Records of its customer: those of the company and of its contacts."""
        customers = self.partner_id.commercial_partner_id
        of_customer = Domain(f"{name}.commercial_partner_id", "in", customers.ids)
        if all(line.partner_id for line in self):
            return of_customer
        return of_customer | Domain(name, "=", False)

    def _get_of_company(self, path=""):
        """Opportunities of its company; see ``crm.lead._get_selling_company``.

        :param path: from a record to its opportunity
        """
        company = self.company_id
        confirmed = Domain("state", "=", "sale")
        orders = Domain(f"{path}order_ids", "any!", confirmed & Domain("company_id", "=", company.id))
        if self.env["crm.lead"]._get_shared_company() == company:
            orders |= ~Domain(f"{path}order_ids", "any!", confirmed)
        return Domain(f"{path}company_id", "=", company.id) | (
            Domain(f"{path}company_id", "=", False) & orders
        )

    def _get_sale_domain(self):
        """Lines of opportunities that were won by the day."""
        return (
            Domain("product_id", "in", self.product_id.ids)
            & self._get_of_customer("lead_id.customer_id")
            & Domain("active", "=", True)
            & Domain("lead_id.won_status", "=", "won")
            & Domain("lead_id.close_date", "<=", self.reconciliation_id.date)
            & self._get_of_company("lead_id.")
        )

    def _get_order_domain(self):
        """Lines of orders for its customer, directly or through a distributor."""
        direct = Domain("order_id.end_customer_id", "=", False) & self._get_of_customer("order_id.partner_id")
        return (
            Domain("product_id", "in", self.product_id.ids)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("display_type", "=", False)
            & (
                direct
                | self._get_of_customer("order_id.end_customer_id")
                | self._get_of_customer("opportunity_line_id.lead_id.customer_id")
            )
        )

    def _get_equipment_domain(self):
        """Equipment of its customer with the product, in whatever state."""
        has = Domain("component_ids.product_id", "in", self.product_id.ids)
        return (
            Domain("company_id", "=", self.company_id.id)
            & self._get_of_customer()
            & (has | Domain("product_id", "in", self.product_id.ids))
        )

    def _get_contract_domain(self):
        """Lines of contracts that are of the product or cover equipment with it."""
        equipment = Domain("equipment_id.product_id", "in", self.product_id.ids)
        equipment |= Domain("equipment_id.component_ids.product_id", "in", self.product_id.ids)
        return (
            Domain("contract_id.company_id", "=", self.company_id.id)
            & self._get_of_customer("contract_id.partner_id")
            & (Domain("product_id", "in", self.product_id.ids) | equipment)
        )

    def _get_invoice_domain(self):
        """Posted lines of invoices and credit notes, by the day."""
        return (
            Domain("sale_line_ids", "any", self._get_order_domain())
            & Domain("parent_state", "=", "posted")
            & Domain("date", "<=", self.reconciliation_id.date)
        )

    def action_open_sales(self):
        """What was won: lines of opportunities; where there are none, of orders."""
        if not self.product_id:
            return self._open("crm.lead", self._get_lead_domain(), self.env._("Won"))
        domain = self._get_sale_domain()
        if not self.env["pemba.opportunity.line"].search_count(domain, limit=1):
            return self.action_open_orders()
        return self._open("pemba.opportunity.line", domain, self.env._("Won"))

    def _get_lead_domain(self):
        """Opportunities that say no product."""
        return (
            Domain("type", "=", "opportunity")
            & Domain("won_status", "=", "won")
            & Domain("close_date", "<=", self.reconciliation_id.date)
            & Domain("opportunity_line_ids", "=", False)
            & self._get_of_company()
            & self._get_of_customer("customer_id")
        )

    def action_open_orders(self):
        """What was ordered by the day: lines of confirmed orders."""
        end = self.reconciliation_id._get_end()
        domain = Domain("order_id.state", "=", "sale") & Domain("order_id.date_order", "<", end)
        return self._open("sale.order.line", domain & self._get_order_domain(), self.env._("Orders"))

    def action_open_equipment(self):
        """What is installed."""
        return self._open("pemba.equipment", self._get_equipment_domain(), self.env._("Installed"))

    def action_open_contracts(self):
        """What is covered: lines of contracts."""
        return self._open("pemba.contract.line", self._get_contract_domain(), self.env._("Covered"))

    def action_open_invoices(self):
        """What was invoiced: lines of invoices and credit notes."""
        return self._open("account.move.line", self._get_invoice_domain(), self.env._("Invoiced"))

    def action_open_openings(self):
        """What was sold before these records begin, by the day: opening sales."""
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("date", "<=", self.reconciliation_id.date)
            & self._get_of_customer()
        )
        return self._open("pemba.opening.sale", domain, self.env._("Sold Before"))

    def _open(self, model, domain, name):
        """A window of records that are found now: who reads them need not read all that they are found by."""
        self.ensure_one()
        found = self.env[model].with_context(active_test=False).search(domain)
        return {
            "type": "ir.actions.act_window",
            "name": f"{name}: {self.display_name}",
            "res_model": model,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", found.ids)],
            "context": {"active_test": False, "create": False},
        }
