"""Terms that follow each other: on their days, each once, and none forgotten."""

from datetime import date
from itertools import pairwise

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestChain(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind.write({"is_tacit": True, "notice_months": 0, "renewal_lead_days": 0})

    def _create_kind(self, months):
        return self.kind.copy({"name": f"{months} months", "duration_months": months})

    def _get_chain(self, contract):
        chain = contract
        while chain[-1].successor_id:
            chain |= chain[-1].successor_id
        return chain

    def test_a_term_returns_to_its_day(self):
        for start, months, starts in (
            ("2024-02-29", 12, ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
            ("2025-01-31", 1, ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31"]),
            ("2025-01-30", 1, ["2025-01-30", "2025-02-28", "2025-03-30", "2025-04-30", "2025-05-30"]),
            ("2024-08-31", 6, ["2024-08-31", "2025-02-28", "2025-08-31", "2026-02-28", "2026-08-31"]),
            ("2025-03-01", 3, ["2025-03-01", "2025-06-01", "2025-09-01", "2025-12-01", "2026-03-01"]),
        ):
            with self.subTest(start=start, months=months):
                contract = self._create_contract(
                    {"price_unit": 1200}, date_start=start, contract_type_id=self._create_kind(months).id
                )
                chain = contract
                for _number in range(4):
                    chain |= chain[-1]._renew()
                self.assertEqual(chain.mapped("date_start"), [date.fromisoformat(day) for day in starts])
                for before, after in pairwise(chain):
                    self.assertEqual((after.date_start - before.date_end).days, 1)
                if months == 12:
                    self.assertEqual(chain.mapped("amount"), [1200] * 5)

    def test_a_year_from_the_last_of_february_costs_a_year(self):
        """On the offer of its renewal and in next year's revenue too."""
        contract = self._create_contract({"price_unit": 1200}, date_start="2024-02-29")
        for _number in range(3):
            contract = contract._renew()
        self.assertEqual((contract.date_start, contract.date_end), (date(2027, 2, 28), date(2028, 2, 28)))
        renewal = contract._open_renewals()
        line = renewal.opportunity_line_ids
        self.assertEqual((line.date_start, line.date_end), (date(2028, 2, 29), date(2029, 2, 27)))
        self.assertEqual((line.year_share, renewal.deal_amount), (1, 1200))
        with freeze_time("2027-06-01"):
            report = self.env["pemba.renewal.report"]
            [(_contract, revenue)] = report._read_group(
                [("contract_id", "=", contract.id), ("layer", "=", "contract")],
                ["contract_id"],
                ["revenue:sum"],
            )
        self.assertAlmostEqual(revenue, 1200, 2)

    def test_an_extension_within_a_year_of_366_days(self):
        contract = self._create_contract({"price_unit": 1200}, date_start="2024-02-29")
        for _number in range(3):
            contract = contract._renew()
        line = contract.line_ids._put(
            [
                {
                    "contract_id": contract.id,
                    "product_id": self.maintenance.id,
                    "price_unit": 366,
                    "date_start": "2028-02-01",
                }
            ]
        )
        self.assertEqual((line.date_end, line.amount), (date(2028, 2, 28), 28))

    def test_missed_terms_follow_in_one_run(self):
        contract = self._create_contract(
            {"price_unit": 1200}, date_start="2025-01-01", contract_type_id=self._create_kind(1).id
        )
        with freeze_time("2025-05-10"):
            self.env["pemba.contract"]._cron_follow()
            chain = self._get_chain(contract)
            self.assertEqual(len(chain), 5)
            self.assertEqual((chain[-1].state, chain[-1].date_start), ("running", date(2025, 5, 1)))
            self.assertEqual(set(chain[:-1].mapped("state")), {"renewed"})
            self.env["pemba.contract"]._cron_follow()
            self.assertEqual(self._get_chain(contract), chain)

    def test_the_copy_of_a_renewal_is_no_renewal(self):
        contract = self._create_contract(date_start="2025-01-01")
        renewal = contract._open_renewals()
        copy = renewal.copy()
        self.assertEqual((copy.renewal_contract_id.id, copy.nature), (False, "extension"))
        self.assertFalse(copy.opportunity_line_ids.contract_line_id or copy.proposed_line_ids)
        self.assertEqual(contract.renewal_lead_id, renewal)

    def test_equipment_in_two_contracts_is_told(self):
        first = self._create_contract(date_start="2025-01-01", user_id=self.salesperson.id)
        later = self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        self.assertFalse((first | later).activity_ids)
        second = self._create_contract(
            date_start="2025-06-01", state="draft", user_id=self.salesperson.id, date_end="2025-12-31"
        )
        self.assertFalse(second.activity_ids)
        second.action_start()
        self.assertEqual(second.activity_ids.user_id, self.salesperson)
        self.assertIn(self.geo.name, second.activity_ids.summary)
        self.assertIn(first.name, second.activity_ids.note)
        self.assertNotIn(later.name, second.activity_ids.note)
        other = self._create_contract({"price_unit": 5}, date_start="2025-01-01")
        other.line_ids.create(
            {"contract_id": other.id, "product_id": self.maintenance.id, "equipment_id": self.geo.id}
        )
        self.assertTrue(other.activity_ids)

    def _sell_by_hand(self, *lines):
        """A licence and its maintenance, written by hand, ordered; the contract runs."""
        self.licence.pemba_equipment_policy = "per_line"
        deal = self._create_deal(
            *(lines or (self._line(quantity=10), {"product_id": self.maintenance.id, "price_unit": 180})),
            partner_id=self.customer.id,
        )
        deal._make_quotation().action_confirm()
        deal.contract_ids.action_start()
        return deal

    def _check_covered(self, equipment, line):
        self.assertEqual(line.equipment_id, equipment)
        self.assertEqual(equipment.coverage_state, "covered")
        right = self.kind.right_ids[:1]
        self.assertTrue(self.customer.check_right(right.code, equipment.id)["allowed"])

    def _deliver(self, deal):
        proposals = self.env["pemba.delivery"]._get_proposals(deal)
        return deal._deliver([(proposal, {}) for proposal in proposals], self.today)

    def test_what_was_sold_by_hand_is_covered(self):
        deal = self._sell_by_hand()
        line = deal.contract_ids.line_ids
        self.assertFalse(line.equipment_id)
        self._check_covered(self._deliver(deal), line)

    def test_what_was_delivered_before_it_was_covered(self):
        self.licence.pemba_equipment_policy = "per_line"
        deal = self._create_deal(self._line(), partner_id=self.customer.id)
        deal.action_set_won()
        equipment = self._deliver(deal)
        deal.with_user(self.manager).write(
            {"opportunity_line_ids": [Command.create({"product_id": self.maintenance.id, "price_unit": 180})]}
        )
        line = deal.opportunity_line_ids.filtered("is_recurring")
        line.with_user(self.manager).price_unit = 170
        self.assertEqual(deal.contract_ids.amount, 170)
        deal.contract_ids.action_start()
        self._check_covered(equipment, deal.contract_ids.line_ids)

    def test_of_several_it_is_the_one_of_its_software(self):
        self.server.pemba_equipment_policy = "per_line"
        deal = self._sell_by_hand(
            self._line(),
            {"product_id": self.server.id},
            {"product_id": self.maintenance.id, "price_unit": 180},
        )
        equipment = self._deliver(deal)
        self.assertEqual(len(equipment), 2)
        geo = equipment.filtered(lambda one: one.product_id == self.licence)
        self._check_covered(geo, deal.contract_ids.line_ids)
