from odoo import models


class PembaEquipment(models.Model):
    """What the list of what waits looks for, found without reading the whole base."""

    _inherit = "pemba.equipment"

    _to_do_planned_idx = models.Index("(id) WHERE state = 'planned'")
