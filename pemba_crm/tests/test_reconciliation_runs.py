import math
from functools import partial

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from ..models.reconciliation.pemba_reconciliation_scope import Scope
from .test_reconciliation_comparison import DAY, ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationRuns(ReconciliationCommon):
    """Runs: compared again, compared with the one before, explained, signed off."""

    def setUp(self):
        super().setUp()
        self.buyer = self._customer("Buyer")
        self._win(self.buyer, {"product_id": self.training.id, "price_unit": 700})

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

    def test_comparing_takes_as_many_queries_for_many(self):
        with self.assertQueryCount(30):
            self._run()
        for number in range(20):
            self._win(self._customer(f"Buyer {number}"), {"product_id": self.training.id})
        self.env.flush_all()
        with self.assertQueryCount(30):
            run = self._run()
        self.assertEqual(run.difference_count, 21)

    def test_several_workers_can_compare(self):
        """Nothing keeps PostgreSQL to one process, such as a window function or a subquery for each row."""
        run = self.env["pemba.reconciliation"].create({"date": DAY})
        self.env.flush_all()
        forced = self.env.execute_query(
            SQL(
                "SELECT set_config(name, 'on', TRUE) FROM pg_settings"
                " WHERE name IN ('debug_parallel_query', 'force_parallel_mode')"
            )
        )
        self.assertEqual(forced, [("on",)])
        self.env.cr.execute("SET LOCAL max_parallel_workers_per_gather = 2")
        compared = self.env["pemba.reconciliation.comparison"]._get_compared(run._get_scope())
        plan = self.env.execute_query(SQL("EXPLAIN (COSTS FALSE) %s", compared))
        self.assertEqual(plan[0][0], "Gather")

    def test_in_whatever_order_sums_are_added_up_they_are_the_same(self):
        """A run that is signed off is compared with itself: the dust of floats is no change."""
        outcome = self.env["pemba.reconciliation.outcome"]
        scope = Scope(self.company, DAY, self.env["pemba.zone"])
        for amounts in (("0", "5.6e-14"), ("383.68", "383.67999999999995"), ("0.004999999999995", "0.005")):
            for keep in (outcome._get_kept, partial(outcome._round, scope)):
                texts = {
                    self.env.execute_query(SQL("SELECT ROW(%s)::text", keep(SQL("%s::float8", amount))))[0]
                    for amount in amounts
                }
                self.assertEqual(len(texts), 1, texts)

    def test_amounts_match_as_they_are_rounded(self):
        judgement = self.env["pemba.reconciliation.judgement"]
        run = self.env["pemba.reconciliation"].create({"date": DAY})
        for rounding, tolerance, difference, result in (
            (0.01, 0, 0.004, "matched"),
            (0.01, 0, 0.005, "amount_gap"),
            (0.01, 5, 5.004, "matched"),
            (0.01, 5, 5.005, "amount_gap"),
            (0.05, 0, 0.02, "matched"),
            (0.05, 0, 0.03, "amount_gap"),
            (0.001, 0, 0.0004, "matched"),
            (0.001, 0, 0.0005, "amount_gap"),
            (0.000001, 0, 0, "matched"),
            (1, 0, 0.4, "matched"),
            (1, 0, 0.5, "amount_gap"),
        ):
            self.env.cr.execute(
                "UPDATE res_currency SET rounding = %s, decimal_places = %s WHERE id = %s",
                [rounding, max(0, math.ceil(-math.log10(rounding))), run.currency_id.id],
            )
            self.env.invalidate_all()
            run.amount_tolerance = tolerance
            sums = {"won_amount_company": 700 + difference, "invoiced_at_rate": 700, "won_quantity": 1}
            [(gravity,)] = self.env.execute_query(
                SQL(
                    "WITH compared AS (%s) SELECT gravity FROM (%s) one",
                    *(self._get_sums(**sums), judgement._get_judged(run._get_scope())),
                )
            )
            self.assertEqual(judgement._get_gravity()[gravity - 1], result, (rounding, tolerance, difference))

    def test_what_was_paid_is_not_divided_by_dust(self):
        found = self.env["pemba.reconciliation.outcome"]._get_found(
            Scope(self.company, DAY, self.env["pemba.zone"])
        )
        figures = self.env["pemba.reconciliation.judgement"]._get_figures()
        for quantity, missed in (
            (3, 2),
            (4.4e-16, 20),
        ):  # 0.2 of what was paid for one, else of the list price
            sums = self._get_sums(won_quantity=quantity, paid_amount=30, uncovered_rate=0.2)
            rows = self.env.execute_query(
                SQL(
                    "SELECT %s FROM (%s) compared, LATERAL (%s) figure,"
                    " (SELECT 100 AS list_price, NULL::int AS company_id) template",
                    *(found["missed_amount_company"], sums, figures),
                )
            )
            self.assertEqual(rows, [(missed,)])

    def _get_sums(self, **sums):
        """What the comparison adds up of a customer and product."""
        measures = self.env["pemba.reconciliation.comparison"]._get_measures()
        columns = (SQL("%s::float8 AS %s", sums.get(name), SQL.identifier(name)) for name in measures)
        return SQL("SELECT %s", SQL(", ").join(columns))

    def test_what_is_not_compared_is_refused(self):
        comparison = self.env["pemba.reconciliation.comparison"]
        with self.assertRaisesRegex(ValueError, "Not compared: seats"):
            comparison._as_fact({"seats": SQL("1")}, SQL("FROM crm_lead"))

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

    def test_a_term_that_stays_as_it_was_compares_nothing_anew(self):
        run = self._run(user=self.accountant)
        run.write({"date": DAY, "quantity_tolerance": 0})
        self.assertEqual(run.state, "compared")
        run.quantity_tolerance = 1
        self.assertEqual(run.state, "draft")

    def test_what_a_signed_run_was_compared_with_is_not_deleted(self):
        first = self._run("2026-04-30", user=self.accountant)
        second = self._run("2026-05-31", user=self.accountant)
        second.line_ids.reason_id = self.reason
        second.action_sign_off()
        with self._refused(UserError, "05/31/2026, Checked, which is signed off, says what was settled"):
            first.unlink()

    def test_another_run_of_the_day_is_told(self):
        zone = self._create_zone("Part")
        first, second = self._run(), self._run()
        part, later = self._run(zone_id=zone.id), self._run("2026-07-31")
        self.assertEqual([run.twin_id for run in first | second], [second, first])
        self.assertFalse((part | later).twin_id)

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
