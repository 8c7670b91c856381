from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...models.company_day import get_today
from ...models.installed_base.pemba_equipment import IN_BASE
from ...models.installed_base.pemba_equipment_change import UPGRADE
from ...models.public import NAMES, get_active_ids, public


class PembaEquipmentCampaign(models.TransientModel):
    """Who is behind is asked to upgrade: an activity for equipment, or an opportunity for its customer."""

    _name = "pemba.equipment.campaign"
    _description = "Upgrade Campaign"
    _inherit = ["pemba.values"]

    equipment_ids = fields.Many2many("pemba.equipment", required=True)
    equipment_count = fields.Integer(compute="_compute_counts", string="Equipment Behind")
    asked_count = fields.Integer(
        compute="_compute_counts",
        string="Already Asked",
        help="Equipment with an upgrade activity, or with an open opportunity to that version, is left out.",
    )
    kind = fields.Selection(
        selection=[
            ("activity", "An Activity for Each Equipment"),
            ("opportunity", "An Opportunity for Each Customer"),
        ],
        default="activity",
        required=True,
    )
    may_sell = fields.Boolean(compute="_compute_may_sell")
    software_id = fields.Many2one("pemba.software", compute="_compute_software_id")
    version_id = fields.Many2one(
        "pemba.software.version",
        compute="_compute_version_id",
        store=True,
        readonly=False,
        domain="[('software_id', '=', software_id), ('release_date', '<=', 'today')]",
        help="Empty for the latest version of each software.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    date_deadline = fields.Date(
        string="Until",
        required=True,
        default=lambda self: get_today(self) + relativedelta(months=1),
    )

    @api.model
    @public(fields_list=NAMES)
    def default_get(self, fields_list):
        """Of what is selected in the list: what is in the base and does not run the latest version."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "pemba.equipment" and "equipment_ids" in fields_list:
            selected = self.env["pemba.equipment"].browse(get_active_ids(self.env))
            behind = selected.filtered(lambda one: one.state in IN_BASE and one.versions_behind)
            values["equipment_ids"] = [Command.set(behind.ids)]
        return values

    @api.depends("equipment_ids", "kind", "version_id")
    def _compute_counts(self):
        for campaign in self:
            behind = campaign._get_behind()
            campaign.equipment_count = len(behind)
            campaign.asked_count = len(behind) - len(campaign._get_unasked(behind))

    @api.depends("equipment_ids")
    @api.depends_context("uid")
    def _compute_may_sell(self):
        self.may_sell = self.env["crm.lead"].has_access("create")

    @api.depends("equipment_ids")
    def _compute_software_id(self):
        for campaign in self:
            software = campaign.equipment_ids.software_id
            campaign.software_id = software if len(software) == 1 else False

    @api.depends("software_id")
    def _compute_version_id(self):
        for campaign in self:
            campaign.version_id = campaign.software_id.latest_version_id

    def _get_target(self, equipment):
        """The version that it is to run."""
        return self.version_id or equipment.software_id.latest_version_id

    def _get_behind(self):
        """What runs less than it is to run."""
        return self.equipment_ids._origin.filtered(
            lambda one: (
                one.state in IN_BASE
                and one.version_id
                and one.version_id.sequence < self._get_target(one).sequence
            )
        )

    def _get_unasked(self, behind):
        """Without what is asked for already."""
        activity_type = self.env.ref(UPGRADE, raise_if_not_found=False)
        if self.kind == "activity" and not activity_type:
            return behind
        if self.kind == "activity":
            activities = self.env["mail.activity"].sudo()  # a colleague's may not be readable
            asked = activities.search_fetch(
                [
                    ("res_model", "=", "pemba.equipment"),
                    ("res_id", "in", behind.ids),
                    ("activity_type_id", "=", activity_type.id),
                ],
                ["res_id"],
            )
            return behind - behind.browse(asked.mapped("res_id"))
        configurations = self.env["pemba.opportunity.configuration"].sudo()  # as above
        offered = configurations.search(
            [
                ("equipment_id", "in", behind.ids),
                ("lead_id.won_status", "=", "pending"),
                ("lead_id.active", "=", True),
            ]
        )
        upgraded = offered.filtered(
            lambda one: one.version_id.sequence >= self._get_target(one.equipment_id).sequence
        )
        return behind - behind.browse(upgraded.equipment_id.ids)

    @public(one=True)
    def action_launch(self):
        """Create the activities, or the opportunities, and show them.

        :raise UserError: where nothing is behind, all of it is asked for already, or the version belongs to
            another software
        """
        for one in self.version_id and self.equipment_ids:
            if one.software_id != self.version_id.software_id:
                one._refuse(
                    "software_id",
                    self.env._(
                        "%(version)s belongs to %(software)s.",
                        version=self.version_id.display_name,
                        software=self.version_id.software_id.display_name,
                    ),
                )
        behind = self._get_behind()
        if not behind:
            raise UserError(self.env._("Nothing of what you chose is behind."))
        unasked = self._get_unasked(behind)
        if not unasked:
            raise UserError(self.env._("Upgrades of all that you chose are asked for already."))
        return self._ask(unasked) if self.kind == "activity" else self._offer(unasked)

    def _ask(self, equipment):
        """An activity for each equipment."""
        user = self.user_id or self.env.user
        of_user = self.with_context(lang=user.lang).env
        for software, pieces in equipment.grouped("software_id").items():
            version = self._get_target(pieces[:1])
            pieces.activity_schedule(
                UPGRADE,
                date_deadline=self.date_deadline,
                summary=of_user._("Upgrade to %s", version.display_name or software.display_name),
                user_id=user.id,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s upgrades are asked of %(user)s until %(date)s.",
                    count=len(equipment),
                    user=user.name,
                    date=self.date_deadline,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _offer(self, equipment):
        """An opportunity for each customer, extending each equipment to its new version."""
        leads = self.env["crm.lead"].create(
            [
                self._prepare_opportunity(company, customer, pieces)
                for (company, customer), pieces in equipment.grouped(
                    lambda one: (one.company_id, one.partner_id)
                ).items()
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.crm_lead_action")
        return action | {"domain": [("id", "in", leads.ids)], "context": {}}

    def _prepare_opportunity(self, company, customer, equipment):
        versions = dict.fromkeys(self._get_target(one).display_name for one in equipment)
        return {
            "type": "opportunity",
            "name": self.env._("Upgrade to %s", ", ".join(versions)),
            "partner_id": customer.id,
            "company_id": company.id,
            "user_id": self.user_id.id,
            "date_deadline": self.date_deadline,
            "nature": "extension",
            "opportunity_configuration_ids": [
                Command.create({"equipment_id": one.id, "version_id": self._get_target(one).id})
                for one in equipment
            ],
        }
