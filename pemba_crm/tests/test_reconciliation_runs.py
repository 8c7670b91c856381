from odoo.exceptions import UserError
from odoo.tests import tagged

from .reconciliation_common import DAY, BuyerCommon


@tagged("post_install", "-at_install")
class TestReconciliationRuns(BuyerCommon):
    """Runs: compared again, compared with the one before, explained."""

    def test_an_explanation_is_carried_over(self):
        first = self._run("2026-04-30")
        self.assertEqual(first.line_ids.evolution, "new")
        first.line_ids.with_user(self.accountant).write({"reason_id": self.reason.id, "note": "In May"})
        second = self._run("2026-05-31")
        self.assertEqual(second.previous_id, first)
        self.assertRecordValues(
            second.line_ids,
            [
                {
                    "reason_id": self.reason.id,
                    "note": "In May",
                    "evolution": "unchanged",
                    "previous_result": "not_invoiced",
                }
            ],
        )
        self._win(self.buyer, {"product_id": self.training.id, "price_unit": 1}, date="2026-06-02")
        third = self._run("2026-06-30")
        self.assertEqual((third.line_ids.evolution, third.line_ids.reason_id), ("changed", self.reason))

    def test_what_was_explained_and_matches_now_is_kept_once(self):
        first = self._run("2026-04-30")
        first.line_ids.reason_id = self.reason
        deal = self.env["crm.lead"].search([("partner_id", "=", self.buyer.id)])
        deal.opportunity_line_ids.price_unit = 0
        second = self._run("2026-05-31")
        self.assertEqual((second.line_ids.result, second.line_ids.evolution), ("matched", "settled"))
        self.assertEqual((second.settled_count, second.difference_count, second.matched_count), (1, 0, 1))
        self.assertEqual(
            self.env["pemba.reconciliation.line"].search(second.action_open_settled()["domain"]),
            first.line_ids,
        )
        self.assertFalse(self._run("2026-06-30").line_ids)

    def test_a_reason_ends_with_its_difference(self):
        """What differs anew is explained anew, compared again or by the next run."""
        deal = self.env["crm.lead"].search([("partner_id", "=", self.buyer.id)])
        run = self._run("2026-04-30")
        run.line_ids.write({"reason_id": self.reason.id, "note": "Once"})
        deal.opportunity_line_ids.price_unit = 0
        run.action_compute()
        self.assertEqual((run.line_ids.result, run.line_ids.reason_id), ("matched", self.reason))
        deal.opportunity_line_ids.price_unit = 55
        later = self._run("2026-05-31")
        self.assertEqual((later.line_ids.evolution, later.line_ids.reason_id.id), ("new", False))
        run.action_compute()
        self.assertEqual((run.line_ids.result, run.line_ids.reason_id.id), ("not_invoiced", False))
        self.assertEqual((run.unexplained_count, later.unexplained_count), (1, 1))

    def test_a_run_starts_without_results(self):
        results = {"state": "signed", "signed_name": "Nobody", "matched_count": 99, "last_opening": 9}
        context = {f"default_{name}": value for name, value in results.items()}
        runs = self.env["pemba.reconciliation"].with_user(self.accountant).with_context(**context)
        run = runs.create({"date": DAY, "company_id": self.company.id, "signed_name": "Me"})
        self.assertEqual((run.state, run.signed_name, run.matched_count), ("draft", False, 0))
        with self._refused(UserError, "compare it first"):
            run.action_sign_off()

    def test_what_is_to_be_compared_again_is_not_settled(self):
        run = self._run(user=self.accountant)
        run.date = "2026-01-01"
        for action in ("action_fix", "action_ask", "action_record_opening", "action_correct"):
            with self._refused(UserError, "compare it first"):
                getattr(run.line_ids, action)()

    def test_comparing_again_replaces_and_keeps_what_was_said(self):
        run = self._run()
        run.line_ids.note = "Kept"
        other = self._customer("Second")
        self._win(other, {"product_id": self.training.id})
        run.action_compute()
        self.assertEqual(len(run.line_ids), 2)
        self.assertEqual(self._line_of(run, self.buyer).note, "Kept")
        run.line_ids.filtered("note").note = False
        run.action_compute()
        self.assertFalse(any(run.line_ids.mapped("note")))

    def test_merged_customers_have_one_line_and_keep_a_reason(self):
        twin = self._customer("Twin")
        self._win(twin, {"product_id": self.training.id, "price_unit": 300})
        first = self._run("2026-05-31")
        first.line_ids.reason_id = self.reason
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.buyer | twin).ids, self.buyer)
        second = self._run()
        self.assertEqual((second.line_ids.gap_amount_company, second.line_ids.reason_id), (1000, self.reason))

    def test_many_have_a_reason_in_one_go(self):
        self._win(self._customer("Second"), {"product_id": self.study.id})
        run = self._run(user=self.accountant)
        run.line_ids[0].note = "Own"
        action = run.line_ids.action_explain()
        wizard = self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
        wizard.create({"reason_id": self.reason.id}).action_explain()
        self.assertEqual((run.unexplained_count, run.line_ids[0].note), (0, "Own"))

    def test_lines_are_not_written_by_people(self):
        run = self._run()
        with self._refused(UserError, "Differences are found, not written"):
            self.env["pemba.reconciliation.line"].create({"reconciliation_id": run.id})
        with self._refused(UserError, "Buyer, Training, Result: stays as it was compared"):
            run.line_ids.result = "matched"
        with self._refused(UserError, "go once they are settled"):
            run.line_ids.unlink()
        run.write({"state": "signed", "matched_count": 7})
        self.assertEqual((run.state, run.matched_count), ("compared", 0))

    def test_comparing_takes_as_many_queries_for_many(self):
        with self.assertQueryCount(33):
            self._run()
        for number in range(20):
            self._win(self._customer(f"Buyer {number}"), {"product_id": self.training.id})
        self.env.flush_all()
        with self.assertQueryCount(33):
            run = self._run()
        self.assertEqual(run.difference_count, 21)

    def test_what_is_explained_later_in_the_run_before_is_taken_over(self):
        first, second = self._run("2026-04-30"), self._run("2026-05-31")
        self.assertFalse(second.line_ids.reason_id)
        first.line_ids.with_user(self.accountant).write({"reason_id": self.reason.id, "note": "In May"})
        second.action_compute()
        self.assertEqual((second.line_ids.reason_id, second.line_ids.note), (self.reason, "In May"))
        second.line_ids.with_user(self.accountant).note = "In June"
        second.action_compute()
        second.action_compute()
        self.assertEqual(second.line_ids.note, "In June", "what is said here stays")
        second.line_ids.with_user(self.accountant).write({"reason_id": False, "note": False})
        second.action_compute()
        self.assertFalse(second.line_ids.reason_id, "and so does that nothing is")

    def test_what_was_taken_over_outlives_the_run_before(self):
        first = self._run("2026-04-30")
        first.line_ids.reason_id = self.reason
        second = self._run("2026-05-31")
        first.quantity_tolerance = 1
        self.assertEqual(first.state, "draft")
        second.action_compute()
        self.assertFalse(second.previous_id)
        self.assertEqual(second.line_ids.reason_id, self.reason)

    def test_a_term_that_stays_as_it_was_compares_nothing_anew(self):
        run = self._run(user=self.accountant)
        run.write({"date": DAY, "quantity_tolerance": 0})
        self.assertEqual(run.state, "compared")
        run.quantity_tolerance = 1
        self.assertEqual(run.state, "draft")

    def test_another_run_of_the_day_is_told(self):
        zone = self._create_zone("Part")
        first, second = self._run(), self._run()
        part, later = self._run(zone_id=zone.id), self._run("2026-07-31")
        self.assertEqual([run.twin_id for run in first | second], [second, first])
        self.assertFalse((part | later).twin_id)

    def test_what_changed_with_its_reason_is_told(self):
        first = self._run("2026-04-30")
        first.line_ids.reason_id = self.reason
        second = self._run("2026-05-31")
        self.assertFalse(second.changed_count)
        self._win(self.buyer, {"product_id": self.training.id, "price_unit": 1}, date="2026-06-02")
        third = self._run()
        self.assertEqual((third.changed_count, third.unexplained_count), (1, 0))

    def test_of_merged_customers_the_reason_of_what_differs_stays(self):
        old, new = self._customer("Old name"), self._customer("New name")
        once = self._win(old, {"product_id": self.study.id, "price_unit": 5})
        first = self._run("2026-04-30")
        self._line_of(first, old).reason_id = self.reason
        once.opportunity_line_ids.price_unit = 0
        first.action_compute()
        self.assertEqual(self._line_of(first, old).result, "matched")
        self._win(new, {"product_id": self.study.id, "price_unit": 7})
        first.action_compute()
        other = self.env.ref("pemba_crm.reconciliation_reason_refused")
        self._line_of(first, new).reason_id = other
        self.env["base.partner.merge.automatic.wizard"]._merge((old | new).ids, new)
        line = self._line_of(self._run(), new)
        self.assertEqual((line.reason_id, line.evolution), (other, "unchanged"))
