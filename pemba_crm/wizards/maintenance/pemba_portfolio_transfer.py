from odoo import api, fields, models
from odoo.fields import Domain

from ...models.public import get_active_ids


class PembaPortfolioTransfer(models.TransientModel):
    """A portfolio has contracts too."""

    _inherit = "pemba.portfolio.transfer"

    contract_ids = fields.Many2many(
        "pemba.contract", string="Contracts", compute="_compute_contract_ids", store=True, readonly=False
    )
    contract_count = fields.Integer(compute="_compute_contract_count")

    @api.depends("user_id", "zone_id")
    def _compute_contract_ids(self):
        for transfer in self:
            if transfer.user_id and not get_active_ids(self.env):
                domain = Domain("user_id", "=", transfer.user_id.id) & self._get_contract_domain()
                if transfer.zone_id:
                    domain &= Domain("zone_id", "child_of", transfer.zone_id.id)
                transfer.contract_ids = self.env["pemba.contract"].search(domain)

    @api.model
    def _get_contract_domain(self):
        """The contracts that somebody has to look after."""
        return Domain("state", "in", ("draft", "running"))

    @api.depends("contract_ids")
    def _compute_contract_count(self):
        for transfer in self:
            transfer.contract_count = len(transfer.contract_ids)

    def _transfer(self):
        moved = super()._transfer()
        contracts = self.contract_ids
        if self.with_activities:
            contracts.activity_ids.filtered(
                lambda activity: activity.user_id == contracts.browse(activity.res_id).user_id
            ).write({"user_id": self.new_user_id.id})
        contracts.write({"user_id": self.new_user_id.id})
        return moved + len(contracts)
