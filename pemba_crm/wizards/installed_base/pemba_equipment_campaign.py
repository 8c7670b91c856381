from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...models.installed_base.pemba_equipment import IN_BASE


class PembaEquipmentCampaign(models.TransientModel):
    """Who is behind is asked to upgrade: an activity for equipment, or an opportunity for its customer."""

    _name = "pemba.equipment.campaign"
    _description = "Upgrade Campaign"

    equipment_ids = fields.Many2many("pemba.equipment", required=True)
    equipment_count = fields.Integer(compute="_compute_equipment_count")
    kind = fields.Selection(
        selection=[
            ("activity", "An Activity for Each Equipment"),
            ("opportunity", "An Opportunity for Each Customer"),
        ],
        default="activity",
        required=True,
    )
    version_id = fields.Many2one(
        "pemba.software.version",
        compute="_compute_version_id",
        store=True,
        readonly=False,
        domain="[('software_id', '=', software_id)]",
    )
    software_id = fields.Many2one("pemba.software", compute="_compute_version_id", store=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    date_deadline = fields.Date(string="Until", required=True, default=fields.Date.context_today)

    @api.model
    def default_get(self, fields_list):
        """Of what is selected in the list: what is in the base and does not run the latest version."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "pemba.equipment" and "equipment_ids" in fields_list:
            selected = self.env["pemba.equipment"].browse(self.env.context.get("active_ids"))
            behind = selected.filtered(lambda one: one.state in IN_BASE and one.versions_behind)
            values["equipment_ids"] = [Command.set(behind.ids)]
        return values

    @api.depends("equipment_ids")
    def _compute_equipment_count(self):
        for campaign in self:
            campaign.equipment_count = len(campaign.equipment_ids)

    @api.depends("equipment_ids")
    def _compute_version_id(self):
        for campaign in self:
            software = campaign.equipment_ids.software_id
            campaign.software_id = software if len(software) == 1 else False
            campaign.version_id = campaign.software_id.latest_version_id

    def action_launch(self):
        """Create the activities, or the opportunities, and show them.

        :raise UserError: where nothing is behind, or it is of several software
        """
        self.ensure_one()
        if not self.equipment_ids:
            raise UserError(self.env._("Nothing of what you chose is behind."))
        if not self.version_id:
            raise UserError(self.env._("Choose equipment of one software: a campaign is for one version."))
        for one in self.equipment_ids:
            if one.software_id != self.version_id.software_id:
                one._refuse(
                    "software_id",
                    self.env._(
                        "%(version)s belongs to %(software)s.",
                        version=self.version_id.display_name,
                        software=self.version_id.software_id.display_name,
                    ),
                )
        name = self.env._("Upgrade to %s", self.version_id.display_name)
        if self.kind == "activity":
            self.equipment_ids.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.date_deadline,
                summary=name,
                user_id=self.user_id.id or self.env.uid,
            )
            return {"type": "ir.actions.act_window_close"}
        leads = self.env["crm.lead"].create(
            [
                self._prepare_opportunity(company, customer, equipment) | {"name": name}
                for (company, customer), equipment in self.equipment_ids.grouped(
                    lambda one: (one.company_id, one.partner_id)
                ).items()
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.crm_lead_action")
        return action | {"domain": [("id", "in", leads.ids)], "context": {}}

    def _prepare_opportunity(self, company, customer, equipment):
        """An extension of each equipment, to its new version."""
        return {
            "type": "opportunity",
            "partner_id": customer.id,
            "company_id": company.id,
            "user_id": self.user_id.id,
            "date_deadline": self.date_deadline,
            "nature": "extension",
            "opportunity_configuration_ids": [
                Command.create({"equipment_id": one.id, "version_id": self.version_id.id})
                for one in equipment
            ],
        }
