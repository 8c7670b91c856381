from odoo import api, models

from ..public import VALUES, VALUES_LIST, public


class PembaPriceIndexValue(models.Model):
    """A value that is published, or corrected, reaches the renewals that are open."""

    _inherit = "pemba.price.index.value"

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        values = super().create(vals_list)
        values.index_id._revise_open_renewals()
        return values

    @public(vals=VALUES)
    def write(self, vals):
        indexes = self.index_id
        result = super().write(vals)
        (indexes | self.index_id)._revise_open_renewals()
        return result

    @public
    def unlink(self):
        indexes = self.index_id
        result = super().unlink()
        indexes._revise_open_renewals()
        return result
