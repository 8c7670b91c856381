from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PembaConfigurationMixin(models.AbstractModel):
    """What a customer chose, is offered or runs: software, version, deployment, modules and seats."""

    _name = "pemba.configuration.mixin"
    _description = "Software Configuration"

    software_id = fields.Many2one("pemba.software", index="btree_not_null", ondelete="restrict")
    version_id = fields.Many2one(
        "pemba.software.version",
        domain="[('software_id', '=', software_id)]",
        index="btree_not_null",
        ondelete="restrict",
    )
    version_status = fields.Selection(related="version_id.status")
    deployment_type_id = fields.Many2one(
        "pemba.deployment.type",
        domain="[('id', 'in', allowed_deployment_type_ids)]",
        index="btree_not_null",
        ondelete="restrict",
    )
    module_ids = fields.Many2many(
        "pemba.software.module",
        domain="[('software_id', '=', software_id)]",
        string="Modules",
    )
    seat_count = fields.Integer(string="Seats", default=1)
    licence_metric = fields.Selection(related="software_id.licence_metric")
    allowed_deployment_type_ids = fields.Many2many(
        related="software_id.deployment_type_ids", string="Allowed Deployment Types"
    )
    configuration_issue = fields.Text(
        string="Cannot Be Sold",
        compute="_compute_configuration_issue",
        help="Why modules, version and deployment do not go together.",
    )

    @api.depends("software_id", "version_id", "deployment_type_id", "module_ids", "seat_count")
    def _compute_configuration_issue(self):
        for configuration in self:
            configuration.configuration_issue = "\n".join(configuration._get_configuration_issues()) or False

    @api.onchange("software_id")
    def _onchange_software_id(self):
        """Propose the latest version, and a deployment where there is no choice."""
        if self.version_id.software_id != self.software_id:
            self.version_id = self.software_id.latest_version_id
        self.module_ids = self.module_ids.filtered(lambda module: module.software_id == self.software_id)
        allowed = self.software_id.deployment_type_ids
        if self.deployment_type_id not in allowed:
            self.deployment_type_id = allowed if len(allowed) == 1 else False

    @api.onchange("module_ids")
    def _onchange_module_ids(self):
        """Add what the chosen modules require."""
        self.module_ids |= self.module_ids._origin._get_required()

    @api.constrains("software_id", "version_id", "deployment_type_id", "module_ids", "seat_count")
    def _check_configuration(self):
        """:raise ValidationError: naming the configuration, the culprit and the reason"""
        for configuration in self:
            for issue in configuration._get_configuration_issues():
                raise ValidationError(
                    self.env._(
                        "%(configuration)s: %(issue)s",
                        configuration=configuration.display_name,
                        issue=issue,
                    )
                )

    def _get_configuration_issues(self):
        """Why the configuration cannot be sold, in words.

        :return: a list, empty where all is well
        """
        return [
            *self._get_software_issues(),
            *self._get_module_issues(),
            *([] if self.seat_count > 0 else [self.env._("Seats must be above zero.")]),
        ]

    def _get_software_issues(self):
        software = self.software_id
        for part in (*self.version_id, *self.module_ids._origin):
            if part.software_id != software:
                yield self.env._(
                    "%(part)s belongs to %(other)s, not to %(software)s.",
                    part=part.display_name,
                    other=part.software_id.display_name,
                    software=software.display_name or self.env._("no software"),
                )
        deployment = self.deployment_type_id
        if software and deployment and deployment not in software.deployment_type_ids._origin:
            yield self.env._(
                "%(software)s is not offered as %(deployment)s.",
                software=software.display_name,
                deployment=deployment.display_name,
            )

    def _get_module_issues(self):
        modules = self.module_ids._origin
        for module in modules:
            for missing in module.requires_ids - modules:
                yield self.env._(
                    "%(module)s requires %(missing)s.",
                    module=module.display_name,
                    missing=missing.display_name,
                )
            for excluded in module.excludes_ids & modules:
                if module not in excluded.excludes_ids or module.id < excluded.id:  # told once
                    yield self.env._(
                        "%(module)s and %(excluded)s exclude each other.",
                        module=module.display_name,
                        excluded=excluded.display_name,
                    )
