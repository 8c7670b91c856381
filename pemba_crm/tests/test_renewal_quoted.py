"""What was quoted for a renewal and is not offered any more, and what is added: all is for the next term."""

from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestQuoted(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind.write({"notice_months": 3, "renewal_lead_days": 30})

    def _quote(self, *lines, **vals):
        """A contract of 2025, its renewal, and a quotation of that."""
        contract = self._create_contract(*lines, date_start="2025-01-01", user_id=self.salesperson.id, **vals)
        with freeze_time("2025-09-05"):
            self.env["pemba.contract"]._cron_open_renewals()
            order = contract.renewal_lead_id._make_quotation()
        return contract, contract.renewal_lead_id, order

    def _check_term(self, contract, *amounts):
        """The next term, of which every line runs throughout."""
        lines = contract.successor_id.line_ids
        self.assertEqual(sorted(lines.mapped("amount")), sorted(amounts))
        self.assertEqual(
            {(line.date_start, line.date_end) for line in lines}, {(date(2026, 1, 1), date(2026, 12, 31))}
        )

    @freeze_time("2025-10-01")
    def test_what_is_gone_is_ordered_all_the_same(self):
        contract, renewal, order = self._quote(
            {"price_unit": 1000, "quantity": 4, "distributor_margin_rate": 20},
            {"price_unit": 500, "equipment_id": self.geo.id, "distributor_margin_rate": 20},
            distributor_id=self.distributor.id,
        )
        contract._reduce(contract.line_ids[1], 1)
        self.assertEqual((renewal.deal_amount, order.amount_untaxed), (3200, 3600))
        self.assertIn("× 1 is not offered any more", order.offer_difference)
        order.action_confirm()
        self._check_term(contract, 3200, 400)
        line = contract.successor_id.line_ids.filtered("equipment_id")
        self.assertEqual((line.price_unit, line.equipment_id), (500, self.geo))
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.assertEqual(renewal.deal_amount, 3200)

    @freeze_time("2025-10-01")
    def test_all_of_it_is_gone(self):
        contract, renewal, order = self._quote()
        self.geo._retire()
        self.assertFalse(renewal.deal_amount or renewal.opportunity_line_ids)
        self.assertTrue(order.differs_from_offer)
        self.assertIn("is not offered any more", order.offer_difference)
        other = order.copy()
        order.action_bring_up_to_date()
        self.assertFalse(order.order_line or order.differs_from_offer)
        other.action_confirm()
        self.assertEqual(renewal.won_status, "won")
        self._check_term(contract, 1200)

    @freeze_time("2025-10-01")
    def test_what_comes_back_is_offered_again(self):
        _contract, renewal, order = self._quote()
        line = renewal.opportunity_line_ids
        self.geo._retire()
        self.geo._return_to_service()
        self.assertEqual((renewal.opportunity_line_ids, renewal.deal_amount), (line, 1200))
        self.assertFalse(order.differs_from_offer)

    @freeze_time("2025-10-01")
    def test_what_went_elsewhere_is_reduced(self):
        contract, renewal, _order = self._quote(
            {"price_unit": 100, "quantity": 4, "equipment_id": self.geo.id}, {"price_unit": 50}
        )
        self.geo._transfer(self.other)
        rest = contract._reduce(contract.line_ids[0], 1)
        self.assertEqual((rest.quantity, rest.equipment_id), (3, self.geo))
        self.assertEqual(renewal.deal_amount, 50)

    @freeze_time("2025-10-01")
    def test_what_is_reduced_while_it_is_lost(self):
        contract, renewal, _order = self._quote({"price_unit": 100, "quantity": 4})
        renewal.opportunity_line_ids.price_unit = 90
        reason = self.env["crm.lost.reason"].create({"name": "Too expensive"})
        renewal.action_set_lost(lost_reason_id=reason.id)
        contract._reduce(contract.line_ids, 1)
        renewal.action_unarchive()
        self.assertEqual(renewal.opportunity_line_ids.mapped("net_amount"), [270])

    @freeze_time("2025-10-01")
    def test_what_an_order_adds(self):
        contract, _renewal, order = self._quote()
        order.order_line = [Command.create({"product_id": self.maintenance.id, "price_unit": 80})]
        order.with_user(self.salesperson).action_confirm()
        self._check_term(contract, 1200, 80)

    @freeze_time("2025-10-01")
    def test_what_is_added_to_the_renewal(self):
        contract, renewal, order = self._quote()
        renewal.opportunity_line_ids = [Command.create({"product_id": self.maintenance.id, "price_unit": 80})]
        self.assertEqual(renewal.deal_amount, 1280)
        self.assertEqual(set(renewal.opportunity_line_ids.mapped("date_start")), {date(2026, 1, 1)})
        contract.with_user(self.manager).date_end = "2026-03-31"
        self.assertEqual(set(renewal.opportunity_line_ids.mapped("date_start")), {date(2026, 4, 1)})
        contract.with_user(self.manager).date_end = "2025-12-31"
        order.action_bring_up_to_date()
        order.action_confirm()
        self._check_term(contract, 1200, 80)
