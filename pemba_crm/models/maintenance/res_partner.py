from odoo import api, fields, models

from ..company_day import get_today
from ..public import public


class ResPartner(models.Model):
    """The contracts of a customer."""

    _inherit = "res.partner"

    # Prefixed: other add-ons for contracts are installed beside this one.
    pemba_contract_ids = fields.One2many(
        "pemba.contract",
        "partner_id",
        string="Maintenance Contracts",
        groups="pemba_crm.group_user,pemba_crm.group_support,pemba_crm.group_accountant",
    )
    pemba_contract_count = fields.Integer(compute="_compute_pemba_contract_count", groups="base.group_user")

    def _compute_pemba_contract_count(self):
        counts = {}
        if self.env["pemba.contract"].has_access("read"):
            counts = dict(
                self.env["pemba.contract"]._read_group(
                    [("partner_id", "in", self.commercial_partner_id.ids), ("state", "!=", "draft")],
                    ["partner_id"],
                    ["__count"],
                )
            )
        for partner in self:
            partner.pemba_contract_count = counts.get(partner.commercial_partner_id, 0)

    @public
    def action_open_pemba_contracts(self):
        """The contracts of the contact's company."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_contract_action")
        entity = self.commercial_partner_id
        return action | {
            "domain": [("partner_id", "=", entity.id)],
            "context": {"default_partner_id": entity.id},
        }

    @api.model
    def _may_move(self, company, records):
        """Not what a contract covers that stays."""
        return super()._may_move(company, records) and not self._get_staying_contracts(records)

    @api.model
    def _get_staying_contracts(self, records):
        """The contracts, today's and later ones, that cover what goes along and do not go themselves."""
        by_model = {of_model._name: of_model for of_model in records}
        equipment = by_model.get("pemba.equipment")
        if not equipment:
            return self.env["pemba.contract"]
        lines = self.env["pemba.contract.line"].sudo()  # of all salespeople
        covering = lines.search(
            [
                ("equipment_id", "in", equipment.ids),
                ("contract_id.state", "!=", "draft"),
                ("date_end", ">=", get_today(self)),
            ]
        ).contract_id
        # A contract of somebody else covers nothing of theirs.
        covering = covering.filtered(lambda one: one.partner_id in equipment.partner_id)
        return covering - by_model.get("pemba.contract", covering.browse())

    @api.model
    def _get_belongings(self):
        """Contracts go with the equipment."""
        return [*super()._get_belongings(), self.env["pemba.contract"]]
