from odoo import models

from ..public import VALUES, public


class PembaEquipment(models.Model):
    """What is retired, or goes to another customer, is not renewed any more."""

    _inherit = "pemba.equipment"

    @public(vals=VALUES)
    def write(self, vals):
        covering = self.sudo().contract_line_ids  # whoever has to do with the equipment
        is_moved = not {"state", "partner_id"}.isdisjoint(vals)
        if is_moved:
            covering.contract_id._get_open_renewal()._remember_proposal()
        result = super().write(vals)
        if is_moved:
            covering.contract_id._offer_again()
        return result
