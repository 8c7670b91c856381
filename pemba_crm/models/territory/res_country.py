from odoo import fields, models
from odoo.tools import SQL

from .pemba_zone import COUNTRY_TABLE


class ResCountry(models.Model):
    _inherit = "res.country"

    pemba_zone_id = fields.Many2one(
        "pemba.zone",
        string="Sales Zone",
        compute="_compute_pemba_zone_id",
        export_string_translation=False,
        groups="base.group_user",
    )

    def _compute_pemba_zone_id(self):
        """Of many at once, and of a transaction: what another process keeps may be older than a change."""
        self.env["pemba.zone"].flush_model(["country_ids"])
        zones = dict(
            self.env.execute_query(
                SQL(
                    "SELECT country_id, zone_id FROM %s WHERE country_id = ANY(%s)",
                    SQL.identifier(COUNTRY_TABLE),
                    self.ids,
                )
            )
        )
        for country in self:
            country.pemba_zone_id = zones.get(country._origin.id)
