from odoo import api, fields, models
from odoo.fields import Domain

from ..company_day import get_today
from ..public import public


class PembaSoftware(models.Model):
    """A software as it is sold: its modules, versions, ways of deployment, and the products that bill it."""

    _name = "pemba.software"
    _description = "Software"
    _inherit = ["mail.thread", "image.mixin", "pemba.guarded"]
    _order = "suite_id, sequence, name, id"
    _rec_names_search = ("name", "code")

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(copy=False)
    suite_id = fields.Many2one("pemba.software.suite", index="btree_not_null", ondelete="restrict")
    publisher_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        help="Who makes it; empty where that is us.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Html(translate=True)
    product_id = fields.Many2one(
        "product.product",
        string="Licence Product",
        domain=[("sale_ok", "=", True)],
        index="btree_not_null",
        ondelete="restrict",
    )
    maintenance_product_id = fields.Many2one(
        "product.product",
        domain=[("sale_ok", "=", True)],
        index="btree_not_null",
        ondelete="restrict",
    )
    maintenance_rate = fields.Float(
        string="Maintenance (% a Year)",
        digits=(5, 2),
        aggregator=None,
        tracking=True,
        help="A year of maintenance, as a share of what the customer pays for licence and modules.",
    )
    licence_metric = fields.Selection(
        selection=[
            ("user", "Named User"),
            ("concurrent", "Concurrent User"),
            ("site", "Site"),
            ("server", "Server"),
        ],
        default="user",
        required=True,
        help="What one seat stands for.",
    )
    deployment_type_ids = fields.Many2many(
        "pemba.deployment.type",
        string="Deployment Types",
        default=lambda self: self.env["pemba.deployment.type"].search([]),  # a handful
        help="The ways it may be deployed.",
    )
    deployment_product_ids = fields.One2many(
        "pemba.deployment.product",
        "software_id",
        string="Products per Deployment Type",
    )
    module_ids = fields.One2many("pemba.software.module", "software_id")
    module_count = fields.Integer(compute="_compute_module_count")
    version_ids = fields.One2many("pemba.software.version", "software_id")
    latest_version_id = fields.Many2one(
        "pemba.software.version",
        compute="_compute_latest_version_id",
        search="_search_latest_version_id",
        help="The highest of those released by today.",
    )

    _code_uniq = models.Constraint("unique(code)", "Another software has this code.")
    _maintenance_rate_range = models.Constraint(
        "check(maintenance_rate >= 0 AND maintenance_rate <= 100)",
        "The yearly maintenance of a software is between 0 and 100 % of its licences.",
    )

    @api.depends("module_ids")
    def _compute_module_count(self):
        counts = dict(
            self.env["pemba.software.module"]._read_group(
                [("software_id", "in", self.ids)], ["software_id"], ["__count"]
            )
        )
        for software in self:
            software.module_count = counts.get(software._origin, 0)

    @api.depends("version_ids.sequence", "version_ids.release_date", "version_ids.active")
    def _compute_latest_version_id(self):
        today = get_today(self)
        for software in self:
            released = software.version_ids.filtered(
                lambda version: version.active and version.release_date and version.release_date <= today
            )
            software.latest_version_id = released.sorted("sequence")[-1:]

    def _search_latest_version_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        versions = self.env["pemba.software.version"]
        latest = versions.search(versions._get_latest_domain())
        sought = latest.filtered(lambda version: version.id in value or version.display_name in value)
        domain = Domain("id", "in", sought.software_id.ids)
        if False in value:
            domain |= Domain("id", "not in", latest.software_id.ids)
        return domain

    def _get_product(self, deployment_type):
        """The product that bills the licence.

        :param deployment_type: where it names another product than the software, that one
        :return: a product, or none
        """
        own = self.deployment_product_ids.filtered(
            lambda line: not line.module_id and line.deployment_type_id == deployment_type
        )
        return own.product_id or self.product_id

    @public(one=True)
    def action_open_modules(self):
        """The modules of the software, in a list of their own."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_software_module_action")
        action["domain"] = [("software_id", "=", self.id)]
        action["context"] = {"default_software_id": self.id}
        return action
