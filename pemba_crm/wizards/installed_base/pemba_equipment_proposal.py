from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class PembaEquipmentProposal(models.TransientModel):
    """What a won deal brings into the installed base, for a person to check and complete."""

    _name = "pemba.equipment.proposal"
    _description = "Delivery"

    lead_id = fields.Many2one("crm.lead", string="Opportunity", required=True)
    customer_id = fields.Many2one(related="lead_id.customer_id")
    date = fields.Date(
        string="In Service Since",
        default=fields.Date.context_today,
        help="Empty where it goes into service later: new equipment is planned.",
    )
    line_ids = fields.One2many(
        "pemba.equipment.proposal.line",
        "proposal_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        string="Equipment",
    )

    @api.depends("lead_id")
    def _compute_line_ids(self):
        for proposal in self:
            proposal.line_ids = [Command.clear()] + [
                Command.create(proposal._prepare_line(one)) for one in proposal.lead_id._get_proposals()
            ]

    def _prepare_line(self, proposal):
        """:param proposal: see ``crm.lead._get_proposals``"""
        configuration, missing = proposal["configuration"], proposal["missing"]
        by_hand = not configuration and next(iter(missing))
        content = [
            f"{line.module_id.name or line.product_id.name} {quantity:+g}"
            for line, quantity in missing.items()
        ]
        if proposal["version"]:
            content.append(configuration.version_id.display_name)
        return {
            "configuration_id": configuration.id,
            "opportunity_line_id": by_hand and by_hand.id,
            "equipment_id": proposal["equipment"].id,
            "quantity": max(missing.values(), default=0.0),
            "content": ", ".join(content),
            "site_id": (proposal["equipment"].site_id or self.lead_id.customer_id).id,
            "software_id": (configuration.software_id or (by_hand and by_hand.software_id)).id,
            "version_id": configuration.version_id.id,
        }

    def action_deliver(self):
        """Put what is chosen into the base, and show it.

        :raise UserError: where nothing is chosen
        """
        self.ensure_one()
        lines = self.line_ids.filtered("is_delivered_now")
        if not lines:
            raise UserError(self.env._("%s: choose what is delivered.", self.lead_id.display_name))
        equipment = self.lead_id._deliver([line._prepare_delivery() for line in lines], self.date)
        self.line_ids.licence_key = False  # it stays nowhere but on the equipment, masked
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_equipment_action")
        return action | equipment._get_window()


class PembaEquipmentProposalLine(models.TransientModel):
    """A piece of equipment that is proposed."""

    _name = "pemba.equipment.proposal.line"
    _description = "Equipment to Deliver"

    proposal_id = fields.Many2one("pemba.equipment.proposal", required=True, ondelete="cascade")
    is_delivered_now = fields.Boolean(string="Now", default=True)
    configuration_id = fields.Many2one("pemba.opportunity.configuration")
    opportunity_line_id = fields.Many2one("pemba.opportunity.line")
    equipment_id = fields.Many2one("pemba.equipment", string="Adds to")
    content = fields.Char()
    quantity = fields.Float(digits="Product Unit")
    customer_id = fields.Many2one(related="proposal_id.customer_id")
    site_id = fields.Many2one("res.partner", domain="[('id', 'child_of', customer_id)]")
    software_id = fields.Many2one("pemba.software")
    version_id = fields.Many2one("pemba.software.version", domain="[('software_id', '=', software_id)]")
    serial_number = fields.Char()
    licence_key = fields.Char(exportable=False)
    parent_id = fields.Many2one("pemba.equipment", string="Runs on")

    def _prepare_delivery(self):
        """:return: what ``crm.lead._deliver`` takes
        :raise UserError: where less is left to deliver than is asked for, or it is another opportunity's
        """
        self.ensure_one()
        lead, line = self.proposal_id.lead_id, self.opportunity_line_id
        proposal = {"lead": lead, "configuration": self.configuration_id}
        if self.configuration_id:
            lines = lead.opportunity_line_ids.filtered(
                lambda line: line.configuration_id == self.configuration_id and line.configuration_role
            )
            missing, upgrade = lines._get_missing(), self.configuration_id._get_upgrade()
            proposal |= {"equipment": self.configuration_id._get_installed(), "version": upgrade}
        else:
            missing, upgrade = {line: self.quantity}, False
            left = line._get_missing().get(line, 0.0) if line.lead_id == lead else 0.0
            if self.quantity <= 0 or self.quantity > left + 1e-6:
                missing = {}
            proposal |= {"equipment": self.equipment_id.browse(), "version": False}
        if not (missing or upgrade):
            raise UserError(
                self.env._(
                    "%(lead)s: %(content)s was delivered meanwhile.", lead=lead.name, content=self.content
                )
            )
        return proposal | {"missing": missing}, self._prepare_equipment_vals()

    def _prepare_equipment_vals(self):
        """What a person completed."""
        return {
            "site_id": self.site_id.id,
            "version_id": self.version_id.id,
            "serial_number": self.serial_number,
            "licence_key": self.licence_key,
            "parent_id": self.parent_id.id,
        }
