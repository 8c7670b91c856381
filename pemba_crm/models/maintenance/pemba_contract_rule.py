from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..company_day import get_today
from ..installed_base.pemba_customer_mixin import get_differing
from ..marks import FOLLOWING
from ..public import VALUES, VALUES_LIST, public
from .pemba_contract import CLOSED


class PembaContract(models.Model):
    """The rules of a contract, whichever way it is created, written and removed."""

    _inherit = "pemba.contract"

    def _filtered_movable(self):
        return self.filtered(
            lambda one: one.state == "draft" or not one.date_end or one.date_end >= get_today(one)
        )

    def _change_owner(self, owner):
        """People of the company that it leaves have no part in it any more."""
        for contract in self:
            before = contract.partner_id
            gone = contract.authorized_partner_ids.filtered(
                lambda one, before=before: one.commercial_partner_id == before
            )
            changes = {"partner_id": owner.id}
            if contract.contact_id.commercial_partner_id != owner:
                changes["contact_id"] = False
            if contract.invoice_partner_id.commercial_partner_id == before:
                changes["invoice_partner_id"] = False
            if gone:
                changes["authorized_partner_ids"] = [Command.unlink(one.id) for one in gone]
            contract._set(**changes)

    @api.constrains("partner_id", "contact_id")
    def _check_contact(self):
        for contract in self:
            contact = contract.contact_id
            if contact and contact.commercial_partner_id != contract.partner_id:
                contract._refuse(
                    "contact_id",
                    self.env._(
                        "%(contact)s is not a contact of %(customer)s.",
                        contact=contact.display_name,
                        customer=contract.partner_id.display_name,
                    ),
                )

    @api.model
    def _get_term_fields(self):
        """What a contract was agreed on: a new list."""
        return [
            *("company_id", "partner_id", "distributor_id", "contract_type_id", "currency_id"),
            *("date_start", "date_end", "index_base_month"),
        ]

    @api.model
    def _get_result_fields(self):
        """What follows from what is done to a contract."""
        held = {"is_on_hold", "hold_date", "hold_reason", "close_reason", "termination", "lead_id"}
        return super()._get_result_fields() | held

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        """Created in a state other than draft, it is started; what closes a contract is done to it later."""
        if not self._take_creation(vals_list):
            vals_list = self._as_sent(vals_list, is_new=True)
        prepared = [self._prepare_vals(vals) for vals in vals_list]
        self._add_references(prepared)
        contracts = super().create([vals | {"state": "draft"} for vals in prepared])
        started = self.browse()
        for contract, vals in zip(contracts, vals_list, strict=True):
            state = vals.get("state") or "draft"
            if state not in ("draft", "running"):
                contract._refuse("state", self.env._("a new contract is a draft, or running."))
            if state == "running":
                started |= contract
        started.action_start()
        return contracts

    def _prepare_vals(self, vals):
        """Values with the customer's company, and the first day of the base month."""
        month = vals.get("index_base_month")
        vals = self._with_entity(vals)
        return (
            vals | {"index_base_month": self.env["pemba.price.index"]._get_month(month)}
            if month
            else dict(vals)
        )

    @public(vals=VALUES)
    def write(self, vals):
        """Once it runs, only managers correct what was agreed on; once it is over, nobody does."""
        is_other_sum = not {"date_end", "distributor_id", "currency_id"}.isdisjoint(vals)
        if self._take_write(vals) == FOLLOWING:
            result = super().write(vals)
            if is_other_sum:
                self.line_ids._follow_rounding()
            self._follow_in_offers(vals)
            return result
        vals = self._prepare_vals(self._as_sent([vals])[0])
        state = vals.pop("state", None)
        self._check_terms(vals)
        dates = {contract: (contract.date_start, contract.date_end) for contract in self}
        result = super().write(vals)
        if not {"date_start", "date_end", "contract_type_id"}.isdisjoint(vals):
            self._follow_dates(dates)
        if is_other_sum:
            self.line_ids._follow_rounding()
        self._follow_in_offers(vals)
        if state:
            self._go_to(state)
        return result

    def _follow_in_offers(self, vals):
        """What is offered to be added to these costs another part of a year.

        :param vals: what was written
        """
        names = {"date_start", "date_end", "partner_id", "distributor_id", "currency_id"}
        if names.isdisjoint(vals):
            return
        lines = self.env["pemba.opportunity.line"].sudo()  # of all salespeople
        extending = lines.search(
            [("contract_id", "in", self.ids), ("lead_id.won_status", "=", "pending")], limit=None
        )
        extending._leave_terms()
        extending.lead_id._follow_lines()

    def _check_terms(self, vals):
        """:raise UserError: naming the contract and what may not be changed any more"""
        terms = {name: vals[name] for name in self._get_term_fields() if name in vals}
        for contract in self.filtered(lambda one: one.state != "draft") if terms else self.browse():
            changed = get_differing(contract, terms)
            if not contract.index_base_month:  # whoever finds out
                changed.pop("index_base_month", None)
            if not changed:
                continue
            labels = self.fields_get(list(changed), ["string"])
            what = ", ".join(labels[name]["string"] for name in changed)
            if contract.state in CLOSED:
                raise UserError(
                    self.env._(
                        "%(contract)s is closed: %(fields)s stays.",
                        contract=contract.display_name,
                        fields=what,
                    )
                )
            if not contract._is_by_manager():
                raise UserError(
                    self.env._(
                        "%(contract)s is running: only sales managers correct %(fields)s.",
                        contract=contract.display_name,
                        fields=what,
                    )
                )

    def _is_by_manager(self):
        return self.env.su or self.env.user.has_group("pemba_crm.group_manager")

    def _follow_dates(self, before):
        """Lines that started and ended with their contract still do.

        :param before: ``{contract: (first day, last day)}``
        """
        for contract, (start, end) in before.items():
            for line in contract.line_ids:
                vals = {}
                if line.date_start == start != contract.date_start:
                    vals["date_start"] = contract.date_start
                if line.date_end == end != contract.date_end:
                    vals["date_end"] = contract.date_end
                if vals:
                    line._set(**vals)
            contract.line_ids._check_dates()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        for contract in self:
            if contract.state != "draft":
                raise UserError(
                    self.env._("%s was in force: it is terminated, not deleted.", contract.display_name)
                )
