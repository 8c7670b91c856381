from odoo import api, fields, models


class CrmLead(models.Model):
    """What list prices and margin rules of an opportunity depend on.

    ``_get_list_prices`` is the one place that prices: contracts ask it, too.
    """

    _inherit = "crm.lead"

    def _get_price_key(self):
        """What list prices of the deal depend on: ``(company, pricelist, currency, rate)``."""
        company = self._get_deal_company()
        currency = self.deal_currency_id or company.currency_id
        pricelist = self._get_pricelist(self.partner_id, company, currency)
        return company, pricelist, currency, self.deal_rate or 1.0

    @api.model
    def _get_pricelist(self, partner, company, currency):
        """A pricelist in a currency: the contact's, else the first of the company.

        :return: none where Odoo's pricelists are off
        """
        pricelists = self.env["product.pricelist"]
        if not self.env["res.groups"]._is_feature_enabled("product.group_product_pricelist"):
            return pricelists
        own = partner.with_company(company).property_product_pricelist
        if own.currency_id == currency:
            return own
        return pricelists.browse(pricelists._get_first(company.id, currency.id))

    @api.model
    def _get_list_prices(self, price_key, products, quantity):
        """What products cost before any discount: by a rule of the pricelist, else the list price.

        :param price_key: see ``_get_price_key``
        :return: ``{product's id: unit price in the deal's currency}``
        """
        company, pricelist, currency, rate = price_key
        products = products._origin.with_company(company)
        today = fields.Date.context_today(self)
        prices = {}
        if pricelist:
            ruled = pricelist._compute_price_rule(products, quantity, currency=currency, date=today)
            prices = {product: price for product, (price, rule) in ruled.items() if rule}
        for product in products.filtered(lambda product: product.id not in prices):
            in_company_currency = product.currency_id._convert(
                product.lst_price, company.currency_id, company, today, round=False
            )
            prices[product.id] = in_company_currency * rate
        return {product.id: self._without_taxes(product, prices[product.id], company) for product in products}

    @api.model
    def _without_taxes(self, product, price, company):
        """A list price before the taxes that it includes."""
        taxes = product.taxes_id._filter_taxes_by_company(company)
        if not any(taxes.mapped("price_include")):
            return price
        return taxes._get_tax_details(price, 1.0, rounding_method="round_globally", product=product)[
            "total_excluded"
        ]

    def _get_margin_keys(self):
        """What margin rules are chosen by: the ids of distributors and of zones, the nearest first."""
        distributor = self.distributor_id._origin
        zones = [*self._get_zone_line(self.zone_id), *self._get_zone_line(distributor.zone_id)]
        return [distributor.id, distributor.commercial_partner_id.id], list(dict.fromkeys(zones))

    @api.model
    def _get_zone_line(self, zone):
        """A zone and its ancestors: ids, the nearest first."""
        return [int(part) for part in reversed((zone._origin.parent_path or "").split("/")[:-1])]
