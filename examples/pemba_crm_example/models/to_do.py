from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class PembaToDo(models.Model):
    """A row of one's own: hardware that is in service, and nobody said in which room."""

    _inherit = "pemba.to.do"

    kind = fields.Selection(selection_add=[("room", "Say the Room")])

    @api.model
    def _get_lists(self):
        return [*super()._get_lists(), ("room", self._get_without_room)]

    @api.model
    def _get_without_room(self):
        return self._select_rows(
            "pemba.equipment",
            Domain("state", "=", "in_service") & Domain("kind", "=", "hardware") & Domain("room", "=", False),
            equipment_id=SQL("pemba_equipment.id"),
            partner_id=SQL("pemba_equipment.partner_id"),
            company_id=SQL("pemba_equipment.company_id"),
            since=SQL("pemba_equipment.in_service_date"),
            limit=30,
        )

    @api.model
    def _get_texts(self):
        return super()._get_texts() | {"room": type(self)._say_room}

    @api.model
    def _get_allowed_kinds(self):
        return super()._get_allowed_kinds() | {"room"}

    def _say_room(self):
        return self.env._("%s: in which room?", self.equipment_id.display_name)
