from odoo.exceptions import UserError
from odoo.tests import tagged

from .reconciliation_common import DAY, ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationOpenings(ReconciliationCommon):
    """What was sold before these records begin is recorded, and stays."""

    def test_what_was_sold_before_is_recorded_once(self):
        customer = self._customer("Old")
        self._cover(self._install(customer, 7, date="2019-01-01"))
        run = self._run(user=self.accountant)
        self.assertEqual(
            self._results(run), {("Old", "Licence"): "not_sold", ("Old", "Maintenance"): "not_sold"}
        )
        run.line_ids.action_record_opening()
        with self._refused(UserError, "recorded already"):
            run.line_ids.action_record_opening()
        openings = self.env["pemba.opening.sale"].search([("partner_id", "=", customer.id)])
        self.assertEqual(sorted(openings.mapped("quantity")), [1, 7])
        self.assertEqual(sorted(map(str, openings.mapped("date"))), ["2019-01-01", "2026-01-01"])
        run.action_compute()
        self.assertEqual((self._results(run), run.matched_count), ({}, 2))

    def test_openings_have_the_terms_of_their_contracts(self):
        customer = self._customer("Terms")
        equipment = self._install(customer, 1, date="2019-01-01")
        self._cover(equipment, "2025-07-15")
        self._cover(equipment, "2026-01-01")
        run = self._run(user=self.accountant)
        run.line_ids.action_record_opening()
        openings = self.env["pemba.opening.sale"].search([("product_id", "=", self.maintenance.id)])
        self.assertEqual(
            {(str(one.date_start), str(one.date_end), one.quantity) for one in openings},
            {("2025-07-15", "2026-07-14", 1), ("2026-01-01", "2026-12-31", 1)},
        )
        self.assertEqual(self._results(self._run("2026-08-31")), {})

    def test_openings_of_many_take_as_many_queries(self):
        def record(number, day):
            for position in range(number):
                customer = self._customer(f"Customer {day} {position}")
                self._cover(self._install(customer, 2))
                self._place(customer)
            lines = self._run(day).line_ids.with_user(self.accountant)
            lines = lines.browse(lines.ids)  # as the list's button does
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines.action_record_opening()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        record(1, "2026-06-28")
        few = record(2, "2026-06-29")
        self.assertLessEqual(record(20, DAY), few)

    def test_the_closed_time_has_no_opening_sales(self):
        self._place(self._customer("Late"))
        early, late = self._run(user=self.accountant), self._run("2026-07-31", user=self.accountant)
        self.company.pemba_sales_closed_date = DAY
        with self._refused(
            UserError, "Late, Server: sales are closed until 06/30/2026. Record it from a run of a later day"
        ):
            early.line_ids.action_record_opening()
        late.line_ids.action_record_opening()
        [opening] = self.env["pemba.opening.sale"].search([("product_id", "=", self.server.id)])
        self.assertEqual(str(opening.date), "2026-07-01")

    def test_openings_of_the_closed_time_stay(self):
        opening = self.env["pemba.opening.sale"].create(
            {"partner_id": self.customer.id, "product_id": self.licence.id, "date": "2019-01-01"}
        )
        self.company.pemba_sales_closed_date = DAY
        for action in (opening.unlink, opening.copy, lambda: opening.write({"quantity": 99})):
            with self._refused(UserError, "sales are closed until 06/30/2026; a correction has a later day"):
                action()
        opening.copy({"date": "2026-07-01"}).quantity = 3
