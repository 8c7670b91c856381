"""What no cost is known of has no margin: it is shown so, and counted apart."""

from odoo.tests import tagged

from .common import PembaOfferCommon


@tagged("post_install", "-at_install")
class TestCosts(PembaOfferCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.types["software"].margin_rate = 0
        cls.bought = cls._create_product("Bought", price=500, cost=200)

    def _deal(self, *lines):
        return self._create_deal(*(lines or (self._line(discount=10),)))

    def test_neither_a_loss_nor_a_hundred_per_cent(self):
        deal = self._deal()
        line = deal.opportunity_line_ids
        self.assertTrue(line.is_cost_unknown)
        self.assertEqual((line.net_amount, line.cost, line.margin, line.margin_company), (900, 0, 0, 0))
        self.assertEqual((deal.margin, deal.margin_percent, deal.uncosted_revenue), (0, 0, 900))
        self.assertIn("–", deal.with_user(self.manager).offer_totals)
        line.unit_cost = 400
        self.assertFalse(line.is_cost_unknown)
        self.assertEqual((deal.margin, deal.uncosted_revenue), (500, 0))

    def test_a_margin_is_of_what_has_a_known_cost(self):
        deal = self._deal(self._line(), {"product_id": self.bought.id})
        self.assertEqual((deal.expected_revenue, deal.margin, deal.uncosted_revenue), (1500, 300, 1000))
        self.assertAlmostEqual(deal.margin_percent, 0.6)
        [whole] = self.env["crm.lead"].formatted_read_group(
            [("id", "=", deal.id)], [], ["margin_percent:avg"]
        )
        self.assertAlmostEqual(whole["margin_percent:avg"], 0.6)
        deal.action_set_won()
        without = self._create_opportunity("E", expected_revenue=100)
        without.action_set_won()
        self.env.flush_all()
        report = self.env["pemba.sale.report"]
        domain = [("lead_id", "in", (deal | without).ids)]
        [sums] = report._read_group(
            domain, [], ["revenue:sum", "margin:sum", "uncosted_revenue:sum", "margin_percent:avg"]
        )
        self.assertEqual(sums[:3], (1600, 300, 1100))
        self.assertAlmostEqual(sums[3], 0.6)

    def test_what_lowers_the_price_costs_nothing(self):
        discount = self._create_product("Discount", price=-50)
        deal = self._deal({"product_id": self.bought.id}, {"product_id": discount.id})
        self.assertEqual((deal.margin, deal.uncosted_revenue), (250, 0))

    def test_targets_of_margin_tell_what_they_do_not_count(self):
        target = self.env["pemba.target"].create(
            {"amount": 1000, "metric": "margin", "user_id": self.salesperson.id}
        )
        revenue = target.copy({"metric": "revenue"})
        self._deal(self._line(), {"product_id": self.bought.id}).action_set_won()
        self.env.flush_all()
        (target | revenue).invalidate_recordset()
        self.assertEqual((target.achieved, target.uncosted_amount), (300, 1000))
        self.assertEqual((revenue.achieved, revenue.uncosted_amount), (1500, 0))

    def test_settings_ask_how_own_software_is_reckoned(self):
        settings = self.env["res.config.settings"]
        for cost, rate, found in (("share", 65.0, 65.0), ("none", 0.0, 100.0), ("unknown", 65.0, 0.0)):
            settings.create({"pemba_software_cost": cost, "pemba_software_margin_rate": rate}).execute()
            self.assertEqual(self.types["software"].margin_rate, found)
            self.assertEqual(settings.create({}).pemba_software_cost, cost)
        deal = self._deal()
        self.types["software"].margin_rate = 100
        deal.action_refresh_lines()
        self.assertEqual((deal.margin, deal.uncosted_revenue), (900, 0))

    def test_new_rates_keep_it_apart(self):
        zone, dollar = self._create_dollar_zone(2.0)
        deal = self._create_deal(self._line(), {"product_id": self.bought.id}, zone_id=zone.id)
        self.assertEqual(deal.deal_currency_id, dollar)
        self.assertEqual((deal.margin, deal.uncosted_revenue), (300, 1000))
        self.env.flush_all()
        zone.rate_ids.rate = 4
        self.env.invalidate_all()
        self.assertEqual((deal.expected_revenue, deal.margin, deal.uncosted_revenue), (750, 150, 500))
        self.assertEqual(deal.opportunity_line_ids.mapped("margin_company"), [0, 150])
        self.assertAlmostEqual(deal.margin_percent, 0.6)
