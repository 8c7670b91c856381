"""Deals without lines that are ordered: one figure in every report, and a person is asked."""

from odoo.fields import Command
from odoo.tests import tagged

from .reconciliation_common import ReconciliationCommon

ORDERED = "pemba_crm.mail_activity_type_ordered"


@tagged("post_install", "-at_install")
class TestWithoutLines(ReconciliationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})
        cls.study.invoice_policy = "order"

    def _sell(self, amount, *prices, **vals):
        """A deal without lines, and an order for each of some prices, confirmed."""
        deal = self._create_opportunity(
            "B", deal_amount=amount, partner_id=self.buyer.id, company_id=self.company.id, **vals
        )
        orders = self.env["sale.order"]
        for price in prices:
            order = deal._make_quotation()
            order.order_line = [Command.create({"product_id": self.study.id, "price_unit": price})]
            order.date_order = "2026-03-01 12:00:00"
            orders |= order
        orders.action_confirm()
        orders.date_order = "2026-03-01 12:00:00"
        return deal, orders

    def _win(self, deal):
        deal.action_set_won()
        deal.close_date = "2026-03-01"

    def _get_won(self, run):
        return run.matched_won_amount + sum(run.line_ids.mapped("won_amount_company"))

    def test_what_was_not_ordered_is_a_difference(self):
        """Typed 10,000, ordered and invoiced 8,000: 2,000 are not invoiced, and all reports say 10,000."""
        deal, order = self._sell(10000, 8000)
        self._win(deal)
        self._invoice(order)
        run = self._run()
        line = run.line_ids
        self.assertEqual(
            (line.product_id.id, line.won_amount_company, line.invoiced_result), (False, 2000, "not_invoiced")
        )
        self.assertEqual(self._get_won(run), 10000)
        self.env.flush_all()
        report = self.env["pemba.sale.report"].search([("lead_id", "=", deal.id)])
        self.assertEqual((report.revenue, report.ordered_amount, report.invoiced), (10000, 8000, 8000))

    def test_what_was_ordered_is_what_was_won(self):
        deal, orders = self._sell(7500, 5000, 2500)
        self._win(deal)
        for order in orders:
            self._invoice(order)
        run = self._run()
        self.assertFalse(run.line_ids)
        self.assertEqual(self._get_won(run), 7500)

    def test_more_was_ordered_than_won(self):
        deal, orders = self._sell(7500, 5000, 4000)
        self._win(deal)
        self.assertEqual(deal.expected_revenue, 7500)  # of two orders, none is more
        for order in orders:
            self._invoice(order)
        run = self._run()
        self.assertEqual(self._get_won(run), 7500)
        self.assertEqual(run.line_ids.mapped("won_amount_company"), [-1500])

    def test_an_order_of_another_currency_is_at_the_rate_of_the_deal(self):
        zone, dollar = self._create_dollar_zone(2.0)
        self.env["res.currency.rate"].create(
            {"currency_id": dollar.id, "company_id": self.company.id, "name": "2020-01-01", "rate": 1.2834}
        )
        self.buyer.zone_id = zone
        deal, order = self._sell(2000, 2000)
        self.assertEqual((order.currency_id, deal.deal_currency_id), (dollar, dollar))
        self.assertEqual((deal.sale_amount_total, deal.expected_revenue), (1000, 1000))
        self._win(deal)
        self._invoice(order)
        self.env.flush_all()
        report = self.env["pemba.sale.report"].search([("lead_id", "=", deal.id)])
        self.assertEqual((report.revenue, report.ordered_amount), (1000, 1000))
        run = self._run()
        self.assertFalse(run.line_ids)
        self.assertEqual(self._get_won(run), 1000)

    def test_the_deal_is_raised_in_its_own_currency(self):
        zone, _dollar = self._create_dollar_zone(2.0)
        self.buyer.zone_id = zone
        deal, _order = self._sell(1000, 2000)
        self.assertEqual((deal.deal_amount, deal.expected_revenue), (2000, 1000))
        deal, _order = self._sell(3000, 2000)
        self.assertEqual((deal.deal_amount, deal.expected_revenue), (3000, 1500))

    def test_the_salesperson_is_asked_once(self):
        deal, orders = self._sell(10000, 5000, 3000)
        activity = deal.activity_ids
        self.assertEqual((activity.activity_type_id, activity.user_id), (self.env.ref(ORDERED), deal.user_id))
        for text in (orders[0].name, "5,000.00", "10,000.00"):
            self.assertIn(text, activity.note)
        deal.action_set_won()
        self.assertFalse(deal.activity_ids)
        order = deal._make_quotation()
        order.order_line = [Command.create({"product_id": self.study.id})]
        order.action_confirm()
        self.assertFalse(deal.activity_ids, "it is won already")

    def test_whoever_is_there_is_asked(self):
        """Not a customer who signs, nor a salesperson who left."""
        public = self.env.ref("base.public_user")
        self.salesperson.active = False
        team = self.env["crm.team"].create({"name": "Team", "user_id": self.manager.id})
        for team_id, asked in ((team.id, self.manager), (False, self.env.ref("base.user_admin"))):
            deal = self._create_opportunity("B", deal_amount=10, partner_id=self.buyer.id, team_id=team_id)
            order = deal._make_quotation()
            order.write({"user_id": False, "order_line": [Command.create({"product_id": self.study.id})]})
            order.with_user(public).sudo().action_confirm()  # as the portal does
            self.assertEqual(deal.activity_ids.user_id, asked)

    def test_the_question_goes_with_the_order(self):
        deal, order = self._sell(10, 5)
        self.assertTrue(deal.activity_ids)
        order._action_cancel()
        self.assertFalse(deal.activity_ids)

    def test_a_distributor_buys(self):
        deal = self._create_opportunity(
            "B", deal_amount=10, partner_id=self.buyer.id, distributor_id=self.distributor.id
        )
        order = deal._make_quotation()
        self.assertEqual((order.partner_id, order.end_customer_id), (self.distributor, self.buyer))

    def test_an_order_of_another_company_is_at_its_own_rate(self):
        """The rate of a deal is one of its own company."""
        other = self._create_company("Elsewhere", "USD")
        self.env.user.company_ids |= other
        self.buyer.zone_id, dollar = self._create_dollar_zone(2.0)
        deal = self._create_opportunity("B", deal_amount=1250, partner_id=self.buyer.id, company_id=False)
        deal.with_company(other)._set(company_id=False, deal_rate=1)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.buyer.id,
                "opportunity_id": deal.id,
                "company_id": self.company.id,
                "order_line": [Command.create({"product_id": self.study.id, "price_unit": 1250})],
            }
        )
        order.pricelist_id = self.env["product.pricelist"].create({"name": "D", "currency_id": dollar.id})
        order.order_line.price_unit = 1250
        order.action_confirm()
        order.currency_rate = 1.25
        self.env.flush_all()
        report = self.env["pemba.sale.report"].search([("lead_id", "=", deal.id)])
        self.assertEqual(report.ordered_amount, 1000)

    def test_who_may_not_see_the_deal_confirms_all_the_same(self):
        deal = self._create_opportunity("B", deal_amount=10, partner_id=self.buyer.id)
        order = deal._make_quotation()
        order.order_line = [Command.create({"product_id": self.study.id})]
        colleague = self._create_user("pemba_colleague", "sales_team.group_sale_salesman_all_leads")
        colleague.company_ids |= self.company
        order.with_user(colleague).action_confirm()
        self.assertTrue(deal.activity_ids)
