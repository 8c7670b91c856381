"""What is in force, due, late or allowed is judged by the clock of its company, whoever looks."""

from datetime import date

from odoo.tests import freeze_time, tagged

from ..models.company_day import get_today
from .common import PembaContractCommon

# In Tokyo it is 1 January 2027 already, in Paris and on Hawaii it is not.
NEW_YEAR = "2026-12-31 20:00:00"


@tagged("post_install", "-at_install")
class TestClock(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.partner_id.tz = "Asia/Tokyo"
        cls.branch = cls._create_company("Hawaii", cls.company.currency_id.name)
        cls.branch.partner_id.tz = "Pacific/Honolulu"
        cls.env.user.company_ids |= cls.branch
        cls.kind.write({"notice_months": 0, "renewal_lead_days": 0})
        cls.here = cls._create_contract(date_start="2026-01-01", user_id=cls.salesperson.id)
        cls.there = cls._create_contract(
            {"price_unit": 100}, date_start="2026-01-01", company_id=cls.branch.id, user_id=False
        )
        cls.both = cls.here | cls.there

    def _as_everybody(self):
        """Users in several time zones, and a program that has none."""
        companies = (self.company | self.branch).ids
        for zone in (False, "Europe/Paris", "Pacific/Honolulu", "Asia/Tokyo"):
            yield self.env["pemba.contract"].with_context(tz=zone, allowed_company_ids=companies)

    @freeze_time(NEW_YEAR)
    def test_the_day_is_the_companys(self):
        self.assertEqual(get_today(self.here), date(2027, 1, 1))
        self.assertEqual(get_today(self.there), date(2026, 12, 31))
        for contracts in self._as_everybody():
            here, there = self.both.with_env(contracts.env)
            self.assertEqual((here.is_in_force, there.is_in_force), (False, True))
            found = contracts.search([("is_in_force", "=", True), ("id", "in", self.both.ids)])
            self.assertEqual(found.ids, self.there.ids)
            self.assertEqual(self.geo.with_env(contracts.env).coverage_state, "expired")
            self.assertTrue(self.geo.with_env(contracts.env).filtered_domain([("id", "=", self.geo.id)]))
            expired = contracts.env["pemba.equipment"].search(
                [("coverage_state", "=", "expired"), ("id", "=", self.geo.id)]
            )
            self.assertEqual(expired.ids, self.geo.ids)
            right = self.kind.right_ids[:1]
            self.assertFalse(
                self.customer.with_env(contracts.env).check_right(right.code, self.geo.id)["allowed"]
            )

    @freeze_time(NEW_YEAR)
    def test_orders_that_are_late(self):
        self.both.expected_order_date = "2026-12-31"
        for contracts in self._as_everybody():
            self.env.invalidate_all()
            here, there = self.both.with_env(contracts.env)
            self.assertEqual((here.order_state, there.order_state), ("late", "expected"))
            late = contracts.search([("order_state", "=", "late"), ("id", "in", self.both.ids)])
            self.assertEqual(late.ids, self.here.ids)
            groups = dict(
                contracts._read_group([("id", "in", self.both.ids)], ["order_state"], ["id:recordset"])
            )
            self.assertEqual(
                {state: found.ids for state, found in groups.items()},
                {"late": self.here.ids, "expected": self.there.ids},
            )

    @freeze_time(NEW_YEAR)
    def test_jobs(self):
        """What is over in one company is expired, what runs in the other is renewed in time."""
        self.both.renewal_lead_ids.unlink()
        self.both._set(close_reason="Not renewed")
        for contracts in self._as_everybody():
            contracts._cron_expire()
        self.assertEqual((self.here.state, self.there.state), ("expired", "running"))

    @freeze_time(NEW_YEAR)
    def test_what_is_sold_starts_on_the_companys_day(self):
        for contracts in self._as_everybody():
            deal = self._create_deal(
                {"product_id": self.maintenance.id, "price_unit": 5}, partner_id=self.other.id
            )
            lead = deal.with_env(contracts.env)
            lead.action_set_won()
            self.assertEqual(lead.close_date, date(2027, 1, 1))
            known = lead.sudo()  # whoever may see the contract
            self.assertEqual(known.contract_ids.date_start, date(2027, 1, 1))
