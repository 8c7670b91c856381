from odoo import fields, models
from odoo.tools import SQL

from ..public import VALUES, public


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_distributor = fields.Boolean(
        string="Distributor", help="Sells our products to the end customers, who are recorded as customers."
    )

    @public(vals=VALUES)
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
