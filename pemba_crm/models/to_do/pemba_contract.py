from odoo import api, models


class PembaContract(models.Model):
    _inherit = "pemba.contract"

    _to_do_held_idx = models.Index("(id) WHERE is_on_hold IS TRUE")

    @api.model
    def _get_daily_steps(self):
        """At the end of the day's steps, whoever has something to do is asked."""
        return [*super()._get_daily_steps(), self.env["pemba.to.do"]._cron_ask]

    def _reduce(self, line, quantity, date=None):
        """What was to be taken off is not asked any more."""
        rest = super()._reduce(line, quantity, date)
        self.env["pemba.to.do"]._withdraw_settled(self)
        return rest
