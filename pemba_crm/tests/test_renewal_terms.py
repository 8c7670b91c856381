from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestRenewalTerms(PembaContractCommon):
    """From one term to the next: what is sold, corrected, reduced and taken back goes on in what follows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind.write({"notice_months": 3, "renewal_lead_days": 30})
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})
        cls.contracts = cls.env["pemba.contract"]

    def _open(self, contract, day="2026-09-01"):
        with freeze_time(day):
            self.contracts._cron_open_renewals()
        return contract.renewal_lead_id

    def test_the_next_term_is_as_it_was_sold(self):
        contract = self._create_contract({"price_unit": 1200}, date_start="2026-01-01")
        renewal = self._open(contract)
        zone, dollar = self._create_dollar_zone(2)
        renewal.write({"zone_id": zone.id, "distributor_id": self.distributor.id})
        renewal.deal_currency_id = dollar
        renewal.opportunity_line_ids.write({"price_unit": 1000, "distributor_margin_rate": 30})
        self.assertEqual((contract.expected_order_amount, contract.order_currency_id), (700, dollar))
        renewal.action_set_won()
        successor = contract.successor_id
        self.assertEqual((successor.currency_id, successor.distributor_id), (dollar, self.distributor))
        self.assertEqual(successor.amount_annual, 700)

    def test_an_order_that_is_cancelled(self):
        """What is won still is the offer again, and so are its contract and what is offered of that."""
        with freeze_time("2026-01-01"):
            line = {"product_id": self.maintenance.id, "price_unit": 100, "quantity": 10}
            deal = self._create_deal(line, partner_id=self.customer.id)
            order = deal._make_quotation()
            order.action_confirm()
            contract = deal.contract_ids
            contract.action_start()
        renewal = self._open(contract)
        with freeze_time("2026-09-02"):
            order.order_line.product_uom_qty = 8
            self.assertEqual((contract.amount, renewal.deal_amount), (800, 800))
            order.with_context(disable_cancel_warning=True).action_cancel()
            self.assertEqual((deal.won_status, deal.deal_amount), ("won", 1000))
            self.assertEqual((contract.amount, renewal.deal_amount), (1000, 1000))

    def test_a_correction_after_the_term_before_the_job(self):
        with freeze_time("2026-01-01"):
            line = {"product_id": self.maintenance.id, "price_unit": 100, "quantity": 10}
            deal = self._create_deal(line, partner_id=self.customer.id)
            order = deal._make_quotation()
            order.action_confirm()
            contract = deal.contract_ids
            contract.action_start()
        with freeze_time("2027-01-01"):
            order.order_line.product_uom_qty = 8
        self.assertEqual((contract.state, contract.amount), ("running", 1000))
        self.assertIn("corrected after its term", contract.activity_ids.summary)

    def test_a_correction_after_the_next_term_was_ordered_asks(self):
        with freeze_time("2026-01-01"):
            line = {"product_id": self.maintenance.id, "price_unit": 100, "quantity": 10}
            deal = self._create_deal(line, partner_id=self.customer.id)
            order = deal._make_quotation()
            order.action_confirm()
            contract = deal.contract_ids
            contract.action_start()
        renewal = self._open(contract)
        with freeze_time("2026-10-01"):
            renewal._make_quotation().action_confirm()
            successor = contract.successor_id
            self.assertFalse(successor.activity_ids)
            order.order_line.product_uom_qty = 8
            self.assertEqual((contract.amount, successor.amount), (800, 1000))
            self.assertIn("Quantity 10 → 8", successor.activity_ids.note)

    def test_a_tacit_term_becomes_what_is_sold_at_last(self):
        self.kind.is_tacit = True
        index = self._create_index({"2025-01": 100})
        contract = self._create_contract(
            {"price_unit": 1200},
            date_start="2026-01-01",
            index_id=index.id,
            index_base_month="2025-01-01",
        )
        renewal = self._open(contract)
        with freeze_time("2027-01-01"):
            self.contracts._cron_follow()
            successor = contract.successor_id
            self.assertEqual((successor.amount_annual, successor.index_base_month), (1200, date(2025, 1, 1)))
            index.value_ids.create({"index_id": index.id, "month": "2026-06-01", "value": 110})
            self.contracts._cron_follow()
            renewal.distributor_id = self.distributor
            renewal.action_set_won()
        self.assertEqual((successor.amount_annual, successor.index_base_month), (1320, date(2026, 6, 1)))
        self.assertEqual(successor.distributor_id, self.distributor)

    def test_a_renewal_is_sold_to_its_customer(self):
        contract = self._create_contract(date_start="2026-01-01")
        renewal = self._open(contract)
        renewal.partner_id = self.other
        with self._refused(UserError, "it is not sold to Other"):
            renewal.action_set_won()

    def test_small_prices_keep_their_share(self):
        line = self._create_contract({"price_unit": 0.0125, "quantity": 10000}).line_ids
        self.assertEqual(line._revalue(1.02), 0.01275)
        self.assertEqual(line._revalue(0.999999, floor=0), 0.0125)

    def test_a_lost_renewal_stays_lost(self):
        contract = self._create_contract(date_start="2026-01-01")
        renewal = self._open(contract)
        with freeze_time("2026-09-02"):
            renewal.action_set_lost(lost_reason_id=self.reason.id)
            contract._terminate("2026-12-15", "Moves")
            contract.action_reinstate()
        self.assertEqual(
            (renewal.won_status, contract.close_reason, contract.renewal_likelihood),
            ("lost", "Too expensive", 0),
        )
        renewal.unlink()
        self.assertFalse(self._open(contract, "2026-09-03"))

    def test_a_salesperson_terminates_what_waits_to_be_renewed(self):
        contract = self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        renewal = self._open(contract)
        with freeze_time("2026-09-02"):
            renewal.action_set_won()
            renewal.stage_id = self.stages["M"][:1]
            contract.with_user(self.salesperson)._terminate("2026-12-31", "Closed")
        self.assertFalse(contract.successor_id)

    def test_what_is_added_after_the_renewal_follows_its_order(self):
        contract = self._create_contract({"price_unit": 100}, date_start="2026-01-01")
        self._open(contract).action_set_won()
        with freeze_time("2026-10-01"):
            deal = self._create_opportunity(
                "M",
                partner_id=self.customer.id,
                opportunity_line_ids=[
                    Command.create(
                        {
                            "product_id": self.maintenance.id,
                            "contract_id": contract.id,
                            "quantity": 5,
                            "price_unit": 10,
                        }
                    )
                ],
            )
            order = deal._make_quotation()
            order.action_confirm()
            following = contract.successor_id.line_ids - contract.successor_id.line_ids[0]
            self.assertEqual(following.quantity, 5)
            order.order_line.product_uom_qty = 3
            self.assertEqual((deal.opportunity_line_ids.contracted_ids.quantity, following.quantity), (3, 3))

    def test_what_is_reduced_after_the_renewal_is_less_in_the_next_term(self):
        contract = self._create_contract({"price_unit": 100, "quantity": 10}, date_start="2026-01-01")
        self._open(contract).action_set_won()
        with freeze_time("2026-10-01"):
            rest = contract._reduce(contract.line_ids, 4)
        following = contract.successor_id.line_ids
        self.assertEqual((following.quantity, following.predecessor_id), (6, rest))
        with freeze_time("2027-02-01"):
            report = self.env["pemba.retention.report"].search([("contract_id", "=", contract.id)])
            self.assertEqual((report.old_amount, report.lost_amount, report.new_amount), (1000, 0, 600))

    def test_nothing_is_renewed_that_does_not_run(self):
        draft = self._create_contract(state="draft")
        ended = self._create_contract(date_start="2026-01-01")
        with freeze_time("2026-02-01"):
            ended._terminate("2026-12-31", "Closed")
        for contract in draft | ended:
            with self._refused(UserError, "nothing to renew"):
                contract.action_retry_renewal()

    def test_what_a_renewal_is_follows_from_its_contract(self):
        index = self._create_index({"2025-01": 100})
        contract = self._create_contract(
            date_start="2026-01-01",
            index_id=index.id,
            index_base_month="2025-01-01",
            user_id=self.salesperson.id,
        )
        renewal = self._open(contract).with_user(self.salesperson)
        renewal.write({"is_price_to_revise": False, "renewal_contract_id": False, "name": "Ours"})
        self.assertEqual(
            (renewal.is_price_to_revise, renewal.renewal_contract_id.id, renewal.name),
            (True, contract.id, "Ours"),
        )
        other = self._create_contract(date_start="2026-01-01")
        lead = renewal.create({"name": "Mine", "renewal_contract_id": other.id})
        self.assertFalse(lead.renewal_contract_id)
        imported = renewal.with_user(self.manager).create({"name": "Old", "renewal_contract_id": other.id})
        self.assertEqual(imported.renewal_contract_id, other)

    def test_a_contract_follows_its_own_customers(self):
        theirs = self._create_contract({"price_unit": 100}, partner_id=self.other.id)
        vals = {
            "partner_id": self.customer.id,
            "predecessor_id": theirs.id,
            "line_ids": [Command.create({"product_id": self.maintenance.id, "price_unit": 1})],
        }
        by_salesperson = self.contracts.with_user(self.salesperson).create(vals | {"state": "running"})
        self.assertEqual((by_salesperson.predecessor_id.id, theirs.state), (False, "running"))
        with self._refused(ValidationError, "of Other"):
            self.contracts.with_user(self.manager).create(vals | {"state": "running"})

    def test_a_successor_that_waits_leaves_no_gap_when_it_starts(self):
        contract = self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        renewal = self._open(contract)
        with freeze_time("2026-09-02"):
            renewal.action_set_won()
            renewal.stage_id = self.stages["M"][:1]
            successor = contract.successor_id
            successor.write({"date_start": "2027-03-01", "date_end": "2028-02-29"})
            with self._refused(UserError, "only a sales manager leaves a gap"):
                successor.with_user(self.salesperson).action_start()
            successor.with_user(self.manager).action_start()

    def test_corrections_are_offered(self):
        contract = self._create_contract(
            {"price_unit": 100, "quantity": 10}, {"price_unit": 50}, date_start="2026-01-01"
        )
        renewal = self._open(contract)
        first, second = contract.line_ids
        offered = renewal.opportunity_line_ids[0]
        offered.discount = 5
        with freeze_time("2026-09-02"):
            first.write({"quantity": 8, "price_unit": 90, "discount": 10})
            second.unlink()
            self.assertEqual(renewal.opportunity_line_ids, offered)
            self.assertEqual((offered.quantity, offered.price_unit, offered.discount), (8, 90, 5))
            renewal.opportunity_line_ids.date_end = False
            contract.date_end = "2027-01-31"
        self.assertEqual((offered.date_start, renewal.date_deadline), (date(2027, 2, 1), date(2027, 1, 31)))
        self.assertEqual(contract.expected_order_date, date(2027, 1, 31))
