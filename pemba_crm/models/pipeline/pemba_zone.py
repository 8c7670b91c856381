from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..public import VALUES, public


class PembaZone(models.Model):
    _inherit = "pemba.zone"

    @api.model
    def _follow_countries(self, countries):
        """Open deals go with the contacts."""
        result = super()._follow_countries(countries)
        if countries:
            self.env["crm.lead"]._follow_customers(SQL("TRUE"))
        return result

    @public(vals=VALUES)
    def write(self, vals):
        """A zone that moves in the tree may get its rates from other zones."""
        result = super().write(vals)
        if "parent_id" in vals:
            self.env["pemba.zone.rate"]._update_deals(self)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)  # also those of other people
        for zone, count in leads._read_group([("zone_id", "in", self.ids)], ["zone_id"], ["__count"]):
            raise UserError(
                self.env._(
                    "%(zone)s has %(count)s opportunities: give them another zone first.",
                    zone=zone.name,
                    count=count,
                )
            )
