from odoo import fields, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_distributor = fields.Boolean(
        string="Distributor", help="Sells our products to the end customers, who are recorded as customers."
    )

    distributed_lead_count = fields.Integer(
        string="Distributed Opportunities",
        compute="_compute_distributed_lead_count",
        groups="pemba_crm.group_user",
    )

    def _compute_distributed_lead_count(self):
        counts = dict(
            self.env["crm.lead"]._read_group(
                [("distributor_id", "in", self.ids)], ["distributor_id"], ["__count"]
            )
        )
        for partner in self:
            partner.distributed_lead_count = counts.get(partner, 0)

    def action_open_distributed_lines(self):
        """What the distributor sold or may sell: the lines of its opportunities."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "pemba_crm.pemba_opportunity_line_action_distributor"
        )
        action["domain"] = [("distributor_id", "child_of", self.ids)]
        return action

    def write(self, vals):
        """The deals that are not closed follow their customers to another zone, in SQL."""
        if {"country_id", "zone_id", "parent_id", "is_company"}.isdisjoint(vals):
            return super().write(vals)
        before = {partner: (partner.zone_id, partner.commercial_partner_id) for partner in self}
        result = super().write(vals)
        changed = self.filtered(
            lambda partner: before[partner] != (partner.zone_id, partner.commercial_partner_id)
        )
        if changed:
            # Their subsidiaries may have followed them.
            everybody = self.sudo().with_context(active_test=False)  # whoever may see them
            below = everybody.search([("id", "child_of", changed.ids)])
            entities = below.commercial_partner_id.ids
            self.env["crm.lead"]._follow_customers(SQL("customer.id IN %s", tuple(entities)))
        return result
