from odoo.fields import Command
from odoo.tests import tagged

from .reconciliation_common import DAY, ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliation(ReconciliationCommon):
    """What is found between sales, the base, contracts and invoices."""

    def _seed_matched(self):
        """Sold, installed, covered and invoiced; a term that is over; through a distributor."""
        good = self._customer("Good")
        recurring = {
            "product_id": self.maintenance.id,
            "price_unit": 1800,
            "date_start": "2026-01-01",
            "date_end": "2026-12-31",
        }
        self._invoice(self._order(good, self._line(quantity=10), recurring))
        contract = self.env["pemba.contract"].search([("partner_id", "=", good.id)])
        contract.line_ids.equipment_id = self._install(good)
        contract.action_start()
        ended = self._customer("Ended")
        over = recurring | {"date_start": "2024-01-01", "date_end": "2024-12-31"}
        self._invoice(self._order(ended, over, date="2024-01-01"), date="2024-02-01")
        self.env["pemba.contract"].search([("partner_id", "=", ended.id)]).action_start()
        far = self._customer("Far")
        deal = self._order(
            far,
            {"product_id": self.server.id, "quantity": 2, "price_unit": 5000, "distributor_margin_rate": 30},
            distributor_id=self.distributor.id,
        )
        self.assertEqual(deal.amount_untaxed, 7000)
        self._invoice(deal)
        self._place(far, 2)

    def test_each_anomaly_is_found_once_with_its_amounts(self):
        self._seed_matched()
        unsold = self._customer("Unsold")
        self._install(unsold, 5)
        waiting = self._customer("Waiting")
        self._invoice(self._order(waiting, {"product_id": self.server.id, "price_unit": 5000}))
        fewer = self._customer("Fewer")
        self._invoice(self._order(fewer, {"product_id": self.server.id, "quantity": 3, "price_unit": 4000}))
        self._place(fewer, 2)
        retired = self._customer("Retired")
        gone = self._install(retired, 1, date="2025-01-01")
        self._cover(gone)
        gone._retire("2026-05-01")
        bare = self._customer("Bare")
        self._invoice(self._order(bare, self._line(quantity=4, price_unit=900)))
        self._install(bare, 4)
        draft = self._customer("Draft")
        year = {"date_start": "2026-06-01", "date_end": "2027-05-31"}
        self._invoice(self._order(draft, {"product_id": self.maintenance.id, "price_unit": 365} | year))
        early = self._customer("Early")
        self._invoice(self._order(early, {"product_id": self.study.id, "price_unit": 450}, date="2026-07-02"))
        unpaid = self._customer("Unpaid")
        self._win(unpaid, {"product_id": self.training.id, "price_unit": 700})
        part = self._customer("Part")
        order = self._order(part, {"product_id": self.study.id, "quantity": 2, "price_unit": 500})
        self._invoice(order, Study=1)
        credited = self._customer("Credited")
        order = self._order(credited, {"product_id": self.study.id, "quantity": 2, "price_unit": 500})
        self._credit(self._invoice(order), 300)
        tested = self._customer("Tested")
        self._invoice(self._order(tested, self._line(quantity=2, price_unit=800)))
        self._install(tested, 2, usage="test")
        sold_by = self._customer("Indirect")
        order = self._order(
            sold_by,
            {"product_id": self.server.id, "price_unit": 5000, "distributor_margin_rate": 20},
            distributor_id=self.distributor.id,
        )
        self._invoice(order)
        standalone = self._customer("Standalone")
        order = self.env["sale.order"].create(
            {
                "partner_id": standalone.id,
                "order_line": [Command.create({"product_id": self.study.id, "price_unit": 120})],
            }
        )
        order.action_confirm()
        order.date_order = "2026-02-01 08:00:00"
        renewed = self._customer("Tacit")
        self._create_contract(
            {"price_unit": 100},
            partner_id=renewed.id,
            company_id=self.company.id,
            date_start="2026-01-01",
        )
        run = self._run()
        found = {
            (line.partner_id.name, line.product_id.name): (
                line.result,
                line.due_quantity or line.term_quantity,
                line.installed_quantity,
                line.covered_quantity,
                line.won_amount_company,
                line.invoiced_amount_company,
                line.gap_amount_company,
                line.missed_amount_company,
            )
            for line in run.line_ids
        }
        self.assertEqual(
            found,
            {
                # five seats at the list price of 1,000, at 18 %
                ("Unsold", "Licence"): ("not_sold", 0, 5, 0, 0, 0, 0, 900),
                ("Waiting", "Server"): ("not_installed", 1, 0, 0, 5000, 5000, 0, 0),
                ("Fewer", "Server"): ("quantity_gap", 3, 2, 0, 12000, 12000, 0, 0),
                ("Retired", "Licence"): ("covered_not_installed", 0, 0, 1, 0, 0, 0, 0),
                ("Retired", "Maintenance"): ("not_sold", 0, 0, 1, 0, 0, 0, 0),
                # four seats at the 900 that were paid, at 18 %
                ("Bare", "Licence"): ("not_covered", 4, 4, 0, 3600, 3600, 0, 648),
                ("Draft", "Maintenance"): ("not_covered", 1, 0, 0, 365, 365, 0, 0),
                ("Early", "Study"): ("invoiced_not_won", 0, 0, 0, 0, 450, -450, 0),
                ("Unpaid", "Training"): ("not_invoiced", 0, 0, 0, 700, 0, 700, 0),
                ("Part", "Study"): ("amount_gap", 0, 0, 0, 1000, 500, 500, 0),
                ("Credited", "Study"): ("amount_gap", 0, 0, 0, 1000, 700, 300, 0),
                ("Tested", "Licence"): ("not_installed", 2, 0, 0, 1600, 1600, 0, 0),
                ("Indirect", "Server"): ("not_installed", 1, 0, 0, 4000, 4000, 0, 0),
                ("Standalone", "Study"): ("not_invoiced", 0, 0, 0, 120, 0, 120, 0),
                ("Tacit", "Maintenance"): ("not_sold", 0, 0, 1, 0, 0, 0, 0),
            },
        )
        self.assertEqual(self._line_of(run, sold_by).distributor_id, self.distributor)
        # Good's licence and maintenance, Ended's maintenance, Far's server
        self.assertEqual(run.matched_count, 4)
        self.assertEqual(run.matched_won_amount, 10000 + 1800 + 1800 + 7000)
        self.assertEqual(run.matched_invoiced_amount, run.matched_won_amount)
        self.assertEqual(
            (run.matched_won_quantity, run.matched_installed_quantity, run.matched_covered_quantity),
            (10 + 1 + 1 + 2, 12, 10 + 1),
        )
        report = self.env["pemba.sale.report"]
        [[won]] = report._read_group(
            [("won_status", "=", "won"), ("close_date", "<=", DAY), ("company_id", "=", self.company.id)],
            [],
            ["revenue:sum"],
        )
        total = run.matched_won_amount + sum(run.line_ids.mapped("won_amount_company"))
        self.assertAlmostEqual(total, won + 120, 2, "what was won, and one order without an opportunity")
        results = [line.result for line in run.line_ids]
        order = [code for code, _label in run.line_ids._fields["result"].selection]
        self.assertEqual(results, sorted(results, key=order.index), "the gravest stand first")

    def test_the_rate_of_the_books_is_no_gap(self):
        """1,000 dollars at a deal's rate of 1.25 are 800 euros; the books have 1.6 dollars a euro."""
        zone, dollar = self._create_dollar_zone(1.25)
        self.env["res.currency.rate"].create(
            {"currency_id": dollar.id, "company_id": self.company.id, "name": "2026-01-01", "rate": 1.6}
        )
        whole, half = self._customer("Whole"), self._customer("Half")
        line = {"product_id": self.study.id, "quantity": 10, "price_unit": 100}
        for customer, invoiced in ((whole, 10), (half, 4)):
            order = self._order(customer, line, zone_id=zone.id, deal_currency_id=dollar.id, deal_rate=1.25)
            self.assertEqual((order.currency_id, order.amount_untaxed), (dollar, 1000))
            self._invoice(order, Study=invoiced)
        run = self._run()
        self.assertEqual(self._results(run), {("Half", "Study"): "amount_gap"})
        # left: 600 dollars at 1.25; the books: 400 dollars at 1.6
        self.assertRecordValues(
            run.line_ids,
            [
                {
                    "deal_currency_id": dollar.id,
                    "won_amount": 1000,
                    "invoiced_amount": 400,
                    "won_amount_company": 800,
                    "invoiced_amount_company": 250,
                    "gap_amount_company": 480,
                    "exchange_amount_company": 70,
                }
            ],
        )
        self.assertEqual((run.matched_won_amount, run.matched_invoiced_amount), (800, 625))

    def test_two_deal_currencies_are_not_added_up(self):
        zone, dollar = self._create_dollar_zone(2)
        both = self._customer("Both")
        line = {"product_id": self.study.id, "price_unit": 100}
        self._win(both, line)
        self._win(both, line, zone_id=zone.id, deal_currency_id=dollar.id, deal_rate=2)
        line = self._run().line_ids
        self.assertEqual(
            (line.deal_currency_id.id, line.won_amount, line.won_amount_company), (False, 0, 150)
        )

    def test_a_zone_has_its_customers_and_those_below_it(self):
        world = self._create_zone("World")
        europe = self._create_zone("Europe", parent_id=world.id)
        near, far = self._customer("Near", zone_id=europe.id), self._customer("Far", zone_id=world.id)
        for customer in (near, far, self._customer("Nowhere")):
            self._win(customer, {"product_id": self.training.id})
        self.assertEqual(self._run(zone_id=europe.id).line_ids.partner_id, near)
        self.assertEqual(self._run(zone_id=world.id).line_ids.partner_id, near | far)
        self.assertEqual(len(self._run().line_ids), 3)

    def test_the_base_is_that_of_the_day(self):
        customer = self._customer("Mover")
        self._invoice(
            self._order(customer, {"product_id": self.server.id, "price_unit": 10}, date="2026-01-10")
        )
        server = self._place(customer, date="2026-02-01")
        server._retire("2026-05-01")
        self.assertEqual(self._results(self._run("2026-04-30")), {})
        self.assertEqual(self._results(self._run("2026-05-01")), {("Mover", "Server"): "not_installed"})
        self.assertEqual(
            self._results(self._run("2026-01-20")),
            {
                ("Mover", "Server"): "not_installed",
            },
        )

    def test_tolerances(self):
        customer = self._customer("Nearly")
        order = self._order(customer, {"product_id": self.server.id, "quantity": 10, "price_unit": 100})
        self._invoice(order, Server=9.95)
        self._place(customer, 9)
        self.assertEqual(self._results(self._run()), {("Nearly", "Server"): "quantity_gap"})
        run = self._run(quantity_tolerance=1)
        self.assertEqual(self._results(run), {("Nearly", "Server"): "amount_gap"})
        run.amount_tolerance = 5
        self.assertEqual(run.state, "draft", "it is to be compared again")
        run.action_compute()
        self.assertEqual((self._results(run), run.matched_count), ({}, 1))

    def test_what_differs_by_the_tolerance_matches(self):
        customer = self._customer("Tolerated")
        line = {"product_id": self.server.id, "quantity": 1.1, "price_unit": 100}
        self._invoice(self._order(customer, line))
        self._place(customer, 1)
        self.assertEqual(self._results(self._run(quantity_tolerance=0.1)), {})

    def test_a_customer_is_of_the_entity_that_it_joined(self):
        old, new = self._create_zone("Old zone"), self._create_zone("New zone")
        customer = self._customer("Taken over", zone_id=old.id)
        owner = self._customer("Owner", zone_id=new.id)
        self._invoice(self._order(customer, self._line(quantity=2)))
        equipment = self._install(customer, 2)
        customer.parent_id = owner
        customer.is_company = False
        self.assertEqual(customer.commercial_partner_id, owner)
        self._create_contract(
            {"equipment_id": equipment.id, "price_unit": 100, "product_id": self.maintenance.id},
            partner_id=owner.id,
            company_id=self.company.id,
            date_start="2026-01-01",
        )
        self.assertFalse(self._run(zone_id=old.id).line_ids)
        for run in (self._run(zone_id=new.id), self._run()):
            self.assertEqual(self._results(run), {("Owner", "Maintenance"): "not_sold"})
            self.assertEqual(run.matched_installed_quantity, 2)
            self.assertEqual(run.line_ids.zone_id, new)

    def test_who_buys_both_ways_has_no_distributor(self):
        both, through = self._customer("Both ways"), self._customer("Through")
        line = {"product_id": self.server.id, "price_unit": 5000}
        for customer in (both, through):
            self._win(customer, line, distributor_id=self.distributor.id)
        self._win(both, line)
        run = self._run()
        self.assertFalse(self._line_of(run, both).distributor_id)
        self.assertEqual(self._line_of(run, through).distributor_id, self.distributor)
