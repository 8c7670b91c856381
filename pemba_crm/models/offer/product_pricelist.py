from odoo import api, fields, models, tools

from ..public import VALUES, VALUES_LIST, public


class ProductPricelist(models.Model):
    _name = "product.pricelist"
    _inherit = ["product.pricelist", "pemba.rules"]

    is_for_deals = fields.Boolean(
        string="Carries a Deal's Currency",
        readonly=True,
        copy=False,
        help="Archived, so that it is nobody's default: it only gives orders their opportunity's currency.",
    )

    _for_deals_uniq = models.UniqueIndex("(currency_id) WHERE is_for_deals")

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        self.env.registry.clear_cache()
        if not self._take_creation(vals_list):
            vals_list = self._as_sent(vals_list, is_new=True)
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):
        if not {"active", "company_id", "currency_id", "sequence"}.isdisjoint(vals):
            self.env.registry.clear_cache()
        return super().write(vals if self._take_write(vals) else self._as_sent([vals])[0])

    @public
    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @tools.ormcache("company", "currency")
    def _get_first(self, company, currency):
        """The first pricelist of a company in a currency.

        :param company: id
        :param currency: id
        :return: id, or False
        """
        domain = [
            ("company_id", "in", (company, False)),
            ("currency_id", "=", currency),
            ("active", "=", True),
        ]
        return self.sudo().search(domain, limit=1).id  # the same for everybody

    @api.model
    def _find_for_deals(self, currency):
        """The pricelist that gives orders the currency of their opportunity, if it is there already."""
        domain = [("is_for_deals", "=", True), ("currency_id", "=", currency.id)]
        return self.sudo().with_context(active_test=False).search(domain, limit=1)  # set for everybody

    @api.model
    def _get_for_deals(self, currency):
        """As ``_find_for_deals``; made where it is not there yet."""
        return self._find_for_deals(currency) or self.sudo()._put(  # salespeople make no pricelists
            [
                {
                    "name": self.env._("Deals in %s", currency.name),
                    "currency_id": currency.id,
                    "company_id": False,
                    "active": False,
                    "is_for_deals": True,
                }
            ]
        )
