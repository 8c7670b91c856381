from odoo import api, models
from odoo.tools import SQL

from ..beside import follow_beside
from ..public import VALUES, VALUES_LIST, public


class PembaZoneRate(models.Model):
    _inherit = "pemba.zone.rate"

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        rates = super().create(vals_list)
        self._update_deals(rates.zone_id)
        return rates

    @public(vals=VALUES)
    def write(self, vals):
        zones = self.zone_id
        result = super().write(vals)
        self._update_deals(zones | self.zone_id)
        return result

    @public
    def unlink(self):
        zones = self.zone_id
        result = super().unlink()
        self._update_deals(zones)
        return result

    @api.model
    def _update_deals(self, zones):
        """Open deals of zones, and of those below them, take the rates of today: see ``crm.lead``."""
        if zones:
            below = self.env["pemba.zone"].search([("id", "child_of", zones.ids)])
            self._follow_rates(below.ids)
            follow_beside(below, "pemba.zone.rate", "_follow_rates")

    @api.model
    def _follow_rates(self, zone_ids):
        self.env["crm.lead"]._update_open_rates(SQL("lead.zone_id IN %s", tuple(zone_ids)))
