import math
from functools import partial

from odoo.tests import tagged
from odoo.tools import SQL

from ..models.reconciliation.pemba_reconciliation_scope import Scope
from .reconciliation_common import DAY, ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationQuery(ReconciliationCommon):
    """How it is compared: by several workers, to the last digit."""

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
        self.licence.list_price = 100
        self._install(self._customer("Installed"))
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
                    "SELECT %s FROM (SELECT %s AS product_id, sums.* FROM (%s) sums) compared,"
                    " LATERAL (%s) figure",
                    *(found["missed_amount_company"], self.licence.id, sums, figures),
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
