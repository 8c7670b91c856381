from odoo.fields import Command
from odoo.tests import tagged

from .reconciliation_common import DAY, ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationSales(ReconciliationCommon):
    """What counts as a sale, and what was invoiced of it."""

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
