from odoo import fields, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_distributor = fields.Boolean(
        string="Distributor", help="Sells our products to the end customers, who are recorded as customers."
    )

    def write(self, vals):
        """The deals that are not closed follow their customers to another zone, in SQL."""
        result = super().write(vals)
        if not {"country_id", "zone_id", "parent_id", "is_company"}.isdisjoint(vals):
            entities = self.commercial_partner_id
            self.env["crm.lead"]._follow_customers(SQL("customer.id IN %s", tuple(entities.ids or [0])))
        return result
