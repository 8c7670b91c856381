from odoo import api, models, tools

from ..public import VALUES, VALUES_LIST, public


class AccountTax(models.Model):
    _inherit = "account.tax"

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        taxes = super().create(vals_list)
        self.env.registry.clear_cache()
        return taxes

    @public(vals=VALUES)
    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    @public
    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def _include_any(self):
        """Whether one of these, or of a group among them, is included in prices."""
        return any((self | self.children_tax_ids).mapped("price_include"))

    @api.model
    @tools.ormcache("company.id")
    def _has_included(self, company):
        """Whether prices of a company, its own or those of some customers, include taxes."""
        taxes = self.with_context(active_test=True).sudo()  # the same for everybody
        sold = [("type_tax_use", "in", ("sale", "none")), ("price_include", "=", True)]
        return bool(taxes.search_count([*self._check_company_domain(company), *sold], limit=1))
