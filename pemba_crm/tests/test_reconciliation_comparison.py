from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PembaContractCommon

DAY = "2026-06-30"


class ReconciliationCommon(PembaContractCommon):
    """Sales, equipment, contracts and invoices around the last day of June 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {"name": "Checked", "currency_id": cls._currency("EUR").id}
        )
        # Another company than the one that the other records of the tests are of: nothing of it is here yet.
        cls.env.user.company_ids |= cls.company
        (cls.accountant | cls.manager | cls.salesperson | cls.support).company_ids |= cls.company
        cls._use_company(cls.company)
        cls.licence.pemba_equipment_policy = "per_line"
        cls.server.pemba_equipment_policy = "per_unit"
        cls.server.list_price = 5000
        cls.study = cls._create_product("Study", "study", 500)
        cls.reason = cls.env.ref("pemba_crm.reconciliation_reason_delivery")

    @classmethod
    def _use_company(cls, company):
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=company.ids))
        for name, value in list(vars(cls).items()):
            if hasattr(value, "with_env") and name != "env":
                setattr(cls, name, value.with_env(cls.env))
        cls.env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        company.currency_id = cls._currency("EUR")  # the chart's own is the dollar

    def _customer(self, name, **vals):
        return self.env["res.partner"].create({"name": name, "is_company": True, **vals})

    def _win(self, customer, *lines, date="2026-03-01", **vals):
        """What a customer bought on a day, without an order."""
        deal = self._create_deal(*lines, partner_id=customer.id, company_id=self.env.company.id, **vals)
        deal.action_set_won()
        deal.close_date = date
        return deal

    def _order(self, customer, *lines, date="2026-03-01", **vals):
        """What a customer ordered on a day, from an opportunity."""
        deal = self._create_deal(*lines, partner_id=customer.id, company_id=self.env.company.id, **vals)
        orders = self.env["sale.order"].with_context(**deal.action_sale_quotations_new()["context"])
        order = orders.create({})
        order.action_confirm()
        order.date_order = f"{date} 12:00:00"
        deal.close_date = date
        return order

    def _invoice(self, order, date="2026-04-01", **quantities):
        """A posted invoice of an order; fewer of a product, by its name, where a quantity is given."""
        invoice = order._create_invoices()
        invoice.invoice_date = date
        for line in invoice.invoice_line_ids:
            line.quantity = quantities.get(line.product_id.name, line.quantity)
        invoice.action_post()
        return invoice

    def _credit(self, invoice, price, date="2026-05-01"):
        """A posted credit note of an invoice, over an amount."""
        reversal = self.env["account.move.reversal"].create(
            {"move_ids": invoice.ids, "journal_id": invoice.journal_id.id, "date": date}
        )
        refund = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
        refund.invoice_line_ids.write({"price_unit": price, "quantity": 1})
        refund.invoice_date = date
        refund.action_post()
        return refund

    def _install(self, customer, seats=10, date="2026-03-15", **vals):
        """Software in service at a customer's since a day."""
        return self._create_equipment(
            partner_id=customer.id,
            company_id=self.env.company.id,
            seat_count=seats,
            state="in_service",
            in_service_date=date,
            **vals,
        )

    def _place(self, customer, quantity=1, date="2026-03-15", **vals):
        """Hardware in service at a customer's since a day."""
        return self.env["pemba.equipment"].create(
            {
                "partner_id": customer.id,
                "company_id": self.env.company.id,
                "kind": "hardware",
                "product_id": self.server.id,
                "quantity": quantity,
                "state": "in_service",
                "in_service_date": date,
                **vals,
            }
        )

    def _cover(self, equipment, date_start="2026-01-01", **vals):
        """A contract of a year for equipment, without a sale."""
        line = {"equipment_id": equipment.id, "price_unit": 100}
        return self._create_contract(
            line,
            partner_id=equipment.partner_id.id,
            company_id=self.env.company.id,
            date_start=date_start,
            **vals,
        )

    def _run(self, date=DAY, user=None, **vals):
        run = self.env["pemba.reconciliation"].with_user(user or self.env.user)
        run = run.create({"date": date, "company_id": self.env.company.id, **vals})
        run.action_compute()
        return run

    def _get_content(self, run):
        """The run's workbook."""
        return run.env["pemba.reconciliation.workbook"]._get_content(run)

    def _results(self, run):
        """What a run says, by customer and product: the gravest result."""
        return {
            (line.partner_id.name, line.product_id.name): line.result
            for line in run.line_ids
            if line.result != "matched"
        }

    def _line_of(self, run, customer, product=None):
        line = run.line_ids.filtered(
            lambda one: one.partner_id == customer and (not product or one.product_id == product)
        )
        self.assertEqual(len(line), 1)
        return line


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

    def test_each_company_has_its_own(self):
        other = self._create_company("Other", "JPY")
        buyer = self._customer("Buyer")
        self._win(buyer, {"product_id": self.training.id, "price_unit": 700})
        self.env.user.company_ids |= other
        elsewhere = self._create_deal(
            {"product_id": self.training.id, "price_unit": 90000},
            partner_id=buyer.id,
            company_id=other.id,
            deal_currency_id=other.currency_id.id,
            team_id=False,
            user_id=False,
        )
        elsewhere.action_set_won()
        elsewhere.close_date = "2026-03-01"
        self.assertEqual(self._run().line_ids.mapped("gap_amount_company"), [700])
        theirs = self.env["pemba.reconciliation"].create({"date": DAY, "company_id": other.id})
        theirs.action_compute()
        self.assertEqual(theirs.line_ids.mapped("gap_amount_company"), [90000])
        self.assertEqual(theirs.line_ids.company_currency_id, other.currency_id)
        self.accountant.company_ids |= other
        own = {"allowed_company_ids": self.company.ids}
        for records in (theirs, theirs.line_ids):
            as_accountant = records.with_user(self.accountant)
            of_both = {"allowed_company_ids": [self.company.id, other.id]}
            self.assertEqual(
                len(as_accountant.with_context(**of_both).search([("id", "in", records.ids)])), 1
            )
            self.assertFalse(as_accountant.with_context(**own).search([("id", "in", records.ids)]))
        with self._refused(UserError, "Compare another company in another run"):
            theirs.company_id = self.company

    def test_companies_add_up_in_the_users_currency(self):
        other = self._create_company("Other", "JPY")
        self.env["res.currency.rate"].create(
            {
                "currency_id": other.currency_id.id,
                "company_id": self.company.id,
                "rate": 160 * self.company.currency_id.rate,
                "name": self.today,
            }
        )
        self.env.user.company_ids |= other
        for company, price in ((self.company, 700), (other, 80000)):
            deal = self._create_deal(
                {"product_id": self.training.id, "price_unit": price},
                partner_id=self._customer(f"Buyer of {company.name}").id,
                company_id=company.id,
                deal_currency_id=company.currency_id.id,
                team_id=False,
                user_id=False,
            )
            deal.action_set_won()
            deal.close_date = "2026-03-01"
            run = self.env["pemba.reconciliation"].create({"date": DAY, "company_id": company.id})
            run.action_compute()
        lines = self.env["pemba.reconciliation.line"].with_context(
            allowed_company_ids=[self.company.id, other.id]
        )
        groups = lines._read_group(
            [("company_id", "in", (self.company | other).ids)],
            ["company_id"],
            ["gap_amount_company:sum_currency"],
        )
        self.assertEqual(
            {company: round(amount, 2) for company, amount in groups}, {self.company: 700, other: 500}
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

    def test_a_subscription_counts_in_its_term_and_is_renewed(self):
        """A licence that recurs is in the base as long as somebody pays for it."""
        customer = self._customer("Subscriber")
        vals = {"product_id": self.subscription.id, "quantity": 5, "price_unit": 300}
        self.subscription.pemba_equipment_policy = "per_line"
        self.subscription.pemba_sale_type_id = self.types["maintenance"]
        dates = {"date_start": "2025-07-01", "date_end": "2026-06-30"}
        deal = self._order(customer, vals | dates, date="2025-07-01")
        self._invoice(deal, date="2025-07-02")
        contract = self.env["pemba.contract"].search([("partner_id", "=", customer.id)])
        equipment = self._install(
            customer,
            5,
            deployment_type_id=self.saas.id,
            date="2025-07-01",
            component_ids=[Command.create({"product_id": self.subscription.id, "quantity": 5})],
        )
        contract.line_ids.equipment_id = equipment
        contract.action_start()
        self.assertEqual(self._results(self._run()), {})
        over = self._run("2026-07-01")
        self.assertEqual(self._results(over), {("Subscriber", "Subscription"): "not_sold"})
        self.assertEqual(over.line_ids.won_quantity, 5)

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

    def test_what_says_no_product_is_compared_by_its_amount(self):
        customer = self._customer("Simple")
        self._win(customer, expected_revenue=400)
        [line] = self._run().line_ids
        self.assertEqual(
            (line.partner_id, line.product_id.id, line.result), (customer, False, "not_invoiced")
        )
        self.assertEqual(line.gap_amount_company, 400)

    def test_an_order_of_what_is_lost_is_a_sale_all_the_same(self):
        """The orders of an opportunity that was not won count by themselves."""
        order = self._order(self._customer("Odd"), {"product_id": self.study.id, "price_unit": 100})
        lead = order.opportunity_id
        lead.stage_id = self.stages["M"][:1]
        lead.action_set_lost()
        self.assertEqual(self._results(self._run()), {("Odd", "Study"): "not_invoiced"})

    def test_an_order_of_a_later_day_hides_nothing(self):
        customer = self._customer("Simple")
        deal = self._win(customer, expected_revenue=400)
        order = self.env["sale.order"].create({"partner_id": customer.id, "opportunity_id": deal.id})
        order.order_line = [Command.create({"product_id": self.study.id, "price_unit": 400})]
        order.action_confirm()
        order.date_order = "2026-08-01 12:00:00"
        self.assertEqual(self._results(self._run()), {("Simple", False): "not_invoiced"})
        self.assertEqual(self._results(self._run("2026-08-31")), {("Simple", "Study"): "not_invoiced"})

    def test_what_a_settled_sale_left_out_and_is_ordered_later_is_a_sale(self):
        customer = self._customer("Later")
        deal = self._create_deal(
            {"product_id": self.study.id, "price_unit": 500},
            {"product_id": self.training.id, "price_unit": 700},
            partner_id=customer.id,
            company_id=self.company.id,
        )
        orders = self.env["sale.order"].with_context(**deal.action_sale_quotations_new()["context"])
        first, second = orders.create({}), orders.create({})
        first.order_line.filtered(lambda line: line.product_id == self.training).unlink()
        second.order_line.filtered(lambda line: line.product_id == self.study).unlink()
        first.action_confirm()
        first.date_order = "2026-03-01 12:00:00"
        deal.close_date = "2026-03-01"
        self._invoice(first)
        self.company.pemba_sales_closed_date = DAY
        second.action_confirm()
        second.date_order = "2026-07-01 12:00:00"
        self.assertEqual(deal.deal_amount, 500)
        run = self._run("2026-07-31")
        self.assertEqual(self._results(run), {("Later", "Training"): "not_invoiced"})
        self.assertEqual(run.line_ids.gap_amount_company, 700)

    def test_what_invoices_two_order_lines_counts_once(self):
        order = self._order(
            self._customer("Joint"),
            {"product_id": self.study.id, "price_unit": 75},
            {"product_id": self.study.id, "price_unit": 75},
        )
        invoice = order._create_invoices()
        invoice.invoice_line_ids[1].unlink()
        invoice.invoice_line_ids.write(
            {"price_unit": 150, "sale_line_ids": [Command.set(order.order_line.ids)]}
        )
        invoice.invoice_date = "2026-04-01"
        invoice.action_post()
        run = self._run()
        self.assertEqual((self._results(run), run.matched_invoiced_amount), ({}, 150))

    def test_an_order_in_dozens(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        customer = self._customer("Dozens")
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.server.id,
                            "product_uom_qty": 2,
                            "product_uom_id": dozen.id,
                            "price_unit": 120,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        order.date_order = "2026-02-01 08:00:00"
        self._invoice(order)
        self._place(customer, 24)
        run = self._run()
        self.assertEqual((self._results(run), run.matched_invoiced_quantity), ({}, 24))

    def test_down_payments_are_apart(self):
        customer = self._customer("Down")
        order = self._order(customer, {"product_id": self.study.id, "price_unit": 1000})
        self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "percentage", "amount": 20}
        ).create_invoices()
        order.invoice_ids.invoice_date = "2026-04-01"
        order.invoice_ids.action_post()
        self.assertEqual(self._run().line_ids.gap_amount_company, 1000)
        final = order._create_invoices(final=True)
        final.invoice_date = "2026-04-02"
        final.action_post()
        self.assertEqual(self._results(self._run()), {})

    def test_opening_sales_are_sold_and_invoiced(self):
        customer = self._customer("Old")
        self._cover(self._install(customer, 7, date="2019-01-01"))
        openings = self.env["pemba.opening.sale"].with_user(self.accountant)
        openings.create(
            [
                {
                    "partner_id": customer.id,
                    "product_id": self.licence.id,
                    "date": "2019-01-01",
                    "quantity": 7,
                    "amount": 7000,
                },
                {
                    "partner_id": customer.id,
                    "product_id": self.maintenance.id,
                    "date": "2026-01-01",
                    "date_start": "2026-01-01",
                    "date_end": "2026-12-31",
                },
            ]
        )
        run = self._run()
        self.assertEqual(self._results(run), {})
        self.assertEqual((run.matched_won_amount, run.matched_invoiced_amount), (7000, 7000))

    def test_a_price_that_is_not_known_is_not_nothing(self):
        """What was sold before at an unknown price does not make maintenance cheaper."""
        customer = self._customer("Mixed")
        self._invoice(self._order(customer, self._line(quantity=1, price_unit=900)))
        self._install(customer, 10)
        line = self._line_of(self._run(), customer)
        # ten seats at the 900 that one was paid with, at 18 %
        self.assertEqual((line.result, line.missed_amount_company), ("quantity_gap", 1620))
        line.with_user(self.accountant).action_record_opening()
        line = self._line_of(self._run(), customer)
        self.assertEqual((line.result, line.missed_amount_company), ("not_covered", 1620))
        opening = self.env["pemba.opening.sale"].search([("partner_id", "=", customer.id)])
        opening.amount = 8100 - 900
        # ten at 8,100 in all
        self.assertEqual(self._line_of(self._run(), customer).missed_amount_company, 1458)

    def test_the_list_price_of_a_companys_own_product_is_in_its_currency(self):
        main = self.env["res.company"]._get_main_company()
        main.currency_id = self._currency("USD")
        self.env["res.currency.rate"].create(
            {
                "currency_id": main.currency_id.id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "rate": 2,
            }
        )
        customer = self._customer("Bare")
        self._install(customer, 5)
        # five at 1,000 dollars, at 18 %, two dollars a euro
        self.assertEqual(self._run().line_ids.missed_amount_company, 450)
        self.licence.product_tmpl_id.company_id = self.company
        self.assertEqual(self._run().line_ids.missed_amount_company, 900)

    def test_a_deal_without_a_company_is_of_that_of_its_orders(self):
        customer = self._customer("Shared")
        order = self._order(customer, {"product_id": self.study.id, "price_unit": 700})
        self._invoice(order)
        shared = self._create_deal(
            {"product_id": self.study.id, "price_unit": 50}, partner_id=customer.id, company_id=False
        )
        shared.action_set_won()
        shared.close_date = "2026-03-01"
        order.opportunity_id.write({"company_id": False})
        self.company.pemba_sales_closed_date = DAY
        self.assertEqual([lead._is_settled() for lead in order.opportunity_id | shared], [True, False])
        run = self._run()
        self.assertEqual((run.line_ids.ids, run.matched_won_amount), ([], 700))
        elsewhere = self.env["crm.lead"]._get_shared_company()
        self.assertNotEqual(elsewhere, self.company)
        self.env.user.company_ids |= elsewhere
        other = self._run(company_id=elsewhere.id)
        line = self._line_of(other, customer, self.study)
        self.assertEqual((line.result, line.won_amount_company), ("not_invoiced", 50))
        sold = self.env["pemba.opportunity.line"].search(line.action_open_sales()["domain"])
        self.assertEqual(sold, shared.opportunity_line_ids)

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
