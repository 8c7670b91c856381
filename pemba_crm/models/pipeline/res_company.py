from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_sales_clock(self):
        """The time zone by which its sales are closed: its partner's, else its calendar's, else UTC."""
        company = self.sudo()  # salespeople need not see the company's contact
        return company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
