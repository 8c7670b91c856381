import operator

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Domain

from ..pipeline.crm_lead import OURS

# The states in which it counts.
IN_BASE = ("in_service", "suspended")
# Kept by the components; at creation they are given to these.
OF_COMPONENTS = ("quantity", "seat_count", "module_ids")
MASK = "••••"
COMPARE = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


class PembaEquipment(models.Model):
    """A piece of the installed base: a software that a customer runs, or hardware that it was sold.

    What it is made of are its components; how it came to be so are its events.
    """

    _name = "pemba.equipment"
    _description = "Equipment"
    _inherit = ["pemba.configuration.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ("name", "serial_number")
    _check_company_auto = True

    name = fields.Char(
        string="Reference", required=True, copy=False, default=lambda self: self.env._("New"), index="trigram"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('commercial_partner_id', '=', id)]",
        help="The company that it belongs to; of a contact, the contact's company.",
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('id', 'child_of', partner_id)]",
        help="The address where it is; the customer's own unless another one is chosen.",
    )
    zone_id = fields.Many2one(related="site_id.zone_id", string="Sales Zone")
    distributor_id = fields.Many2one(
        "res.partner",
        domain=[("is_distributor", "=", True)],
        index="btree_not_null",
        ondelete="restrict",
        help="Who sold it to the customer.",
    )
    kind = fields.Selection(
        selection=[("software", "Software"), ("hardware", "Hardware")],
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    usage = fields.Selection(
        selection=[("production", "Production"), ("test", "Test"), ("backup", "Backup")],
        default="production",
        required=True,
    )
    suite_id = fields.Many2one(related="software_id.suite_id")
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What was sold: the licence, or the hardware.",
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Product Category",
        compute="_compute_categ_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        help="It defines the characteristics.",
    )
    properties = fields.Properties(
        string="Characteristics", definition="categ_id.equipment_properties_definition", copy=True
    )
    serial_number = fields.Char(copy=False, index="btree_not_null")
    licence_key = fields.Char(
        compute="_compute_licence_key",
        inverse="_inverse_licence_key",
        copy=False,
        exportable=False,
        help="Only its end is shown.",
    )
    licence_key_value = fields.Char(
        string="Full Licence Key", groups=fields.NO_ACCESS, copy=False, exportable=False
    )
    parent_id = fields.Many2one(
        "pemba.equipment",
        string="Runs on",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('id', '!=', id)]",
        copy=False,
    )
    child_ids = fields.One2many("pemba.equipment", "parent_id", string="What Runs on It")
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("in_service", "In Service"),
            ("suspended", "Suspended"),
            ("retired", "Retired"),
        ],
        default="planned",
        required=True,
        copy=False,
        index=True,
        group_expand=True,
    )
    delivery_date = fields.Date(copy=False)
    in_service_date = fields.Date(copy=False, help="Since when it is in service.")
    warranty_end_date = fields.Date(copy=False, index="btree_not_null", help="The last day of the warranty.")
    retired_date = fields.Date(copy=False)
    opportunity_configuration_id = fields.Many2one(
        "pemba.opportunity.configuration",
        string="Sold as",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The configuration of the opportunity that it came from.",
    )
    component_ids = fields.One2many("pemba.equipment.component", "equipment_id", copy=False)
    event_ids = fields.One2many("pemba.equipment.event", "equipment_id", copy=False)
    quantity = fields.Float(
        compute="_compute_quantity",
        inverse="_inverse_quantity",
        digits="Product Unit",
        help="Of its product, by the components.",
    )
    seat_count = fields.Integer(compute="_compute_seat_count", inverse="_inverse_seat_count", default=None)
    module_ids = fields.Many2many(
        compute="_compute_module_ids",
        inverse="_inverse_module_ids",
        search="_search_module_ids",
        store=False,
    )
    versions_behind = fields.Integer(
        compute="_compute_version_state",
        search="_search_versions_behind",
        help="The later versions of its software that are released by today.",
    )
    version_state = fields.Selection(
        selection=[("current", "Up to Date"), ("behind", "Behind"), ("unsupported", "Unsupported")],
        compute="_compute_version_state",
        search="_search_version_state",
        string="Version Status",
    )
    end_of_support_date = fields.Date(related="version_id.end_of_support_date")

    _name_uniq = models.Constraint("unique(company_id, name)", "Another equipment has this reference.")
    _serial_number_uniq = models.UniqueIndex(
        "(company_id, product_id, serial_number) WHERE serial_number IS NOT NULL",
        "Another equipment of this product has this serial number.",
    )
    _configuration_uniq = models.UniqueIndex(
        "(opportunity_configuration_id)"
        " WHERE opportunity_configuration_id IS NOT NULL AND state != 'retired'",
        "This configuration is in the installed base already.",
    )
    _retired_last = models.Constraint(
        "check(retired_date >= in_service_date)", "Equipment cannot be retired before it was in service."
    )

    @api.depends("name", "software_id", "product_id")
    def _compute_display_name(self):
        for equipment in self:
            what = equipment.software_id.display_name or equipment.product_id.name
            equipment.display_name = " ".join(filter(None, (equipment.name, what)))

    @api.depends("software_id")
    def _compute_kind(self):
        for equipment in self:
            default = "hardware" if equipment.product_id else "software"
            equipment.kind = "software" if equipment.software_id else equipment.kind or default

    @api.depends("partner_id")
    def _compute_site_id(self):
        for equipment in self:
            if equipment.site_id.commercial_partner_id != equipment.partner_id:
                equipment.site_id = equipment.partner_id

    @api.depends("software_id", "deployment_type_id")
    def _compute_product_id(self):
        for equipment in self:
            if equipment.state == "planned" and equipment.software_id:
                product = equipment.software_id._get_product(equipment.deployment_type_id)
                equipment.product_id = product or equipment.product_id

    @api.depends("product_id")
    def _compute_categ_id(self):
        for equipment in self:
            equipment.categ_id = equipment.categ_id or equipment.product_id.categ_id

    # ------------------------------------------------------------
    # What the components say
    # ------------------------------------------------------------

    @api.depends("product_id", "component_ids.quantity", "component_ids.date_end", "component_ids.product_id")
    def _compute_quantity(self):
        for equipment in self:
            equipment.quantity = sum(equipment._get_main_components().mapped("quantity"))

    @api.depends("product_id", "component_ids.quantity", "component_ids.date_end", "component_ids.product_id")
    def _compute_seat_count(self):
        for equipment in self:
            equipment.seat_count = int(sum(equipment._get_main_components().mapped("quantity")))

    @api.depends("component_ids.module_id", "component_ids.date_end")
    def _compute_module_ids(self):
        for equipment in self:
            equipment.module_ids = equipment._get_components().module_id

    def _search_module_ids(self, operator, value):
        has_now = Domain("date_end", "=", False) & Domain("module_id", operator, value)
        return Domain("component_ids", "any", has_now)

    def _inverse_quantity(self):
        for equipment in self:
            equipment._set_quantity(equipment.product_id, False, equipment.quantity)

    def _inverse_seat_count(self):
        for equipment in self:
            equipment._set_quantity(equipment.product_id, False, equipment.seat_count)

    def _inverse_module_ids(self):
        for equipment in self:
            wanted = equipment.module_ids
            has = equipment._get_components().module_id
            for module in wanted - has:
                product = module._get_product(equipment.deployment_type_id)
                equipment._set_quantity(product, module, equipment.quantity or 1.0)
            for component in equipment._get_components():
                if component.module_id in has - wanted:
                    component._end()

    def _get_components(self):
        """The components that it has now."""
        return self.component_ids.filtered(lambda component: not component.date_end)

    def _get_main_components(self):
        return self._get_components_of(self.product_id, False)

    def _get_components_of(self, product, module):
        module_id = module and module.id or False
        return self._get_components().filtered(
            lambda component: component.product_id == product and component.module_id.id == module_id
        )

    def _set_quantity(self, product, module, quantity):
        """Have a quantity of a product or module: what was added last is reduced first."""
        self.ensure_one()
        components = self._get_components_of(product, module)
        self.component_ids._change_quantity(
            self, components, product, module, quantity - sum(components.mapped("quantity"))
        )

    # ------------------------------------------------------------
    # Versions
    # ------------------------------------------------------------

    @api.depends("version_id")
    def _compute_version_state(self):
        today = fields.Date.context_today(self)
        behind = self.env["pemba.software.version"]._get_versions_behind(self.software_id)
        for equipment in self:
            version = equipment.version_id
            equipment.versions_behind = behind.get(version._origin, 0)
            if not version:
                equipment.version_state = False
            elif version.end_of_support_date and version.end_of_support_date < today:
                equipment.version_state = "unsupported"
            else:
                equipment.version_state = "behind" if equipment.versions_behind else "current"

    def _search_versions_behind(self, operator, value):
        behind = self.env["pemba.software.version"]._get_versions_behind()
        if operator == "in":
            matches = [version.id for version, count in behind.items() if count in value]
            domain = Domain("version_id", "in", matches)
            return domain | Domain("version_id", "=", False) if 0 in value else domain
        if operator not in COMPARE:
            return NotImplemented
        compare = COMPARE[operator]
        domain = Domain(
            "version_id", "in", [version.id for version, count in behind.items() if compare(count, value)]
        )
        return domain | Domain("version_id", "=", False) if compare(0, value) else domain

    def _search_version_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        matches = []
        for version, count in self.env["pemba.software.version"]._get_versions_behind().items():
            if version.end_of_support_date and version.end_of_support_date < today:
                state = "unsupported"
            else:
                state = "behind" if count else "current"
            if state in value:
                matches.append(version.id)
        domain = Domain("version_id", "in", matches)
        return domain | Domain("version_id", "=", False) if False in value else domain

    # ------------------------------------------------------------
    # Licence keys
    # ------------------------------------------------------------

    @api.depends("licence_key_value")
    def _compute_licence_key(self):
        for equipment in self:
            key = equipment.sudo().licence_key_value  # only its end is shown
            equipment.licence_key = key and MASK + (key[-4:] if len(key) >= 12 else "")

    def _inverse_licence_key(self):
        for equipment in self:
            if not (equipment.licence_key or "").startswith(MASK):  # the mask is no key
                equipment.sudo().licence_key_value = equipment.licence_key  # it cannot be read back

    def _forget_licence_keys(self, *vals_list):
        """What was written is masked for who reads it next."""
        if any("licence_key" in vals for vals in vals_list):
            self.invalidate_recordset(["licence_key"])

    def action_reveal_licence_key(self):
        """Show the licence key to who may see it, and log that it was seen.

        :raise AccessError: for others
        :raise UserError: where there is no key
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("pemba_crm.group_licence_key"):
            raise AccessError(self.env._("%s: you may not reveal licence keys.", self.display_name))
        key = self.sudo().licence_key_value  # the group was checked
        if not key:
            raise UserError(self.env._("%s has no licence key.", self.display_name))
        self.sudo()._message_log(  # whoever may only read the equipment
            body=self.env._("The licence key was revealed to %s.", self.env.user.name)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"title": self.display_name, "message": key, "sticky": True, "type": "info"},
        }

    @api.model
    def get_import_templates(self):
        """A file to start from, on the import screen."""
        return [
            {
                "label": self.env._("Import Template for Equipment"),
                "template": "/pemba_crm/static/csv/pemba_equipment.csv",
            }
        ]

    def _get_window(self):
        """What an action needs to show this equipment."""
        if len(self) == 1:
            return {"res_id": self.id, "view_mode": "form", "views": [(False, "form")]}
        return {"domain": [("id", "in", self.ids)], "context": {}}

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    def _get_configuration_issues(self):
        """Only software is a configuration."""
        return super()._get_configuration_issues() if self.kind == "software" else []

    @api.constrains("software_id", "version_id", "deployment_type_id", "module_ids", "seat_count")
    def _check_configuration(self):
        """While something is recorded, what comes of it is checked at its end."""
        if self.env.context.get("pemba_recording") is OURS:
            return None
        return super()._check_configuration()

    @api.constrains("kind", "software_id", "product_id")
    def _check_what_it_is(self):
        for equipment in self:
            if equipment.kind == "software" and not equipment.software_id:
                equipment._refuse("software_id", self.env._("software equipment needs its software."))
            if equipment.kind == "hardware" and equipment.software_id:
                equipment._refuse("software_id", self.env._("hardware has none: what runs on it has."))
            if equipment.kind == "hardware" and not equipment.product_id:
                equipment._refuse("product_id", self.env._("hardware needs its product."))

    @api.constrains("partner_id", "site_id")
    def _check_site(self):
        for equipment in self:
            if equipment.site_id.commercial_partner_id != equipment.partner_id:
                equipment._refuse(
                    "site_id",
                    self.env._(
                        "%(site)s is not an address of %(customer)s.",
                        site=equipment.site_id.display_name,
                        customer=equipment.partner_id.display_name,
                    ),
                )

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            self[:1]._refuse("parent_id", self.env._("equipment cannot run on itself."))

    def _refuse(self, name, reason):
        label = self.fields_get([name], ["string"])[name]["string"]
        raise ValidationError(
            self.env._(
                "%(equipment)s, %(field)s: %(reason)s",
                equipment=self.display_name,
                field=label,
                reason=reason,
            )
        )

    # ------------------------------------------------------------
    # Creating, writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """In service, it has its ``install`` event on the day it went into service; else it is planned."""
        default = self.env.context.get("default_state") or "planned"
        given = [self._prepare_creation(vals) for vals in vals_list]
        equipment = super(PembaEquipment, self.with_context(pemba_recording=OURS)).create(given)
        equipment = equipment.with_env(self.env)
        equipment._add_missing_components(vals_list)
        equipment._check_configuration()
        equipment._forget_licence_keys(*vals_list)
        of_state = {}
        for one, vals in zip(equipment, vals_list, strict=True):
            of_state.setdefault(vals.get("state") or default, []).append(one.id)
        for state, ids in of_state.items():
            self.browse(ids)._start_as(state)
        return equipment

    def _prepare_creation(self, vals):
        """Values without what components keep, with the customer's company and a reference."""
        vals = {name: value for name, value in vals.items() if name not in OF_COMPONENTS} | {
            "state": "planned"
        }
        if vals.get("name", self.env._("New")) == self.env._("New"):
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            sequence = self.env["ir.sequence"].sudo().with_company(company)  # whoever creates equipment
            vals["name"] = sequence.next_by_code("pemba.equipment")
        if vals.get("properties") and vals.get("product_id"):  # they are defined there
            product = self.env["product.product"].browse(vals["product_id"])
            vals.setdefault("categ_id", product.categ_id.id)
        return self._with_entity(vals)

    def _with_entity(self, vals):
        if vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
            return vals | {"partner_id": partner.commercial_partner_id.id}
        return vals

    def _add_missing_components(self, vals_list):
        """Equipment created without components has one of its product, and one of each module given."""
        new_vals = []
        for equipment, vals in zip(self, vals_list, strict=True):
            if vals.get("component_ids"):
                continue
            quantity = vals.get("quantity") or vals.get("seat_count") or 1.0
            main = {"equipment_id": equipment.id, "product_id": equipment.product_id.id, "quantity": quantity}
            new_vals.append(main)
            for module in self._get_given_modules(vals):
                product = module._get_product(equipment.deployment_type_id)
                new_vals.append(main | {"product_id": product.id, "module_id": module.id})
        self.env["pemba.equipment.component"].with_context(pemba_recording=OURS).create(new_vals)

    def _get_given_modules(self, vals):
        """:return: the modules that the commands of ``module_ids`` in values of a creation mean"""
        ids = []
        for command in vals.get("module_ids") or []:
            if isinstance(command, int):
                ids.append(command)
            elif command[0] == Command.SET:
                ids = list(command[2])
            elif command[0] == Command.LINK:
                ids.append(command[1])
        return self.env["pemba.software.module"].browse(ids)

    def write(self, vals):
        """Once in service, what it is changes with an event: a direct write is a correction of today."""
        if self.env.context.get("pemba_recording") is OURS:
            return super().write(vals)
        vals = self._without_unchanged(self._with_entity(vals))
        if not vals:
            return True
        state = vals.get("state")
        changes = {name: value for name, value in vals.items() if name != "state"}
        before = self._get_snapshots() if not TRACKED.isdisjoint(changes) else {}
        self._check_what_stays(changes)
        recording = super(PembaEquipment, self.with_context(pemba_recording=OURS))
        result = recording.write({name: value for name, value in changes.items() if name != "module_ids"})
        if "module_ids" in changes:  # in the quantity that was just written
            recording.write({"module_ids": changes["module_ids"]})
        self._forget_licence_keys(changes)
        self._check_configuration()
        self._record("correct", before)
        if state:
            self._go_to(state, vals)
        return result

    def _without_unchanged(self, vals):
        """Values less those that equipment has already: a file imported again writes nothing."""
        if len(self) != 1:
            return vals
        return {name: value for name, value in vals.items() if not self._has_value(name, value)}

    def _has_value(self, name, value):
        field = self._fields.get(name)
        if field is None or field.type in ("one2many", "properties"):
            return False
        if name == "licence_key":
            return value == self.sudo().licence_key_value  # it cannot be read back
        if field.type == "many2many":
            return name == "module_ids" and self._get_given_modules({name: value}) == self[name]
        return field.convert_to_cache(value, self) == field.convert_to_cache(self[name], self)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_planned(self):
        for equipment in self:
            if equipment.state != "planned":
                raise UserError(
                    self.env._("%s was in service: it is retired, not deleted.", equipment.display_name)
                )

    def copy_data(self, default=None):
        """A copy is planned, with the same components."""
        vals_list = super().copy_data(default)
        for equipment, vals in zip(self, vals_list, strict=True):
            vals.setdefault(
                "component_ids",
                [Command.create(component._prepare_copy()) for component in equipment._get_components()],
            )
        return vals_list


# What does not change without an event once it is in service.
TRACKED = frozenset({"version_id", "partner_id", "site_id", "component_ids", *OF_COMPONENTS})
