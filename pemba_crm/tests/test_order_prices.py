"""Orders of deals: units and packagings, and the rate of the zone in whatever Odoo prices and sums."""

from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PembaSoftwareCommon


@tagged("post_install", "-at_install")
class TestUnits(PembaSoftwareCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("uom.group_uom")
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.pack = cls.env["uom.uom"].create(
            {"name": "Pack of 5", "relative_factor": 5, "relative_uom_id": cls.unit.id}
        )
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})

    def _quote(self, product=None, **vals):
        deal = self._create_deal(
            {"product_id": (product or self.licence).id, **vals}, partner_id=self.buyer.id
        )
        return deal, deal._make_quotation()

    def test_another_unit_has_the_price_for_it(self):
        for unit, price in ((self.dozen, 12000), (self.pack, 5000)):
            with self.subTest(unit.name):
                deal, order = self._quote(quantity=2)
                line = order.order_line
                line.product_uom_id = unit
                self.assertEqual(line.price_unit, price)
                line.product_uom_qty = 3
                self.assertEqual(line.price_unit, price)
                line.product_uom_id = self.unit
                self.assertEqual(line.price_unit, 1000)
                line.product_uom_id = unit
                order.action_confirm()
                self.assertEqual(deal.deal_amount, 3 * price)
                sold = deal.opportunity_line_ids
                self.assertEqual((sold.quantity, sold.price_unit), (3 * price / 1000, 1000))

    def test_a_product_that_is_kept_in_dozens(self):
        product = self._create_product("By the dozen", price=120, uom_id=self.dozen.id)
        deal, order = self._quote(product, quantity=3)
        self.assertEqual((order.order_line.product_uom_id, order.order_line.price_unit), (self.dozen, 120))
        order.order_line.write({"product_uom_id": self.unit.id, "product_uom_qty": 6})
        self.assertEqual((order.order_line.price_unit, order.amount_untaxed), (10, 60))
        order.action_confirm()
        self.assertEqual((deal.deal_amount, deal.opportunity_line_ids.quantity), (60, 0.5))

    def test_in_the_form(self):
        _deal, order = self._quote(quantity=2, discount=10)
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_uom_id = self.dozen
            self.assertEqual((line.price_unit, line.discount), (12000, 10))
        self.assertEqual(order.amount_untaxed, 21600)
        self.assertTrue(order.differs_from_offer)

    def test_in_the_form_there_and_back(self):
        """Unit and quantity in either order, saved or not; then by API."""
        _deal, order = self._quote(quantity=24)
        line = order.order_line
        with Form(order) as form:
            with form.order_line.edit(0) as edited:
                edited.product_uom_id = self.dozen
                edited.product_uom_qty = 1
                self.assertEqual(edited.price_unit, 12000)
            with form.order_line.edit(0) as edited:
                edited.product_uom_qty = 3
                self.assertEqual(edited.price_unit, 12000)
        self.assertEqual((line.price_unit, line.negotiated_uom_id), (12000, self.dozen))
        line.product_uom_qty = 2
        self.assertEqual(line.price_unit, 12000)
        with Form(order) as form, form.order_line.edit(0) as edited:
            edited.product_uom_id = self.unit
            self.assertEqual(edited.price_unit, 1000)
            edited.product_uom_id = self.pack
            edited.product_uom_id = self.unit
            self.assertEqual(edited.price_unit, 1000)
        self.assertEqual((line.price_unit, line.negotiated_uom_id), (1000, self.unit))

    def test_what_is_added_in_a_unit_keeps_its_price(self):
        """Confirming gives it a line on the opportunity, and so does linking the order later."""
        deal, order = self._quote(quantity=1)
        added = {"product_id": self.training.id, "product_uom_id": self.dozen.id, "product_uom_qty": 2}
        order.order_line = [Command.create(added)]
        self.assertEqual(order.amount_untaxed, 17800)
        order.action_confirm()
        self.assertEqual((order.amount_untaxed, deal.deal_amount), (17800, 17800))
        order.order_line[1].product_uom_qty = 3
        self.assertEqual((order.amount_untaxed, deal.deal_amount), (26200, 26200))
        other = self._create_deal(self._line(), partner_id=self.buyer.id)
        free = self.env["sale.order"].create(
            {"partner_id": self.buyer.id, "order_line": [Command.create(added)]}
        )
        free.opportunity_id = other
        free.action_confirm()
        self.assertEqual((free.amount_untaxed, other.deal_amount), (16800, 16800))

    def test_through_a_distributor_and_for_part_of_a_year(self):
        maintenance = {"price_unit": 1200, "date_start": "2027-01-01", "date_end": "2027-03-31"}
        deal, order = self._quote(self.maintenance, quantity=24, **maintenance)
        deal.distributor_id = self.distributor
        deal.opportunity_line_ids.distributor_margin_rate = 25
        order = deal._make_quotation()
        before = deal.deal_amount
        order.order_line.write({"product_uom_id": self.dozen.id, "product_uom_qty": 2})
        self.assertAlmostEqual(order.order_line.price_unit, 12 * before / 24)
        order.action_confirm()
        self.assertEqual((deal.deal_amount, deal.opportunity_line_ids.quantity), (before, 24))

    def test_a_price_typed_on_the_order_stays(self):
        _deal, order = self._quote(quantity=2)
        order.order_line.price_unit = 990
        order.order_line.product_uom_id = self.dozen
        self.assertEqual(order.order_line.price_unit, 990)

    def test_a_line_is_ordered_in_a_unit_at_once(self):
        deal = self._create_deal(self._line(quantity=24), partner_id=self.buyer.id)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.buyer.id,
                "opportunity_id": deal.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.licence.id,
                            "product_uom_id": self.dozen.id,
                            "product_uom_qty": 2,
                            "opportunity_line_id": deal.opportunity_line_ids.id,
                        }
                    )
                ],
            }
        )
        self.assertEqual((order.order_line.price_unit, order.amount_untaxed), (12000, 24000))
        self.assertFalse(order.differs_from_offer)

    def test_what_was_invoiced_stays(self):
        _deal, order = self._quote(quantity=24)
        copy = order.copy()
        copy.order_line.product_uom_id = self.dozen
        self.assertEqual(copy.order_line.price_unit, 12000)
        order.action_confirm()
        order._create_invoices().action_post()
        line = order.order_line
        self.assertEqual(line.qty_invoiced, 24)
        line.product_uom_qty = 25
        line.invalidate_recordset()
        self.env.add_to_compute(line._fields["price_unit"], line)
        self.assertEqual(line.price_unit, 1000)


@tagged("post_install", "-at_install")
class TestRates(PembaSoftwareCommon):
    """The zone's dollar is at 2.0 where Odoo's is at 1.2834."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("product.group_product_pricelist")
        zone, cls.dollar = cls._create_dollar_zone(2.0)
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.dollar.id, "name": "2020-01-01", "rate": 1.2834}
        )
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True, "zone_id": zone.id})

    def _quote(self, **vals):
        deal = self._create_deal(self._line(**vals), partner_id=self.buyer.id)
        self.assertEqual((deal.deal_currency_id, deal.deal_rate), (self.dollar, 2))
        return deal, deal._make_quotation()

    def test_updated_prices(self):
        deal, order = self._quote(price_unit=1777)
        order.action_update_prices()
        self.assertEqual(order.amount_untaxed, 2000)
        deal.opportunity_line_ids.price_unit = 2000
        self.assertFalse(order.differs_from_offer)

    def test_the_pricelist_that_priced_the_offer_is_on_the_quotation(self):
        """Where the buyer's own is in another currency."""
        self.env["product.pricelist"].search([]).active = False
        own, pricelist = self.env["product.pricelist"].create(
            [
                {"name": "Own", "currency_id": self.env.company.currency_id.id},
                {
                    "name": "Dollars",
                    "currency_id": self.dollar.id,
                    "item_ids": [Command.create({"compute_price": "percentage", "percent_price": 50})],
                },
            ]
        )
        self.buyer.property_product_pricelist = own
        deal, order = self._quote()
        self.assertEqual((deal.deal_amount, order.pricelist_id), (1000, pricelist))
        order.action_update_prices()
        self.assertEqual(order.amount_untaxed, 1000)
        self.assertFalse(order.differs_from_offer)

    def test_a_line_added_on_the_quotation(self):
        deal, order = self._quote()
        with Form(order) as form, form.order_line.new() as line:
            line.product_id = self.training
            self.assertEqual(line.price_unit, 1400)
        self.assertEqual(order.amount_untaxed, 3400)
        order.action_confirm()
        self.assertEqual(deal.expected_revenue, 1700)

    def test_rules_of_a_pricelist(self):
        """What a rule makes of the list price, of cost and of another pricelist; fixed prices are fixed."""
        other = self.env["product.pricelist"].create(
            {
                "name": "Euro",
                "currency_id": self.env.company.currency_id.id,
                "item_ids": [Command.create({"compute_price": "percentage", "percent_price": 20})],
            }
        )
        self.licence.standard_price = 300
        rules = (
            ({"compute_price": "percentage", "percent_price": 10}, 1800),
            ({"compute_price": "formula", "base": "standard_price", "price_markup": 50}, 900),
            ({"compute_price": "formula", "base": "pricelist", "base_pricelist_id": other.id}, 1600),
            ({"compute_price": "fixed", "fixed_price": 1234}, 1234),
        )
        for rule, price in rules:
            with self.subTest(**rule):
                self.env["product.pricelist"].search([("currency_id", "=", self.dollar.id)]).active = False
                pricelist = self.env["product.pricelist"].create(
                    {
                        "name": "Dollar",
                        "currency_id": self.dollar.id,
                        "sequence": 0,
                        "item_ids": [Command.create(rule)],
                    }
                )
                self.env.invalidate_all()
                deal, order = self._quote()
                self.assertEqual(deal.deal_amount, price)
                order.pricelist_id = pricelist
                order.action_update_prices()
                self.assertEqual(order.amount_untaxed, price)

    def test_the_sum_of_the_orders(self):
        """Beside the revenue, on Odoo's button: in company currency, at the deal's rate."""
        deal, order = self._quote(quantity=3, price_unit=33.335)
        order.action_confirm()
        self.assertEqual(deal.deal_amount, 100.01)  # 100.005
        self.assertEqual((deal.sale_amount_total, deal.expected_revenue), (50.01, 50.01))  # 50.005
        second = deal._make_quotation()
        second.order_line = [Command.create({"product_id": self.training.id})]
        second.action_confirm()
        self.assertEqual(deal.sale_amount_total, deal.expected_revenue)
        self.assertEqual(deal.expected_revenue, 750.01)

    def test_another_product_on_the_quotation_has_its_own_price(self):
        """Neither the share of the year nor the distributor's margin of the line that it was."""
        deal = self._create_deal(
            self._line(distributor_margin_rate=30),
            partner_id=self.buyer.id,
            distributor_id=self.distributor.id,
        )
        line = deal._make_quotation().order_line
        self.assertEqual(line.price_unit, 1400)
        line.product_id = self.training
        self.assertEqual(line.price_unit, 1400)
        line.product_uom_qty = 2
        self.assertEqual(line.price_unit, 1400)

    def test_without_a_deal_odoo_s_rate_holds(self):
        order = self.env["sale.order"].create({"partner_id": self.buyer.id})
        order.pricelist_id = self.env["product.pricelist"].create(
            {"name": "Dollar", "currency_id": self.dollar.id}
        )
        order.order_line = [Command.create({"product_id": self.licence.id})]
        self.assertEqual(order.amount_untaxed, 1283.4)
