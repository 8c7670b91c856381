from odoo import api, models, tools

from ..public import VALUES, VALUES_LIST, public


class AccountTax(models.Model):
    _inherit = "account.tax"

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    @public
    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    def _has_included(self, company):
        """Whether prices of a company, its own or those of some customers, include taxes."""
        company = company.sudo()  # salespeople need not see companies
        return self._is_included(company.id, company.account_price_include)

    @api.model
    @tools.ormcache("company_id", "default")
    def _is_included(self, company_id, default):
        """See ``_has_included``.

        :param default: the company's own setting
        """
        return bool(
            self.sudo().search_count(  # the same for everybody
                [
                    *self._check_company_domain(company_id),
                    ("type_tax_use", "in", ("sale", "none")),
                    ("price_include", "=", True),
                ],
                limit=1,
            )
        )
