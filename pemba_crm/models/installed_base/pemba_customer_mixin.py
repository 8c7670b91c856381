from odoo import models
from odoo.exceptions import ValidationError

from ..links import is_other


def get_differing(record, vals):
    """:return: those of some values that a record does not have already"""
    return {name: value for name, value in vals.items() if is_other(record, name, value)}


class PembaCustomerMixin(models.AbstractModel):
    """What a customer has of us: it belongs to the contact's company, and has a reference in ours.

    The sequence of the references has the model's name as its code.
    """

    _name = "pemba.customer.mixin"
    _description = "What a Customer Has"
    _inherit = ["mail.thread", "mail.activity.mixin", "pemba.belonging.mixin"]

    def _with_entity(self, vals):
        """Values with the company of the contact that is given."""
        if vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
            return vals | {"partner_id": partner.commercial_partner_id.id}
        return vals

    def _add_references(self, vals_list):
        """References of those that have none, by the sequence of their company."""
        new = self.env._("New")
        sequences = {}
        for vals in vals_list:
            if vals.get("name", new) != new:
                continue
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            if company not in sequences:
                everyone = self.env["ir.sequence"].sudo()  # whoever creates it
                domain = [("code", "=", self._name), ("company_id", "in", (company.id, False))]
                sequences[company] = everyone.search(domain, order="company_id", limit=1)
            vals["name"] = sequences[company].next_by_id()

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Whoever works here and sees it may write about it."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if message_operation == "create" and self.env.user._is_internal():
            return dict.fromkeys(operations, "read")
        return operations

    def _refuse(self, name, reason):
        """:raise ValidationError: naming the record, the field and the reason"""
        label = self.fields_get([name], ["string"])[name]["string"]
        raise ValidationError(
            self.env._(
                "%(record)s, %(field)s: %(reason)s",
                record=self.display_name,
                field=label,
                reason=reason,
            )
        )
