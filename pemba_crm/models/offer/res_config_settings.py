from odoo import api, fields, models
from odoo.exceptions import UserError

from ..public import public


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    group_pemba_margin = fields.Boolean(
        string="Margins for Salespeople",
        group="sales_team.group_sale_salesman",
        implied_group="pemba_crm.group_margin",
        help="Salespeople see costs and margins; sales managers always do.",
    )
    pemba_software_cost = fields.Selection(
        selection=[
            ("unknown", "Not known: no margin is counted"),
            ("share", "A share of the price is kept as margin"),
            ("none", "Nothing: all of the price is margin"),
        ],
        string="Cost of Own Software",
        help="What software that has no cost on its product costs you.",
    )
    pemba_software_margin_rate = fields.Float(string="Margin of Own Software (%)")

    @api.model
    def _get_software_type(self):
        sale_type = self.env.ref("pemba_crm.sale_type_software", raise_if_not_found=False)
        return (sale_type or self.env["pemba.sale.type"]).sudo()  # settings are for administrators

    @api.model
    @public
    def get_values(self):
        rate = self._get_software_type().margin_rate
        cost = "none" if rate == 100 else "share" if rate else "unknown"
        return super().get_values() | {"pemba_software_cost": cost, "pemba_software_margin_rate": rate}

    @public
    def set_values(self):
        """:raise UserError: where a share is none"""
        result = super().set_values()
        if self.pemba_software_cost == "share" and not 0 < self.pemba_software_margin_rate < 100:
            raise UserError(
                self.env._(
                    "Margin of Own Software: %s is no share; it is between 0 and 100 %%.",
                    self.pemba_software_margin_rate,
                )
            )
        rates = {"unknown": 0.0, "none": 100.0, "share": self.pemba_software_margin_rate}
        rate = rates.get(self.pemba_software_cost)
        sale_type = self._get_software_type()
        if sale_type and rate is not None and sale_type.margin_rate != rate:
            sale_type.margin_rate = rate
        return result
