"""What a deal adds to a contract is of its customer, distributor and currency, whatever changes of either."""

from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .renewal_common import RenewalCommon


@tagged("post_install", "-at_install")
class TestBelonging(RenewalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.zone, cls.dollar = cls._create_dollar_zone(2)

    def _extend(self):
        """A deal of 1 July that adds to the customer's contract."""
        deal = self._deal(deal_currency_id=self.env.company.currency_id.id)
        self.assertEqual(deal.opportunity_line_ids.net_amount, 184)
        return deal

    @freeze_time("2025-07-01")
    def test_another_customer_distributor_or_currency(self):
        contract = self._create_year()
        self.customer.zone_id = self.other.zone_id = self.zone
        for vals in (
            {"partner_id": self.other.id},
            {"distributor_id": self.distributor.id},
            {"deal_currency_id": self.dollar.id},
        ):
            with self.subTest(vals):
                deal = self._extend()
                deal.write(vals)
                line = deal.opportunity_line_ids
                self.assertFalse(line.contract_id)
                self.assertEqual((str(line.date_start), str(line.date_end)), ("2025-07-01", "2026-06-30"))
                deal.action_set_won()
                self.assertEqual(deal.contract_ids.partner_id, deal.customer_id)
                self.assertEqual(deal.contract_ids.currency_id, deal.deal_currency_id)
                self.assertEqual(len(contract.line_ids), 1)

    @freeze_time("2025-07-01")
    def test_back_again_it_adds_to_the_contract(self):
        contract = self._create_year()
        deal = self._extend()
        deal.partner_id = self.other
        deal.partner_id = self.customer
        self.assertEqual((deal.opportunity_line_ids.contract_id, deal.deal_amount), (contract, 184))

    @freeze_time("2025-07-01")
    def test_the_contract_becomes_another_distributor_s(self):
        contract = self._create_year()
        deal = self._extend()
        contract.with_user(self.manager).distributor_id = self.distributor
        self.assertEqual((deal.opportunity_line_ids.contract_id.id, deal.deal_amount), (False, 365))

    @freeze_time("2025-07-01")
    def test_in_a_browser_it_adds_to_the_contract_too(self):
        """A form sends every field, the contract that is not there yet included."""
        contract = self._create_year()
        line = {"product_id": self.maintenance.id, "price_unit": 365, "contract_id": False}
        deal = self._deal(line)
        self.assertEqual((deal.opportunity_line_ids.contract_id, deal.deal_amount), (contract, 184))

    @freeze_time("2025-07-01")
    def test_days_that_a_form_sends_are_not_typed(self):
        deal = self._deal(date_deadline="2025-08-01")
        line = deal.opportunity_line_ids
        for day, end in (("2025-09-01", "2026-08-31"), ("2025-10-15", "2026-10-14")):
            with Form(deal.with_user(self.salesperson)) as form:
                form.date_deadline = day
            self.assertEqual((str(line.date_start), str(line.date_end)), (day, end))
            self.assertFalse(line.is_period_typed)
        for day, end in (("2025-11-01", "2026-10-31"), ("2025-12-01", "2026-11-30")):
            days = {"date_start": day, "date_end": end}
            deal.write({"date_deadline": day, "opportunity_line_ids": [Command.update(line.id, days)]})
            self.assertFalse(line.is_period_typed)
        line.date_start = "2026-02-01"
        self.assertTrue(line.is_period_typed)

    # ------------------------------------------------------------
    # What the open renewal has of its contract
    # ------------------------------------------------------------

    def test_the_currency_of_the_contract(self):
        self.customer.zone_id = self.zone
        contract = self._create_year()
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            contract.with_user(self.manager).currency_id = self.dollar
            self.assertEqual((renewal.deal_currency_id, renewal.deal_amount), (self.dollar, 1200))
            self.assertEqual((renewal.expected_revenue, contract.expected_order_amount), (600, 1200))

    def test_the_index_of_the_contract(self):
        indices = [
            self._create_index({"2024-06": 100, "2024-09": 110, "2025-06": value}, name=f"Index {value}")
            for value in (110, 150)
        ]
        contract = self._create_year(index_id=indices[0].id, index_base_month="2024-06-01")
        renewal = self._open(contract)
        self._check_offer(renewal, 1320)
        with freeze_time("2025-10-01"):
            manager = contract.with_user(self.manager)
            manager.index_id = indices[1]
            self._check_offer(renewal, 1800)
            manager.index_base_month = "2024-09-01"
            self._check_offer(renewal, 1636.36)
            manager.write({"index_id": False, "index_base_month": False})
            self._check_offer(renewal, 1200)
        plain = self._create_year()
        renewal = self._open(plain)
        with freeze_time("2025-10-01"):
            plain.with_user(self.manager).write({"index_id": indices[0].id, "index_base_month": "2024-06-01"})
            self._check_offer(renewal, 1320)

    def test_who_is_in_charge_and_whom_it_is_sent_to(self):
        contract = self._create_year()
        renewal = self._open(contract)
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        with freeze_time("2025-10-01"):
            contract.write({"user_id": self.manager.id, "contact_id": contact.id})
            self.assertEqual((renewal.user_id, renewal.partner_id), (self.manager, contact))
            renewal.user_id = self.salesperson
            contract.user_id = False
            self.assertEqual(renewal.user_id, self.salesperson, "who was chosen there stays")
