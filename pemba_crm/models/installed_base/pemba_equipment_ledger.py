from odoo import api, models
from odoo.exceptions import UserError

from ..public import VALUES, VALUES_LIST, public


class PembaEquipmentLedger(models.AbstractModel):
    """What is only ever added to: never changed and never deleted, by whoever and in whatever context."""

    _name = "pemba.equipment.ledger"
    _description = "Equipment Ledger"
    _inherit = "pemba.rules"

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        if not self._take_creation(vals_list):
            raise UserError(self.env._("Events are recorded by what is done with equipment."))
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What happened to equipment is not changed: record a correction."))

    @api.ondelete(at_uninstall=True)
    def _unlink_never(self):
        raise UserError(self.env._("What happened to equipment is not deleted: record a correction."))

    def _BaseModel__ensure_xml_id(self, skip=False):
        # Odoo's: an event with an external id could be updated and cleaned up by the files it came from.
        return super()._BaseModel__ensure_xml_id(skip=True)
