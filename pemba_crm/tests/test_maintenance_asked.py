"""What a contract cannot follow by itself asks somebody; orders of other days than the deal's follow it."""

from datetime import date

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import html2plaintext

from .common import PembaContractCommon
from .test_order_settled import Settling


@tagged("post_install", "-at_install")
class TestOrderedApart(PembaContractCommon):
    """Orders of a deal whose lines start on other days by now than they were quoted for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_contract(date_start="2026-01-01")
        cls.line = {"product_id": cls.maintenance.id, "price_unit": 365}

    def _offer(self, *lines):
        with freeze_time("2026-03-01"):
            deal = self._create_deal(*lines or (self.line,), partner_id=self.customer.id)
            return deal, deal._make_quotation()

    def _check(self, deal, order, start, amount):
        """The deal, its orders and the contract say the same."""
        line = self.contract.line_ids[-1]
        self.assertEqual((line.date_start, line.amount), (date.fromisoformat(start), amount))
        self.assertEqual(order.amount_untaxed, amount)
        self.assertEqual(self.contract.amount, 1200 + deal.deal_amount)

    def test_each_order_starts_on_its_own_day(self):
        deal, order = self._offer(self.line, self.line | {"price_unit": 730})
        other = order.copy({"opportunity_id": deal.id})
        other.order_line[0].unlink()
        order.order_line[1].unlink()
        with freeze_time("2026-06-01"):
            order.action_confirm()
        self._check(deal, order, "2026-06-01", 214)
        with freeze_time("2026-08-01"):
            other.action_confirm()
        self._check(deal, other, "2026-08-01", 306)
        self.assertIn("From 08/01/2026 to 12/31/2026", other.order_line.name)
        self.assertEqual(deal.deal_amount, 520)

    def test_won_by_hand_and_ordered_later(self):
        deal, order = self._offer()
        with freeze_time("2026-06-01"):
            deal.action_set_won()
        with freeze_time("2026-08-01"):
            order.action_confirm()
        self._check(deal, order, "2026-06-01", 214)
        self.assertIn("From 06/01/2026", order.order_line.name)

    def test_a_price_of_the_order_alone(self):
        deal, order = self._offer()
        order.order_line.price_unit = 153
        with freeze_time("2026-06-01"):
            deal.action_set_won()
        with freeze_time("2026-08-01"):
            order.action_confirm()
        self._check(deal, order, "2026-06-01", 107)

    def test_confirmed_before_it_came_to_its_deal(self):
        deal, order = self._offer()
        order.opportunity_id = False
        with freeze_time("2026-06-01"):
            order.action_confirm()
            order.opportunity_id = deal
            deal.action_set_won()
        self._check(deal, order, "2026-06-01", 214)

    def test_a_period_that_is_over(self):
        """What was typed for it goes into the term that runs, and somebody is asked about its amount."""
        _deal, order = self._offer(self.line | {"date_start": "2026-03-01", "date_end": "2026-12-31"})
        with freeze_time("2026-12-01"):
            self.contract._renew()
        with freeze_time("2027-02-01"):
            order.action_confirm()
        following = self.contract.successor_id
        self.assertEqual((order.amount_untaxed, following.line_ids[-1].amount), (306, 334))
        self.assertRegex(following.activity_ids.note, r"sold for .*306\.00.*here .*334\.00")

    def test_quoted_for_a_day_that_is_to_come(self):
        """Ordered before, it starts on that, whatever the deal expects by now."""
        with freeze_time("2026-03-01"):
            deal = self._create_deal(self.line, partner_id=self.customer.id, date_deadline="2026-07-01")
            order = deal._make_quotation()
            deal.date_deadline = "2026-10-01"
        with freeze_time("2026-04-01"):
            order.action_confirm()
        self._check(deal, order, "2026-07-01", 184)

    def test_another_product_on_the_order(self):
        deal, order = self._offer()
        order.order_line.write({"product_id": self.licence.id, "price_unit": 1000})
        with freeze_time("2026-06-01"):
            order.action_confirm()
        self.assertEqual((order.amount_untaxed, deal.deal_amount), (1000, 1000))
        self.assertNotIn("From  to", order.order_line.name)

    def test_signed_for_other_days_than_the_deal_sells_by_now(self):
        """What the customer signed stays: amounts and dates."""
        deal, order = self._offer()
        with freeze_time("2026-03-02"):
            deal.date_deadline = "2026-06-01"
        with freeze_time("2026-04-01"):
            order.signed_on = fields.Datetime.now()
            order.action_confirm()
        self._check(deal, order, "2026-03-01", 306)
        self.assertTrue(deal.opportunity_line_ids.is_signed_late)

    def test_a_contract_that_another_seller_has(self):
        deal, _order = self._offer()
        line = deal.opportunity_line_ids
        line.contract_id = False
        distributor = self.env["res.partner"].create(
            {"name": "Dis", "is_company": True, "is_distributor": True}
        )
        deal.distributor_id = distributor
        with self._refused(UserError, "is sold by"):
            line.contract_id = self.contract

    def test_a_small_price_of_many(self):
        """Negotiated by less than a cent for one, by hundreds for all."""
        deal, order = self._offer(self.line | {"price_unit": 0.05, "quantity": 100000})
        self.assertEqual(order.amount_untaxed, 4191.78)
        order.order_line.price_unit = 0.035
        with freeze_time("2026-06-01"):
            order.action_confirm()
        self.assertEqual(order.amount_untaxed, round(3500 * 214 / 306, 2))
        self._check(deal, order, "2026-06-01", order.amount_untaxed)

    def test_an_order_of_less_than_a_draft_has(self):
        customer = self.env["res.partner"].create({"name": "New", "is_company": True})
        with freeze_time("2026-03-01"):
            deal = self._create_deal(self.line, self.line | {"price_unit": 100}, partner_id=customer.id)
            order = deal._make_quotation()
            deal.action_set_won()
            self.assertEqual(deal.contract_ids.amount, 465)
            order.order_line[1].unlink()
            order.action_confirm()
        self.assertEqual((deal.deal_amount, deal.contract_ids.amount), (365, 365))

    def test_a_line_of_a_won_deal_is_deleted(self):
        deal, _order = self._offer(self.line, self.line | {"price_unit": 730})
        with freeze_time("2026-06-01"):
            deal.action_set_won()
            deal.with_user(self.manager).opportunity_line_ids[1].unlink()
        self.assertIn("Maintenance × 1", self.contract.activity_ids.note)

    def test_sold_again_it_asks_no_more(self):
        deal, order = self._offer()
        with freeze_time("2026-06-01"):
            order.action_confirm()
            self.contract._renew()
            deal.stage_id = self.stages["M"][:1]
            terms = self.contract | self.contract.successor_id
            self.assertEqual(len(terms.activity_ids), 2)
            terms.activity_ids.user_id = self.manager  # who reads it in another language
            deal.action_set_won()
        self.assertFalse(terms.activity_ids)
        self._check(deal, order, "2026-06-01", 214)


@tagged("post_install", "-at_install")
class TestAsked(Settling, PembaContractCommon):
    def test_once_and_all_of_it(self):
        contract = self._create_contract()
        notes = ("P × 12", "P × 1", "P × 12", "P  × 1\n\nTwo ")
        for note in notes + notes:
            contract._ask(lambda _env: "What now?", lambda _env, note=note: note)
        self.assertEqual(contract.activity_ids.summary, "What now?")
        found = html2plaintext(contract.activity_ids.note).split("\n")
        self.assertEqual([line for line in found if line.strip()], ["P × 12", "P × 1", "Two"])

    def test_once_in_all_languages(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        contract = self._create_contract(user_id=self.salesperson.id)

        def ask(env):
            return env._("%s is covered twice", "Geo")

        contract._ask(ask)
        self.salesperson.lang = "fr_FR"
        contract._ask(ask)
        self.assertEqual(len(contract.activity_ids), 1)
        contract._answer(ask)
        self.assertFalse(contract.activity_ids)

    def test_the_order_of_a_settled_sale(self):
        line = {"product_id": self.maintenance.id, "price_unit": 365}
        with freeze_time("2026-05-01"):
            deal = self._create_deal(line, partner_id=self.customer.id)
            order = deal._make_quotation()
            order.action_confirm()
            deal.contract_ids.action_start()
        self._close_sales(fields.Date.to_string(deal.close_date))
        with freeze_time("2026-06-01"):
            order.order_line.product_uom_qty = 3
        contract = deal.contract_ids
        self.assertEqual((deal.deal_amount, contract.amount), (365, 365))
        self.assertIn("after sales were closed", contract.activity_ids.summary)
        self.assertIn(order.name, contract.activity_ids.note)

    def test_covered_twice_by_a_correction(self):
        """By other equipment, and by other days, in a contract that runs; a draft tells once it starts."""
        self._create_contract(date_start="2026-01-01")
        other = self._create_contract({"price_unit": 100}, date_start="2025-01-01")
        other.line_ids.equipment_id = self.geo
        self.assertFalse(other.activity_ids)
        other.write({"date_end": "2026-06-30"})
        self.assertIn("covered twice", other.activity_ids.summary)
        third = self._create_contract({"price_unit": 100}, date_start="2026-01-01")
        third.line_ids.equipment_id = self.geo
        self.assertIn("covered twice", third.activity_ids.summary)
        draft = self._create_contract({"price_unit": 100}, date_start="2026-01-01", state="draft")
        draft.line_ids.equipment_id = self.geo
        self.assertFalse(draft.activity_ids)
        draft.action_start()
        self.assertIn("covered twice", draft.activity_ids.summary)

    def test_covered_twice_in_one_go(self):
        contracts = self._create_contract({"price_unit": 1}) | self._create_contract({"price_unit": 2})
        contracts.line_ids.equipment_id = self.geo
        for contract in contracts:
            self.assertIn("covered twice", contract.activity_ids.summary)

    def test_lines_of_one_product_are_told_apart(self):
        contract = self._create_contract({"quantity": 2, "equipment_id": self.geo.id}, {"quantity": 5})
        self.assertEqual(
            contract.line_ids.mapped("display_name"),
            [f"Maintenance × 2 · {self.geo.name}", "Maintenance × 5"],
        )
