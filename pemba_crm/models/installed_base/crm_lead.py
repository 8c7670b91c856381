from odoo import api, fields, models
from odoo.fields import Command, Domain

from ..public import public

DELIVERY = "pemba_crm.mail_activity_type_delivery"


class CrmLead(models.Model):
    """From a won deal to the installed base."""

    _inherit = "crm.lead"

    equipment_ids = fields.Many2many("pemba.equipment", compute="_compute_equipment_ids")
    installed_count = fields.Integer(related="customer_id.equipment_count", related_sudo=False)
    is_to_deliver = fields.Boolean(
        string="To Deliver",
        compute="_compute_is_to_deliver",
        search="_search_is_to_deliver",
        help="It is won, and some of what it sold is not in the installed base yet.",
    )

    to_deliver = fields.Char(
        string="Left to Deliver",
        compute="_compute_to_deliver",
        help="What it sold and is not in the installed base yet.",
    )

    @api.depends("is_to_deliver")
    @api.depends_context("lang")
    def _compute_to_deliver(self):
        left = {}
        for proposal in self.filtered("is_to_deliver")._get_proposals():
            content = self.env["pemba.delivery"]._get_content(proposal)
            left.setdefault(proposal["lead"], {}).setdefault(content, []).append(proposal)
        for lead in self:
            contents = left.get(lead, {})
            lead.to_deliver = "; ".join(
                content if len(proposals) == 1 else f"{len(proposals)} × {content}"
                for content, proposals in contents.items()
            )

    @api.depends("opportunity_line_ids.component_ids", "opportunity_configuration_ids.equipment_id")
    def _compute_equipment_ids(self):
        for lead in self:
            sold = lead.opportunity_line_ids.component_ids.equipment_id
            lead.equipment_ids = sold | lead.opportunity_configuration_ids.equipment_id

    @api.depends(
        "won_status",
        "opportunity_line_ids.quantity",
        "opportunity_line_ids.comes_into_base",
        "opportunity_line_ids.component_ids.sold_quantity",
        "opportunity_configuration_ids.equipment_id.version_id",
    )
    def _compute_is_to_deliver(self):
        to_deliver = set(self._search([("id", "in", self.ids), ("is_to_deliver", "=", True)]))
        for lead in self:
            lead.is_to_deliver = lead._origin.id in to_deliver

    def _search_is_to_deliver(self, operator, value):
        if operator != "in":
            return NotImplemented
        missing = self.env["pemba.delivery"]._get_missing_query()
        return Domain("won_status", "=", "won") & Domain("id", "in", missing)

    @api.model
    @public
    def get_view(self, view_id=None, view_type="form", **options):
        """Who delivers and does not sell sees what is to deliver, from an activity too."""
        sells = self.env.user.has_group("sales_team.group_sale_salesman")
        if view_type == "form" and not view_id and not sells:
            view_id = self.env["ir.model.data"]._xmlid_to_res_id("pemba_crm.crm_lead_view_form_delivery")
        return super().get_view(view_id, view_type, **options)

    def _start_results(self, given):
        result = super()._start_results(given)
        self.filtered(lambda lead: lead.won_status == "won")._ask_for_delivery()
        return result

    def _start_offers(self, offers, given):
        result = super()._start_offers(offers, given)
        self.filtered(lambda lead: lead.won_status == "won")._ask_for_delivery()
        return result

    def _follow_results(self, before, vals):
        result = super()._follow_results(before, vals)
        was_won = self.filtered(lambda lead: before[lead]["won_status"] == "won")
        is_won = self.filtered(lambda lead: lead.won_status == "won")
        (is_won - was_won)._ask_for_delivery()
        if was_won - is_won:
            (was_won - is_won).activity_unlink([DELIVERY])
        return result

    def _align(self, orders):
        result = super()._align(orders)
        self.filtered(lambda lead: lead.won_status == "won")._ask_for_delivery()
        return result

    def _ask_for_delivery(self):
        """An activity for support, once, where a won deal sold what comes into the base."""
        silent = ("import_file", "tracking_disable", "mail_create_nolog")
        if not self or any(self.env.context.get(key) for key in silent):
            return
        activity_type = self.env.ref(DELIVERY, raise_if_not_found=False)
        if not activity_type:
            return
        unasked = self.filtered(
            lambda lead: lead.is_to_deliver and activity_type not in lead.activity_ids.activity_type_id
        )
        for (company, salesperson), leads in unasked.grouped(
            lambda lead: (lead._get_deal_company(), lead.user_id)
        ).items():
            user = activity_type.default_user_id or self._get_delivery_user(company) or salesperson
            user = user or self.env.user
            of_user = self.with_context(lang=user.lang).env
            leads.activity_schedule(
                DELIVERY, summary=of_user._("Put what was sold into the installed base"), user_id=user.id
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_delivered(self):
        self.filtered("opportunity_line_count")._get_all_lines()._unlink_except_delivered()

    @api.model
    def _get_delivery_user(self, company):
        """Someone of support in a company."""
        support = self.env.ref("pemba_crm.group_support").sudo()  # salespeople need not see groups
        users = support.all_user_ids.filtered(lambda user: user.active and company in user.company_ids)
        return users.sorted("id")[:1]

    # ------------------------------------------------------------
    # Delivery
    # ------------------------------------------------------------

    @public(one=True)
    def action_open_installed(self):
        """What its customer runs."""
        return self.customer_id.action_open_equipment()

    @public(one=True)
    def action_deliver(self):
        """Open the proposal of what comes into the base."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_equipment_proposal_action")
        return action | {"context": {"default_lead_id": self.id, "dialog_size": "extra-large"}}

    def _create_equipment(self):
        """Create what won lines still miss in the base, or add it to what they extend.

        :return: the equipment; planned where it is new
        :raise UserError: naming the opportunity that is not won, has no customer, or extends equipment
            that is another customer's now
        """
        return self._deliver([(proposal, {}) for proposal in self._get_proposals()])

    def _get_proposals(self):
        """What is missing in the base, a piece of equipment each, for a person to check and complete.

        :return: a list of ``{lead, configuration, equipment, missing, version}`` and of what add-ons add,
            see ``pemba.delivery``
        """
        return self.env["pemba.delivery"]._get_proposals(self)

    def _deliver(self, delivered, date=None):
        """Put what is proposed into the base.

        :param delivered: a list of ``(one of _get_proposals, values of new equipment)``
        :param date: the day it went into service; nothing leaves new equipment planned
        :return: the equipment
        """
        return self.env["pemba.delivery"]._deliver(delivered, date)

    def _settle_delivery(self):
        """The activity is done once nothing is missing any more; support need not write opportunities."""
        done = self.filtered(lambda lead: not lead.is_to_deliver)
        if done:
            done.sudo().activity_feedback([DELIVERY])  # whoever delivers

    def _prepare_equipment(self, proposal, components):
        """Values of the new equipment that a proposal becomes.

        :param components: values of its components
        """
        configuration, line = proposal["configuration"], next(iter(proposal["missing"]))
        software = configuration.software_id or line.software_id
        product = next((one.product_id for one in proposal["missing"] if not one.module_id), None)
        if product is None:  # only modules were sold: the software itself has no price, or is there already
            product = software._get_product(configuration.deployment_type_id)
            seats = configuration.seat_count or max(proposal["missing"].values())
            components = [{"product_id": product.id, "quantity": seats}, *components]
        return {
            "company_id": self._get_deal_company().id,
            "partner_id": self.customer_id.id,
            "distributor_id": self.distributor_id.id,
            "kind": "software" if software else "hardware",
            "software_id": software.id,
            "version_id": configuration.version_id.id,
            "deployment_type_id": configuration.deployment_type_id.id,
            "opportunity_configuration_id": configuration.id,
            "product_id": product.id,
            "component_ids": [Command.create(component) for component in components],
        }
