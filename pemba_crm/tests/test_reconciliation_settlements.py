import io

import openpyxl
from odoo import fields
from odoo.tests import tagged

from .reconciliation_common import DAY, ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationSettlements(ReconciliationCommon):
    """What was done about a difference is known to all runs, and ends with it."""

    def test_what_was_asked_is_known_and_ends_with_the_difference(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        first = self._run("2026-04-30")
        first.line_ids.with_user(self.accountant).action_fix()
        self.assertEqual(first.line_ids.with_user(self.accountant).asked_user_id, self.salesperson)
        second = self._run(user=self.accountant)
        self.assertEqual(second.line_ids.asked_user_id, self.salesperson)
        self.assertEqual(len(self._asked(deal)), 1)
        deal.opportunity_line_ids.price_unit = 0
        second.action_compute()
        self.assertFalse(self._asked(deal))
        self.assertIn("Settled: 06/30/2026", "".join(deal.message_ids.mapped("body")))

    def test_a_run_ends_only_what_it_looks_at(self):
        inside, outside = self._create_zone("Inside"), self._create_zone("Outside")
        customer = self._customer("Slow", zone_id=inside.id)
        deal = self._win(customer, {"product_id": self.study.id, "price_unit": 80})
        run = self._run(user=self.accountant)
        run.line_ids.action_fix()
        for vals in ({"zone_id": outside.id}, {"zone_id": False, "date": "2026-02-28"}):
            run.write(vals)
            run.action_compute()
            self.assertFalse(run.line_ids)
            self.assertEqual(len(self._asked(deal)), 1, vals)
        run.write({"zone_id": inside.id, "date": DAY})
        customer.zone_id = outside
        run.action_compute()
        self.assertEqual((len(run.line_ids), len(self._asked(deal))), (0, 1))
        run.zone_id = outside
        run.action_compute()
        self.assertEqual(run.line_ids.asked_user_id, self.salesperson)
        deal.opportunity_line_ids.price_unit = 0
        run.action_compute()
        self.assertFalse(self._asked(deal))

    def test_a_customer_is_of_one_zone_with_all_its_addresses(self):
        inside, outside = self._create_zone("Inside"), self._create_zone("Outside")
        customer = self._customer("Wide", zone_id=inside.id)
        branch = self._customer("Branch", parent_id=customer.id, is_company=False, zone_id=outside.id)
        deal = self._win(customer, {"product_id": self.study.id, "price_unit": 80})
        self._run(user=self.accountant).line_ids.action_fix()
        self.assertEqual(branch.commercial_partner_id, customer)
        deal.opportunity_line_ids.price_unit = 0
        self._run(zone_id=outside.id)
        self.assertTrue(self._asked(deal))
        self._run(zone_id=inside.id)
        self.assertFalse(self._asked(deal))

    def test_what_was_asked_of_merged_customers_is_known(self):
        first, second = (self._customer(name, user_id=self.salesperson.id) for name in ("One", "Two"))
        self._place(first)
        self._run().line_ids.with_user(self.accountant).action_ask()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((first | second).ids, second)
        self.assertEqual(self._run().line_ids.asked_user_id, self.salesperson)

    def test_each_request_ends_by_itself(self):
        deal = self._win(self._customer("Both"), {"product_id": self.server.id, "price_unit": 70})
        line = self._run().line_ids.with_user(self.accountant)
        line.action_fix_installed()
        line.action_fix_invoiced()
        line.action_correct()
        customer = deal.customer_id
        self.assertEqual(
            {summary for _user, summary in self._asked(deal) + self._asked(customer)},
            {"Server: Not Installed", "Server: Not Invoiced", "Server: correct the installed base"},
        )
        deal.opportunity_line_ids.price_unit = 0
        again = self._run(user=self.accountant)
        self.assertEqual(self._asked(deal), [(self.support, "Server: Not Installed")])
        self.assertTrue(self._asked(customer) and again.line_ids.asked_user_id)
        deal._create_equipment().action_start("2026-06-01")
        again.action_compute()
        self.assertFalse(self._asked(deal) + self._asked(customer))

    def test_an_earlier_day_is_asked_and_ended_by_itself(self):
        """A run says what was asked by its day; who is asked as of two days is asked once."""
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        early, late = self._run("2026-04-30", user=self.accountant), self._run(user=self.accountant)
        late.line_ids.action_ask()
        self.assertFalse(early.line_ids.asked_user_id)
        early.line_ids.action_ask()
        self.assertEqual((early.line_ids.asked_user_id, len(self._asked(deal))), (self.salesperson, 1))
        deal.close_date = "2026-05-15"
        early.action_compute()
        self.assertEqual((len(early.line_ids), len(self._asked(deal))), (0, 1))
        deal.opportunity_line_ids.price_unit = 0
        late.action_compute()
        self.assertFalse(self._asked(deal))

    def test_lines_are_found_by_what_was_done(self):
        for name in ("Asked", "Sold", "Left"):
            self._place(self._customer(name, user_id=self.salesperson.id))
        run = self._run(user=self.accountant)
        asked, sold, left = (
            run.line_ids.filtered(lambda line, name=name: line.partner_id.name == name)
            for name in ("Asked", "Sold", "Left")
        )
        asked.action_ask()
        lead = sold.with_user(self.manager).action_fix()["res_id"]

        def found(*condition):
            return run.line_ids.search([("reconciliation_id", "=", run.id), condition])

        self.assertEqual(found("asked_user_id", "!=", False), asked)
        self.assertEqual(found("asked_user_id", "=", self.salesperson.id), asked)
        self.assertEqual(found("asked_user_id", "=", False), sold | left)
        self.assertEqual(found("asked_user_id.name", "ilike", self.salesperson.name), asked)
        self.assertEqual(found("fix_lead_id", "=", lead), sold)
        self.assertEqual(found("fix_lead_id", "!=", False), sold)
        self.assertFalse(found("answer", "ilike", "sold"))
        self._settlements(asked).activity_id.action_feedback(feedback="Sold it")
        self.assertEqual(found("answer", "ilike", "sold"), asked)
        self.assertEqual(found("answered_date", "!=", False), asked)
        self._place(asked.partner_id, 3)
        run.action_compute()
        self.assertEqual(run.line_ids.search([("answered_date", "!=", False)]).partner_id.name, "Asked")

    def test_settlements_are_read_and_not_written(self):
        self._place(self._customer("Seen", user_id=self.salesperson.id))
        line = self._run().line_ids
        line.with_user(self.accountant).action_ask()
        settlement = self._settlements(line)
        for user in (self.accountant, self.manager):
            by_user = settlement.with_user(user)
            self.assertEqual(by_user.read(["check"])[0]["check"], "installed")
            for operation in ("create", "write", "unlink"):
                self.assertFalse(by_user.has_access(operation))
        elsewhere = self._create_company("Elsewhere", "EUR")
        self.manager.company_ids |= elsewhere
        by_other = settlement.with_user(self.manager).with_context(allowed_company_ids=elsewhere.ids)
        self.assertFalse(by_other.search([("id", "=", settlement.id)]))
        self.assertFalse(settlement.with_user(self.salesperson).has_access("read"))

    def test_a_run_that_lets_more_pass_ends_nothing(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        self._run(user=self.accountant).line_ids.action_fix()
        self._run(amount_tolerance=100)
        self.assertTrue(self._asked(deal))

    def test_a_run_of_a_day_to_come_ends_nothing(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        self._run(user=self.accountant).line_ids.action_fix()
        deal.opportunity_line_ids.price_unit = 0
        self._run(fields.Date.add(fields.Date.today(), days=3))
        self.assertTrue(self._asked(deal))
        self._run()
        self.assertFalse(self._asked(deal))

    def test_what_a_later_run_finds_goes_on(self):
        customer = self._customer("Slow")
        self._win(customer, {"product_id": self.study.id, "price_unit": 80}, date="2026-06-15")
        early = self._run(user=self.accountant)
        early.line_ids.action_fix()
        later = self._run("2026-07-31", user=self.accountant)
        deal = self.env["crm.lead"].search([("customer_id", "=", customer.id)])
        deal.close_date = "2026-07-15"
        early.action_compute()
        self.assertFalse(early.line_ids)
        self.assertEqual(later.line_ids.asked_user_id, self.salesperson)
        self.assertTrue(self._asked(deal))

    def test_a_signed_run_says_what_was_asked_and_answered(self):
        self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        early = self._run("2026-04-30", user=self.accountant)
        run = self._run(user=self.accountant)
        run.line_ids.action_fix()
        settlement = self.env["pemba.reconciliation.settlement"].search([])
        settlement.activity_id.with_user(self.salesperson).action_feedback(feedback="In July")
        run.line_ids.reason_id = self.reason
        run.action_sign_off()
        early.line_ids.action_ask()
        self.assertEqual((run.line_ids.asked_name, run.line_ids.answer), (self.salesperson.name, "In July"))
        sheet = openpyxl.load_workbook(io.BytesIO(self._get_content(run)))["Differences"]
        texts = {cell.value for row in sheet.iter_rows() for cell in row}
        self.assertLessEqual({"In July", self.salesperson.name}, texts)
