from odoo import fields, models

from .pemba_forecast_snapshot import MONTHS_KEPT


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    pemba_snapshot_months = fields.Integer(
        string="Months to Keep Snapshots",
        config_parameter=MONTHS_KEPT,
        help="Snapshots of the forecast that are older are deleted every week; 0 keeps all.",
    )
