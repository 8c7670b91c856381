"""An offer adds up to what its quotation, order and invoice do, however the company rounds taxes."""

from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PembaSoftwareCommon

# Quantity, unit price and discount. Globally, 196.195… is 196.20; by line
# 92.49 + 12.19 + 4.70 + 18.63 + 68.18 are 196.19.
ODD = ((3, 33.33, 7.5), (7, 1.99, 12.5), (11, 0.45, 5), (13, 2.15, 33.33), (9, 7.77, 2.5))


@tagged("post_install", "-at_install")
class TestRounding(PembaSoftwareCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})

    def _offer(self, rows=ODD, product=None, **vals):
        product = product or self.licence
        lines = [
            {"product_id": product.id, "quantity": quantity, "price_unit": price, "discount": discount}
            for quantity, price, discount in rows
        ]
        return self._create_deal(*lines, partner_id=self.buyer.id, **vals)

    def _check(self, deal, amount):
        """Offer, quotation and order come to an amount; the order changes nothing."""
        order = deal._make_quotation()
        self.assertEqual((deal.deal_amount, order.amount_untaxed), (amount, amount))
        self.assertFalse(order.differs_from_offer)
        self.assertAlmostEqual(sum(deal.opportunity_line_ids.mapped("net_amount")), amount)
        names = ("quantity", "price_unit", "discount", "price_subtotal", "distributor_margin", "net_amount")
        before = deal.opportunity_line_ids.read(names)
        order.action_confirm()
        self.assertEqual(deal.opportunity_line_ids.read(names), before)
        self.assertEqual(deal.deal_amount, amount)
        return order

    def test_globally(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        deal = self._offer()
        self._check(deal, 196.2)
        # 18.634065 is rounded most.
        self.assertEqual(deal.opportunity_line_ids.mapped("rounding_amount"), [0, 0, 0, 0.01, 0])

    def test_by_line(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        deal = self._offer()
        self._check(deal, 196.19)
        self.assertFalse(any(deal.opportunity_line_ids.mapped("rounding_amount")))

    def test_in_yen(self):
        yen = self._currency("JPY")
        zone = self._create_zone("Japan", currency_id=yen.id)
        self.env["pemba.zone.rate"].create(
            {"zone_id": zone.id, "currency_id": yen.id, "rate": 161.37, "date": "2020-01-01"}
        )
        self.buyer.zone_id = zone
        rows = ((3, 333.337, 7.77), (7, 19.99, 0), (1, 0.49, 0))
        for method, amount in (("round_globally", 1063), ("round_per_line", 1062)):
            with self.subTest(method):
                self.company.tax_calculation_rounding_method = method
                deal = self._offer(rows)
                self.assertEqual(deal.deal_currency_id, yen)
                self._check(deal, amount)

    def test_through_a_distributor_its_order_has_net_amounts(self):
        """A distributor's order has each net amount rounded: 0.99 − 0.94 = 0.05, twice."""
        for method in ("round_globally", "round_per_line"):
            with self.subTest(method):
                self.company.tax_calculation_rounding_method = method
                deal = self._offer(((1, 0.99, 0), (3, 0.33, 0)), distributor_id=self.distributor.id)
                deal.opportunity_line_ids.write({"distributor_margin_rate": 95})
                self.assertEqual(deal.opportunity_line_ids.mapped("price_subtotal"), [0.99, 0.99])
                self._check(deal, 0.1)

    def test_prices_that_include_taxes(self):
        """7 × 99.99 with 20 % are 699.93: less 116.655 of taxes, which are rounded, 583.27 (not 583.28)."""
        tax = self.env["account.tax"].create(
            {"name": "20 % included", "amount": 20, "price_include_override": "tax_included"}
        )
        product = self._create_product("With tax", price=99.99, taxes_id=[Command.set(tax.ids)])
        for method in ("round_globally", "round_per_line"):
            with self.subTest(method):
                self.company.tax_calculation_rounding_method = method
                deal = self._create_deal({"product_id": product.id, "quantity": 7}, partner_id=self.buyer.id)
                order = self._check(deal, 583.27)
                self.assertEqual(order.amount_total, 699.93)

    def test_a_fiscal_position_may_bring_prices_with_taxes(self):
        excluded, included = self.env["account.tax"].create(
            [
                {"name": "8.1 %", "amount": 8.1, "price_include_override": "tax_excluded"},
                {"name": "8.1 % included", "amount": 8.1, "price_include_override": "tax_included"},
            ]
        )
        position = self.env["account.fiscal.position"].create({"name": "Consumers"})
        included.write(
            {
                "fiscal_position_ids": [Command.link(position.id)],
                "original_tax_ids": [Command.set(excluded.ids)],
            }
        )
        self.buyer.property_account_position_id = position
        self.licence.taxes_id = excluded
        deal = self._offer()
        order = deal._make_quotation()
        self.assertEqual(order.order_line.tax_ids, included)
        self._check(deal, order.amount_untaxed)
        # As on an order of Odoo's: the list price of 1,000 has the taxes in it then.
        deal = self._create_deal({"product_id": self.licence.id}, partner_id=self.buyer.id)
        self.assertEqual(deal.deal_amount, 925.07)
        order = deal._make_quotation()
        order.order_line = [Command.create({"product_id": self.licence.id})]
        self.assertEqual(order.order_line.mapped("price_total"), [1000, 1000])
        order.action_update_prices()
        self.assertEqual(order.order_line.mapped("price_subtotal"), [925.07, 925.07])

    def test_cents_go_to_what_is_sold_once(self):
        """A year of maintenance costs the same on the offer and in its contract."""
        rows = ((1, 0.335, 0), (1, 10.335, 0))
        deal = self._offer(rows)
        once, maintenance = deal.opportunity_line_ids
        maintenance.product_id, maintenance.price_unit = self.maintenance, 10.335
        # 10.67 globally, 0.34 + 10.34 by line
        self.assertEqual((once.net_amount, maintenance.net_amount, deal.deal_amount), (0.33, 10.34, 10.67))
        once.unlink()
        self.assertEqual((maintenance.net_amount, deal.deal_amount), (10.34, 10.34))

    def test_changes_share_the_cents_anew(self):
        deal = self._offer()
        rounded = deal.opportunity_line_ids[3]
        deal.opportunity_line_ids[0].discount = 0
        # 99.99 + 12.18875 + 4.70125 + 18.634065… + 68.1817… = 203.70
        self.assertEqual((deal.deal_amount, rounded.rounding_amount), (203.7, 0.01))
        (deal.opportunity_line_ids - rounded).unlink()
        self.assertEqual((deal.deal_amount, rounded.net_amount, rounded.rounding_amount), (18.63, 18.63, 0))

    def test_what_needs_no_rounding_has_no_cents(self):
        deal = self._offer((*ODD, (1, 3200, 0)))
        self.assertEqual(deal.deal_amount, 3396.2)
        self.assertEqual(deal.opportunity_line_ids[-1].net_amount, 3200)

    def test_what_is_closed_stays(self):
        deal = self._offer()
        deal.action_set_won()
        self.company.tax_calculation_rounding_method = "round_per_line"
        deal._follow_lines()
        self.assertEqual((deal.deal_amount, deal.opportunity_line_ids[3].net_amount), (196.2, 18.64))

    def test_what_is_corrected_once_closed_has_no_old_cents(self):
        deal = self._offer()
        deal.action_set_won()
        first = deal.opportunity_line_ids[3]
        self.assertEqual(first.rounding_amount, 0.01)
        self.company.tax_calculation_rounding_method = "round_per_line"
        first.with_user(self.manager).write({"quantity": 1, "price_unit": 100, "discount": 0})
        self.assertEqual((first.net_amount, first.rounding_amount), (100, 0))

    def test_a_quotation_is_made_of_an_offer_that_is_rounded_anew(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        deal = self._offer()
        self.company.tax_calculation_rounding_method = "round_globally"
        self.assertEqual(deal.deal_amount, 196.19)
        self._check(deal, 196.2)

    def test_several_orders_are_rounded_each(self):
        """Half of it in each of two orders: each total is rounded, and the deal is their sum."""
        self.company.tax_calculation_rounding_method = "round_globally"
        deal = self._offer(((2, 0.335, 0), (2, 10.335, 0)))
        first, second = deal._make_quotation(), deal._make_quotation()
        for order in first | second:
            order.order_line.write({"product_uom_qty": 1})
            order.action_confirm()
        self.assertEqual((first.amount_untaxed, second.amount_untaxed), (10.67, 10.67))
        self.assertEqual(deal.deal_amount, 21.34)
        self.assertAlmostEqual(sum(deal.opportunity_line_ids.mapped("net_amount")), 21.34)

    def test_the_form_shows_the_sum_that_is_saved(self):
        """While lines are typed, changed and changed back."""
        deal = self._create_opportunity("M", partner_id=self.buyer.id)
        with Form(deal) as form:
            for quantity, price, discount in ODD:
                with form.opportunity_line_ids.new() as line:
                    line.product_id = self.licence
                    line.quantity, line.price_unit, line.discount = quantity, price, discount
            self.assertEqual(form.expected_revenue, 196.2)
            for quantity, amount in ((10, 203.77), (9, 196.2)):
                with form.opportunity_line_ids.edit(4) as line:
                    line.quantity = quantity
                self.assertEqual(form.expected_revenue, amount)
        self.assertEqual(deal.deal_amount, 196.2)
        with Form(deal) as form:
            for discount, amount in ((0, 203.7), (7.5, 196.2)):
                with form.opportunity_line_ids.edit(0) as line:
                    line.discount = discount
                self.assertEqual(form.expected_revenue, amount)
