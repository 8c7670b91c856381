from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain

from ..installed_base.pemba_equipment import IN_BASE
from .pemba_reconciliation_settlement import RESULT_OF

# The three checks, in the order in which they are settled.
CHECKS = ("installed", "covered", "invoiced")


class PembaReconciliationLine(models.Model):
    """How a difference is settled: one click for who has the right, else a request to who is in charge."""

    _inherit = "pemba.reconciliation.line"

    def action_fix(self):
        """Settle the gravest of its differences.

        :return: the window in which it is done; a message where somebody else was asked to do it
        :raise UserError: naming a line that matches, is of a run that is signed off, or has nobody in charge
        """
        self._check_can_settle()
        return getattr(self, f"_fix_{self._get_gravest_check()}")()

    def action_fix_installed(self):
        """Settle what differs between sales and the base; see ``action_fix``."""
        return self._check_fixable("installed")._fix_installed()

    def action_fix_covered(self):
        """Settle what differs between sales, the base and contracts; see ``action_fix``."""
        return self._check_fixable("covered")._fix_covered()

    def action_fix_invoiced(self):
        """Settle what differs between sales and invoices; see ``action_fix``."""
        return self._check_fixable("invoiced")._fix_invoiced()

    def _get_gravest_check(self):
        for check in CHECKS:
            if self[RESULT_OF[check]] == self.result != "matched":
                return check
        raise UserError(self.env._("%s matches: there is nothing to settle.", self.display_name))

    def _check_can_settle(self):
        """Whoever may read a run may ask, and do what they have the right to do elsewhere.

        :raise UserError: naming a run that is signed off or to be compared
        """
        self.ensure_one()
        self.check_access("read")
        self.reconciliation_id._check_is_compared()

    def _check_fixable(self, check):
        self._check_can_settle()
        if self[RESULT_OF[check]] in (False, "matched"):
            raise UserError(self.env._("%s matches: there is nothing to settle.", self.display_name))
        return self

    # ------------------------------------------------------------
    # Sales and the base
    # ------------------------------------------------------------

    def _is_unsold(self):
        """Whether more is installed than was sold, and not less."""
        return self.installed_quantity > self.due_quantity

    def _fix_installed(self):
        """Deliver what was sold, or sell what runs."""
        if self._is_unsold():
            return self._sell("installed", self._prepare_unsold())
        if not self.env["pemba.equipment"].has_access("create"):
            return self._notify(self._ask("installed"))
        leads = self._get_undelivered()
        if len(leads) == 1:
            action = leads.action_deliver()
            missing = self.due_quantity - self.installed_quantity
            return action | {"context": {**action["context"], "pemba_missing": (self.product_id.id, missing)}}
        if leads:
            return self._open("crm.lead", Domain("id", "in", leads.ids), self.env._("To Deliver"))
        action = self.action_open_equipment()
        return action | {"context": {"active_test": False, "default_partner_id": self.partner_id.id}}

    def _get_undelivered(self):
        """The sales of it of which something is not in the base yet."""
        return self.env["crm.lead"].search(
            Domain("is_to_deliver", "=", True)
            & Domain("opportunity_line_ids", "any", self._get_sale_domain())
        )

    def _prepare_unsold(self):
        quantity = self.installed_quantity - self.due_quantity
        return {"product_id": self.product_id.id, "quantity": quantity}

    def action_correct(self):
        """Correct the installed base, with a reason; who may not asks support.

        :raise UserError: naming a line that matches, is of a run that is signed off, or has nobody in charge
        """
        self._check_fixable("installed")
        if not self.env["pemba.equipment.change"].has_access("create"):
            return self._notify(self._ask("correction"))
        equipment = self.env["pemba.equipment"].search(
            self._get_equipment_domain() & Domain("state", "in", IN_BASE) & Domain("usage", "=", "production")
        )
        if len(equipment) != 1:
            return self.action_open_equipment()
        context = {
            "default_equipment_ids": equipment.ids,
            "default_kind": "correct_quantity",
            "default_product_id": self.product_id.id,
            "default_note": self.reconciliation_id.display_name,
        }
        if self.due_quantity:  # else it is for who corrects to say what there is
            context["default_quantity"] = self.due_quantity
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

    def _is_unattended(self):
        """Whether something runs that nothing covers, and maintenance of it can be offered."""
        return bool(self.covered_result == "not_covered" and self.uncovered_quantity)

    def _fix_covered(self):
        """Offer the maintenance that is missing, or mend the contract that it was sold with."""
        contracts = self._get_drafts_of_maintenance() if self._is_unattended() else self._get_contracts()
        if self._is_unattended() and not contracts:
            return self._sell("covered", self._prepare_maintenance())
        if not contracts or not contracts.has_access("write"):
            return self._notify(self._ask("covered"))
        if len(contracts) == 1:
            return contracts.get_formview_action()
        return self._open("pemba.contract", Domain("id", "in", contracts.ids), self.env._("Contracts"))

    def _get_drafts_of_maintenance(self):
        """Contracts of the maintenance of its software that were sold and did not start yet."""
        return self.env["pemba.contract"].search(
            Domain("state", "=", "draft")
            & Domain("company_id", "=", self.company_id.id)
            & Domain("line_ids.product_id", "in", self._get_maintenance_products().ids)
            & self._get_of_customer()
        )

    def _get_maintenance_products(self):
        """The maintenance of the software that it is of."""
        equipment = self.env["pemba.equipment"].sudo()  # whoever settles it
        return equipment.search(self._get_equipment_domain()).software_id.maintenance_product_id

    def _get_contracts(self):
        """What contracts it is about: in force on the day or, where none is, not started yet."""
        return self._get_contracts_among(self.env["pemba.contract.line"].search(self._get_contract_domain()))

    def _get_contracts_among(self, lines):
        """See ``_get_contracts``, of its lines of contracts."""
        in_force = lines.filtered(
            lambda line: line.state != "draft" and line.date_start <= self.date <= line.date_end
        )
        return in_force.contract_id or lines.filtered(lambda line: line.state == "draft").contract_id

    def _prepare_maintenance(self):
        """A year of the maintenance of its software, at what is missed."""
        product = self._get_maintenance_products()[:1]
        return {"product_id": product.id, "price_company": self.missed_amount_company}

    # ------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------

    def _fix_invoiced(self):
        """Open the orders, to invoice or to credit them; who may not invoice asks who sold it."""
        orders = self.env["sale.order.line"].search(self._get_order_domain()).order_id
        if not (orders and self.env["account.move"].has_access("create") and orders.has_access("write")):
            return self._notify(self._ask("invoiced"))
        return self._open("sale.order", Domain("id", "in", orders.ids), self.env._("Orders"))

    # ------------------------------------------------------------
    # A sale
    # ------------------------------------------------------------

    def _sell(self, check, vals):
        """Open the sale of something, once; who does not sell asks who does.

        :param vals: of the opportunity's line; ``price_company`` is its unit price in company currency
        """
        leads = self.env["crm.lead"]
        if not (leads.has_access("create") and self.env.user.has_group("pemba_crm.group_user")):
            return self._notify(self._ask(check))
        if not self.partner_id:
            raise UserError(self.env._("%s: there is nobody to sell it to.", self.display_name))
        under_way = self._get_under_way()[self]
        self._check_not_won(under_way.won)
        if under_way.recorded:
            raise UserError(
                self.env._("%s: opening sales were recorded since: compare again.", self.display_name)
            )
        lead = under_way.sale.with_env(self.env)
        if not lead:
            try:
                with self.env.cr.savepoint():
                    lead = leads.create(self._prepare_sale())
            except AccessError:  # it is a colleague's customer
                return self._notify(self._ask(check))
        known = self._get_settlements()[self].filtered(lambda one: one.lead_id == lead and one.check == check)
        if not any(one._holds_on(self.date) for one in known):  # as one that was opened as of a later day
            settlement = self._prepare_settlement(check, lead_id=lead.id)
            self.env["pemba.reconciliation.settlement"].sudo().create(settlement)  # whoever settles it
        product = self.env["product.product"].browse(vals["product_id"])
        if lead.won_status == "pending" and product not in lead.opportunity_line_ids.product_id:
            price = vals.pop("price_company", None)
            if price:
                vals["price_unit"] = price * (lead.deal_rate or 1.0)
            lead.write({"opportunity_line_ids": [Command.create(vals)]})
        return lead.get_formview_action()

    def _check_not_won(self, leads):
        """:raise UserError: naming a sale that was won since the run was compared"""
        for lead in leads[:1]:
            raise UserError(self.env._("%(lead)s was won since: compare again.", lead=lead.display_name))

    def _prepare_sale(self):
        user = self._get_salespeople()[self]
        of_user = self.with_context(lang=user.lang or self.env.lang).env
        return {
            "name": of_user._("Reconciliation: %s", self.product_id.with_env(of_user).display_name),
            "type": "opportunity",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "distributor_id": self.distributor_id.id,
            "user_id": user.id or self.env.uid,
            "nature": "extension",
        }
