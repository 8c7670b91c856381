from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...models.public import public


class PembaForecastComparison(models.TransientModel):
    """Choose two snapshots: what moved between them is shown."""

    _name = "pemba.forecast.comparison"
    _description = "Compare Snapshots"
    _inherit = ["pemba.values"]

    date_from = fields.Selection(
        selection="_get_days", string="From", required=True, default=lambda self: self._get_default(1)
    )
    date_until = fields.Selection(
        selection="_get_days", string="Until", required=True, default=lambda self: self._get_default(0)
    )

    @api.model
    def _get_days(self):
        """The days there are snapshots of, the newest first."""
        days = self.env["pemba.forecast.snapshot"]._read_group([], ["date:day"], order="date:day desc")
        return [(fields.Date.to_string(day), format_date(self.env, day)) for (day,) in days]

    @api.model
    def _get_default(self, position):
        days = self._get_days()
        return days[position][0] if position < len(days) else False

    @public(one=True)
    def action_compare(self):
        """The movements between the two, in the order of time.

        :raise UserError: when they are the same
        """
        first, last = sorted((self.date_from, self.date_until))
        if first == last:
            raise UserError(self.env._("Choose two snapshots of different days: both are of %s.", first))
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_forecast_movement_action")
        start, end = (format_date(self.env, day) for day in (first, last))
        return action | {
            "display_name": self.env._("Forecast from %(start)s to %(end)s", start=start, end=end),
            "context": {"pemba_from": first, "pemba_until": last},
        }
