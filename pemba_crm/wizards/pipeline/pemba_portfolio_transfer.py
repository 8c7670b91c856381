from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ...models.company_day import get_today
from ...models.public import NAMES, get_active_ids, public


class PembaPortfolioTransfer(models.TransientModel):
    """Move what a salesperson is in charge of to another: the open opportunities and their activities.

    Later rooms add what else there is to a portfolio, by ``_transfer`` and a field of their own.
    """

    _name = "pemba.portfolio.transfer"
    _description = "Move a Portfolio"
    _inherit = ["pemba.values"]

    user_id = fields.Many2one("res.users", string="From", domain="[('share', '=', False)]")
    zone_id = fields.Many2one("pemba.zone", string="In Zone", help="And in the zones below it.")
    new_user_id = fields.Many2one("res.users", string="To", required=True, domain="[('share', '=', False)]")
    lead_ids = fields.Many2many(
        "crm.lead",
        string="Open Opportunities",
        compute="_compute_lead_ids",
        store=True,
        readonly=False,
    )
    with_activities = fields.Boolean(
        string="With Their Activities", default=True, help="What is planned on them for the one who had them."
    )
    lead_count = fields.Integer(compute="_compute_totals")
    company_currency_id = fields.Many2one(
        "res.currency", default=lambda self: self.env.company.currency_id, readonly=True
    )
    expected_revenue = fields.Monetary(compute="_compute_totals", currency_field="company_currency_id")

    @api.model
    @public(fields_list=NAMES)
    def default_get(self, fields_list):
        """From a list, what is selected there; of one salesperson, that one."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "crm.lead" and get_active_ids(self.env):
            selected = self.env["crm.lead"].browse(get_active_ids(self.env))
            leads = selected.filtered(lambda lead: lead._is_open())
            values["lead_ids"] = [Command.set(leads.ids)]
            if len(leads.user_id) == 1:
                values["user_id"] = leads.user_id.id
        return values

    @api.depends("user_id", "zone_id")
    def _compute_lead_ids(self):
        for transfer in self:
            if transfer.user_id and not get_active_ids(self.env):
                transfer.lead_ids = self.env["crm.lead"].search(transfer._get_opportunity_domain())

    def _get_opportunity_domain(self):
        domain = Domain("type", "=", "opportunity") & Domain("won_status", "=", "pending")
        domain &= Domain("user_id", "=", self.user_id.id)
        if self.zone_id:
            domain &= Domain("zone_id", "child_of", self.zone_id.id)
        return domain

    @api.depends("lead_ids")
    def _compute_totals(self):
        for transfer in self:
            transfer.lead_count = len(transfer.lead_ids)
            transfer.expected_revenue = sum(
                currency._convert(
                    sum(leads.mapped("expected_revenue")),
                    transfer.company_currency_id,
                    self.env.company,
                    get_today(self),
                )
                for currency, leads in transfer.lead_ids.grouped("company_currency").items()
            )

    @public(one=True)
    def action_transfer(self):
        """Move it, and show what was moved.

        :raise UserError: where there is nothing to move
        """
        moved = self._transfer()
        if not moved:
            raise UserError(self.env._("There is nothing to move: choose whose opportunities, or which."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s records are now %(user)s's.",
                    count=moved,
                    user=self.new_user_id.name,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _transfer(self):
        """Move everything that was chosen.

        :return: how many records changed hands
        """
        leads = self.lead_ids
        if self.with_activities:
            activities = leads.activity_ids.filtered(
                lambda activity: activity.user_id == leads.browse(activity.res_id).user_id
            )
            activities.write({"user_id": self.new_user_id.id})
        leads.write({"user_id": self.new_user_id.id})
        return len(leads)
