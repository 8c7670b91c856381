"""What changes a contract reaches its open renewal, the quotations made for it, and the term that runs."""

from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .renewal_common import RenewalCommon


@tagged("post_install", "-at_install")
class TestFollowed(RenewalCommon):
    def test_a_line_that_is_created_alone(self):
        self._create_year()
        with freeze_time("2025-07-01"):
            deal = self._deal(self._line())
            line = self.env["pemba.opportunity.line"].create(
                {"lead_id": deal.id, "product_id": self.maintenance.id, "price_unit": 365}
            )
            self.assertEqual((line.net_amount, deal.deal_amount), (184, 1184))
            line.date_start = "2025-10-01"
            self.assertEqual((line.net_amount, deal.deal_amount), (92, 1092))

    def test_a_correction_of_the_order(self):
        _deal, order, contract = self._sell_ten()
        renewal = self._open(contract)
        self._check_offer(renewal, 1000)
        with freeze_time("2025-10-01"):
            order.order_line.product_uom_qty = 8
            self.assertEqual(contract.amount, 800)
            self._check_offer(renewal, 800)
            order.order_line.price_unit = 90
            self._check_offer(renewal, 720)
        self.assertIn("→", renewal.message_ids[0].body)

    def test_what_was_negotiated_stays(self):
        _deal, order, contract = self._sell_ten()
        renewal = self._open(contract)
        line = renewal.opportunity_line_ids
        line.price_unit = 95
        with freeze_time("2025-10-01"):
            order.order_line.write({"product_uom_qty": 8, "price_unit": 110})
            self._check_offer(renewal, 760)
            contract._reduce(contract.line_ids, 3)
            self._check_offer(renewal, 475)
            self.assertEqual(renewal.opportunity_line_ids, line)

    def test_what_was_taken_out_stays_out(self):
        contract = self._create_year({"price_unit": 100, "quantity": 4}, {"price_unit": 50})
        renewal = self._open(contract)
        renewal.opportunity_line_ids.filtered(lambda one: one.price_unit == 50).unlink()
        with freeze_time("2025-10-01"):
            contract.line_ids[0].with_user(self.manager).quantity = 3
        self._check_offer(renewal, 300)

    def test_what_comes_after_all_was_taken_away(self):
        contract = self._create_year({"price_unit": 100})
        with freeze_time("2025-03-01"):
            deal = self._deal()
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            contract._reduce(contract.line_ids, 1)
            self._check_offer(renewal)
        with freeze_time("2025-11-01"):
            deal._make_quotation().action_confirm()
            self._check_offer(renewal, 365)

    def test_several_changes_in_one_go(self):
        contract = self._create_year({"price_unit": 100, "quantity": 4}, {"price_unit": 50})
        renewal = self._open(contract)
        first, second = contract.line_ids
        with freeze_time("2025-10-01"):
            contract.with_user(self.manager).write(
                {
                    "date_end": "2026-03-31",
                    "line_ids": [
                        Command.update(first.id, {"quantity": 2}),
                        Command.delete(second.id),
                        Command.create({"product_id": self.maintenance.id, "price_unit": 30}),
                    ],
                }
            )
        self._check_offer(renewal, 200, 30)
        self.assertEqual(
            set(renewal.opportunity_line_ids.mapped("date_start")),
            {date(2026, 4, 1)},
            "the day after its end",
        )

    def test_another_distributor(self):
        contract = self._create_year(
            {"price_unit": 1000, "distributor_margin_rate": 20}, distributor_id=self.distributor.id
        )
        renewal = self._open(contract)
        self._check_offer(renewal, 800)
        with freeze_time("2025-10-01"):
            contract.with_user(self.manager).distributor_id = False
        self.assertFalse(renewal.distributor_id)
        self._check_offer(renewal, 1000)

    def _create_covering(self):
        """A contract of Geo and a server, and its open renewal."""
        server = self._create_equipment(state="in_service", in_service_date="2020-01-01")
        contract = self._create_year(
            {"price_unit": 1200, "equipment_id": self.geo.id}, {"price_unit": 700, "equipment_id": server.id}
        )
        renewal = self._open(contract)
        self._check_offer(renewal, 1200, 700)
        return contract, renewal, server

    def test_equipment_that_is_retired(self):
        """It is not offered again; taken back into service it is. What runs was sold."""
        contract, renewal, server = self._create_covering()
        with freeze_time("2025-10-01"):
            server._retire()
            self._check_offer(renewal, 1200)
            self.assertIn(server.name, contract.missing_info)
            self.assertEqual(contract.amount, 1900)
            server._return_to_service()
            self._check_offer(renewal, 1200, 700)
            self.assertNotIn(server.name, contract.missing_info)

    def test_equipment_that_goes_to_another_customer(self):
        contract, renewal, server = self._create_covering()
        with freeze_time("2025-10-01"):
            server.partner_id = self.other
            self._check_offer(renewal, 1200)
            renewal.action_set_won()
        self.assertEqual(contract.successor_id.line_ids.equipment_id, self.geo)

    def test_a_contract_of_which_everything_is_gone(self):
        self.kind.is_tacit = True
        contract = self._create_year()
        with freeze_time("2025-08-01"):
            self.geo._retire()
        with freeze_time("2025-09-05"):
            self.env["pemba.contract"]._cron_open_renewals()
        self.assertIn("no line runs", contract.renewal_error)
        with freeze_time("2026-01-01"):
            self.env["pemba.contract"]._cron_follow()
        self.assertFalse(contract.successor_id)

    def test_an_index_value_that_is_corrected(self):
        index = self._create_index({"2024-01": 100, "2025-06": 110})
        contract = self._create_year(index_id=index.id, index_base_month="2024-01-01")
        renewal = self._open(contract)
        self._check_offer(renewal, 1320)
        index.value_ids.filtered(lambda one: one.value == 110).value = 112
        self._check_offer(renewal, 1344)
        renewal.opportunity_line_ids.price_unit = 1300
        index.value_ids.filtered(lambda one: one.value == 112).value = 113
        self._check_offer(renewal, 1300)

    def test_a_value_of_a_series_that_is_continued(self):
        old = self._create_index({"2024-01": 100})
        new = self._create_index({"2025-06": 55}, predecessor_id=old.id, link_coefficient=0.5)
        contract = self._create_year(index_id=new.id, index_base_month="2024-01-01")
        renewal = self._open(contract)
        before = renewal.deal_amount
        old.value_ids.value = 101
        self.assertNotEqual(renewal.deal_amount, before)

    def test_a_renewal_that_is_lost_and_reopened(self):
        _deal, order, contract = self._sell_ten()
        renewal = self._open(contract)
        reason = self.env["crm.lost.reason"].create({"name": "Too expensive"})
        with freeze_time("2025-10-01"):
            renewal.action_set_lost(lost_reason_id=reason.id)
            order.order_line.product_uom_qty = 8
            renewal.action_unarchive()
            self._check_offer(renewal, 800)

    def test_a_termination_that_is_taken_back(self):
        contract = self._create_year({"price_unit": 100, "quantity": 4}, {"price_unit": 50})
        with freeze_time("2025-02-01"):
            contract.line_ids.with_user(self.manager).create(
                {
                    "contract_id": contract.id,
                    "product_id": self.maintenance.id,
                    "price_unit": 30,
                    "date_start": "2025-12-01",
                }
            )
        renewal = self._open(contract)
        self._check_offer(renewal, 400, 50, 30)
        with freeze_time("2025-09-10"):
            contract._terminate("2025-11-15", "Unhappy")
            self.assertEqual(renewal.won_status, "lost")
            contract.action_reinstate()
            self.assertEqual(renewal.won_status, "pending")
            self._check_offer(renewal, 400, 50, 30)

    # ------------------------------------------------------------
    # Quotations that were made already
    # ------------------------------------------------------------

    def test_a_quotation_says_what_differs_and_is_brought_up_to_date(self):
        contract = self._create_year()
        renewal = self._open(contract)
        with freeze_time("2025-09-06"):
            order = renewal._make_quotation()
            self.assertFalse(order.differs_from_offer or order.offer_difference)
        with freeze_time("2025-10-01"):
            self._deal()._make_quotation().action_confirm()
            self._check_offer(renewal, 1200, 365)
            self.assertTrue(order.differs_from_offer)
            self.assertIn("Maintenance × 1 is missing", order.offer_difference)
            with Form(order.with_user(self.salesperson)) as form:
                self.assertIn("is missing", form.offer_difference)
            order.with_user(self.salesperson).action_bring_up_to_date()
            self.assertFalse(order.differs_from_offer or order.offer_difference)
            order.action_confirm()
        self.assertEqual(contract.successor_id.amount, 1565)
        self.assertFalse(renewal.activity_ids)

    def test_every_difference_is_named(self):
        deal = self._deal(self._line(quantity=3), {"product_id": self.training.id})
        order = deal._make_quotation()
        licence, training = deal.opportunity_line_ids
        licence.write({"quantity": 5, "discount": 10})
        training.unlink()
        order.order_line = [Command.create({"product_id": self.server.id, "price_unit": 80})]
        for text in (
            *("3 here, 5 offered", "− 10 % offered"),
            *("Training × 1 is not offered any more", "Server × 1 was added here"),
        ):
            self.assertIn(text, order.offer_difference)
        order.action_bring_up_to_date()
        self.assertEqual(order.amount_untaxed, 4580)
        self.assertEqual(order.offer_difference, "Server × 1 was added here")
        order.action_confirm()
        order.with_context(disable_cancel_warning=True).action_cancel()
        order.action_draft()
        self.assertEqual(order.offer_difference, "Server × 1 was added here")
        order.action_confirm()
        with self._refused(UserError, "no quotation"):
            order.action_bring_up_to_date()

    def test_an_order_for_less_than_is_offered_asks(self):
        contract = self._create_year()
        renewal = self._open(contract)
        with freeze_time("2025-09-06"):
            order = renewal._make_quotation()
        with freeze_time("2025-10-01"):
            self._deal()._make_quotation().action_confirm()
            order.action_confirm()
        self.assertEqual(contract.successor_id.amount, 1200)
        self.assertEqual(renewal.activity_ids.user_id, self.salesperson)
        self.assertIn("Maintenance × 1", renewal.activity_ids.note)

    # ------------------------------------------------------------
    # A term that is over, and one that runs already
    # ------------------------------------------------------------

    def test_what_is_sold_into_a_term_that_is_over(self):
        """It comes into the term that runs."""
        contract = self._create_year()
        with freeze_time("2025-08-01"):
            deal = self._deal()
            order = deal._make_quotation()
            self.assertEqual(deal.opportunity_line_ids.contract_id, contract)
        renewal = self._open(contract)
        with freeze_time("2025-12-01"):
            renewal._make_quotation().action_confirm()
        with freeze_time("2026-02-01"):
            order.action_confirm()
            line = contract.successor_id.line_ids.filtered(lambda one: one.price_unit == 365)
            self.assertEqual((line.date_start, line.date_end), (date(2026, 2, 1), date(2026, 12, 31)))
            self.assertFalse(deal.contract_ids)
            order.order_line.product_uom_qty = 2
            self.assertEqual((line.quantity, line.date_end), (2, date(2026, 12, 31)))

    def test_a_correction_after_the_term_asks(self):
        _deal, order, contract = self._sell_ten()
        renewal = self._open(contract)
        with freeze_time("2025-12-01"):
            renewal._make_quotation().action_confirm()
        with freeze_time("2026-02-01"):
            for quantity in (8, 7):
                order.order_line.product_uom_qty = quantity
        successor = contract.successor_id
        self.assertEqual((contract.amount, successor.amount), (1000, 1000))
        self.assertEqual(len(successor.activity_ids), 1)
        self.assertEqual(successor.activity_ids.user_id, successor.user_id)
        self.assertIn("Quantity 10 → 8", successor.activity_ids.note)
        self.assertIn("Quantity 10 → 7", successor.activity_ids.note)

    def test_a_sale_that_is_lost_after_all_asks(self):
        contract = self._create_year()
        with freeze_time("2025-03-01"):
            deal = self._deal()
            deal.action_set_won()
        self.salesperson.active = False
        with freeze_time("2025-10-01"):
            deal.with_user(self.manager).stage_id = self.stages["M"][:1]
        self.assertEqual(len(contract.activity_ids), 1)
        self.assertTrue(contract.activity_ids.user_id.active)
        self.assertIn("Maintenance × 1", contract.activity_ids.note)
