from odoo import fields, models
from odoo.fields import Domain

from ..public import public
from .pemba_equipment import IN_BASE


class ResPartner(models.Model):
    _inherit = "res.partner"

    equipment_ids = fields.One2many(
        "pemba.equipment",
        "partner_id",
        groups="pemba_crm.group_user,pemba_crm.group_support,pemba_crm.group_accountant,base.group_portal",
    )
    equipment_count = fields.Integer(compute="_compute_equipment_count", groups="base.group_user")

    had_equipment = fields.Boolean(
        string="Has or Had Equipment",
        search="_search_had_equipment",
        compute="_compute_had_equipment",
        groups="base.group_user",
    )

    def _compute_had_equipment(self):
        having = set(self._search([("id", "in", self.ids), ("had_equipment", "=", True)]))
        for partner in self:
            partner.had_equipment = partner._origin.id in having

    def _search_had_equipment(self, operator, value):
        """Of whom any event says that it got equipment; it may be another's by now."""
        if operator != "in":
            return NotImplemented
        everything = self.env["pemba.equipment.event"].sudo()  # whoever asks, of all companies
        events = everything._search([("partner_id", "!=", False)])
        return Domain("id", "in", events.subselect("partner_id"))

    def _compute_equipment_count(self):
        counts = dict(
            self.env["pemba.equipment"]._read_group(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("state", "in", IN_BASE),
                ],
                ["partner_id"],
                ["__count"],
            )
            if self.env["pemba.equipment"].has_access("read")
            else []
        )
        for partner in self:
            partner.equipment_count = counts.get(partner.commercial_partner_id, 0)

    @public
    def action_open_equipment(self):
        """What the customer runs, by site."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_equipment_action")
        return action | {
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "search_default_in_base": 1,
                "search_default_planned": 1,
                "search_default_group_by_site": 1,
            },
        }
