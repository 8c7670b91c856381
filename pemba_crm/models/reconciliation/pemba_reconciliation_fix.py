from odoo import models
from odoo.fields import Domain

from ..installed_base.pemba_equipment import IN_BASE


class PembaReconciliationFix(models.AbstractModel):
    """How a difference is settled: one click for who has the right, else a request to who is in charge.

    What settles a check is ``_fix_<check>``: it takes a line and returns a window, or what ``line._ask``
    returns. How something is sold is in ``…_fix_sale``.
    """

    _name = "pemba.reconciliation.fix"
    _description = "Settling of Differences"

    # ------------------------------------------------------------
    # Sales and the base
    # ------------------------------------------------------------

    def _fix_installed(self, line):
        """Deliver what was sold, or sell what runs."""
        if line._is_unsold():
            return self._sell(line, "installed", self._prepare_unsold(line))
        if not self.env["pemba.equipment"].has_access("create"):
            return line._ask("installed")
        leads = self._get_undelivered(line)
        if len(leads) == 1:
            action = leads.action_deliver()
            missing = line.due_quantity - line.installed_quantity
            return action | {"context": {**action["context"], "pemba_missing": (line.product_id.id, missing)}}
        if leads:
            return line._open("crm.lead", Domain("id", "in", leads.ids), self.env._("To Deliver"))
        action = line.action_open_equipment()
        return action | {"context": {"active_test": False, "default_partner_id": line.partner_id.id}}

    def _get_undelivered(self, line):
        """The sales of it of which something is not in the base yet."""
        return self.env["crm.lead"].search(
            Domain("is_to_deliver", "=", True)
            & Domain("opportunity_line_ids", "any", line._get_sale_domain())
        )

    def _prepare_unsold(self, line):
        quantity = line.installed_quantity - line.due_quantity
        return {"product_id": line.product_id.id, "quantity": quantity}

    def _fix_correction(self, line):
        """Correct the installed base, with a reason; who may not asks support."""
        if not self.env["pemba.equipment.change"].has_access("create"):
            return line._ask("correction")
        in_base = Domain("state", "in", IN_BASE) & Domain("usage", "=", "production")
        equipment = self.env["pemba.equipment"].search(line._get_equipment_domain() & in_base)
        if len(equipment) != 1:
            return line.action_open_equipment()
        context = {
            "default_equipment_ids": equipment.ids,
            "default_kind": "correct_quantity",
            "default_product_id": line.product_id.id,
            "default_note": line.reconciliation_id.display_name,
        }
        if line.due_quantity:  # else it is for who corrects to say what there is
            context["default_quantity"] = line.due_quantity
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct %s", equipment.display_name),
            "res_model": "pemba.equipment.change",
            "view_mode": "form",
            "target": "new",
            "context": context,
        }

    # ------------------------------------------------------------
    # Contracts
    # ------------------------------------------------------------

    def _fix_covered(self, line):
        """Offer the maintenance that is missing, or mend the contract that it was sold with."""
        if line._is_unattended():
            contracts = self._get_drafts_of_maintenance(line)
        else:
            contracts = self._get_contracts(line)
        if line._is_unattended() and not contracts:
            return self._sell(line, "covered", self._prepare_maintenance(line))
        if not contracts or not contracts.has_access("write"):
            return line._ask("covered")
        if len(contracts) == 1:
            return contracts.get_formview_action()
        return line._open("pemba.contract", Domain("id", "in", contracts.ids), self.env._("Contracts"))

    def _get_drafts_of_maintenance(self, line):
        """Contracts of the maintenance of its software that were sold and did not start yet."""
        return self.env["pemba.contract"].search(
            Domain("state", "=", "draft")
            & Domain("company_id", "=", line.company_id.id)
            & Domain("line_ids.product_id", "in", self._get_maintenance_products(line).ids)
            & line._get_of_customer()
        )

    def _get_maintenance_products(self, line):
        """The maintenance of the software that it is of."""
        equipment = self.env["pemba.equipment"].sudo()  # whoever settles it
        return equipment.search(line._get_equipment_domain()).software_id.maintenance_product_id

    def _get_contracts(self, line):
        """What contracts it is about."""
        lines = self.env["pemba.contract.line"].search(line._get_contract_domain())
        return line._get_contracts_among(lines)

    def _prepare_maintenance(self, line):
        """A year of the maintenance of its software, at what is missed."""
        product = self._get_maintenance_products(line)[:1]
        return {"product_id": product.id, "price_company": line.missed_amount_company}

    # ------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------

    def _fix_invoiced(self, line):
        """Open the orders, to invoice or to credit them; who may not invoice asks who sold it."""
        orders = self.env["sale.order.line"].search(line._get_order_domain()).order_id
        if not (orders and self.env["account.move"].has_access("create") and orders.has_access("write")):
            return line._ask("invoiced")
        return line._open("sale.order", Domain("id", "in", orders.ids), self.env._("Orders"))
