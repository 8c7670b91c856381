from odoo import api, models


class PembaPortfolioTransfer(models.TransientModel):
    """Whose order is awaited is looked after, whether it runs or not."""

    _inherit = "pemba.portfolio.transfer"

    @api.model
    def _get_contract_domain(self):
        return super()._get_contract_domain() | self.env["pemba.contract"]._get_awaited_domain()
