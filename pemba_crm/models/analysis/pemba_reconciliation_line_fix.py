from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..installed_base.pemba_equipment import IN_BASE
from ..pipeline.crm_lead import OURS

DIFFERENCE = "pemba_crm.mail_activity_type_difference"
# The three checks, in the order in which they are settled.
CHECKS = ("installed_result", "covered_result", "invoiced_result")


class PembaReconciliationLine(models.Model):
    """How a difference is settled: one click for who has the right, else a request to who is in charge."""

    _inherit = "pemba.reconciliation.line"

    def action_fix(self):
        """Settle the gravest of its differences.

        :return: the window in which it is done; a message where somebody else was asked to do it
        :raise UserError: naming a line that matches, is of a run that is signed off, or has nobody in charge
        """
        self.ensure_one()
        self.reconciliation_id._check_is_open()
        check = self._get_gravest_check()
        return getattr(self, f"_fix_{check.removesuffix('_result')}")()

    def action_fix_installed(self):
        """Settle what differs between sales and the base; see ``action_fix``."""
        return self._check_fixable("installed_result")._fix_installed()

    def action_fix_covered(self):
        """Settle what differs between sales, the base and contracts; see ``action_fix``."""
        return self._check_fixable("covered_result")._fix_covered()

    def action_fix_invoiced(self):
        """Settle what differs between sales and invoices; see ``action_fix``."""
        return self._check_fixable("invoiced_result")._fix_invoiced()

    def action_ask(self):
        """Ask who is in charge of each to settle the gravest of its differences, once.

        :raise UserError: naming a line of a run that is signed off, or that has nobody in charge
        """
        self.reconciliation_id._check_is_open()
        users = self.env["res.users"]
        for line in self.filtered(lambda one: one.result != "matched"):
            users |= line._ask(line._get_gravest_check())
        return self._notify(users)

    def _get_gravest_check(self):
        for check in CHECKS:
            if self[check] == self.result != "matched":
                return check
        raise UserError(self.env._("%s matches: there is nothing to settle.", self.display_name))

    def _check_fixable(self, check):
        self.ensure_one()
        self.reconciliation_id._check_is_open()
        if self[check] in (False, "matched"):
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
            return self._sell("installed_result", self._prepare_unsold())
        if not self.env["pemba.equipment"].has_access("create"):
            return self._notify(self._ask("installed_result"))
        leads = self._get_undelivered()
        if len(leads) == 1:
            return leads.action_deliver()
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

        :raise UserError: naming a line of a run that is signed off, or that has nobody in charge
        """
        self.ensure_one()
        self.reconciliation_id._check_is_open()
        if not self.env["pemba.equipment.change"].has_access("create"):
            return self._notify(self._ask("installed_result", is_correction=True))
        equipment = self.env["pemba.equipment"].search(
            self._get_equipment_domain() & Domain("state", "in", IN_BASE) & Domain("usage", "=", "production")
        )
        if len(equipment) != 1:
            return self.action_open_equipment()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct %s", equipment.display_name),
            "res_model": "pemba.equipment.change",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_equipment_ids": equipment.ids,
                "default_kind": "correct_quantity",
                "default_product_id": self.product_id.id,
                "default_quantity": self.due_quantity,
                "default_note": self.reconciliation_id.display_name,
            },
        }

    # ------------------------------------------------------------
    # Contracts
    # ------------------------------------------------------------

    def _fix_covered(self):
        """Offer the maintenance that is missing, or mend the contract."""
        if self.covered_result == "not_covered" and self.uncovered_quantity:
            return self._sell("covered_result", self._prepare_maintenance())
        contracts = self._get_contracts()
        if not contracts or not contracts.has_access("write"):
            return self._notify(self._ask("covered_result"))
        if len(contracts) == 1:
            return contracts.get_formview_action()
        return self._open("pemba.contract", Domain("id", "in", contracts.ids), self.env._("Contracts"))

    def _get_contracts(self):
        """What contracts it is about: in force on the day or, where none is, not started yet."""
        lines = self.env["pemba.contract.line"].search(self._get_contract_domain())
        in_force = lines.filtered(
            lambda line: line.state != "draft" and line.date_start <= self.date <= line.date_end
        )
        return in_force.contract_id or lines.filtered(lambda line: line.state == "draft").contract_id

    def _prepare_maintenance(self):
        """A year of the maintenance of its software, at what is missed."""
        equipment = self.env["pemba.equipment"].sudo().search(self._get_equipment_domain())  # as above
        product = equipment.software_id.maintenance_product_id[:1]
        return {"product_id": product.id, "price_company": self.missed_amount_company}

    # ------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------

    def _fix_invoiced(self):
        """Open the orders, to invoice or to credit them; who may not invoice asks who sold it."""
        orders = self.env["sale.order.line"].search(self._get_order_domain()).order_id
        if not (orders and self.env["account.move"].has_access("create") and orders.has_access("write")):
            return self._notify(self._ask("invoiced_result"))
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
        self._check_customer()
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["fix_lead_id"])
        lead = self.fix_lead_id
        if not lead or lead.won_status == "lost":
            lead = leads.create(self._prepare_sale())
            self.sudo().with_context(pemba_following=OURS).fix_lead_id = lead  # whoever settles it
        product = self.env["product.product"].browse(vals["product_id"])
        if lead.won_status == "pending" and product not in lead.opportunity_line_ids.product_id:
            price = vals.pop("price_company", None)
            if price:
                vals["price_unit"] = price * (lead.deal_rate or 1.0)
            lead.write({"opportunity_line_ids": [Command.create(vals)]})
        return lead.get_formview_action()

    def _check_customer(self):
        if not self.partner_id:
            raise UserError(self.env._("%s: there is nobody to sell it to.", self.display_name))

    def _prepare_sale(self):
        user = self._get_salesperson()
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

    def _get_salesperson(self):
        """Who is in charge of its customer: its salesperson, who sold there last, its zone's manager."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)  # whoever sold
        sold = leads.search(
            self._get_of_customer("customer_id") & Domain("user_id.active", "=", True),
            order="id desc",
            limit=1,
        )
        users = (self.partner_id.user_id, sold.user_id, self.zone_id.user_id, self.zone_id.team_id.user_id)
        return next((user for user in users if user.active), self.env["res.users"])

    # ------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------

    def _ask(self, check, is_correction=False):
        """An activity for who is in charge of what a check found, once.

        :return: who is asked
        :raise UserError: naming a line that has nobody in charge
        """
        record, user = self._get_request(check, is_correction)
        record, user = record.sudo(), user.sudo()  # accountants ask, and may not write what is asked about
        if not (record and user):
            raise UserError(
                self.env._(
                    "%s: nobody is in charge. Give its customer a salesperson, or its zone a manager.",
                    self.display_name,
                )
            )
        line = self.with_context(lang=user.lang or self.env.lang).sudo()  # as above
        labels = dict(line._fields[check]._description_selection(line.env))
        product = line.product_id.display_name or line.display_name
        summary = line.env._("%(product)s: %(result)s", product=product, result=labels[self[check]])
        if is_correction:
            summary = line.env._("%s: correct the installed base", product)
        activity_type = self.env.ref(DIFFERENCE)
        asked = record.activity_ids.filtered(
            lambda one: one.activity_type_id == activity_type and one.summary == summary
        )
        if not asked:
            record.activity_schedule(DIFFERENCE, summary=summary, note=line._describe(), user_id=user.id)
        return user.with_env(self.env)

    def _get_request(self, check, is_correction):
        """What an activity is about, and who is in charge of it: ``(record, user)``."""
        everything = self.sudo()  # what is asked about need not be the asker's
        if check == "installed_result" and (is_correction or not self._is_unsold()):
            leads = everything.env["crm.lead"] if is_correction else everything._get_undelivered()[:1]
            user = leads._get_delivery_user(self.company_id) or leads.user_id
            return leads or everything.partner_id, user or everything._get_salesperson()
        if check == "covered_result" and not self.uncovered_quantity:
            contract = everything._get_contracts()[:1]
            if contract.user_id.active:
                return contract, contract.user_id
        if check == "invoiced_result":
            orders = everything.env["sale.order.line"].search(everything._get_order_domain()).order_id
            order = orders.filtered("user_id.active")[:1]
            if order:
                return order, order.user_id
            leads = everything.env["pemba.opportunity.line"].search(everything._get_sale_domain()).lead_id
            leads = leads.filtered("user_id.active")[:1]
            if leads:
                return leads, leads.user_id
        return everything.partner_id, everything._get_salesperson()

    def _describe(self):
        """What differs, in words."""
        digits = self._fields["won_quantity"].get_digits(self.env)[1]
        names = ("due_quantity", "installed_quantity", "term_quantity", "covered_quantity")
        said = [f"{label}: {self[name]:.{digits}f}" for name, label in self._get_labels(names) if self[name]]
        amounts = ("won_amount_company", "invoiced_amount_company", "missed_amount_company")
        said += [
            f"{label}: {self.company_currency_id.format(self[name])}"
            for name, label in self._get_labels(amounts)
            if self[name]
        ]
        as_of = self.env._("As of %s", format_date(self.env, self.date))
        return ". ".join(filter(None, [f"{self.display_name}, {as_of}", ", ".join(said), self.note]))

    def _get_labels(self, names):
        labels = self.fields_get(names, ["string"])
        return [(name, labels[name]["string"]) for name in names]

    def _notify(self, users):
        """Say who was asked."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Asked: %s.", ", ".join(users.sudo().mapped("name"))),  # no secret
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------
    # The opening balance
    # ------------------------------------------------------------

    def action_record_opening(self):
        """What runs, or is under contract, and was not sold was sold before these records begin: once each.

        :raise UserError: naming a line of a run that is signed off, or where none of them is such
        """
        self.reconciliation_id._check_is_open()
        openings = self.env["pemba.opening.sale"]
        known = openings.search([("reconciliation_line_id", "in", self.ids)]).reconciliation_line_id
        vals_list = [vals for line in self - known for vals in line._prepare_openings()]
        if not vals_list:
            raise UserError(
                self.env._(
                    "%s: nothing runs that was not sold, or it was recorded already: compare again.",
                    self[:1].display_name,
                )
            )
        created = openings.create(vals_list)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Opening sales recorded: %s. Compare again to see what is left.", len(created)
                ),
            },
        }

    def _prepare_openings(self):
        """Values of what was sold before: what is installed or under contract beyond what was sold."""
        if not (self.partner_id and self.product_id):
            return []
        vals = {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "distributor_id": self.distributor_id.id,
            "date": self.date,
            "note": self.reconciliation_id.display_name,
            "reconciliation_line_id": self.id,
        }
        if self.covered_result in ("not_sold", "quantity_gap") and self.covered_quantity > self.term_quantity:
            lines = self.env["pemba.contract.line"].search(
                Domain("product_id", "=", self.product_id.id) & self._get_contract_domain()
            )
            lines = lines.filtered(
                lambda one: one.state != "draft" and one.date_start <= self.date <= one.date_end
            )
            return [
                vals
                | {
                    "quantity": self.covered_quantity - self.term_quantity,
                    "date_start": min(lines.mapped("date_start"), default=self.date),
                    "date_end": max(lines.mapped("date_end"), default=self.date),
                }
            ]
        if self.installed_result in ("not_sold", "quantity_gap") and self._is_unsold():
            return [vals | {"quantity": self.installed_quantity - self.due_quantity}]
        return []
