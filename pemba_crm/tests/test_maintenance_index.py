from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestPriceIndex(PembaContractCommon):
    """Prices that follow an index."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.index = cls._create_index({"2024-01": 293.9, "2025-01": 307.0})

    def test_the_formula(self):
        for terms, price in (
            ({}, 10445.73),
            ({"fixed_share": 15}, 10378.87),
            ({"cap": 3}, 10300.00),
            ({"cap": 10}, 10445.73),
            ({"floor": 6}, 10600.00),
            ({"fixed_share": 15, "cap": 3}, 10300.00),
        ):
            revised = self.index._revalue(10000, "2024-01-31", "2025-01-15", **terms)
            self.assertEqual(revised["price"], price, terms)
            self.assertEqual((revised["base_value"], revised["value"]), (293.9, 307.0))
        falling = self.index._revalue(10000, "2025-01-01", "2024-01-01", floor=0)
        self.assertEqual(falling["price"], 10000)
        self.assertEqual(self.index._revalue(10000, "2025-01-01", "2024-01-01")["price"], 9573.29)
        yen = self._currency("JPY")
        self.assertEqual(self.index._revalue(1001, "2024-01-01", "2025-01-01", currency=yen)["price"], 1046)

    def test_a_missing_value_is_refused(self):
        self.index.value_ids.filtered(lambda one: one.value == 307).state = "provisional"
        with self._refused(UserError, "Index has no final value for January 2025"):
            self.index._revalue(100, "2024-01-01", "2025-01-01")
        with self._refused(UserError, "Index has no final value for February 2024"):
            self.index._revalue(100, "2024-02-01", "2024-01-01")

    def test_a_series_continues_another(self):
        # The published link of the series that was revised in 2022: 280.6 / 286.4.
        old = self._create_index({"2021-12": 280.6, "2022-07": 286.4}, name="Old")
        new = self._create_index(
            {"2022-08": 283.8}, name="New", predecessor_id=old.id, link_coefficient=0.97975
        )
        revised = new._revalue(10000, "2021-12-01", "2022-08-01")
        self.assertEqual(revised["price"], 10323.08)  # 10,000 × 283.8 / 0.97975 / 280.6
        self.assertEqual(new._get_newest_month(date(2022, 12, 1)), date(2022, 8, 1))
        self.assertEqual(new._get_newest_month(date(2022, 7, 31)), date(2022, 7, 1))
        with self._refused(UserError, "Old has no final value for August 2022"):
            old._revalue(100, "2021-12-01", "2022-08-01")
        with self._refused(ValidationError, "cannot continue itself"):
            old.predecessor_id = new

    def test_a_second_value_of_a_month_is_refused_with_its_name(self):
        index = self._create_index({"2026-01": 100}, name="Monthly")
        message = "Monthly has the value 100 for January 2026 already"
        values = self.env["pemba.price.index.value"]
        with self._refused(ValidationError, message):
            values.create({"index_id": index.id, "month": "2026-01-20", "value": 101})
        other = values.create({"index_id": index.id, "month": "2026-02-01", "value": 101})
        other.write({"month": "2026-02-15"})  # its own month
        with self._refused(ValidationError, message):
            other.month = "2026-01-31"
        result = values.with_context(import_file=True).load(
            ["index_id", "month", "value"], [["Monthly", "2026-01-05", "102"]]
        )
        self.assertIn(message, result["messages"][0]["message"])
        provisional = values.create(
            {"index_id": index.id, "month": "2026-03-01", "value": 103, "state": "provisional"}
        )
        result = values.with_context(import_file=True).load(
            ["index_id", "month", "value"],
            [["Monthly", "2026-03-01", "104"], ["Monthly", "2026-04-01", "105"]],
        )
        self.assertEqual((result["ids"][0], result["messages"]), (provisional.id, []))
        self.assertEqual((provisional.value, provisional.state), (104, "final"))

    def test_a_value_is_of_a_month(self):
        value = self.env["pemba.price.index.value"].create(
            {"index_id": self.index.id, "month": "2026-05-17", "value": 1}
        )
        self.assertEqual(value.month, date(2026, 5, 1))
        with self._refused_by_database(
            "pemba.price.index.value", "This index has a value for that month already."
        ):
            value.copy({"month": "2026-05-02"})
        self.assertEqual(self.index.last_value_id, value)

    def test_reminders_are_numbers(self):
        self.assertEqual(self.kind._get_reminders(), [-30, -7, 7, 30])
        with self._refused(ValidationError, "is no list of numbers"):
            self.kind.reminder_days = "soon"
