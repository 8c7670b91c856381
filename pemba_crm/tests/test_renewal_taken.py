"""What was taken off a contract stays off, and what is ordered of a term that changed since asks."""

from datetime import date

from odoo import fields
from odoo.modules.module import load_script
from odoo.tests import freeze_time, tagged
from odoo.tools import file_path

from ..models.maintenance.pemba_contract_line_coverage import FILLED
from .renewal_common import RenewalCommon


@tagged("post_install", "-at_install")
class TestTaken(RenewalCommon):
    def test_what_was_taken_off_does_not_come_back(self):
        deal, _order, contract = self._sell_ten()
        with freeze_time("2025-01-01"):
            contract._reduce(contract.line_ids, 10)
            self.assertFalse(contract.line_ids)
            deal._follow_contracts()
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
            self.assertFalse(following.activity_ids)
            order.order_line[0].product_uom_qty = 6
            self.assertEqual(following.amount, 12)
            self.assertIn("taken off", following.activity_ids.summary)
            self.assertIn("Quantity 5 → 6", following.activity_ids.note)

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
            self.assertIn("more than is left", following.activity_ids.summary)
            following.action_reinstate()
            self.assertFalse(following.activity_ids)
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
            deal._follow_contracts()
            self.assertFalse(contract.activity_ids)
            order.order_line.product_uom_qty = 8
            self.assertIn("10 → 8", contract.activity_ids.note)
            contract.activity_ids.unlink()
            deal._follow_contracts()
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

    def test_what_is_returned_or_recurs_no_more(self):
        """It is not sold any more: so says its line, as long as that goes on."""
        deal, order, contract = self._sell_ten()
        with freeze_time("2025-03-01"):
            order.order_line.product_uom_qty = -10
            self.assertTrue(contract.line_ids.is_unsold)
            self.assertIn("not sold any more", contract.activity_ids.summary)
            order.order_line.product_uom_qty = 10
            self.assertFalse(contract.line_ids.is_unsold or contract.activity_ids)
            line = deal.opportunity_line_ids
            line.sale_type_id = self.env.ref("pemba_crm.sale_type_software")
            self.assertEqual(contract.line_ids.is_unsold, not line.is_contracted)
            self.assertTrue(contract.activity_ids)

    def test_an_update_says_the_same_in_sql(self):
        """What is sold no more, by the statements that fill the column on an update."""
        deal, order, _contract = self._sell_ten()
        self.kind.is_tacit = True
        waiting = self._create_year({"price_unit": 5})
        self._open(waiting)
        with freeze_time("2025-02-01"):
            extension = self._deal()
            extension.action_set_won()
        with freeze_time("2026-01-05"):
            self.env["pemba.contract"]._cron_renew_tacitly()
            _returned, returned_order, _contract = self._sell_ten()
            extension.stage_id = self.stages["M"][:1]
            order._action_cancel()
            deal.stage_id = self.stages["M"][:1]
            returned_order.order_line.product_uom_qty = -10
        lines = self.env["pemba.contract.line"].search([])
        lines = lines.filtered(lambda line: not (line.rest_of_id or line.is_sale_deleted))  # since then
        self.env.flush_all()
        found = {line: line.is_unsold for line in lines}
        self.assertEqual(set(found.values()), {True, False})
        self.assertTrue(waiting.successor_id.line_ids.opportunity_line_id)
        self.env.cr.execute("UPDATE pemba_contract_line SET is_unsold = NULL")
        self.env.cr.execute(FILLED["is_unsold"])
        path = file_path("pemba_crm/migrations/19.0.1.7.0/post-migrate.py")
        load_script(path, "pemba_crm_post_migrate").migrate(self.env.cr, "19.0.1.6.0")
        self.env.invalidate_all()
        self.assertEqual({line: line.is_unsold for line in lines}, found)

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
