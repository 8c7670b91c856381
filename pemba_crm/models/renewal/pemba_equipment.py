from odoo import models

from ..public import VALUES, public


class PembaEquipment(models.Model):
    """What is retired, or goes to another customer, is not renewed any more."""

    _inherit = "pemba.equipment"

    @public(vals=VALUES)
    def write(self, vals):
        result = super().write(vals)
        if not {"state", "partner_id"}.isdisjoint(vals):
            covering = self.sudo().contract_line_ids  # whoever has to do with the equipment
            covering.contract_id._offer_again()
        return result
