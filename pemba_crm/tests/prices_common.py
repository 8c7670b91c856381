"""Random offers of random companies, each taken from the offer to a posted invoice, a contract and its renewal."""

import random
from collections import Counter

from odoo.fields import Command

from .reconciliation_common import ReconciliationCommon

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
        cls.dollar = cls._currency("USD")
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.dollar.id, "company_id": cls.company.id, "name": "2020-01-01", "rate": 1.2834}
        )
        cls.zone, _dollar = cls._create_dollar_zone(2.0)
        cls.zone.rate_ids.rate = 1.6137
        mapped = cls.env["account.fiscal.position"].create(
            {"name": "Mapped", "company_id": cls.company.id, "auto_apply": False}
        )
        taxes[5.5, "tax_included"].write(
            {
                "fiscal_position_ids": [Command.link(mapped.id)],
                "original_tax_ids": [
                    Command.set((taxes[20, "tax_excluded"] | taxes[20, "tax_included"]).ids)
                ],
            }
        )
        names = ("Plain", "In Dollars", "Mapped")
        cls.buyers = cls.env["res.partner"].create(
            [{"name": name, "is_company": True} for name in (*names, "Mapped in Dollars")]
        )
        cls.buyers[1::2].zone_id = cls.zone
        for buyer in cls.buyers[2:] | cls.distributor:
            buyer.property_account_position_id = mapped if buyer in cls.buyers else False
        cls.resellers = cls.distributor | cls.env["res.partner"].create(
            {
                "name": "Mapped Distributor",
                "is_company": True,
                "is_distributor": True,
                "property_account_position_id": mapped.id,
            }
        )

    def _set_up_company(self, rng):
        """Settings of the company and digits, at random."""
        self.company.tax_calculation_rounding_method = rng.choice(["round_globally", "round_per_line"])
        precisions = self.env["decimal.precision"].search([])
        for name, digits in (("Product Price", rng.randint(0, 6)), ("Discount", rng.randint(0, 4))):
            precisions.filtered(lambda one: one.name == name).digits = digits  # noqa: B023
        kinds = [rng.sample(self.taxes, rng.choice([0, 1, 1, 1])) for _number in range(6)]
        types = ["software", "maintenance", "study", "training", "maintenance", "software"]
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
            "quantity": rng.choice([1, 1, rng.randint(2, 40), round(rng.uniform(0.1, 30), 2)]),
            "discount": rng.choice([0, 0, rng.choice([5, 7.5, 12.5, 33.33]), round(rng.uniform(0, 100), 3)]),
        }
        if rng.random() < 0.5:
            vals["price_unit"] = self._pick_price(rng)
        return vals | (dates if product.pemba_sale_type_id.is_recurring else {})

    def _make_deal(self, rng):
        is_recurring = rng.random() < 0.25
        products = self.products.filtered(
            lambda one: one.pemba_sale_type_id.is_recurring or not is_recurring
        )
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

        :return: the deals
        """
        deal = self._make_deal(rng)
        self.assertEqual(self._sum(deal, "net_amount"), deal.deal_amount)
        order = deal._make_quotation()
        self._check_order(deal, order)
        before = self._read(deal)
        order.action_confirm()
        self.assertEqual(deal.won_status, "won")
        self.assertEqual(self._read(deal), before, "confirming what was offered changes nothing")
        self._check_invoice(deal, order)
        self.counts["orders"] += 1
        for contract in deal.contract_ids:
            deal |= self._renew(contract, deal)
        return deal

    def _check_invoice(self, deal, order):
        invoice = order._create_invoices()
        invoice.invoice_date = "2026-04-01"
        invoice.action_post()
        self.assertEqual(
            deal.deal_currency_id.compare_amounts(invoice.amount_untaxed, deal.deal_amount),
            0,
            f"{invoice.amount_untaxed} invoiced, {deal.deal_amount} offered",
        )

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
        self._check_invoice(renewal, order)
        successor = contract.successor_id
        self.assertEqual(currency.compare_amounts(successor.amount, contract.amount_annual), 0)
        self.assertEqual(currency.compare_amounts(successor.amount_annual, contract.amount_annual), 0)
        self.counts["renewals"] += 1
        return renewal

    def _sum(self, record, name, lines="opportunity_line_ids"):
        currency = record[lines][:1].currency_id if lines == "line_ids" else record.deal_currency_id
        return currency.round(sum(record[lines].mapped(name)))

    def _read(self, deal):
        names = ("quantity", "price_unit", "discount", "price_subtotal", "distributor_margin", "net_amount")
        return [deal.deal_amount, *([line[name] for name in names] for line in deal.opportunity_line_ids)]

    def _check_reconciled(self, deals):
        """Of what was sold and invoiced, nothing differs."""
        run = self._run("2026-12-31")
        gaps = [
            f"{line.partner_id.name}, {line.product_id.name}: {line.invoiced_result}"
            for line in run.line_ids
            if line.invoiced_result == "amount_gap"
        ]
        self.assertFalse(gaps)

    def _check_random(self, count):
        for block in range(0, count, BLOCK):
            with self.env.cr.savepoint() as savepoint:
                deals = self.env["crm.lead"]
                self._set_up_company(random.Random(f"{self.main_currency} {block}"))
                for number in range(block, min(block + BLOCK, count)):
                    with self.subTest(number=number):
                        deals |= self._take(random.Random(f"{self.main_currency} {number}"))
                with self.subTest(block=block):
                    self._check_reconciled(deals)
                savepoint.rollback()
            self.env.invalidate_all()
        print(self.main_currency, dict(self.counts))
