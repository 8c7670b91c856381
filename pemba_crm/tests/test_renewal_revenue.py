from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestRevenue(PembaContractCommon):
    """What contracts bring month by month, estimates that were frozen, and what was kept."""

    def _get_revenue(self, contracts, year, *groupby):
        """The revenue of a year, by month or as asked."""
        groups = self.env["pemba.renewal.report"]._read_group(
            [
                ("contract_id", "in", contracts.ids),
                ("date", ">=", f"{year}-01-01"),
                ("date", "<=", f"{year}-12-31"),
            ],
            groupby or ["date:month"],
            ["revenue:sum"],
        )
        return {key: round(revenue, 2) for *_keys, key, revenue in groups}

    @freeze_time("2026-06-15")
    def test_a_portfolio_in_euros_and_yen(self):
        """Written down before: what each month of next year brings.

        A: 1,200 a year in euros, 2026, likely at 50 %, index expected at 2 %: 612 next year, by the days.
        B: 400,000 a year in yen at 160 ¥/€, 2,500 €, from July 2026 to June 2027, then renewed, certain.
        C: 3,650 a year through a distributor who keeps 20 %, 2,920, a draft of all 2027: 8 a day.
        D: terminated at the end of 2026: nothing.
        """
        index = self._create_index({}, expected_rate=2)
        yen = self._currency("JPY")
        zone = self._create_zone("Japan", currency_id=yen.id)
        self.env["pemba.zone.rate"].create(
            {"zone_id": zone.id, "currency_id": yen.id, "rate": 160, "date": "2026-01-01"}
        )
        self.other.zone_id = zone
        a = self._create_contract(date_start="2026-01-01", index_id=index.id, renewal_likelihood=50)
        b = self._create_contract(
            {"price_unit": 400000}, partner_id=self.other.id, currency_id=yen.id, date_start="2026-07-01"
        )
        c = self._create_contract(
            {"price_unit": 3650, "distributor_margin_rate": 20},
            distributor_id=self.distributor.id,
            date_start="2027-01-01",
            state="draft",
        )
        d = self._create_contract(date_start="2026-01-01")
        d.with_user(self.manager)._terminate("2026-12-31", "Closed")
        days = {
            month: (date(2027 + month // 12, month % 12 + 1, 1) - date(2027, month, 1)).days
            for month in range(1, 13)
        }
        of_year = {
            "a": {month: 612 * days[month] / 365 for month in days},
            # until June in a year of 365 days, from July in one of 366, for February 2028 is in it
            "b": {month: 2500 * days[month] / (365 if month <= 6 else 366) for month in days},
            "c": {month: 8 * days[month] for month in days},
        }
        self.assertEqual(days[2], 28)
        for contract, key in ((a, "a"), (b, "b"), (c, "c")):
            expected = {date(2027, month, 1): round(amount, 2) for month, amount in of_year[key].items()}
            self.assertEqual(self._get_revenue(contract, 2027), expected, key)
        self.assertEqual(self._get_revenue(d, 2027), {})
        self.assertEqual(sum(self._get_revenue(a, 2026, "layer").values()), 1200)
        layers = self._get_revenue(a | b | c | d, 2027, "layer")
        half = 2500 * 181 / 365
        self.assertEqual(
            layers,
            {
                "contract": round(half, 2),
                "draft": 2920.0,
                "renewal": round(612 + 2500 * 184 / 366, 2),
            },
        )

    @freeze_time("2026-03-01")
    def test_a_line_added_inside_the_term_brings_a_full_year_next_year(self):
        contract = self._create_contract(
            {"price_unit": 600}, {"price_unit": 1200, "date_start": "2026-10-15"}, date_start="2026-01-01"
        )
        self.assertEqual(self._get_revenue(contract, 2026, "layer"), {"contract": 856.44})
        self.assertEqual(self._get_revenue(contract, 2027, "layer"), {"renewal": 1800})

    @freeze_time("2026-06-15")
    def test_each_period_counts_once(self):
        contract = self._create_contract(date_start="2026-01-01")
        self.assertEqual(self._get_revenue(contract, 2027, "layer"), {"renewal": 1200})
        successor = contract._renew()
        both = contract | successor
        self.assertEqual(self._get_revenue(both, 2026, "layer"), {"contract": 1200})
        self.assertEqual(self._get_revenue(both, 2027, "layer"), {"contract": 1200})
        for days in range(3):
            ids = self.env["pemba.renewal.report"].search([]).ids
            self.assertEqual(len(ids), len(set(ids)), days)

    @freeze_time("2024-03-05")
    def test_years_of_the_contract_are_from_anniversary_to_anniversary(self):
        contract = self._create_contract(date_start="2024-02-15")
        months = self._get_revenue(contract, 2024)
        # 366 days to 14 February 2025; February has 15 of them
        self.assertEqual(months[date(2024, 2, 1)], round(1200 * 15 / 366, 2))
        self.assertEqual(sum(self._get_revenue(contract, 2025, "layer").values()) > 0, True)
        february = self._get_revenue(contract, 2025)[date(2025, 2, 1)]
        self.assertEqual(february, round(1200 * 14 / 366 + 1200 * 14 / 365, 2))

    @freeze_time("2026-06-15")
    def test_a_lost_renewal_brings_nothing(self):
        contract = self._create_contract(date_start="2026-01-01")
        renewal = contract._open_renewals()
        reason = self.env["crm.lost.reason"].create({"name": "Price"})
        renewal.action_set_lost(lost_reason_id=reason.id)
        self.assertEqual(self._get_revenue(contract, 2027), {})

    def test_an_estimate_is_frozen_and_compared(self):
        with freeze_time("2026-06-15"):
            kept = self._create_contract(date_start="2026-01-01", renewal_likelihood=90)
            lost = self._create_contract({"price_unit": 500}, date_start="2026-01-01")
            estimates = self.env["pemba.renewal.estimate"].with_user(self.manager)
            estimate = estimates.browse(estimates.action_freeze()["res_id"])
            self.assertAlmostEqual(estimate.estimated, 1080 + 500, 2)
            self.assertEqual(estimate.actual, 0)
            with self._refused(AccessError, "."):
                self.env["pemba.renewal.estimate"].with_user(self.salesperson).action_freeze()
            with self._refused(UserError, "stays as it was"):
                estimate.line_ids.write({"revenue": 0})
            kept._renew().line_ids.with_user(self.manager).price_unit = 1300
            lost._set(close_reason="Closed")
        with freeze_time("2027-12-15"):
            self.env.invalidate_all()
            self.assertAlmostEqual(estimate.estimated, 1580, 2)
            self.assertAlmostEqual(estimate.actual, 1300, 2)
            rows = self.env["pemba.renewal.comparison"].search([("estimate_id", "=", estimate.id)])
            self.assertEqual(len(rows), 36)
            self.assertAlmostEqual(sum(rows.mapped("difference")), -280, 2)
        with freeze_time("2028-02-01"):
            self.env.invalidate_all()
            self.assertAlmostEqual(estimate.actual, 1300, 2)

    def test_what_was_kept_price_apart_from_volume(self):
        contract = self._create_contract(
            {"price_unit": 100, "quantity": 10}, {"price_unit": 500}, date_start="2025-01-01"
        )
        lost = self._create_contract({"price_unit": 300}, date_start="2025-01-01")
        with freeze_time("2025-11-01"):
            lost._terminate("2025-12-31", "Closed")
            renewal = contract._open_renewals()
            seats, gone = renewal.opportunity_line_ids
            seats.write({"quantity": 8, "price_unit": 110})
            gone.unlink()
            renewal.opportunity_line_ids.create(
                {
                    "lead_id": renewal.id,
                    "product_id": self.maintenance.id,
                    "price_unit": 250,
                    "date_start": "2026-01-01",
                    "date_end": "2026-12-31",
                }
            )
            renewal.action_set_won()
        with freeze_time("2026-02-01"):
            self.env["pemba.contract"]._cron_expire()
            report = self.env["pemba.retention.report"]
            row = report.search([("contract_id", "=", contract.id)])
            self.assertEqual(
                (
                    row.old_amount,
                    row.lost_amount,
                    row.volume_effect,
                    row.price_effect,
                    row.extension_amount,
                    row.new_amount,
                ),
                (1500, 500, -200, 80, 250, 1130),
            )
            self.assertEqual((row.gross_amount, round(row.gross_retention, 2)), (800, 53.33))
            [(_contract, gross, net)] = report._read_group(
                [("contract_id", "in", (contract | lost).ids)],
                ["company_id"],
                ["gross_retention:avg", "net_retention:avg"],
            )
            # 800 and 1,130 of 1,800 that ended
            self.assertEqual((round(gross, 2), round(net, 2)), (44.44, 62.78))

    def test_what_was_given_up_and_added_within_the_term(self):
        """12, then 10, is 83.33 % of what the term began with; 10, then 13, is 100 % gross and 130 % net."""
        for began, change, figures in (
            (12, -2, (1200, -200, 0, 1000, 1000, 83.33, 83.33)),
            (10, 3, (1000, 0, 300, 1300, 1000, 100, 130)),
        ):
            with self.subTest(began=began):
                contract = self._create_contract(
                    {"price_unit": 100, "quantity": began}, date_start="2025-01-01"
                )
                with freeze_time("2025-07-01"):
                    if change < 0:
                        contract._reduce(contract.line_ids, -change)
                    else:
                        contract.line_ids._put(
                            [
                                {
                                    "contract_id": contract.id,
                                    "product_id": self.maintenance.id,
                                    "price_unit": 100,
                                    "quantity": change,
                                }
                            ]
                        )
                with freeze_time("2025-11-01"):
                    contract._open_renewals().action_set_won()
                with freeze_time("2026-02-01"):
                    row = self.env["pemba.retention.report"].search([("contract_id", "=", contract.id)])
                    self.assertEqual(
                        (
                            *(row.old_amount, row.volume_effect, row.extension_amount, row.new_amount),
                            *(row.gross_amount, round(row.gross_retention, 2), round(row.net_retention, 2)),
                        ),
                        figures,
                    )

    @freeze_time("2026-06-15")
    def test_what_is_gone_is_not_expected_again(self):
        contract = self._create_contract(
            {"price_unit": 1200, "equipment_id": self.geo.id}, {"price_unit": 365}, date_start="2026-01-01"
        )
        for change, expected in (
            (lambda: None, 1565),
            (self.geo._retire, 365),
            (self.geo._return_to_service, 1565),
            (lambda: self.geo._transfer(self.other), 365),
        ):
            change()
            [revenue] = self._get_revenue(contract, 2027, "layer").values()
            self.assertEqual(revenue, expected)
