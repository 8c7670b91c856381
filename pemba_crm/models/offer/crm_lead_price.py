from contextlib import contextmanager
from typing import NamedTuple

from odoo import api, fields, models

from ..territory.res_currency import agreed_rate


class PriceKey(NamedTuple):
    """What list prices depend on, beside product, quantity and day."""

    company: models.BaseModel
    pricelist: models.BaseModel
    currency: models.BaseModel
    rate: float  # units of the currency for one of the company's
    position: models.BaseModel  # the buyer's, where prices may include taxes


class CrmLead(models.Model):
    """What list prices and margin rules of an opportunity depend on.

    ``_get_list_prices`` is the one place that prices: contracts ask it, too.
    """

    _inherit = "crm.lead"

    def _get_price_key(self, **partners):
        """What list prices of the deal depend on.

        :param partners: another ``partner_id`` or ``distributor_id`` than its own
        """
        (key,) = self._get_price_keys(**partners).values()
        return key

    def _get_price_keys(self, **partners):
        """What list prices of deals depend on: ``{lead: PriceKey}``; see ``_get_price_key``."""
        keys, found = {}, {}
        for lead in self or [self]:  # without a deal, those of the company
            customer = partners.get("partner_id", lead.partner_id)
            buyer = partners.get("distributor_id", lead.distributor_id) or customer
            found[lead] = lead._get_deal_company(), customer, buyer
        positions = self._get_tax_positions((company, buyer) for company, _customer, buyer in found.values())
        for lead, (company, customer, buyer) in found.items():
            currency = lead.deal_currency_id or company.currency_id
            pricelist = self._get_pricelist(customer, company, currency)
            rate, position = lead.deal_rate or 1.0, positions[company, buyer]
            keys[lead] = PriceKey(company, pricelist, currency, rate, position)
        return keys

    @api.model
    def _get_tax_positions(self, buyers):
        """The fiscal positions of buyers' orders; none is asked for where no price includes taxes.

        :param buyers: ``[(company, buyer)]``
        :return: ``{(company, buyer): position}``, with all rights
        """
        positions = self.env["account.fiscal.position"].sudo()  # whoever asks
        found = {}
        for company, buyer in set(buyers):
            of_company = found[company, buyer] = positions.with_company(company)
            if self.env["account.tax"]._has_included(company):
                known = buyer._origin
                delivery = known.browse(known.address_get(["delivery"])["delivery"])
                found[company, buyer] = of_company._get_fiscal_position(known, delivery)
        return found

    @contextmanager
    def _agreeing(self):
        """Odoo converts at the deal's rate for as long as the block lasts; at its own without a deal."""
        currency = self._get_deal_company().currency_id
        with agreed_rate(self.env, currency, self.deal_currency_id or currency, self.deal_rate):
            yield

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
        return pricelists.browse(pricelists._get_first(company.id, currency.id)).with_company(company)

    @api.model
    def _get_list_prices(self, price_key, wanted, date=None):
        """What products cost before any discount and taxes: by a rule of the pricelist, else the list price.

        :param price_key: see ``PriceKey``
        :param wanted: ``[(product, quantity in its unit)]``
        :param date: whose rules and rates count; now, without one
        :return: unit prices in the deal's currency, one for each
        """
        company, pricelist, currency, rate, position = price_key
        date = date or fields.Datetime.now()
        products = self.env["product.product"].union(*(product for product, _quantity in wanted))._origin
        rules = pricelist.with_company(company)._get_applicable_rules(products, date)
        prices = {}
        with agreed_rate(self.env, company.currency_id, currency, rate):
            for product, quantity in wanted:
                key = product._origin.id, quantity
                if key not in prices:
                    product = products.browse(key[0]).with_prefetch(products.ids).with_company(company)
                    price = self._get_price(product, quantity, rules, currency, date)
                    prices[key] = self._without_taxes(product, price, company, position)
        return [prices[product._origin.id, quantity] for product, quantity in wanted]

    @api.model
    def _get_price(self, product, quantity, rules, currency, date):
        """A unit's price by the first of these rules that applies, else the list price."""
        applicable = (rule for rule in rules if rule._is_applicable_for(product, quantity))
        return next(applicable, rules.browse())._compute_price(
            product, quantity, product.uom_id, date, currency
        )

    @api.model
    def _without_taxes(self, product, price, company, position):
        """A list price before the taxes that it includes, or that it does for the buyer."""
        product = product.with_context(active_test=True).sudo()  # taxes are no secret
        own = product.taxes_id._filter_taxes_by_company(company)
        taxes = position.map_tax(own) if position else own
        if not (own | taxes)._include_any():
            return price
        price = product._get_tax_included_unit_price_from_price(price, own, fiscal_position=position)
        return taxes._get_tax_details(price, 1.0, rounding_method="round_globally", product=product)[
            "total_excluded"
        ]

    def _get_margin_keys(self):
        """What margin rules are chosen by: the ids of distributors and of zones, the nearest first.

        The sale's zone, which is the customer's, decides; that of the distributor only where it has none.
        """
        distributor = self.distributor_id._origin
        zones = self._get_zone_line(self.zone_id or distributor.zone_id)
        return [distributor.id, distributor.commercial_partner_id.id], zones

    @api.model
    def _get_zone_line(self, zone):
        """A zone and its ancestors: ids, the nearest first."""
        return [int(part) for part in reversed((zone._origin.parent_path or "").split("/")[:-1])]
