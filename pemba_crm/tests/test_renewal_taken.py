"""What was taken off a contract stays off, and what is ordered of a term that changed since asks."""

from datetime import date

from odoo import fields
from odoo.tests import freeze_time, tagged

from .renewal_common import RenewalCommon


@tagged("post_install", "-at_install")
class TestTaken(RenewalCommon):
    def test_what_was_taken_off_does_not_come_back(self):
        deal, _order, contract = self._sell_ten()
        with freeze_time("2025-01-01"):
            contract._reduce(contract.line_ids, 10)
            self.assertFalse(contract.line_ids)
            deal.sudo()._follow_contracts()
            self.assertFalse(contract.line_ids)
            deal.stage_id = self.stages["M"][:1]
            deal.action_set_won()
            self.assertEqual(deal.contract_ids.line_ids.mapped("quantity"), [10], "it is sold anew")

    def test_nor_in_the_next_term(self):
        contract = self._create_year({"price_unit": 100, "quantity": 5}, {"price_unit": 10})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            order = renewal._make_quotation()
            order.action_confirm()
            contract._reduce(contract.line_ids[0], 5)
            following = contract.successor_id
            self.assertEqual(following.amount, 10)
            order.order_line[1].price_unit = 12
            self.assertEqual(following.amount, 12)

    def test_a_signed_order_once_the_end_has_moved(self):
        contract = self._create_year({"price_unit": 365})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            order = renewal._make_quotation()
            contract.with_user(self.manager).date_end = "2026-01-31"
            order.signed_on = fields.Datetime.now()
            order.action_confirm()
        self.assertEqual(contract.successor_id.date_start, date(2026, 2, 1))
        self.assertIn("other days", contract.activity_ids.summary)

    def test_ordered_after_it_was_terminated(self):
        self.kind.is_tacit = True
        contract = self._create_year({"price_unit": 365})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            order = renewal._make_quotation()
        with freeze_time("2026-01-05"):
            self.env["pemba.contract"]._cron_renew_tacitly()
            following = contract.successor_id
            following._terminate("2026-04-30", "Moved away")
            order.action_confirm()
        self.assertEqual((following.state, following.date_end), ("terminated", date(2026, 4, 30)))
        self.assertEqual(following.line_ids.date_end, date(2026, 4, 30))
        self.assertTrue(following.activity_ids.filtered(lambda one: "after it was terminated" in one.summary))

    def test_a_deal_that_is_deleted(self):
        deal, order, contract = self._sell_ten()
        with freeze_time("2025-02-01"):
            order._action_cancel()
            order.unlink()
            deal.unlink()
        self.assertTrue(contract.line_ids.is_unsold)
        self.assertIn("× 10", contract.activity_ids.note)

    def test_what_was_reduced_asks_once_for_each_correction(self):
        deal, order, contract = self._sell_ten()
        with freeze_time("2025-04-01"):
            contract._reduce(contract.line_ids, 4)
            contract.line_ids[0].with_user(self.manager).price_unit = 90  # of the contract alone
            deal.sudo()._follow_contracts()
            self.assertFalse(contract.activity_ids)
            order.order_line.product_uom_qty = 8
            self.assertIn("10 → 8", contract.activity_ids.note)
            contract.activity_ids.unlink()
            deal.sudo()._follow_contracts()
            self.assertFalse(contract.activity_ids)

    def test_a_rest_keeps_what_sold_it(self):
        deal, _order, contract = self._sell_ten()
        with freeze_time("2025-02-01"):
            rest = contract._reduce(contract.line_ids, 4, "2025-07-01")
            contract._terminate("2025-04-30", "Moved away")
            contract.action_reinstate()
            rest = contract.line_ids.filtered("rest_of_id")
            self.assertEqual((rest.quantity, rest.is_amended), (6, True))
            deal.stage_id = self.stages["M"][:1]
            self.assertTrue(rest.is_unsold)

    def test_two_terms_in_one_go(self):
        contract = self._create_year({"price_unit": 365})
        with freeze_time("2025-10-01"):
            contract._renew()
            lines = contract.line_ids | contract.successor_id.line_ids
            lines.with_user(self.manager).unlink()
            self.assertFalse(lines.exists())

    def test_a_line_of_a_renewal_comes_back(self):
        contract = self._create_year({"price_unit": 365}, {"price_unit": 10})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            renewal.action_set_won()
            following = contract.successor_id
            line = renewal.opportunity_line_ids[0].with_user(self.manager)
            line.active = False
            self.assertTrue(following.activity_ids)
            line.active = True
            self.assertFalse(following.activity_ids)
