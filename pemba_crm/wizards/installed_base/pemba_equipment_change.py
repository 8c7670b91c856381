from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...models.company_day import get_today
from ...models.installed_base.pemba_equipment import CUSTOMERS, SITES
from ...models.public import NAMES, get_active_ids, public


class PembaEquipmentChange(models.TransientModel):
    """What happened to some equipment on a day: an event of each."""

    _name = "pemba.equipment.change"
    _description = "Record what Happened to Equipment"
    _inherit = ["pemba.values"]

    equipment_ids = fields.Many2many("pemba.equipment", required=True)
    equipment_count = fields.Integer(compute="_compute_equipment_count")
    kind = fields.Selection(
        selection=[
            ("start", "Put into Service"),
            ("upgrade", "Upgrade"),
            ("add", "Add"),
            ("reduce", "Reduce"),
            ("move", "Move to Another Site"),
            ("transfer", "Transfer to Another Customer"),
            ("suspend", "Suspend"),
            ("resume", "Resume"),
            ("retire", "Retire"),
            ("correct", "Correct Version, Customer or Site"),
            ("correct_quantity", "Correct a Quantity"),
            ("service_date", "Correct the Service Date"),
        ],
        required=True,
        help="A correction takes effect from its day on.",
    )
    kinds = fields.Json(compute="_compute_kinds", export_string_translation=False)
    date = fields.Date(required=True, default=get_today)
    software_id = fields.Many2one("pemba.software", compute="_compute_software_id")
    version_id = fields.Many2one(
        "pemba.software.version",
        compute="_compute_version_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', allowed_version_ids)]",
    )
    allowed_version_ids = fields.Many2many("pemba.software.version", compute="_compute_allowed_version_ids")
    partner_id = fields.Many2one("res.partner", string="New Customer", domain=CUSTOMERS)
    site_id = fields.Many2one(
        "res.partner", string="New Site", domain=SITES.replace(", partner_id", ", customer_id")
    )
    customer_id = fields.Many2one("res.partner", compute="_compute_software_id")
    product_id = fields.Many2one("product.product")
    module_id = fields.Many2one("pemba.software.module", domain="[('software_id', '=', software_id)]")
    quantity = fields.Float(
        digits="Product Unit",
        compute="_compute_quantity",
        store=True,
        readonly=False,
        help="How many are added or taken away; to correct it, how many there are.",
    )
    note = fields.Char()

    @api.model
    @public(fields_list=NAMES)
    def default_get(self, fields_list):
        """What is selected in the list."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "pemba.equipment" and "equipment_ids" in fields_list:
            values.setdefault("equipment_ids", [Command.set(get_active_ids(self.env))])
        if values.get("kind") == "start" and len(self.env.context.get("default_equipment_ids") or []) == 1:
            [equipment] = self.env["pemba.equipment"].browse(self.env.context["default_equipment_ids"])
            values["date"] = min(equipment.in_service_date or values["date"], values["date"])
        return values

    @api.depends("equipment_ids")
    def _compute_equipment_count(self):
        for change in self:
            change.equipment_count = len(change.equipment_ids)

    @api.depends("equipment_ids")
    def _compute_kinds(self):
        """What can happen to it as it is."""
        of_state = self._get_kinds_by_state()
        for change in self:
            kinds = set().union(*of_state.values())
            for state in set(change.equipment_ids.mapped("state")):
                kinds &= of_state[state]
            if not all(equipment.software_id for equipment in change.equipment_ids):
                kinds -= {"upgrade"}
            if len(change.equipment_ids) > 1:
                kinds -= {"correct_quantity"}
            change.kinds = sorted(kinds)

    @api.model
    def _get_kinds_by_state(self):
        """:return: ``{state: what can happen to equipment in it}``"""
        always = {"upgrade", "add", "reduce", "move", "transfer", "retire", "correct", "correct_quantity"}
        return {
            "planned": {"start"},
            "in_service": always | {"suspend", "service_date"},
            "suspended": always | {"resume", "service_date"},
            "retired": {"service_date"},
        }

    @api.depends("equipment_ids", "kind", "partner_id")
    def _compute_software_id(self):
        for change in self:
            software, customers = change.equipment_ids.software_id, change.equipment_ids.partner_id
            change.software_id = software if len(software) == 1 else False
            is_given = change.kind in ("transfer", "correct") and change.partner_id
            owner = change.partner_id.commercial_partner_id if is_given else customers
            change.customer_id = owner if len(owner) == 1 else False

    @api.depends("software_id", "kind", "date")
    def _compute_allowed_version_ids(self):
        for change in self:
            change.allowed_version_ids = change._get_allowed_versions()

    def _get_allowed_versions(self):
        """Later ones that are released, for an upgrade; any of the software for a correction."""
        versions = self.software_id._origin.version_ids
        if self.kind != "upgrade":
            return versions
        runs = min(self.equipment_ids.version_id.mapped("sequence"), default=None)
        day = self.date or get_today(self)
        return versions.filtered(
            lambda one: one.release_date and one.release_date <= day and (runs is None or one.sequence > runs)
        )

    @api.depends("equipment_ids", "kind")
    def _compute_version_id(self):
        for change in self:
            if change.kind == "upgrade":
                allowed = change._get_allowed_versions()
                latest = change.software_id._origin.latest_version_id
                change.version_id = (change.version_id._origin & allowed) or (latest & allowed)
            else:
                change.version_id = False

    @api.depends("equipment_ids", "kind", "product_id", "module_id", "date")
    def _compute_quantity(self):
        """One more or less; to be corrected, what there was on the day."""
        for change in self:
            change.quantity = 1.0
            equipment = change.equipment_ids._origin
            if change.kind == "correct_quantity" and len(equipment) == 1 and change.date:
                module = change.module_id._origin
                products = {equipment: equipment._get_product_of(change.product_id._origin, module)}
                events = self.env["pemba.equipment.event"]
                on_days = events._get_quantities_from(change.date, products, module)
                change.quantity = on_days[equipment][change.date]

    @public(one=True)
    def action_record(self):
        """Record it.

        :raise UserError: naming what is missing, or equipment that it cannot have happened to
        """
        equipment = self.equipment_ids
        for name in self._get_needed():
            if not self[name]:
                label = self.fields_get([name], ["string"])[name]["string"]
                raise UserError(self.env._("%(field)s is needed.", field=label))
        getattr(self, f"_record_{self.kind}", self._record_action)(equipment)
        return {"type": "ir.actions.act_window_close"}

    def _record_action(self, equipment):
        getattr(equipment, f"action_{self.kind}")(self.date)

    def _record_upgrade(self, equipment):
        equipment.action_upgrade(self.version_id, self.date)

    def _record_add(self, equipment):
        equipment._add(self.product_id, self.quantity, self.module_id, self.date)

    def _record_reduce(self, equipment):
        equipment._reduce(self.product_id, self.quantity, self.module_id, self.date)

    def _record_move(self, equipment):
        equipment._move(self.site_id, self.date)

    def _record_transfer(self, equipment):
        equipment._transfer(self.partner_id, self.site_id, self.date)

    def _record_retire(self, equipment):
        equipment._retire(self.date)

    def _record_service_date(self, equipment):
        equipment._correct_service_date(self.date, self.note)

    def _record_correct_quantity(self, equipment):
        if len(equipment) > 1:
            raise UserError(self.env._("Quantities are corrected one equipment at a time."))
        equipment._correct_quantity(self.quantity, self.product_id, self.module_id, self.date, self.note)

    def _record_correct(self, equipment):
        """Version, customer and site, where they are given, and what else of the ledger the dialog has."""
        changes = {
            name: self._fields[name].convert_to_write(self[name], self)
            for name in equipment._get_ledger_fields()
            if name in self._fields and self[name]
        }
        if self.partner_id:
            entity = self.partner_id.commercial_partner_id
            changes |= {"partner_id": entity.id, "site_id": (self.site_id or entity).id}
        if not changes:
            raise UserError(self.env._("Nothing is corrected: give the right version, customer or site."))
        equipment._correct(changes, self.date, self.note)

    def _get_needed(self):
        return {
            "upgrade": ("version_id",),
            "add": ("quantity",),
            "reduce": ("quantity",),
            "move": ("site_id",),
            "transfer": ("partner_id",),
        }.get(self.kind, ())
