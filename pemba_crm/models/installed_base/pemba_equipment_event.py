from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .pemba_equipment import Recording


class PembaEquipmentLedger(models.AbstractModel):
    """What is only ever added to: never changed and never deleted, by whoever and in whatever context."""

    _name = "pemba.equipment.ledger"
    _description = "Equipment Ledger"

    @api.model_create_multi
    def create(self, vals_list):
        if not isinstance(self.env.context.get("pemba_recording"), Recording):
            raise UserError(self.env._("Events are recorded by what is done with equipment."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What happened to equipment is not changed: record a correction."))

    @api.ondelete(at_uninstall=True)
    def _unlink_never(self):
        raise UserError(self.env._("What happened to equipment is not deleted: record a correction."))

    def _BaseModel__ensure_xml_id(self, skip=False):
        # Odoo's: an event with an external id could be updated and cleaned up by the files it came from.
        return super()._BaseModel__ensure_xml_id(skip=True)


class PembaEquipmentEvent(models.Model):
    """What happened to equipment on a day. Events are never changed and never deleted."""

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
        for event in self:
            parts = [line.display_name for line in event.line_ids]
            parts += [record.display_name for record in (event.version_id, event.partner_id) if record]
            if event.site_id and event.site_id != event.partner_id:
                parts.append(event.site_id.display_name)
            if event.state and event.kind == "correct":
                parts.append(states[event.state])
            parts.append(event.note)
            event.description = ", ".join(filter(None, parts))


class PembaEquipmentEventLine(models.Model):
    """How much of a product an event added to equipment, or took from it."""

    _name = "pemba.equipment.event.line"
    _inherit = "pemba.equipment.ledger"
    _description = "Equipment Event Line"
    _order = "event_id, id"

    event_id = fields.Many2one(
        "pemba.equipment.event", required=True, readonly=True, index=True, ondelete="cascade"
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    module_id = fields.Many2one("pemba.software.module", readonly=True, ondelete="restrict")
    quantity = fields.Float(
        digits="Product Unit", required=True, readonly=True, help="Negative where it was taken away."
    )
    opportunity_line_id = fields.Many2one(
        "pemba.opportunity.line",
        string="Sold by",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    @api.depends("product_id", "module_id", "quantity")
    def _compute_display_name(self):
        for line in self:
            what = line.module_id.name or line.product_id.name or line.event_id.equipment_id.software_id.name
            line.display_name = f"{what} {line.quantity:+g}"
