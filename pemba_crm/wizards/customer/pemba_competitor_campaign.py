from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...models.company_day import get_today
from ...models.public import NAMES, get_active_ids, public


class PembaCompetitorCampaign(models.TransientModel):
    """Customers of competitors are offered our software before their contracts end."""

    _name = "pemba.competitor.campaign"
    _description = "Replacement Campaign"
    _inherit = ["pemba.values"]

    installation_ids = fields.Many2many("pemba.competitor.installation", required=True)
    customer_count = fields.Integer(string="Customers", compute="_compute_counts")
    asked_count = fields.Integer(
        string="Already Asked",
        compute="_compute_counts",
        help="Products that an opportunity is to replace already, or has replaced, are left out.",
    )
    unmatched_count = fields.Integer(
        string="Without our Software",
        compute="_compute_counts",
        help="Products of which it is not known what of ours replaces them: nothing is offered for them yet.",
    )
    name = fields.Char(
        string="Opportunity", required=True, default=lambda self: self.env._("Replacement campaign")
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        domain="[('share', '=', False)]",
        help="The customer's own if empty.",
    )
    months_before = fields.Integer(
        string="Months before the End",
        default=3,
        help="How long before the competitor's contract ends ours is to be sold.",
    )

    @api.model
    @public(fields_list=NAMES)
    def default_get(self, fields_list):
        """Of what is selected in the list."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "pemba.competitor.installation":
            values["installation_ids"] = [Command.set(get_active_ids(self.env))]
        return values

    @api.depends("installation_ids")
    def _compute_counts(self):
        for campaign in self:
            unasked = campaign._get_unasked()
            campaign.customer_count = len(unasked.partner_id)
            campaign.unmatched_count = len(unasked.filtered(lambda one: not one.replaced_by_ids))
            campaign.asked_count = len(campaign.installation_ids) - len(unasked)

    def _get_unasked(self):
        """Without what an opportunity is to replace already, or has replaced."""
        return self.installation_ids._origin.filtered(
            lambda one: not one.sudo()._is_asked()  # by a colleague's opportunity, too
        )

    @public(one=True)
    def action_launch(self):
        """Create an opportunity for each customer, and show them.

        :raise UserError: where all of it is asked for already
        """
        unasked = self._get_unasked()
        if not unasked:
            raise UserError(self.env._("Opportunities replace all of that already."))
        by_customer = unasked.grouped("partner_id")
        vals_list = [self._prepare_opportunity(customer, found) for customer, found in by_customer.items()]
        leads = self.env["crm.lead"].sudo().create(vals_list)  # in the name of the customers' salespeople
        for lead, found in zip(leads, by_customer.values(), strict=True):
            found._set(opportunity_id=lead.id)
        if not self.env["crm.lead"].search_count([("id", "in", leads.ids)]):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._("%s opportunities are created for colleagues.", len(leads)),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.crm_lead_action")
        return action | {"domain": [("id", "in", leads.ids)], "context": {}}

    def _prepare_opportunity(self, customer, installations):
        """Values of the opportunity with a customer: what of ours replaces each product is offered."""
        user = self.user_id or customer.user_id.filtered("active") or self.env.user
        ends = installations.filtered("contract_end_date").mapped("contract_end_date")
        today = get_today(self)
        deadline = ends and max(min(ends) - relativedelta(months=self.months_before), today)
        ours = [one for one in installations if len(one.replaced_by_ids) == 1]
        return {
            "type": "opportunity",
            "name": f"{self.name}: {', '.join(installations.competitor_product_id.mapped('name'))}",
            "partner_id": customer.id,
            "user_id": user.id,
            "date_deadline": deadline or False,
            "nature": "new",
            "competitor_product_ids": [Command.set(installations.competitor_product_id.ids)],
            "opportunity_configuration_ids": [
                Command.create({"software_id": one.replaced_by_ids.id, "seat_count": one._get_seats()})
                for one in ours
            ],
        }
