from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .pemba_forecast_snapshot import MONTHS_KEPT, MOST_MONTHS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    pemba_snapshot_months = fields.Integer(
        string="Months to Keep Snapshots",
        config_parameter=MONTHS_KEPT,
        help="Snapshots of the forecast that are older are deleted every week; 0 keeps all.",
    )

    @api.constrains("pemba_snapshot_months")
    def _check_pemba_snapshot_months(self):
        for settings in self:
            if not 0 <= settings.pemba_snapshot_months <= MOST_MONTHS:
                raise ValidationError(
                    self.env._(
                        "Months to Keep Snapshots: %(months)s is not between 0 and %(most)s.",
                        months=settings.pemba_snapshot_months,
                        most=MOST_MONTHS,
                    )
                )
