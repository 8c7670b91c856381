import re

from odoo import api, fields, models
from odoo.fields import Domain

from ..public import public

# The states in which it counts.
IN_BASE = ("in_service", "suspended")
# Who it can belong to, and where it can be: addresses, and not the persons there.
CUSTOMERS = "['|', ('is_company', '=', True), ('parent_id', '=', False)]"
SITES = (
    "[('commercial_partner_id', '=', partner_id), '|', ('id', '=', partner_id), ('type', '!=', 'contact')]"
)
# What it can run on: what its customer has, its distributor, or who hosts it.
HOSTS = (
    "[('state', '!=', 'retired'), '|', ('partner_id', 'in', [partner_id, distributor_id]),"
    " ('partner_id.ref_company_ids', '!=', False)]"
)


class PembaEquipment(models.Model):
    """A piece of the installed base: a software that a customer runs, or hardware that it was sold.

    What it is made of are its components (``…_content``); how it came to be so are its events, the ledger.
    What can happen to it is in ``…_change``, what has to be so in ``…_check``, and what creating and
    writing it records in ``…_record``.
    """

    _name = "pemba.equipment"
    _description = "Equipment"
    _inherit = [
        "pemba.customer.mixin",
        "pemba.version.status.mixin",
        "pemba.licence.key.mixin",
        "pemba.rules",
    ]
    _is_owned = True
    _refilled = frozenset({"site_id"})
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
        domain=CUSTOMERS,
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
        domain=SITES,
        help="The address where it is; the customer's own unless another one is chosen.",
    )
    zone_id = fields.Many2one(related="site_id.zone_id", string="Sales Zone")
    distributor_id = fields.Many2one(
        "res.partner",
        domain=[("is_distributor", "=", True)],
        check_company=True,
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
    serial_number = fields.Char(copy=False, index="trigram")
    parent_id = fields.Many2one(
        "pemba.equipment",
        string="Runs on",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('id', '!=', id)] + " + HOSTS,
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
        groups="base.group_user",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The configuration of the opportunity that it came from.",
    )
    component_ids = fields.One2many("pemba.equipment.component", "equipment_id", copy=False)
    event_ids = fields.One2many("pemba.equipment.event", "equipment_id", copy=False, groups="base.group_user")
    _name_uniq = models.Constraint("unique(company_id, name)", "Another equipment has this reference.")
    _serial_number_uniq = models.UniqueIndex(
        "(company_id, COALESCE(product_id, 0), serial_number) WHERE serial_number IS NOT NULL",
        lambda env, diag: env["pemba.equipment"]._get_serial_number_message(diag),
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

    @api.model
    def _search_display_name(self, operator, value):
        """Equipment is found by its whole name too, as it stands in exported files."""
        domain = super()._search_display_name(operator, value)
        if operator != "in":
            return domain
        names = {name for name in value if isinstance(name, str) and " " in name}
        words = [name.split(" ") for name in names]
        references = [" ".join(some[:cut]) for some in words for cut in range(1, len(some))]
        found = self.search([("name", "in", references)]).filtered(lambda one: one.display_name in names)
        return domain | Domain("id", "in", found.ids)

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

    @api.model
    @public
    def get_import_templates(self):
        """A file to start from, on the import screen."""
        return [
            {
                "label": self.env._("Import Template for Equipment"),
                "template": "/pemba_crm/static/csv/pemba_equipment.csv",
            }
        ]

    @api.model
    def _get_serial_number_message(self, diagnostics=None):
        """Who has a serial number that is given a second time.

        :param diagnostics: PostgreSQL's, which name the values
        """
        found = re.search(r"\)=\((\d+), (\d+), (.*)\)", diagnostics and diagnostics.message_detail or "")
        if not found:
            return self.env._("Another equipment of this product has this serial number.")
        company, product, number = found.groups()
        owner = self.search(
            [
                ("company_id", "=", int(company)),
                ("product_id", "=", int(product) or False),
                ("serial_number", "=", number),
            ],
            limit=1,
        )
        if not owner:
            return self.env._("Serial Number %s: another equipment of this product has it.", number)
        return self.env._(
            "Serial Number %(number)s: %(equipment)s of %(customer)s has it already.",
            number=number,
            equipment=owner.display_name,
            customer=owner.partner_id.display_name,
        )

    def _get_window(self):
        """What an action needs to show this equipment."""
        if len(self) == 1:
            return {"res_id": self.id, "view_mode": "form", "views": [(False, "form")]}
        return {"domain": [("id", "in", self.ids)], "context": {}}

    # ------------------------------------------------------------
    # The base of a day: what the events say
    # ------------------------------------------------------------

    @api.model
    def _get_base_at(self, date, domain=None):
        """The installed base as it was on a day, by the events that had taken effect by then.

        :param date: the day, at its end
        :param domain: on equipment as it is now
        :return: a list of ``{equipment, product, module, version, partner, site, state, quantity}``, one for
            each product or module of equipment that was in service or suspended, with what else
            ``_get_ledger_fields`` lists
        """
        # Whose events may be read is who may read the equipment.
        equipment = self.with_context(active_test=False)._search(domain or [])
        return self.env["pemba.equipment.event"]._get_base_at(date, equipment.subselect())

    @api.model
    def _get_base_query(self, date, equipment):
        return self.env["pemba.equipment.event"]._get_base_query(date, equipment)

    @api.model
    def _get_states_query(self, date, equipment):
        return self.env["pemba.equipment.event"]._get_states_query(date, equipment)
