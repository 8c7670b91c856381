import random
from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from .common import PembaSoftwareCommon

AMOUNTS = ("revenue", "weighted_revenue", "distributor_margin")
OF_LEAD = {"revenue": "expected_revenue"}


class SaleReportCommon(PembaSoftwareCommon):
    """Three companies, three people who sell, and random opportunities of theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.report = cls.env["pemba.sale.report"]
        cls.zone, cls.dollar = cls._create_dollar_zone(1.1)
        cls.second = cls._create_company("Second", "EUR")
        cls.third = cls._create_company("Third", "JPY")
        everywhere = cls.env.company | cls.second | cls.third
        (cls.salesperson | cls.manager).company_ids = everywhere
        cls.colleague = cls._create_user("pemba_colleague", "sales_team.group_sale_salesman")
        cls.colleague.company_ids = everywhere

    def _as(self, user, companies=None):
        return self.report.with_user(user).with_context(
            allowed_company_ids=(companies or self.env.company).ids
        )

    def _rows(self, lead):
        self.report.invalidate_model()  # it is read again, as by another request
        return self.report.search([("lead_id", "=", lead.id)])

    def _fill(self, seed, companies):
        """Random opportunities of three people: with and without lines, in all results and currencies."""
        dice = random.Random(seed)
        products = [self.licence, self.maintenance, self.training]
        leads = self.env["crm.lead"]
        for number in range(25):
            company = dice.choice(companies)
            lines = [
                {
                    "product_id": dice.choice(products).id,
                    "quantity": dice.randint(1, 7),
                    "price_unit": dice.randint(1, 99999) / 100,
                    "discount": dice.choice((0, 0, 7.5, 33.33)),
                    "distributor_margin_rate": dice.choice((0, 12.34)),
                }
                for _line in range(dice.choice((0, 1, 2, 5)))
            ]
            lead = leads.with_company(company).create(
                {
                    "name": f"Random {number}",
                    "type": dice.choice(("opportunity",) * 9 + ("lead",)),
                    "company_id": company.id,
                    "team_id": False,
                    "user_id": dice.choice((self.salesperson, self.colleague, self.manager)).id,
                    "stage_id": self.stages[dice.choice("PEMB")][:1].id,
                    "zone_id": dice.choice((self.zone.id, False)),
                    "deal_currency_id": company.currency_id.id,
                    "distributor_id": dice.choice((self.distributor.id, False)),
                    "risk_level_id": dice.choice(self.env["pemba.risk.level"].search([])).id,
                    "maturity": dice.choice((10, 33.3, 66.67)),
                    "expected_revenue": dice.randint(0, 9999999) / 100,
                    "opportunity_line_ids": [Command.create(line) for line in lines],
                }
            )
            if lead.type == "opportunity":
                result = dice.choice(("open", "open", "won", "lost", "archived"))
                if result == "won":
                    lead.action_set_won()
                elif result == "lost":
                    lead.action_set_lost()
                elif result == "archived":
                    lead.active = False
            leads |= lead
        return leads

    def _leads_of(self, report, result):
        """The opportunities of a result that the user of a report sees, as their own list has them."""
        leads = self.env["crm.lead"].with_env(report.env).with_context(active_test=result != "lost")
        return leads.search([("type", "=", "opportunity"), ("won_status", "=", result)])


@tagged("post_install", "-at_install")
class TestSaleReport(SaleReportCommon):
    """What the sales analysis says is what the opportunities say."""

    def _assert_agree(self, report, amounts=AMOUNTS):
        """The report's totals, by result and grouped by every axis, are those of the opportunities."""
        for result in ("won", "lost", "pending"):
            leads = self._leads_of(report, result)
            domain = [("won_status", "=", result)]
            measures = [f"{name}:sum" for name in (*amounts, "opportunity_count")]
            [totals] = report._read_group(domain, [], measures)
            for name, total in zip(amounts, totals, strict=False):
                expected = sum(leads.mapped(OF_LEAD.get(name, name)))
                self.assertAlmostEqual(total or 0.0, expected, 6, f"{result}: {name}")
            self.assertEqual(totals[-1] or 0, len(leads), result)
            for axis in ("sale_type_id", "product_id", "zone_id", "user_id", "date:quarter", "pemba_step"):
                groups = report._read_group(domain, [axis], measures)
                for position, total in enumerate(totals[: len(amounts)], 1):
                    self.assertAlmostEqual(sum(group[position] for group in groups), total or 0.0, 6, axis)

    def test_totals_are_those_of_the_opportunities_that_the_user_sees(self):
        companies = [self.env.company, self.second]
        for seed in range(3):
            self._fill(seed, companies)
        both = self.env.company | self.second
        for user in (self.manager, self.salesperson, self.accountant):
            allowed = [self.env.company] if user == self.accountant else [self.env.company, self.second, both]
            for company in allowed:
                with self.subTest(user.login, companies=company.mapped("name")):
                    report = self._as(user, company)
                    margin = ("margin",) if user == self.manager else ()
                    self._assert_agree(report, (*AMOUNTS, *margin))

    def test_a_salesperson_sees_the_rows_of_what_they_see(self):
        self._fill(5, [self.env.company])
        report = self._as(self.salesperson)
        self.assertTrue(report.search([]))
        self.assertLessEqual(report.search([]).user_id, self.salesperson)
        self.assertIn(self.colleague, self._as(self.manager).search([]).user_id)

    def test_a_rule_that_an_integrator_adds_to_opportunities_holds_here(self):
        hidden, shown = self._create_deal(self._line()), self._create_deal(self._line())
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": f"[('id', '!=', {hidden.id})]",
            }
        )
        leads = self._as(self.manager).search([("lead_id", "in", (hidden | shown).ids)]).lead_id
        self.assertEqual(leads, shown)

    def test_companies_with_one_currency_add_up_and_others_are_converted(self):
        self._fill(6, [self.env.company, self.second])
        both = self._as(self.manager, self.env.company | self.second)
        [[total, converted]] = both._read_group([], [], ["revenue:sum", "revenue:sum_currency"])
        self.assertAlmostEqual(converted, total, 6)
        self.third.currency_id.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": self.third.currency_id.id, "rate": 160, "name": "2020-01-01", "company_id": False}
        )
        lead = self.env["crm.lead"].with_company(self.third)
        lead.create(
            {
                "name": "Yen",
                "type": "opportunity",
                "user_id": self.manager.id,
                "company_id": self.third.id,
                "team_id": False,
                "expected_revenue": 16000,
            }
        )
        everywhere = self._as(self.manager, self.env.company | self.second | self.third)
        [[converted]] = everywhere._read_group([], [], ["revenue:sum_currency"])
        self.assertAlmostEqual(converted, total + 100, 6)

    def test_every_axis_of_a_line_is_there(self):
        lead = self._create_opportunity("M", distributor_id=self.distributor.id, zone_id=self.zone.id)
        configuration = self.env["pemba.opportunity.configuration"].create(
            {"lead_id": lead.id, "configuration_id": self.ready.id}
        )
        configuration.action_apply()
        row = self._rows(lead).filtered("module_id")[:1]
        line = row.opportunity_line_id
        self.assertEqual(row.product_id, line.product_id)
        self.assertEqual(row.software_id, self.software)
        self.assertEqual(row.version_id, configuration.version_id)
        self.assertEqual(row.deployment_type_id, self.on_premise)
        self.assertEqual(row.sale_type_id, line.sale_type_id)
        self.assertEqual((row.family, row.nature, row.channel), ("product", "new", "distribution"))
        self.assertEqual((row.won_status, row.pemba_step), ("pending", "M"))
        self.assertEqual(row.risk_level_id, lead.risk_level_id)
        self.assertEqual((row.zone_id, row.zone_root_id), (self.zone, self.zone))
        self.assertEqual((row.date, row.close_date), (lead.date_deadline, False))

    def test_zones_are_in_their_top_zone(self):
        world = self._create_zone("World")
        self.zone.parent_id = world
        lead = self._create_deal(self._line(), zone_id=self.zone.id)
        self.assertEqual(self._rows(lead).zone_root_id, world)
        self.assertIn(lead, self.report.search([("zone_id", "child_of", world.id)]).lead_id)

    def test_an_opportunity_without_lines_is_one_row(self):
        lead = self._create_opportunity("E", expected_revenue=1234.56, sale_type_id=self.types["study"].id)
        row = self._rows(lead)
        self.assertEqual((row.id, row.revenue, row.sale_type_id), (-lead.id, 1234.56, self.types["study"]))
        self.assertAlmostEqual(row.weighted_revenue, lead.weighted_revenue, 6)

    def test_what_is_not_retained_does_not_count(self):
        lead = self._create_deal(self._line(price_unit=100), self._line(price_unit=40))
        lead.opportunity_line_ids[1].active = False
        self.assertEqual(self._rows(lead).mapped("revenue"), [100])

    def test_ordered_and_invoiced(self):
        lead = self._create_deal(
            self._line(price_unit=100, quantity=3),
            self._line(price_unit=50),
            partner_id=self.env["res.partner"].create({"name": "Buyer"}).id,
        )
        self.assertEqual(sum(self._rows(lead).mapped("ordered_amount")), 0)
        action = lead.action_new_quotation()
        order = self.env["sale.order"].with_context(**action["context"]).create({})
        order.action_confirm()
        self.assertEqual(sorted(self._rows(lead).mapped("ordered_amount")), [50, 300])
        self.assertEqual(sum(self._rows(lead).mapped("invoiced")), 0)
        order.order_line.product_id.invoice_policy = "order"
        down_payment = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "percentage", "amount": 20}
        )
        down_payment.create_invoices()
        order.invoice_ids.action_post()
        self.assertEqual(sum(self._rows(lead).mapped("invoiced")), 0, "a down payment is no revenue")
        final = order._create_invoices(final=True)
        self.assertEqual(sum(self._rows(lead).mapped("invoiced")), 0, "it is a draft")
        final.action_post()
        self.assertEqual(sorted(self._rows(lead).mapped("invoiced")), [50, 300])
        reversal = self.env["account.move.reversal"].create(
            {"move_ids": final.ids, "journal_id": final.journal_id.id}
        )
        refund = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
        refund.invoice_line_ids.filtered(lambda line: line.price_unit == 50).unlink()
        refund.invoice_line_ids.filtered("is_downpayment").unlink()
        refund.action_post()
        self.assertEqual(sorted(self._rows(lead).mapped("invoiced")), [0, 50])

    def test_orders_and_invoices_of_an_opportunity_without_lines(self):
        buyer = self.env["res.partner"].create({"name": "Buyer"})
        lead = self._create_opportunity("B", expected_revenue=500, partner_id=buyer.id)
        self.licence.invoice_policy = "order"
        order = self.env["sale.order"].create(
            {
                "partner_id": buyer.id,
                "opportunity_id": lead.id,
                "order_line": [Command.create({"product_id": self.licence.id, "price_unit": 480})],
            }
        )
        order.action_confirm()
        order._create_invoices().action_post()
        row = self._rows(lead)
        self.assertEqual((row.ordered_amount, row.invoiced), (480, 480))

    def test_margins_are_for_those_who_may_see_them(self):
        lead = self._create_deal(self._line(price_unit=100, unit_cost=60))
        own = self._as(self.salesperson).search([("lead_id", "=", lead.id)])
        for name in ("cost", "margin", "margin_percent"):
            with self.assertRaises(AccessError):
                own.read([name])
            with self.assertRaises(AccessError):
                own._read_group([], [], [f"{name}:sum" if name != "margin_percent" else f"{name}:avg"])
            self.assertNotIn(name, own.fields_get())
        row = self._as(self.manager).search([("lead_id", "=", lead.id)])
        self.assertEqual((row.cost, row.margin, row.margin_percent), (60, 40, 0.4))

    def test_shares_of_many_rows_are_of_their_sums(self):
        won = self._create_deal(
            self._line(price_unit=100, unit_cost=60), self._line(price_unit=300, unit_cost=0.01)
        )
        lost = self._create_deal(self._line())
        without = self._create_opportunity("E", expected_revenue=1000)
        won.action_set_won()
        lost.action_set_lost()
        rows = [("lead_id", "in", (won | lost | without).ids)]
        [[rate, count, won_count]] = self.report._read_group(
            rows, [], ["win_rate:avg", "opportunity_count:sum", "won_count:sum"]
        )
        self.assertEqual((rate, count, won_count), (50, 3, 1))
        [[margin]] = self.report._read_group(
            [("lead_id", "in", (won | without).ids)], [], ["margin_percent:avg"]
        )
        self.assertAlmostEqual(margin, (40 + 299.99) / 400, 9)

    def test_steps_come_in_the_order_of_the_method(self):
        for step in "AMPBE":
            self._create_opportunity(step)
        groups = self.report.formatted_read_group([("pemba_step", "!=", False)], ["pemba_step"], ["__count"])
        self.assertEqual("".join(group["pemba_step"] for group in groups), "PEMBA")
        [groups] = self.report.formatted_read_grouping_sets(
            [("pemba_step", "!=", False)], [["pemba_step"]], ["__count"]
        )
        self.assertEqual("".join(group["pemba_step"] for group in groups), "PEMBA")

    def test_rows_open_their_opportunity(self):
        lead = self._create_deal(self._line(), self._line())
        action = self._rows(lead)[0].action_open_opportunity()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", lead.id))

    def test_closed_deals_are_in_their_period(self):
        lead = self._create_deal(self._line(price_unit=75), date_deadline="2031-02-01")
        self.assertEqual(self._rows(lead).date, date(2031, 2, 1))
        lead.with_user(self.manager).write({"stage_id": self.stages["A"][:1].id, "close_date": "2024-03-31"})
        self.assertEqual(self._rows(lead).date, date(2024, 3, 31))
        domain = Domain("lead_id", "=", lead.id) & Domain("close_date", "<", "2024-04-01")
        self.assertEqual(self.report._read_group(domain, ["date:quarter"], ["revenue:sum"])[0][1], 75)
