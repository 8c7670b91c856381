from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .reconciliation_common import DAY, BuyerCommon


@tagged("post_install", "-at_install")
class TestReconciliationSignOff(BuyerCommon):
    """A run that is signed off stays as it is, and so do its sales."""

    def test_the_accountant_signs_off(self):
        run = self._run(user=self.accountant)
        with self._refused(UserError, "differences without a reason: 1, such as Buyer, Training"):
            run.action_sign_off()
        form = Form(run.line_ids)
        form.reason_id = self.reason
        form.save()
        run.action_sign_off()
        self.assertEqual(
            (run.state, run.signed_user_id, run.signed_name),
            ("signed", self.accountant, self.accountant.name),
        )
        self.assertRecordValues(
            run.line_ids,
            [{"partner_name": "Buyer", "product_name": "Training", "reason_name": self.reason.name}],
        )

    def test_signing_off_closes_sales(self):
        """What was checked stays as it was checked; a zone, or an older day, closes nothing."""
        run = self._run(user=self.accountant)
        run.line_ids.reason_id = self.reason
        run.closes_sales = True
        run.action_sign_off()
        self.assertEqual(fields.Date.to_string(self.company.pemba_sales_closed_date), DAY)
        deal = self.env["crm.lead"].search([("partner_id", "=", self.buyer.id)])
        with self._refused(UserError, "sales are closed until 06/30/2026"):
            deal.opportunity_line_ids.price_unit = 1
        older = self._run("2026-05-31", user=self.accountant, closes_sales=True)
        older.line_ids.reason_id = self.reason
        older.action_sign_off()
        self.assertEqual(fields.Date.to_string(self.company.pemba_sales_closed_date), DAY)

    def test_what_orders_become_of_what_is_closed_shows(self):
        """The sale stays; what it is ordered and invoiced for is a difference."""
        order = self._order(self._customer("More"), {"product_id": self.study.id, "price_unit": 500})
        self._invoice(order)
        self.company.pemba_sales_closed_date = DAY
        self.assertNotIn(("More", "Study"), self._results(self._run("2026-07-31")))
        order.order_line.product_uom_qty = 3
        self.assertEqual(order.opportunity_id.deal_amount, 500)
        line = self._line_of(self._run("2026-07-31"), order.partner_id)
        self.assertEqual((line.result, line.order_gap_company), ("amount_gap", 1000))
        self.assertEqual(line.gap_amount_company, 0)
        more = order._create_invoices()
        more.invoice_date = "2026-07-10"
        more.action_post()
        line = self._line_of(self._run("2026-07-31"), order.partner_id)
        self.assertEqual((line.result, line.order_gap_company), ("amount_gap", 1000))
        self.assertEqual(line.gap_amount_company, -1000)

    def test_what_is_signed_off_stays(self):
        run = self._run()
        run.line_ids.reason_id = self.reason
        run.with_user(self.accountant).action_sign_off()
        everything = run.sudo()  # nobody may, not even the superuser
        for action in (
            everything.action_compute,
            everything.with_user(self.accountant).action_sign_off,
            everything.unlink,
            lambda: everything.write({"date": "2026-01-01"}),
            lambda: everything.write({"state": "draft"}) and everything._check_is_open(),
            lambda: everything.line_ids.write({"note": "Later"}),
            everything.line_ids.unlink,
            everything.line_ids.action_fix,
            everything.line_ids.action_ask,
            everything.line_ids.action_record_opening,
        ):
            with self._refused(UserError, "signed off|settled"):
                action()
        self.assertEqual(everything.state, "signed")
        everything.message_post(body="It may be talked about")
        self.company.pemba_sales_closed_date = False
        self._win(self.buyer, {"product_id": self.training.id, "price_unit": 1})
        self.assertEqual(run.line_ids.gap_amount_company, 700)
        self.assertEqual(self._run("2026-07-31").line_ids.evolution, "changed", "it appears in the next run")

    def test_names_stay_as_they_were(self):
        run = self._run()
        run.line_ids.reason_id = self.reason
        run.with_user(self.accountant).action_sign_off()
        twin = self._customer("Twin")
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.buyer | twin).ids, twin)
        self.assertEqual((run.line_ids.partner_id, run.line_ids.partner_name), (twin, "Buyer"))
        self.assertEqual(run.line_ids.display_name, "Buyer, Training")

    def test_who_may_do_what(self):
        run = self._run(user=self.accountant)
        run.line_ids.reason_id = self.reason
        for user in (self.salesperson, self.support):
            with self.assertRaises(AccessError):
                run.with_user(user).read(["date"])
            with self.assertRaises(AccessError):
                run.with_user(user).action_sign_off()
        by_manager = run.with_user(self.manager)
        self.assertEqual(by_manager.difference_count, 1)
        with self.assertRaises(AccessError):
            by_manager.action_sign_off()
        with self.assertRaises(AccessError):
            by_manager.action_compute()
        with self.assertRaises(AccessError):
            by_manager.line_ids.note = "No"
        self.assertEqual(run.state, "compared")
        for model in ("crm.lead", "pemba.equipment", "pemba.contract", "sale.order", "res.partner"):
            self.assertFalse(self.env[model].with_user(self.accountant).has_access("write"), model)

    def test_a_day_to_come_is_not_signed_off(self):
        run = self._run(fields.Date.add(fields.Date.today(), days=3))
        run.line_ids.reason_id = self.reason
        with self._refused(UserError, "its day has not come yet"):
            run.with_user(self.accountant).action_sign_off()

    def test_a_zone_closes_no_sales(self):
        part = self._run(user=self.accountant, zone_id=self._create_zone("Part").id, closes_sales=True)
        part.action_sign_off()
        self.assertFalse(self.company.pemba_sales_closed_date)

    def test_customers_of_another_company_are_named(self):
        run = self._run(user=self.accountant)
        run.line_ids.reason_id = self.reason
        self.buyer.company_id = self._create_company("Another", "EUR")
        self.env.invalidate_all()
        self.assertEqual(run.line_ids.display_name, "Buyer, Training")
        self.assertTrue(self._get_content(run))

    def test_what_changed_since_is_not_signed_off(self):
        run = self._run(user=self.accountant)
        run.line_ids.reason_id = self.reason
        deal = self._win(self.buyer, {"product_id": self.study.id, "price_unit": 5})
        for change in (
            lambda: None,
            lambda: deal.opportunity_line_ids.write({"price_unit": 0}),  # one more matches
        ):
            change()
            with self._refused(UserError, "what it found has changed since .* Compare again"):
                run.action_sign_off()
        run.action_compute()
        run.action_sign_off()
        self.assertEqual((run.state, run.matched_count), ("signed", 1))

    def test_what_a_signed_run_was_compared_with_is_not_deleted(self):
        first = self._run("2026-04-30", user=self.accountant)
        second = self._run("2026-05-31", user=self.accountant)
        second.line_ids.reason_id = self.reason
        second.action_sign_off()
        with self._refused(UserError, "05/31/2026, Checked, which is signed off, says what was settled"):
            first.unlink()

    def test_figures_that_change_by_the_same_amount_are_seen(self):
        order = self._order(self._customer("Even"), {"product_id": self.study.id, "price_unit": 100})
        run = self._run(user=self.accountant)
        run.line_ids.reason_id = self.reason
        more = self._order(order.partner_id, {"product_id": self.study.id, "price_unit": 40})
        self._invoice(more)
        with self._refused(UserError, "what it found has changed"):
            run.action_sign_off()

    def test_a_reason_that_changed_in_the_run_before_is_seen(self):
        first = self._run("2026-04-30")
        first.line_ids.reason_id = self.reason
        second = self._run("2026-05-31", user=self.accountant)
        first.line_ids.reason_id = self.env.ref("pemba_crm.reconciliation_reason_invoice")
        with self._refused(UserError, "what it found has changed"):
            second.action_sign_off()

    def test_what_a_signed_run_was_compared_with_is_not_compared_again(self):
        first = self._run("2026-04-30", user=self.accountant)
        second = self._run("2026-05-31", user=self.accountant)
        second.line_ids.reason_id = self.reason
        second.action_sign_off()
        for action in (first.action_compute, lambda: first.write({"quantity_tolerance": 1})):
            with self._refused(UserError, "05/31/2026, Checked, which is signed off"):
                action()
