from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PembaOfferCommon


@tagged("post_install", "-at_install")
class TestMarginRules(PembaOfferCommon):
    """What distributors keep, and which rule said so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.world = cls._create_zone("World", currency_id=cls.env.company.currency_id.id)
        cls.europe = cls._create_zone(
            "Europe", parent_id=cls.world.id, currency_id=cls.env.company.currency_id.id
        )
        cls.rules = cls.env["pemba.margin.rule"]

    def _sell(self, **vals):
        vals = {"distributor_id": self.distributor.id, "zone_id": self.europe.id, **vals}
        return self._create_deal(self._line(), **vals).opportunity_line_ids

    def test_the_most_specific_rule_wins(self):
        software = self.types["software"]
        rules = self.rules.create(
            [
                {"rate": 1},
                {"rate": 2, "sale_type_id": software.id},
                {"rate": 3, "zone_id": self.world.id},
                {"rate": 4, "zone_id": self.world.id, "sale_type_id": software.id},
                {"rate": 5, "zone_id": self.europe.id},
                {"rate": 6, "distributor_id": self.distributor.id},
                {"rate": 7, "distributor_id": self.distributor.id, "sale_type_id": software.id},
                {"rate": 8, "distributor_id": self.distributor.id, "zone_id": self.world.id},
            ]
        )
        for rule in rules.sorted("rate", reverse=True):  # each wins once those above it are gone
            line = self._sell()
            self.assertEqual((line.margin_rule_id, line.distributor_margin_rate), (rule, rule.rate))
            rule.active = False
        self.assertEqual(self._sell().distributor_margin_rate, 0)

    def test_the_customers_zone_decides(self):
        """That of the distributor counts only where the sale has no zone."""
        asia = self._create_zone("Asia", currency_id=self._currency("JPY").id)
        self.distributor.zone_id = asia
        self.rules.create({"rate": 40, "zone_id": asia.id})
        self.assertEqual(self._sell().distributor_margin_rate, 0)
        self.assertEqual(self._sell(zone_id=False).distributor_margin_rate, 40)
        self.rules.create({"rate": 20, "zone_id": self.world.id})
        self.assertEqual(self._sell().distributor_margin_rate, 20)

    def test_a_rule_that_ended_is_told(self):
        """Today's is taken by a refresh and by a new quotation; what was typed stays."""
        day = timedelta(days=1)
        old = self.rules.create({"rate": 30, "date_start": "2020-01-01"})
        buyer = self.env["res.partner"].create({"name": "Buyer", "is_company": True})
        deals = [self._sell(partner_id=buyer.id).lead_id for _number in range(3)]
        deals[2].opportunity_line_ids.distributor_margin_rate = 33
        self.assertFalse(any(deal.is_margin_rule_over for deal in deals))
        old.date_end = self.today - day
        new = self.rules.create({"rate": 20, "date_start": self.today})
        for deal in deals:
            deal.invalidate_recordset(["is_margin_rule_over"])
        self.assertEqual([deal.is_margin_rule_over for deal in deals], [True, True, False])
        self.assertEqual(deals[0].deal_amount, 700)
        deals[0].action_refresh_lines()
        order = deals[1]._make_quotation()
        self.assertEqual(order.amount_untaxed, 800)
        order.action_confirm()
        for deal in deals[:2]:
            self.assertEqual((deal.deal_amount, deal.opportunity_line_ids.margin_rule_id), (800, new))
            self.assertFalse(deal.is_margin_rule_over)
        self.assertEqual(deals[2].deal_amount, 670)

    def test_a_rule_of_the_company_holds_for_its_contacts(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.distributor.id, "is_distributor": True}
        )
        self.rules.create({"rate": 25, "distributor_id": self.distributor.id})
        self.assertEqual(self._sell(distributor_id=contact.id).distributor_margin_rate, 25)

    def test_a_rule_holds_between_its_dates(self):
        day = timedelta(days=1)
        self.rules.create(
            [
                {"rate": 10, "date_end": self.today - 2 * day},
                {"rate": 20, "date_start": self.today - day, "date_end": self.today},
                {"rate": 30, "date_start": self.today + day},
            ]
        )
        self.assertEqual(self._sell().distributor_margin_rate, 20)

    def test_a_typed_rate_stays(self):
        self.rules.create({"rate": 30})
        line = self._sell()
        line.distributor_margin_rate = 22
        self.assertFalse(line.margin_rule_id)
        line.lead_id.zone_id = self.world
        line.lead_id.action_refresh_lines()
        self.assertEqual((line.distributor_margin_rate, line.net_amount), (22, 780))
        line.distributor_margin_rate = 30
        self.assertTrue(line.margin_rule_id)

    def test_a_direct_sale_has_no_distributors_margin(self):
        rule = self.rules.create({"rate": 30})
        line = self._sell()
        self.assertEqual(line.net_amount, 700)
        line.lead_id.distributor_id = False
        self.assertEqual((line.distributor_margin, line.net_amount, line.margin_rule_id.id), (0, 1000, False))
        self.assertEqual(line.lead_id.expected_revenue, 1000)
        line.lead_id.distributor_id = self.distributor
        self.assertEqual((line.net_amount, line.margin_rule_id), (700, rule))
        typed = self._create_deal(self._line(distributor_margin_rate=30))
        self.assertEqual((typed.distributor_margin, typed.deal_amount), (0, 1000))

    def test_the_rate_follows_the_zone_of_the_customer(self):
        france = self.env.ref("base.fr")
        customer = self.env["res.partner"].create({"name": "Customer", "country_id": france.id})
        self.rules.create([{"rate": 10, "zone_id": self.world.id}, {"rate": 20, "zone_id": self.europe.id}])
        self.world.country_ids = france
        line = self._sell(partner_id=customer.id, zone_id=self.world.id)
        self.assertEqual(line.distributor_margin_rate, 10)
        self.world.country_ids = False
        self.europe.country_ids = france
        self.assertEqual(line.lead_id.zone_id, self.europe)
        self.assertEqual((line.distributor_margin_rate, line.lead_id.expected_revenue), (20, 800))

    def test_rules_of_one_key_do_not_overlap(self):
        self.rules.create({"rate": 10, "zone_id": self.europe.id, "date_end": self.today})
        overlapping = {"rate": 20, "zone_id": self.europe.id, "date_start": self.today}
        with self._refused(ValidationError, "Europe: 20 %, dates: they overlap .* Europe: 10 %"):
            self.rules.create(overlapping)
        result = self.rules.load(
            ["zone_id", "rate", "date_start"], [["Europe", "20", fields.Date.to_string(self.today)]]
        )
        self.assertIn("overlap", result["messages"][0]["message"])
        tomorrow = self.today + timedelta(days=1)
        self.rules.create(overlapping | {"date_start": tomorrow})
        self.rules.create(overlapping | {"sale_type_id": self.types["study"].id})

    def test_overlapping_rules_of_one_import_are_refused(self):
        with self._refused(ValidationError, "overlap"):
            self.rules.create([{"rate": 10}, {"rate": 20}])

    @mute_logger("odoo.sql_db")
    def test_a_rate_is_between_0_and_100(self):
        message = "between 0 and 100"
        result = self.rules.load(["rate"], [["101"]])
        self.assertIn(message, result["messages"][0]["message"])

    def test_managers_keep_the_rules(self):
        with self.assertRaises(AccessError):
            self.rules.with_user(self.salesperson).create({"rate": 10})
        rule = self.rules.with_user(self.manager).create({"rate": 10})
        self.assertEqual(rule.with_user(self.salesperson).rate, 10)
