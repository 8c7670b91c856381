from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class PembaEquipmentChange(models.TransientModel):
    """What happened to some equipment on a day: an event of each."""

    _name = "pemba.equipment.change"
    _description = "Record what Happened to Equipment"

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
            ("correct", "Correct the Version"),
            ("service_date", "Correct the Service Date"),
        ],
        required=True,
        default="upgrade",
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    software_id = fields.Many2one("pemba.software", compute="_compute_software_id")
    version_id = fields.Many2one(
        "pemba.software.version",
        compute="_compute_version_id",
        store=True,
        readonly=False,
        domain="[('software_id', '=', software_id)]",
    )
    partner_id = fields.Many2one("res.partner", string="New Customer")
    site_id = fields.Many2one("res.partner", string="New Site")
    customer_id = fields.Many2one("res.partner", compute="_compute_software_id")
    product_id = fields.Many2one("product.product")
    module_id = fields.Many2one("pemba.software.module", domain="[('software_id', '=', software_id)]")
    quantity = fields.Float(digits="Product Unit", default=1.0)
    note = fields.Char()

    @api.model
    def default_get(self, fields_list):
        """What is selected in the list."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "pemba.equipment" and "equipment_ids" in fields_list:
            values.setdefault("equipment_ids", [Command.set(self.env.context.get("active_ids") or [])])
        return values

    @api.depends("equipment_ids")
    def _compute_equipment_count(self):
        for change in self:
            change.equipment_count = len(change.equipment_ids)

    @api.depends("equipment_ids", "kind", "partner_id")
    def _compute_software_id(self):
        for change in self:
            software, customers = change.equipment_ids.software_id, change.equipment_ids.partner_id
            change.software_id = software if len(software) == 1 else False
            owner = change.partner_id.commercial_partner_id if change.kind == "transfer" else customers
            change.customer_id = owner if len(owner) == 1 else False

    @api.depends("equipment_ids", "kind")
    def _compute_version_id(self):
        for change in self:
            if change.kind in ("upgrade", "correct"):
                change.version_id = change.version_id or change.software_id.latest_version_id

    def action_record(self):
        """Record it.

        :raise UserError: naming what is missing, or equipment that it cannot have happened to
        """
        self.ensure_one()
        equipment = self.equipment_ids
        for name in self._get_needed():
            if not self[name]:
                label = self.fields_get([name], ["string"])[name]["string"]
                raise UserError(self.env._("%(field)s is needed.", field=label))
        if self.kind == "start":
            equipment.action_start(self.date)
        elif self.kind == "upgrade":
            equipment.action_upgrade(self.version_id, self.date)
        elif self.kind == "correct":
            equipment._correct({"version_id": self.version_id.id}, self.date, self.note)
        elif self.kind == "service_date":
            equipment._correct_service_date(self.date, self.note)
        elif self.kind in ("add", "reduce"):
            change = equipment._add if self.kind == "add" else equipment._reduce
            change(self.product_id, self.quantity, self.module_id, self.date)
        elif self.kind == "move":
            equipment._move(self.site_id, self.date)
        elif self.kind == "transfer":
            equipment._transfer(self.partner_id, self.site_id, self.date)
        elif self.kind == "retire":
            equipment._retire(self.date)
        else:
            getattr(equipment, f"action_{self.kind}")(self.date)
        return {"type": "ir.actions.act_window_close"}

    def _get_needed(self):
        return {
            "upgrade": ("version_id",),
            "correct": ("version_id",),
            "add": ("quantity",),
            "reduce": ("quantity",),
            "move": ("site_id",),
            "transfer": ("partner_id",),
        }.get(self.kind, ())
