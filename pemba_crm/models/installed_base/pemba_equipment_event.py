from odoo import api, fields, models
from odoo.tools import format_date


class PembaEquipmentEvent(models.Model):
    """What happened to equipment on a day. Events are never changed and never deleted.

    What they say of it besides its components: see ``pemba.equipment._get_ledger_fields``.
    """

    _name = "pemba.equipment.event"
    _inherit = "pemba.equipment.ledger"
    _description = "Equipment Event"
    _order = "date desc, id desc"

    equipment_id = fields.Many2one("pemba.equipment", required=True, readonly=True, ondelete="cascade")
    date = fields.Date(required=True, readonly=True, index=True, help="The day on which it took effect.")
    kind = fields.Selection(
        selection=[
            ("install", "Installation"),
            ("upgrade", "Upgrade"),
            ("add", "Addition"),
            ("reduce", "Reduction"),
            ("transfer", "Transfer"),
            ("move", "Move"),
            ("suspend", "Suspension"),
            ("resume", "Resumption"),
            ("retire", "Retirement"),
            ("correct", "Correction"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("in_service", "In Service"),
            ("suspended", "Suspended"),
            ("retired", "Retired"),
        ],
        string="New State",
        readonly=True,
    )
    version_id = fields.Many2one(
        "pemba.software.version", string="New Version", readonly=True, ondelete="restrict"
    )
    partner_id = fields.Many2one("res.partner", string="New Customer", readonly=True, ondelete="restrict")
    site_id = fields.Many2one("res.partner", string="New Site", readonly=True, ondelete="restrict")
    line_ids = fields.One2many("pemba.equipment.event.line", "event_id", readonly=True)
    note = fields.Char(readonly=True)
    description = fields.Char(compute="_compute_description")

    _base_idx = models.Index("(equipment_id, date, id)")

    @api.depends("kind", "date")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = f"{kinds.get(event.kind)}, {format_date(self.env, event.date)}"

    @api.depends("line_ids", "version_id", "partner_id", "site_id", "state", "note")
    def _compute_description(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        ledger = self.env["pemba.equipment"]._get_ledger_fields()
        for event in self:
            parts = [line.display_name for line in event.line_ids]
            parts += [event._describe(name) for name in ledger if event[name]]
            if event.state and event.kind == "correct":
                parts.append(states[event.state])
            parts.append(event.note)
            event.description = ", ".join(filter(None, parts))

    def _describe(self, name):
        """What became of a field, in words; a customer's own address goes without saying."""
        value = self[name]
        if name == "site_id" and value == self.partner_id:
            return ""
        return value.display_name if isinstance(value, models.BaseModel) else str(value)

    @api.model
    def _add(self, vals_list):
        """Events are added by what is done with equipment, whoever does it."""
        return self.sudo()._put(vals_list, lines=["line_ids"])  # nobody else writes any
