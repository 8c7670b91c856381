from odoo import models

from ..public import VALUES, public


class ResCompany(models.Model):
    _inherit = "res.company"

    @public(vals=VALUES)
    def write(self, vals):
        old = {company: company.currency_id for company in self} if "currency_id" in vals else {}
        result = super().write(vals)
        for company, currency in old.items():
            if company.currency_id != currency:
                company._follow_currency(currency)
        return result

    def _follow_currency(self, old):
        """What is open keeps its figures in the company's new currency.

        :param old: its currency before
        """
        leads = self.env["crm.lead"].sudo().with_company(self)  # those of everybody
        leads._follow_company_currency(self, old)

    def _get_sales_clock(self):
        """The time zone by which its sales are closed: its partner's, else its calendar's, else UTC."""
        company = self.sudo()  # salespeople need not see the company's contact
        return company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
