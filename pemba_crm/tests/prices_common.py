"""Random offers of random companies, each taken to a posted invoice, a contract and its renewal."""

import logging
import random
from collections import Counter

from odoo.fields import Command

from .reconciliation_common import ReconciliationCommon

_logger = logging.getLogger(__name__)
SILENT = {"tracking_disable": True, "mail_notrack": True, "mail_create_nosubscribe": True}
# Of one setting of a company, so many offers are made.
BLOCK = 10


class PricesCommon(ReconciliationCommon):
    """A company in a currency of 0, 2 or 3 decimals, with taxes of every kind, zones, tiers and variants."""

    main_currency = "EUR"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.currency_id = cls._currency(cls.main_currency)
        cls.env = cls.env(context=dict(cls.env.context, **SILENT))
        cls.env.user.group_ids |= cls.env.ref("uom.group_uom") | cls.env.ref(
            "product.group_product_pricelist"
        )
        cls.counts = Counter()
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        taxes = {}
        for amount in (20, 5.5, 8.1):
            for kind in ("tax_included", "tax_excluded"):
                taxes[amount, kind] = cls.env["account.tax"].create(
                    {
                        "name": f"{amount} {kind}",
                        "amount": amount,
                        "price_include_override": kind,
                        "type_tax_use": "sale",
                        "company_id": cls.company.id,
                    }
                )
        cls.taxes = list(taxes.values())
        cls.included = cls.env["account.tax"].union(
            *(tax for tax in cls.taxes if tax.price_include_override == "tax_included")
        )
        cls.dollar = cls._currency("USD")
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.dollar.id, "company_id": cls.company.id, "name": "2020-01-01", "rate": 1.2834}
        )
        cls.zone, _dollar = cls._create_dollar_zone(2.0)
        cls.zone.rate_ids.rate = 1.6137
        mapped, abroad, exempt = (cls._create_position(name) for name in ("Mapped", "Abroad", "Exempt"))
        of_twenty = taxes[20, "tax_excluded"] | taxes[20, "tax_included"]
        taxes[5.5, "tax_included"].write(
            {
                "fiscal_position_ids": [Command.link(mapped.id)],
                "original_tax_ids": [Command.set(of_twenty.ids)],
            }
        )
        cls.env["account.tax"].create(
            {
                "name": "Nothing",
                "amount": 0,
                "price_include_override": "tax_excluded",
                "type_tax_use": "sale",
                "company_id": cls.company.id,
                "fiscal_position_ids": [Command.link(abroad.id)],
                "original_tax_ids": [Command.set(of_twenty.ids)],
            }
        )
        positions = {"Mapped": mapped, "Mapped in Dollars": mapped, "Abroad": abroad, "Exempt": exempt}
        names = ("Plain", "In Dollars", *positions)
        cls.buyers = cls.env["res.partner"].create([{"name": name, "is_company": True} for name in names])
        cls.buyers.filtered(lambda one: one.name.lower().endswith("in dollars")).zone_id = cls.zone
        for buyer in cls.buyers:
            buyer.property_account_position_id = positions.get(buyer.name)
        cls.resellers = cls.distributor | cls.env["res.partner"].create(
            {
                "name": "Mapped Distributor",
                "is_company": True,
                "is_distributor": True,
                "property_account_position_id": mapped.id,
            }
        )

    @classmethod
    def _create_position(cls, name):
        return cls.env["account.fiscal.position"].create(
            {"name": name, "company_id": cls.company.id, "auto_apply": False}
        )

    def _set_up_company(self, rng):
        """Settings of the company and digits, at random."""
        self.company.tax_calculation_rounding_method = rng.choice(["round_globally", "round_per_line"])
        digits = {"Product Price": rng.randint(0, 6), "Discount": rng.randint(0, 4)}
        for precision in self.env["decimal.precision"].search([("name", "in", list(digits))]):
            precision.digits = digits[precision.name]
        self.included.active = rng.random() < 0.5
        taxes = [tax for tax in self.taxes if tax.active]
        kinds = [rng.sample(taxes, rng.choice([0, 1, 1, 1])) for _number in range(6)]
        types = ["software", "maintenance", "study", "training", "maintenance", "software"]
        self._set_up_pricelists(rng)
        self.products = self.env["product.product"]
        for code, taxes in zip(types, kinds, strict=True):
            self.products |= self._create_product(
                f"{code} {taxes}",
                code,
                price=self._pick_price(rng),
                cost=rng.choice([0, 0, 7.77]),
                taxes_id=[Command.set([tax.id for tax in taxes])],
                invoice_policy="order",
            )

    def _set_up_pricelists(self, rng):
        """Tiers for two of the buyers, in the company's currency and in that of the zone."""
        tiers = ({"min_quantity": 5, "percent_price": 12.5}, {"min_quantity": 20, "percent_price": 33})
        for buyer, currency in zip(self.buyers[1:3], self.dollar | self.company.currency_id, strict=True):
            buyer.property_product_pricelist = self.env["product.pricelist"].create(
                {
                    "name": f"Tiers in {currency.name}",
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                    "sequence": rng.randint(0, 99),
                    "item_ids": [Command.create({"compute_price": "percentage"} | tier) for tier in tiers],
                }
            )

    def _pick_price(self, rng):
        return rng.choice(
            [
                rng.randint(1, 2000),
                round(rng.uniform(0.01, 3000), 2),
                rng.randint(1, 300) - 0.01,
                round(rng.uniform(0.01, 20), rng.randint(1, 6)),
            ]
        )

    def _pick_line(self, rng, products, dates):
        product = rng.choice(products)
        vals = {
            "product_id": product.id,
            "quantity": rng.choice([1, 12, 24, rng.randint(2, 40), round(rng.uniform(0.1, 30), 2)]),
            "discount": rng.choice([0, 0, rng.choice([5, 7.5, 12.5, 33.33]), round(rng.uniform(0, 100), 3)]),
        }
        if rng.random() < 0.5:
            vals["price_unit"] = self._pick_price(rng)
        return vals | (dates if product.pemba_sale_type_id.is_recurring else {})

    def _make_deal(self, rng):
        is_recurring = rng.random() < 0.25
        products = self.products.filtered(lambda one: one.pemba_sale_type_id.is_recurring or not is_recurring)
        end = rng.choice([None, "2027-01-31", "2026-11-13"])
        dates = {"date_start": "2026-02-01", "date_end": end} if end else {}
        lines = [self._pick_line(rng, products, dates) for _number in range(rng.randint(1, 7))]
        distributor = rng.choice([False, False, *self.resellers])
        buyer = rng.choice(self.buyers)
        deal = self._create_deal(
            *lines,
            partner_id=buyer.id,
            company_id=self.company.id,
            distributor_id=distributor and distributor.id,
            **({"deal_currency_id": self.dollar.id} if buyer.zone_id and rng.random() < 0.6 else {}),
        )
        if distributor:
            for line in deal.opportunity_line_ids:
                line.distributor_margin_rate = rng.choice([0, 30, 33.33, round(rng.uniform(0, 100), 2)])
        return deal

    def _take(self, rng):
        """Make an offer, and take it from there to its renewal.

        :return: the orders
        """
        deal = self._make_deal(rng)
        self.assertEqual(self._sum(deal, "net_amount"), deal.deal_amount)
        self._change(rng, deal)
        order = deal._make_quotation()
        for line in order.order_line:
            if line.product_uom_qty % 12 == 0 and rng.random() < 0.5:
                dozen = {"product_uom_id": self.dozen.id, "product_uom_qty": line.product_uom_qty / 12}
                line.write(dozen)
                self.counts["dozens"] += 1
        self._check_order(deal, order)
        before = self._read(deal)
        order.action_confirm()
        self.assertEqual(deal.won_status, "won")
        self.assertEqual(self._read(deal), before, "confirming what was offered changes nothing")
        self.counts["orders"] += 1
        for contract in deal.contract_ids:
            order |= self._renew(contract, deal)
        return order

    def _change(self, rng, deal):
        """Another quantity, up or down, gives a price that nobody typed as it would have been at once."""
        for line in deal.opportunity_line_ids:
            if rng.random() < 0.3:
                typed = line.is_price_typed and line.price_unit
                line.quantity = rng.randint(1, 30)
                price = typed or line._get_list_prices()[line]
                self.assertEqual((line.price_unit, line.is_price_typed), (price, bool(typed)))
                self.counts["requantified"] += 1

    def _check_invoices(self, orders):
        """Invoices are over what the deals come to; of what was sold and invoiced nothing differs."""
        invoices = orders._create_invoices(grouped=True)
        invoices.invoice_date = "2026-04-01"
        invoices.action_post()
        for order in orders:
            deal, invoiced = order.opportunity_id, order.invoice_ids.amount_untaxed
            self.assertEqual(
                order.currency_id.compare_amounts(invoiced, deal.deal_amount),
                0,
                f"{invoiced} invoiced, {deal.deal_amount} offered",
            )
        run = self._run("2026-12-31")
        gaps = run.line_ids.filtered(lambda line: line.invoiced_result not in (False, "matched"))
        self.assertFalse([(line.partner_id.name, line.product_id.name) for line in gaps])

    def _check_order(self, deal, order):
        self.assertEqual(
            order.currency_id.compare_amounts(order.amount_untaxed, deal.deal_amount),
            0,
            f"{order.amount_untaxed} ordered, {deal.deal_amount} offered",
        )
        self.assertFalse(order.differs_from_offer)
        self.counts["rounded"] += any(deal.opportunity_line_ids.mapped("rounding_amount"))

    def _renew(self, contract, deal):
        sold = contract.line_ids.opportunity_line_id
        self.assertEqual(self._sum(contract, "amount", "line_ids"), contract.amount)
        currency = contract.currency_id
        self.assertEqual(currency.compare_amounts(contract.amount, sum(sold.mapped("net_amount"))), 0)
        if all(line.year_share == 1 for line in sold) and sold == deal.opportunity_line_ids:
            self.assertEqual(currency.compare_amounts(contract.amount_annual, deal.deal_amount), 0)
        contract.action_start()
        renewal = contract._open_renewals()
        self.assertEqual(renewal.deal_currency_id, currency)
        self.assertEqual(currency.compare_amounts(renewal.deal_amount, contract.amount_annual), 0)
        order = renewal._make_quotation()
        self._check_order(renewal, order)
        order.action_confirm()
        successor = contract.successor_id
        self.assertEqual(currency.compare_amounts(successor.amount, contract.amount_annual), 0)
        self.assertEqual(currency.compare_amounts(successor.amount_annual, contract.amount_annual), 0)
        self.counts["renewals"] += 1
        return order

    def _sum(self, record, name, lines="opportunity_line_ids"):
        currency = record[lines][:1].currency_id if lines == "line_ids" else record.deal_currency_id
        return currency.round(sum(record[lines].mapped(name)))

    def _read(self, deal):
        names = ("quantity", "price_unit", "discount", "price_subtotal", "distributor_margin", "net_amount")
        return [deal.deal_amount, *([line[name] for name in names] for line in deal.opportunity_line_ids)]

    def _check_random(self, first, last):
        """Make the offers of these numbers, the last one not."""
        for block in range(first, last, BLOCK):
            with self.env.cr.savepoint() as savepoint:
                orders = self.env["sale.order"]
                self._set_up_company(random.Random(f"{self.main_currency} {block}"))
                for number in range(block, min(block + BLOCK, last)):
                    with self.subTest(number=number):
                        orders |= self._take(random.Random(f"{self.main_currency} {number}"))
                with self.subTest(block=block):
                    self._check_invoices(orders)
                savepoint.rollback()
            self.env.invalidate_all()
        told = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
        _logger.info("Prices in %s: %s", self.main_currency, told)
