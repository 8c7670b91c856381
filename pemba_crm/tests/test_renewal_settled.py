from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon
from .test_order_settled import REFUSAL, Settling


@tagged("post_install", "-at_install")
class TestSettledSales(Settling, PembaContractCommon):
    """Neither contracts, renewals nor deliveries follow from what was left as it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind.write({"notice_months": 3, "renewal_lead_days": 30})
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})

    def test_a_lost_renewal_that_is_ordered_later_stays_lost(self):
        contract = self._create_contract(date_start="2026-01-01")
        with freeze_time("2026-09-01"):
            renewal = contract._open_renewals()
            order = renewal._make_quotation()
            renewal.action_set_lost(lost_reason_id=self.reason.id)
        self._close_sales("2026-09-01")
        with freeze_time("2026-11-01"):
            order.action_confirm()
        self.assertEqual((order.state, renewal.won_status), ("sale", "lost"))
        self.assertFalse(contract.successor_id or contract.order_received_date)
        self.assertEqual(contract.renewal_likelihood, 0)
        self.assertIn(f"{order.name} was confirmed", self._get_notes(renewal)[0])

    def test_a_won_renewal_keeps_its_order_when_that_is_cancelled(self):
        contract = self._create_contract(date_start="2026-01-01")
        with freeze_time("2026-09-01"):
            renewal = contract._open_renewals()
            order = renewal._make_quotation()
            order.date_order = "2026-09-01 10:00:00"
            order.action_confirm()
        self._close_sales(fields.Date.to_string(renewal.close_date))
        line = contract.successor_id.line_ids
        received = contract.order_received_date
        with freeze_time("2026-11-01"):
            order.order_line.filtered("product_id").product_uom_qty = 7
            self.assertEqual(line.quantity, 1)
            order._action_cancel()
        self.assertTrue(received)
        self.assertEqual((contract.order_received_date, line.exists().quantity), (received, 1))
        self.assertEqual(renewal.won_status, "won")

    def test_what_is_ordered_later_is_not_delivered(self):
        deal = self._settle(self._create_deal(self._line(), partner_id=self.customer.id))
        order = deal._make_quotation()
        server = self._create_product("Rack", type="consu", pemba_equipment_policy="per_unit")
        order.order_line = [
            Command.create({"product_id": server.id}),
            Command.create({"product_id": self.maintenance.id, "price_unit": 100}),
        ]
        order.with_context(tracking_disable=False, mail_create_nolog=False).action_confirm()
        self.assertFalse(deal.is_to_deliver or deal.activity_ids or deal.contract_ids)
        self.assertEqual(len(deal._get_all_lines()), 1)

    def _create_running(self):
        """A contract of a year with a leap day, and part of that year."""
        contract = self._create_contract(date_start="2023-06-01", date_end="2024-05-31")
        return contract, {"date_start": "2023-07-01", "date_end": "2024-05-31"}

    def test_a_link_to_a_contract_passes_where_nothing_else_changes(self):
        contract, dates = self._create_running()
        care = {"product_id": self.maintenance.id, "price_unit": 100, "contract_id": False}
        deal = self._create_deal({**care, **dates}, self._line(), partner_id=self.customer.id)
        line, licence = self._settle(deal).opportunity_line_ids
        amount = line.net_amount
        line.with_user(self.manager).contract_id = contract
        self.assertEqual((line.contract_id, line.net_amount), (contract, amount))
        with self._refused(UserError, rf"Licence \(From, Until\): {REFUSAL}"):
            licence.with_user(self.manager).contract_id = contract  # from now on it would recur

    def test_a_correction_of_its_contract_does_not_reach_its_lines(self):
        contract, dates = self._create_running()
        care = {"product_id": self.maintenance.id, "price_unit": 100000, "contract_id": contract.id}
        settled, free = (
            self._create_deal({**care, **dates}, partner_id=self.customer.id) for _twice in range(2)
        )
        self._settle(settled)
        before, amount = self._get_state(settled), free.opportunity_line_ids.net_amount
        contract.with_user(self.manager).date_start = "2023-02-01"
        self.assertNotEqual(free.opportunity_line_ids.net_amount, amount)
        self.assertEqual(self._get_state(settled), before)
