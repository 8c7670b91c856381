from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...models.company_day import get_today
from ...models.installed_base.pemba_equipment import HOSTS, SITES
from ...models.public import public


class PembaEquipmentProposal(models.TransientModel):
    """What a won deal brings into the installed base, for a person to check and complete."""

    _name = "pemba.equipment.proposal"
    _description = "Delivery"
    _inherit = ["pemba.values"]

    lead_id = fields.Many2one("crm.lead", string="Opportunity", required=True)
    customer_id = fields.Many2one(related="lead_id.customer_id")
    date = fields.Date(
        string="In Service Since",
        default=get_today,
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
            lines = [proposal._prepare_line(one) for one in proposal.lead_id._get_proposals()]
            proposal._choose_missing(lines)
            proposal.line_ids = [Command.clear(), *map(Command.create, lines)]

    def _choose_missing(self, lines):
        """Of a product that is known to be there in part, no more is chosen than what is missing.

        The context says ``pemba_missing``: a product, and its quantity.

        :param lines: values of lines, which are changed
        """
        product_id, missing = self.env.context.get("pemba_missing") or (None, 0.0)
        for vals in lines:
            sold = self.env["pemba.opportunity.line"].browse(vals["opportunity_line_id"] or [])
            if sold and sold.product_id.id == product_id:
                vals["is_delivered_now"] = vals["quantity"] <= missing
                missing -= vals["quantity"] if vals["is_delivered_now"] else 0.0

    def _prepare_line(self, proposal):
        """Values of a line; what else the proposal says by the name of a field of lines is asked for too.

        :param proposal: see ``crm.lead._get_proposals``
        """
        configuration, missing = proposal["configuration"], proposal["missing"]
        by_hand = not configuration and next(iter(missing))
        main = [quantity for line, quantity in missing.items() if not line.module_id]
        own = {
            "configuration_id": configuration.id,
            "opportunity_line_id": by_hand and by_hand.id,
            "equipment_id": proposal["equipment"].id,
            "quantity": max(main or missing.values(), default=0.0),
            "content": self.env["pemba.delivery"]._get_content(proposal),
            "site_id": (proposal["equipment"].site_id or self.lead_id.customer_id).id,
            "software_id": (configuration.software_id or (by_hand and by_hand.software_id)).id,
            "version_id": configuration.version_id.id,
        }
        return own | {name: proposal[name] for name in self.line_ids._get_proposed_fields(proposal)}

    @public(one=True)
    def action_deliver(self):
        """Put what is chosen into the base, and show it.

        :raise UserError: where nothing is chosen
        """
        lines = self.line_ids.filtered("is_delivered_now")
        if not lines:
            raise UserError(self.env._("%s: choose what is delivered.", self.lead_id.display_name))
        proposals = self.lead_id._get_proposals()
        delivered = [line._prepare_delivery(proposals) for line in lines]
        equipment = self.lead_id._deliver(delivered, self.date)
        self.line_ids.licence_key = False  # it stays nowhere but on the equipment, masked
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_equipment_action")
        return action | equipment._get_window()


class PembaEquipmentProposalLine(models.TransientModel):
    """A piece of equipment that is proposed."""

    _name = "pemba.equipment.proposal.line"
    _description = "Equipment to Deliver"
    _inherit = ["pemba.values"]

    proposal_id = fields.Many2one("pemba.equipment.proposal", required=True, ondelete="cascade")
    is_delivered_now = fields.Boolean(string="Deliver", default=True)
    configuration_id = fields.Many2one("pemba.opportunity.configuration")
    opportunity_line_id = fields.Many2one("pemba.opportunity.line")
    equipment_id = fields.Many2one("pemba.equipment", string="Adds to")
    content = fields.Char()
    quantity = fields.Float(
        digits="Product Unit",
        help="What is delivered now: the rest stays to be delivered. Of a configuration, the seats.",
    )
    customer_id = fields.Many2one(related="proposal_id.customer_id")
    site_id = fields.Many2one("res.partner", domain=SITES.replace(", partner_id", ", customer_id"))
    software_id = fields.Many2one("pemba.software")
    version_id = fields.Many2one("pemba.software.version", domain="[('software_id', '=', software_id)]")
    serial_number = fields.Char()
    licence_key = fields.Char(exportable=False)
    warranty_end_date = fields.Date(string="Warranty Until")
    distributor_id = fields.Many2one(related="proposal_id.lead_id.distributor_id")
    parent_id = fields.Many2one(
        "pemba.equipment",
        string="Runs on",
        domain=HOSTS.replace("[partner_id,", "[customer_id,"),
    )

    @api.model
    def _get_proposed_fields(self, proposal):
        """What a proposal says by the names of fields of lines."""
        return [name for name in proposal if name in self._fields]

    def _prepare_delivery(self, proposals):
        """What a person chose and completed, of what is still missing.

        :param proposals: those of the opportunity as they are now
        :return: what ``crm.lead._deliver`` takes
        :raise UserError: where less is left to deliver than is asked for
        """
        self.ensure_one()
        own = [proposal for proposal in proposals if self._is_of(proposal)]
        if not own:
            self._refuse(self.env._("it was delivered meanwhile."))
        left = {}
        for line, quantity in (item for proposal in own for item in proposal["missing"].items()):
            left[line] = left.get(line, 0.0) + quantity
        proposal = own[min(self._get_rank(), len(own) - 1)]
        completed = {
            name: self._fields[name].convert_to_write(self[name], self)
            for name in self._get_proposed_fields(proposal)
        }
        return proposal | completed | {"missing": self._get_part(left)}, self._prepare_equipment_vals()

    def _is_of(self, proposal):
        """Whether it is this configuration, or line made by hand, that is proposed."""
        if proposal["configuration"] or self.configuration_id:
            return proposal["configuration"] == self.configuration_id
        return self.opportunity_line_id in proposal["missing"]

    def _get_rank(self):
        """Of several pieces of one line, which it is."""
        pieces = self.proposal_id.line_ids.filtered(
            lambda one: (
                (one.configuration_id, one.opportunity_line_id)
                == (self.configuration_id, self.opportunity_line_id)
            )
        )
        return pieces.ids.index(self.id)

    def _get_part(self, missing):
        """What is delivered now: of a configuration as many seats, and at most as many of each module.

        :param missing: ``{line: quantity}``, all that is left
        :return: the same, of what is delivered now
        """
        if not missing:
            return missing
        seats = [quantity for line, quantity in missing.items() if not line.module_id]
        left = max(seats or missing.values())
        beside = self.proposal_id.line_ids.filtered(
            lambda one: one.is_delivered_now and one.opportunity_line_id == self.opportunity_line_id
        )
        asked = sum((beside if self.opportunity_line_id else self).mapped("quantity"))
        if self.quantity <= 0:
            self._refuse(self.env._("how many are delivered?"))
        if asked > left + 1e-6:
            self._refuse(
                self.env._("%(asked)s are more than the %(left)s to deliver.", asked=asked, left=left)
            )
        if abs(self.quantity - left) <= 1e-6:
            return missing
        return {line: min(quantity, self.quantity) for line, quantity in missing.items()}

    def _refuse(self, reason):
        raise UserError(
            self.env._(
                "%(lead)s, %(content)s: %(reason)s",
                lead=self.proposal_id.lead_id.name,
                content=self.content,
                reason=reason,
            )
        )

    def _prepare_equipment_vals(self):
        """What a person completed."""
        return {
            "site_id": self.site_id.id,
            "version_id": self.version_id.id,
            "serial_number": self.serial_number,
            "licence_key": self.licence_key,
            "warranty_end_date": self.warranty_end_date,
            "parent_id": self.parent_id.id,
        }
