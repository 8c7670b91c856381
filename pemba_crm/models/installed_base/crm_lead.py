from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

DELIVERY = "pemba_crm.mail_activity_type_delivery"


class CrmLead(models.Model):
    """From a won deal to the installed base."""

    _inherit = "crm.lead"

    equipment_ids = fields.Many2many("pemba.equipment", compute="_compute_equipment_ids")
    is_to_deliver = fields.Boolean(
        string="To Deliver",
        compute="_compute_is_to_deliver",
        search="_search_is_to_deliver",
        help="It is won, and some of what it sold is not in the installed base yet.",
    )

    @api.depends("opportunity_line_ids.component_ids", "opportunity_configuration_ids.equipment_id")
    def _compute_equipment_ids(self):
        for lead in self:
            sold = lead.opportunity_line_ids.component_ids.equipment_id
            lead.equipment_ids = sold | lead.opportunity_configuration_ids.equipment_id

    @api.depends(
        "won_status", "opportunity_line_ids.quantity", "opportunity_line_ids.component_ids.sold_quantity"
    )
    def _compute_is_to_deliver(self):
        to_deliver = set(self._search([("id", "in", self.ids), ("is_to_deliver", "=", True)]))
        for lead in self:
            lead.is_to_deliver = lead._origin.id in to_deliver

    def _search_is_to_deliver(self, operator, value):
        if operator != "in":
            return NotImplemented
        missing = SQL(
            """(
            SELECT line.lead_id
              FROM pemba_opportunity_line line
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE line.active AND line.is_returned IS NOT TRUE
               AND (line.configuration_role IN ('licence', 'module')
                    OR line.configuration_role IS NULL AND template.pemba_equipment_policy != 'none')
               AND line.quantity - 1e-6 > COALESCE((
                    SELECT SUM(component.sold_quantity)
                      FROM pemba_equipment_component component
                     WHERE component.opportunity_line_id = line.id), 0)
            )"""
        )
        self.env["pemba.opportunity.line"].flush_model(
            ["active", "is_returned", "configuration_role", "quantity", "product_id"]
        )
        self.env["pemba.equipment.component"].flush_model(["sold_quantity", "opportunity_line_id"])
        self.env["product.template"].flush_model(["pemba_equipment_policy"])
        return Domain("won_status", "=", "won") & Domain("id", "in", missing)

    @api.model
    def get_view(self, view_id=None, view_type="form", **options):
        """Who delivers and does not sell sees what is to deliver, from an activity too."""
        sells = self.env.user.has_group("sales_team.group_sale_salesman")
        if view_type == "form" and not view_id and not sells:
            view_id = self.env["ir.model.data"]._xmlid_to_res_id("pemba_crm.crm_lead_view_form_delivery")
        return super().get_view(view_id, view_type, **options)

    def _follow_results(self, before, vals):
        result = super()._follow_results(before, vals)
        was_won = self.filtered(lambda lead: before[lead]["won_status"] == "won")
        is_won = self.filtered(lambda lead: lead.won_status == "won")
        if is_won - was_won:
            (is_won - was_won)._ask_for_delivery()
        if was_won - is_won:
            (was_won - is_won).activity_unlink([DELIVERY])
        return result

    def _ask_for_delivery(self):
        """An activity for support, once, where a won deal sold what comes into the base."""
        if any(self.env.context.get(key) for key in ("import_file", "tracking_disable", "mail_create_nolog")):
            return
        activity_type = self.env.ref(DELIVERY)
        unasked = self.filtered(
            lambda lead: lead.is_to_deliver and activity_type not in lead.activity_ids.activity_type_id
        )
        for (company, salesperson), leads in unasked.grouped(
            lambda lead: (lead._get_deal_company(), lead.user_id)
        ).items():
            user = activity_type.default_user_id or self._get_delivery_user(company) or salesperson
            leads.activity_schedule(
                DELIVERY,
                summary=self.env._("Put what was sold into the installed base"),
                user_id=user.id or self.env.uid,
            )

    @api.model
    def _get_delivery_user(self, company):
        """Someone of support in a company."""
        support = self.env.ref("pemba_crm.group_support").sudo()  # salespeople need not see groups
        users = support.all_user_ids.filtered(lambda user: user.active and company in user.company_ids)
        return users.sorted("id")[:1]

    # ------------------------------------------------------------
    # Delivery
    # ------------------------------------------------------------

    def action_deliver(self):
        """Open the proposal of what comes into the base."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_equipment_proposal_action")
        return action | {"context": {"default_lead_id": self.id}}

    def _create_equipment(self):
        """Create what won lines still miss in the base, or add it to what they extend.

        :return: the equipment; planned where it is new
        :raise UserError: naming the opportunity that is not won, or has no customer
        """
        equipment = self.env["pemba.equipment"]
        for proposal in self._get_proposals():
            equipment |= proposal["lead"]._deliver(proposal)
        return equipment

    def _get_proposals(self):
        """What is missing in the base, a piece of equipment each.

        :return: a list of ``{lead, configuration, equipment, missing}``; the equipment is the one that a
            configuration extends or has become already; missing is ``{line: quantity}``
        """
        proposals = []
        nothing = self.env["pemba.opportunity.configuration"]
        for lead in self:
            for configuration, lines in lead.opportunity_line_ids.grouped("configuration_id").items():
                missing = lines._get_missing()
                of_configuration = {line: qty for line, qty in missing.items() if line.configuration_role}
                if of_configuration:
                    proposals.append(
                        {
                            "lead": lead,
                            "configuration": configuration,
                            "equipment": configuration._get_installed(),
                            "missing": of_configuration,
                        }
                    )
                by_hand = {"lead": lead, "configuration": nothing, "equipment": self.env["pemba.equipment"]}
                for line, quantity in missing.items():
                    if not line.configuration_role:
                        per_unit = line.product_id.pemba_equipment_policy == "per_unit"
                        units = [1.0] * int(quantity) if per_unit else [quantity]
                        proposals += [by_hand | {"missing": {line: unit}} for unit in units]
        return proposals

    def _deliver(self, proposal, date=None, **vals):
        """Put one piece into the base.

        :param proposal: one of ``_get_proposals``
        :param date: the day it went into service; nothing leaves new equipment planned
        :param vals: of new equipment
        :return: the equipment
        """
        self.ensure_one()
        self._check_delivery()
        equipment, missing = proposal["equipment"], proposal["missing"]
        components = [line._prepare_component(quantity) for line, quantity in missing.items()]
        if not equipment:
            vals = self._prepare_equipment(proposal, components) | {k: v for k, v in vals.items() if v}
            equipment = equipment.create(vals)
            if date:
                equipment.action_start(date)
            return equipment
        if equipment.state == "planned":
            equipment.component_ids = [Command.create(component) for component in components]
            if date:
                equipment.action_start(date)
            return equipment
        equipment._add_sold(components, date)
        version = vals.get("version_id") or proposal["configuration"].version_id.id
        if version and version != equipment.version_id.id:
            equipment.action_upgrade(version, date)
        return equipment

    def _settle_delivery(self):
        """The activity is done once nothing is missing any more; support need not write opportunities."""
        done = self.filtered(lambda lead: not lead.is_to_deliver)
        done.sudo().activity_feedback([DELIVERY])  # whoever delivers

    def _check_delivery(self):
        if self.won_status != "won":
            raise UserError(self.env._("%s is not won: nothing is delivered for it.", self.display_name))
        if not self.customer_id:
            raise UserError(self.env._("%s has no customer: choose its contact first.", self.display_name))

    def _prepare_equipment(self, proposal, components):
        configuration, line = proposal["configuration"], next(iter(proposal["missing"]))
        licence = next((one for one in proposal["missing"] if not one.module_id), line)
        software = configuration.software_id or line.software_id
        return {
            "company_id": self._get_deal_company().id,
            "partner_id": self.customer_id.id,
            "distributor_id": self.distributor_id.id,
            "kind": "software" if software else "hardware",
            "software_id": software.id,
            "version_id": configuration.version_id.id,
            "deployment_type_id": configuration.deployment_type_id.id,
            "opportunity_configuration_id": configuration.id,
            "product_id": licence.product_id.id,
            "component_ids": [Command.create(component) for component in components],
        }
