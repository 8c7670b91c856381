from odoo import api, models


class PembaContract(models.Model):
    _inherit = "pemba.contract"

    @api.model
    def _get_daily_steps(self):
        """At the end of the day's steps, whoever has something to do is asked."""
        return [*super()._get_daily_steps(), self.env["pemba.to.do"]._cron_ask]
