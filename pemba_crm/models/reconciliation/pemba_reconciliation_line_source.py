from odoo import models
from odoo.fields import Domain

from ..public import public


class PembaReconciliationLine(models.Model):
    """What is behind differences of a run: their sales, orders, openings, equipment, contracts, invoices.

    A button of a line opens a source. An add-on whose facts are compared adds theirs to ``_get_sources``,
    with a method ``action_open_<source>`` and a button of that name on the form.
    """

    _inherit = "pemba.reconciliation.line"

    # ------------------------------------------------------------
    # Whose it is
    # ------------------------------------------------------------

    def _get_key(self):
        """Its customer, of one that became part of another since the other, and its product."""
        return self.partner_id.commercial_partner_id, self.product_id

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

    # ------------------------------------------------------------
    # What is behind it
    # ------------------------------------------------------------

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

    def _get_contracts_among(self, lines):
        """The contracts of lines that it is about: in force on the day or, where none is, not started yet."""
        in_force = lines.filtered(
            lambda line: line.state != "draft" and line.date_start <= self.date <= line.date_end
        )
        return in_force.contract_id or lines.filtered(lambda line: line.state == "draft").contract_id

    def _get_invoice_domain(self):
        """Posted lines of invoices and credit notes, by the day."""
        return (
            Domain("sale_line_ids", "any", self._get_order_domain())
            & Domain("parent_state", "=", "posted")
            & Domain("date", "<=", self.reconciliation_id.date)
        )

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

    def _get_confirmed_domain(self):
        """Lines of orders that were confirmed by the day."""
        end = self.reconciliation_id._get_scope().end_of_day
        confirmed = Domain("order_id.state", "=", "sale") & Domain("order_id.date_order", "<", end)
        return confirmed & self._get_order_domain()

    def _get_opening_domain(self):
        """Opening sales by the day."""
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("date", "<=", self.reconciliation_id.date)
            & self._get_of_customer()
        )

    # ------------------------------------------------------------
    # Windows
    # ------------------------------------------------------------

    def _get_sources(self):
        """What can be opened: ``{source: [(model, domain, what its window is called)]}``.

        Of several, the first of which there are records; where there are none, the last.
        """
        sold = ("pemba.opportunity.line", self._get_sale_domain(), self.env._("Won"))
        without_product = ("crm.lead", self._get_lead_domain(), self.env._("Won"))
        ordered = ("sale.order.line", self._get_confirmed_domain(), self.env._("Orders"))
        installed = ("pemba.equipment", self._get_equipment_domain(), self.env._("Installed"))
        covered = ("pemba.contract.line", self._get_contract_domain(), self.env._("Covered"))
        invoiced = ("account.move.line", self._get_invoice_domain(), self.env._("Invoiced"))
        recorded = ("pemba.opening.sale", self._get_opening_domain(), self.env._("Sold Before"))
        return {
            "sales": [sold, ordered] if self.product_id else [without_product],
            "orders": [ordered],
            "equipment": [installed],
            "contracts": [covered],
            "invoices": [invoiced],
            "openings": [recorded],
        }

    @public(one=True)
    def action_open_sales(self):
        """What was won: lines of opportunities; where there are none, of orders."""
        return self._open_source("sales")

    @public(one=True)
    def action_open_orders(self):
        """What was ordered by the day: lines of confirmed orders."""
        return self._open_source("orders")

    @public(one=True)
    def action_open_equipment(self):
        """What is installed."""
        return self._open_source("equipment")

    @public(one=True)
    def action_open_contracts(self):
        """What is covered: lines of contracts."""
        return self._open_source("contracts")

    @public(one=True)
    def action_open_invoices(self):
        """What was invoiced: lines of invoices and credit notes."""
        return self._open_source("invoices")

    @public(one=True)
    def action_open_openings(self):
        """What was sold before these records begin, by the day: opening sales."""
        return self._open_source("openings")

    def _open_source(self, source):
        """A window of what a source has."""
        self.ensure_one()
        *others, last = self._get_sources()[source]
        for model, domain, name in others:
            if self._search_all(model, domain, limit=1):
                return self._open(model, domain, name)
        return self._open(*last)

    def _open(self, model, domain, name):
        """A window of records that are found now: who reads them need not read all that they are found by."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": f"{name}: {self.display_name}",
            "res_model": model,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", self._search_all(model, domain).ids)],
            "context": {"active_test": False, "create": False},
        }

    def _search_all(self, model, domain, limit=None):
        return self.env[model].with_context(active_test=False).search(domain, limit=limit)
