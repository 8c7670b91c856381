from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from .common import PembaCommon


class TestZones(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.france, cls.belgium, cls.japan = (cls.env.ref(f"base.{code}") for code in ("fr", "be", "jp"))
        cls.europe = cls._create_zone("Europe", cls.france | cls.belgium)
        cls.asia = cls._create_zone("Asia", cls.japan)

    def test_a_zone_is_found_with_its_sub_zones(self):
        world = self._create_zone("World")
        europe = self._create_zone("Old World", parent_id=world.id)
        self.assertEqual(europe.ancestor_ids, world | europe)
        zones = self.env["pemba.zone"].search([("id", "in", (world | europe).ids)])
        self.assertEqual(zones.search([("ancestor_ids", "in", world.ids)]), world | europe)
        self.assertNotIn(world, zones.search([("ancestor_ids", "in", europe.ids)]))
        self.assertNotIn(europe, zones.search([("ancestor_ids", "not in", world.ids)]))
        for operator, value in (
            ("child_of", world.ids),
            ("ilike", "world"),
            ("=ilike", "wor%"),
            ("!=", False),
        ):
            found = zones.search([("ancestor_ids", operator, value), ("id", "in", zones.ids)])
            self.assertEqual(found, zones, operator)
        self.assertFalse(zones.search([("ancestor_ids", "not ilike", "world"), ("id", "in", zones.ids)]))
        self.assertFalse(zones.search([("ancestor_ids", "=", False)]))

    def test_a_contact_is_in_the_zone_of_its_country(self):
        partner = self.env["res.partner"].create({"name": "Customer", "country_id": self.france.id})
        self.assertEqual(partner.zone_id, self.europe)
        partner.country_id = self.japan
        self.assertEqual(partner.zone_id, self.asia)

    def test_a_contact_without_a_country_is_in_the_zone_of_its_company(self):
        company = self.env["res.partner"].create({"name": "Customer", "is_company": True})
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": company.id, "type": "other"}
        )
        self.assertFalse(contact.zone_id)
        company.zone_id = self.asia
        self.assertEqual(contact.zone_id, self.asia)
        contact.country_id = self.france
        self.assertEqual(contact.zone_id, self.europe)

    def test_a_zone_chosen_by_hand_stays(self):
        partner = self.env["res.partner"].create(
            {"name": "Customer", "country_id": self.france.id, "zone_id": self.asia.id}
        )
        self.assertEqual(partner.zone_id, self.asia)
        partner.country_id = self.belgium
        self.assertEqual(partner.zone_id, self.asia)

    def test_contacts_follow_when_a_country_changes_zone(self):
        chosen, company = self.env["res.partner"].create(
            [
                {"name": "Chosen", "country_id": self.belgium.id, "zone_id": self.asia.id},
                {"name": "Company", "country_id": self.belgium.id, "is_company": True},
            ]
        )
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": company.id, "type": "other"}
        )
        below = self.env["res.partner"].create({"name": "Below", "parent_id": contact.id, "type": "other"})
        benelux = self._create_zone("Benelux")
        self.europe.country_ids = [Command.unlink(self.belgium.id)]
        self.assertFalse((company | contact | below).zone_id)
        benelux.country_ids = self.belgium
        self.assertEqual(company.zone_id, benelux)
        self.assertEqual(contact.zone_id, benelux)
        self.assertEqual(below.zone_id, benelux)
        self.assertEqual(chosen.zone_id, self.asia)

    def test_contacts_follow_without_a_loop(self):
        def move(count):
            self.env["res.partner"].create(
                [{"name": f"Customer {number}", "country_id": self.belgium.id} for number in range(count)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.europe.country_ids = self.france
            self.env.flush_all()
            queries = self.env.cr.sql_log_count - start
            self.europe.country_ids = self.france | self.belgium
            return queries

        move(1)
        self.assertEqual(move(2), move(200))

    def test_a_country_is_in_one_zone(self):
        with self._refused(ValidationError, "Asia.*France.*Europe"):
            self.asia.country_ids = self.france | self.japan

    def test_a_zone_is_not_a_part_of_itself(self):
        self.europe.parent_id = self.asia
        with self._refused(UserError, "Recursion"):
            self.europe.parent_id.parent_id = self.europe

    def test_deleting_a_zone_leaves_its_contacts_without_one(self):
        partner = self.env["res.partner"].create({"name": "Customer", "country_id": self.japan.id})
        self.asia.unlink()
        self.assertFalse(partner.zone_id)

    def test_deleting_a_zone_lets_those_follow_who_were_put_in_it(self):
        partner = self.env["res.partner"].create(
            {"name": "Customer", "country_id": self.france.id, "zone_id": self.asia.id}
        )
        self.asia.unlink()
        self.assertEqual(partner.zone_id, self.europe)

    def test_a_zone_with_sub_zones_is_kept_with_a_reason(self):
        self.asia.parent_id = self.europe
        with self._refused(UserError, "Europe has sub-zones.*Asia"):
            self.europe.unlink()

    def test_salespeople_read_zones_and_managers_write_them(self):
        self.assertEqual(self.europe.with_user(self.salesperson).name, "Europe")
        self.assertEqual(self.europe.with_user(self.support).name, "Europe")
        with self.assertRaises(AccessError):
            self.europe.with_user(self.salesperson).name = "Mine"
        self.europe.with_user(self.manager).name = "Old World"

    def test_a_partner_manager_without_sales_rights_creates_contacts(self):
        clerk = self._create_user("pemba_clerk", "base.group_partner_manager")
        partner = (
            self.env["res.partner"]
            .with_user(clerk)
            .create({"name": "Customer", "country_id": self.france.id})
        )
        self.assertEqual(partner.zone_id, self.europe)
        partner.country_id = self.japan
        self.assertEqual(partner.zone_id, self.asia)


class TestZoneRates(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._create_company("Paris", "EUR")
        cls.other_company = cls._create_company("Tokyo", "JPY")
        cls.usd = cls._currency("USD")
        cls.america = cls._create_zone("America", currency_id=cls.usd.id)
        cls.canada = cls._create_zone("Canada", currency_id=cls.usd.id, parent_id=cls.america.id)

    def _set_rate(self, zone, date, rate, company=None, currency=None):
        return self.env["pemba.zone.rate"].create(
            {
                "zone_id": zone.id,
                "currency_id": (currency or self.usd).id,
                "company_id": (company or self.company).id,
                "date": date,
                "rate": rate,
            }
        )

    def _rate(self, zone, date, company=None, currency=None):
        return zone._get_rate(currency or self.usd, date, company or self.company)

    def test_the_newest_rate_not_after_the_day(self):
        self._set_rate(self.america, "2026-01-01", 1.1)
        self._set_rate(self.america, "2026-03-01", 1.2)
        self.assertEqual(self._rate(self.america, "2026-02-28"), 1.1)
        self.assertEqual(self._rate(self.america, "2026-03-01"), 1.2)
        self.assertEqual(self._rate(self.america, "2027-01-01"), 1.2)

    def test_the_nearest_zone_that_has_one(self):
        self._set_rate(self.america, "2026-03-01", 1.2)
        self.assertEqual(self._rate(self.canada, "2026-04-01"), 1.2)
        self._set_rate(self.canada, "2026-01-01", 1.3)
        self.assertEqual(self._rate(self.canada, "2026-04-01"), 1.3)
        self.assertEqual(self._rate(self.america, "2026-04-01"), 1.2)

    def test_without_one_odoo_s_own(self):
        self.env["res.currency.rate"].create(
            {"currency_id": self.usd.id, "company_id": self.company.id, "name": "2026-01-01", "rate": 2.5}
        )
        odoo = self.env["res.currency"]._get_conversion_rate(
            self.company.currency_id, self.usd, self.company, "2026-02-01"
        )
        self.assertEqual(self._rate(self.america, "2026-02-01"), odoo)
        self.assertEqual(self._rate(self.env["pemba.zone"], "2026-02-01"), odoo)

    def test_each_company_has_its_own(self):
        self._set_rate(self.america, "2026-01-01", 1.1)
        self._set_rate(self.america, "2026-01-01", 0.0065, self.other_company)
        self.assertEqual(self._rate(self.america, "2026-02-01"), 1.1)
        self.assertEqual(self._rate(self.america, "2026-02-01", self.other_company), 0.0065)

    def test_the_company_s_own_currency_is_worth_one(self):
        self.assertEqual(self._rate(self.america, "2026-01-01", currency=self.company.currency_id), 1.0)

    def test_the_inverse_may_be_typed(self):
        rate = self._set_rate(self.america, "2026-01-01", 1.0)
        rate.inverse_rate = 0.92
        self.assertEqual(rate.rate, 1 / 0.92)

    def test_a_manager_sees_the_rates_of_his_companies(self):
        rate = self._set_rate(self.america, "2026-01-01", 1.1)
        self.assertNotIn(rate, self.env["pemba.zone.rate"].with_user(self.manager).search([]))
        self.manager.company_ids |= self.company
        as_manager = rate.with_user(self.manager).with_company(self.company)
        as_manager.rate = 1.2
        with self.assertRaises(AccessError):
            rate.with_user(self.salesperson).rate = 1.3
