from odoo import models

from ..public import VALUES, public


class ResCompany(models.Model):
    _inherit = "res.company"

    @public(vals=VALUES)
    def write(self, vals):
        """Whether its prices include taxes is remembered: see ``account.tax._has_included``."""
        result = super().write(vals)
        if not {"account_price_include", "parent_id"}.isdisjoint(vals):
            self.env.registry.clear_cache()
        return result
