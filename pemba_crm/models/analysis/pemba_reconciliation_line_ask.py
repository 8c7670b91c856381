from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, plaintext2html

from ..pipeline.crm_lead import OURS

DIFFERENCE = "pemba_crm.mail_activity_type_difference"


class PembaReconciliationLine(models.Model):
    """Who is in charge of a difference, and how they are asked to settle it."""

    _inherit = "pemba.reconciliation.line"

    def action_ask(self):
        """Ask who is in charge of each to settle the gravest of its differences, once.

        :return: a message that says who was asked, and names the lines that have nobody in charge
        :raise UserError: naming a run that is signed off or to be compared, or where nobody can be asked
        """
        self.reconciliation_id._check_is_compared()
        users, unasked = self.env["res.users"], self.browse()
        for line in self.filtered(lambda one: one.result != "matched"):
            user = line._request(line._get_gravest_check())
            users |= user
            unasked |= line if not user else self.browse()
        if not users:
            unasked[:1]._refuse_to_ask()
        return self._notify(users, unasked)

    def _ask(self, check, is_correction=False):
        """An activity for who is in charge of what a check found, once.

        :return: who is asked
        :raise UserError: naming a line that has nobody in charge
        """
        return self._request(check, is_correction) or self._refuse_to_ask()

    def _refuse_to_ask(self):
        raise UserError(
            self.env._(
                "%s: nobody is in charge. Give its customer a salesperson, or its zone a manager.",
                self.display_name,
            )
        )

    def _request(self, check, is_correction=False):
        """See ``_ask``; nobody is returned where nobody is in charge."""
        record, user = self._get_request(check, is_correction)
        record, user = record.sudo(), user.sudo()  # accountants ask, and may not write what is asked about
        if not (record and user):
            return self.env["res.users"]
        line = self.with_context(lang=user.lang or self.env.lang).sudo()  # as above
        labels = dict(line._fields[check]._description_selection(line.env))
        product = line.product_id.display_name or line.display_name
        summary = line.env._("%(product)s: %(result)s", product=product, result=labels[self[check]])
        if is_correction:
            summary = line.env._("%s: correct the installed base", product)
        activity_type = self.env.ref(DIFFERENCE, raise_if_not_found=False)
        asked = record.activity_ids.filtered(
            lambda one: one.activity_type_id == activity_type and one.summary == summary
        )
        if not asked:
            asked = record.activity_schedule(
                DIFFERENCE, summary=summary, note=plaintext2html(line._describe()), user_id=user.id
            )
        line.with_context(pemba_following=OURS).activity_id = asked[:1]
        return asked.user_id[:1].with_env(self.env)

    def _get_request(self, check, is_correction):
        """What an activity is about, and who is in charge of it: ``(record, user)``."""
        everything = self.sudo()  # what is asked about need not be the asker's
        if check == "installed_result" and (is_correction or not self._is_unsold()):
            leads = everything.env["crm.lead"] if is_correction else everything._get_undelivered()[:1]
            user = leads._get_delivery_user(self.company_id) or leads.user_id
            return leads or everything.partner_id, user or everything._get_salesperson()
        if check == "covered_result" and not self.uncovered_quantity:
            contract = everything._get_contracts()[:1]
            if self._is_in_charge(contract.user_id):
                return contract, contract.user_id
        if check == "invoiced_result":
            orders = everything.env["sale.order.line"].search(everything._get_order_domain()).order_id
            order = orders.filtered(lambda one: self._is_in_charge(one.user_id))[:1]
            if order:
                return order, order.user_id
            leads = everything.env["pemba.opportunity.line"].search(everything._get_sale_domain()).lead_id
            leads = leads.filtered(lambda one: self._is_in_charge(one.user_id))[:1]
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

    def _notify(self, users, unasked=()):
        """Say who was asked.

        :param unasked: lines that have nobody in charge
        """
        message = self.env._("Asked: %s.", ", ".join(users.sudo().mapped("name")))  # no secret
        if unasked:
            names = "; ".join(unasked[:5].mapped("display_name"))
            message += " " + self.env._("Nobody is in charge of: %s.", names)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if unasked else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_salesperson(self):
        """Who is in charge of its customer: its salesperson, who sold there last, its zone's manager."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)  # whoever sold
        sold = leads.search(
            self._get_of_customer("customer_id") & Domain("user_id.active", "=", True),
            order="id desc",
            limit=1,
        )
        users = self.partner_id.user_id, sold.user_id, self.zone_id.user_id, self.zone_id.team_id.user_id
        return next((user for user in users if self._is_in_charge(user)), self.env["res.users"])

    def _is_in_charge(self, user):
        return bool(user.active and self.company_id in user.sudo().company_ids)  # whoever asks
