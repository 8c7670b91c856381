"""What happens to a contract that was renewed reaches the terms that follow, or somebody is asked."""

from datetime import date

from odoo.tests import freeze_time, tagged

from .renewal_common import RenewalCommon


@tagged("post_install", "-at_install")
class TestFollowing(RenewalCommon):
    def _renew_twice(self, *lines):
        """A contract of 2025 whose two next terms are agreed on."""
        contract = self._create_year(*lines or ({"price_unit": 100, "quantity": 5},))
        contract._renew()
        contract.successor_id._renew()
        return contract, contract.successor_id, contract.successor_id.successor_id

    @freeze_time("2025-10-01")
    def test_two_terms_ahead(self):
        contract, second, third = self._renew_twice()
        contract.line_ids.with_user(self.manager).quantity = 4
        self.assertEqual((second.line_ids.quantity, third.line_ids.quantity), (4, 4))
        contract._reduce(contract.line_ids, 1)
        self.assertEqual((second.line_ids.quantity, third.line_ids.quantity), (3, 3))
        deal = self._deal({"product_id": self.maintenance.id, "price_unit": 365})
        deal.action_set_won()
        self.assertEqual((second.amount, third.amount), (665, 665))
        deal.with_user(self.manager).stage_id = self.stages["M"][:1]
        for term in (contract, second, third):
            self.assertIn("not sold any more", term.activity_ids.summary)
            self.assertEqual(term.line_ids.mapped("is_unsold").count(True), 1)

    @freeze_time("2025-10-01")
    def test_lines_of_a_person(self):
        contract, second, third = self._renew_twice()
        manager = contract.with_user(self.manager)
        line = self.env["pemba.contract.line"].with_user(self.manager)
        line = line.create({"contract_id": contract.id, "product_id": self.maintenance.id, "price_unit": 50})
        self.assertEqual((second.amount, third.amount), (550, 550))
        line.date_end = "2025-11-30"  # it does not go on
        self.assertEqual((second.amount, third.amount), (500, 500))
        line.date_end = "2025-12-31"
        self.assertEqual((second.amount, third.amount), (550, 550))
        manager.line_ids.filtered(lambda one: one.quantity == 5).unlink()
        self.assertEqual((second.amount, third.amount), (50, 50))
        line.write({"equipment_id": self.geo.id, "discount": 10})
        self.assertEqual((second.line_ids.equipment_id, second.amount), (self.geo, 45))
        line.unlink()
        self.assertFalse(second.line_ids or third.line_ids)
        self.assertIn("Nothing of it is left", second.activity_ids.summary)

    @freeze_time("2025-10-01")
    def test_at_the_prices_of_the_next_term(self):
        contract, second, _third = self._renew_twice()
        second.line_ids._set(price_unit=110)
        contract.line_ids.with_user(self.manager).quantity = 4
        self.assertEqual((second.line_ids.quantity, second.line_ids.price_unit), (4, 110))
        contract.line_ids.with_user(self.manager).price_unit = 90
        self.assertEqual(second.line_ids.price_unit, 99)

    def test_what_was_ordered_for_it_asks(self):
        contract = self._create_year({"price_unit": 100, "quantity": 5})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            renewal._make_quotation().action_confirm()
            following = contract.successor_id
            contract.with_user(self.manager).line_ids.unlink()
            self.assertEqual(following.amount, 500)
            self.assertIn("Quantity 5 → 0", following.activity_ids.note)

    @freeze_time("2025-10-01")
    def test_what_was_agreed_there_by_hand(self):
        contract, second, _third = self._renew_twice()
        second.line_ids.with_user(self.manager).quantity = 12
        contract.line_ids.with_user(self.manager).quantity = 6
        self.assertEqual(second.line_ids.quantity, 12)
        self.assertIn("is this one?", second.activity_ids.summary)

    @freeze_time("2025-10-01")
    def test_it_goes_on_once(self):
        contract, second, _third = self._renew_twice()
        second._reduce(second.line_ids, 1, "2026-01-01")
        line = contract.line_ids.with_user(self.manager)
        line.date_end = "2025-11-30"
        line.date_end = "2025-12-31"
        self.assertEqual(second.line_ids.quantity, 4)
        self.assertTrue(second.activity_ids)

    @freeze_time("2025-10-01")
    def test_moved_to_another_contract(self):
        contract, second, third = self._renew_twice()
        other, its_second, its_third = self._renew_twice({"price_unit": 10})
        contract.line_ids.with_user(self.manager).contract_id = other
        self.assertFalse(second.line_ids or third.line_ids)
        self.assertEqual((its_second.amount, its_third.amount), (510, 510))

    def test_a_successor_that_waits(self):
        """Its renewal was reopened: it is a draft, into which goes what is added meanwhile."""
        contract = self._create_year({"price_unit": 500})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            renewal.action_set_won()
            renewal.stage_id = self.stages["M"][:1]
            self.assertEqual(contract.successor_id.state, "draft")
            vals = {"contract_id": contract.id, "product_id": self.maintenance.id, "price_unit": 50}
            self.env["pemba.contract.line"].with_user(self.manager).create(
                vals | {"date_start": "2025-01-01"}
            )
            self.assertEqual((contract.amount, contract.successor_id.amount), (550, 550))
            renewal.action_set_won()
            self.assertEqual((renewal.deal_amount, contract.successor_id.amount), (550, 550))

    @freeze_time("2025-10-01")
    def test_a_term_that_is_over_stays(self):
        contract, second, _third = self._renew_twice()
        second.with_user(self.manager)._set(state="terminated")
        contract._reduce(contract.line_ids, 2)
        self.assertEqual(second.line_ids.quantity, 5)

    @freeze_time("2025-10-01")
    def test_nothing_is_left(self):
        """All of it is reduced, the next term that runs by an order included: a person ends that."""
        contract = self._create_year({"price_unit": 100, "quantity": 5})
        renewal = contract._open_renewals()
        renewal._make_quotation().action_confirm()
        contract._reduce(contract.line_ids, 5)
        following = contract.successor_id
        self.assertFalse(following.line_ids)
        self.assertIn("terminate", following.activity_ids.summary)

    @freeze_time("2025-10-01")
    def test_a_hold(self):
        contract, second, third = self._renew_twice()
        contract._hold("Unpaid")
        self.assertEqual((second.hold_reason, third.hold_reason), ("Unpaid",) * 2)
        self.assertEqual(third.hold_date, date(2025, 10, 1))
        contract.action_release()
        self.assertFalse(second.is_on_hold or third.is_on_hold)
        third._hold("Another matter")
        contract._hold("Unpaid")
        contract.action_release()
        self.assertEqual((second.is_on_hold, third.hold_reason), (False, "Another matter"))

    def test_it_waits_for_its_order_and_is_sold(self):
        self.kind.is_tacit = True
        contract = self._create_year({"price_unit": 100})
        self._open(contract)
        with freeze_time("2026-01-05"):
            self.env["pemba.contract"]._cron_renew_tacitly()
        self.assertTrue(contract.successor_id.line_ids.opportunity_line_id)
        self.assertFalse(contract.successor_id.line_ids.is_unsold)

    def test_a_correction_of_what_was_reduced_asks(self):
        _deal, order, contract = self._sell_ten()
        with freeze_time("2025-04-01"):
            contract._reduce(contract.line_ids, 4)
            order.order_line.product_uom_qty = 12
            self.assertIn("Quantity 10 → 12", contract.activity_ids.note)

    def test_a_correction_of_what_was_reduced_from_its_first_day_on(self):
        _deal, order, contract = self._sell_ten()
        with freeze_time("2025-01-01"):
            contract._reduce(contract.line_ids, 4)
            self.assertFalse(contract.activity_ids)
            order.order_line.price_unit = 90
            self.assertIn("100 → 90", contract.activity_ids.note)
            self.assertNotIn("Quantity", contract.activity_ids.note)

    def test_the_rest_of_what_is_not_sold_any_more(self):
        deal, order, contract = self._sell_ten()
        with freeze_time("2025-02-01"):
            contract._reduce(contract.line_ids, 4)
        with freeze_time("2025-03-01"):
            order._action_cancel()
            deal.stage_id = self.stages["M"][:1]
            [rest] = contract.line_ids.filtered(lambda line: line.date_end == contract.date_end)
            self.assertTrue(rest.is_unsold)
            self.assertIn("× 6", contract.activity_ids.note)
            contract._reduce(rest, 6)
            self.assertFalse(contract.activity_ids)

    def test_ordered_again_months_later(self):
        """What a contract covers since is not cut."""
        deal, order, contract = self._sell_ten()
        with freeze_time("2025-07-01"):
            order._action_cancel()
            deal.stage_id = self.stages["M"][:1]
            order.action_draft()
            order.action_confirm()
        self.assertEqual((deal.deal_amount, order.amount_untaxed, contract.amount), (1000, 1000, 1000))
        self.assertEqual(contract.line_ids.date_start, date(2025, 1, 1))

    def test_an_order_of_nothing_any_more(self):
        deal, order, contract = self._sell_ten()
        with freeze_time("2025-02-01"):
            order.order_line.product_uom_qty = 0
            self.assertFalse(deal.opportunity_line_ids)
            self.assertIn("not sold any more", contract.activity_ids.summary)

    def test_a_term_without_its_order(self):
        """Reduced or terminated, its renewal offers more: somebody is asked."""
        self.kind.is_tacit = True
        contract = self._create_year({"price_unit": 100, "quantity": 5})
        renewal = self._open(contract)
        with freeze_time("2026-01-05"):
            self.env["pemba.contract"]._cron_renew_tacitly()
            following = contract.successor_id
            following._reduce(following.line_ids, 2)
            self.assertIn(renewal.display_name, following.activity_ids.note)
            following.activity_ids.unlink()
            following._terminate("2026-06-30", "Moved away")
            self.assertIn(renewal.display_name, following.activity_ids.note)

    # ------------------------------------------------------------
    # What extends the term that runs, in its renewal
    # ------------------------------------------------------------

    def test_an_extension_that_is_merged_with_the_renewal(self):
        contract = self._create_year({"price_unit": 730, "quantity": 1})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            extension = self._deal(date_deadline="2025-11-01")
            self.assertEqual(extension.opportunity_line_ids.contract_id, contract)
            head = (renewal | extension).merge_opportunity(auto_unlink=True)
            line = head.opportunity_line_ids.filtered("contract_id")
            self.assertEqual((line.date_start, line.net_amount), (date(2025, 10, 1), 92))
        with freeze_time("2025-11-01"):
            order = head._make_quotation()
            self.assertEqual(order.amount_untaxed, 730 + 61)
            order.action_confirm()
            self.assertEqual((contract.amount, contract.successor_id.amount), (791, 1095))
            self.assertEqual(contract.successor_id.date_start, date(2026, 1, 1))
            order._action_cancel()
            order.action_draft()
            order.action_confirm()
            self.assertEqual((contract.amount, contract.successor_id.amount), (791, 1095))
            head.with_user(self.manager).opportunity_line_ids.filtered("contract_id").contract_id = False
            self.assertEqual((contract.amount, contract.successor_id.amount), (791, 1095))

    def test_a_merged_extension_that_comes_late(self):
        """The next term runs without its order: the extension is for that, and stays."""
        self.kind.is_tacit = True
        contract = self._create_year({"price_unit": 730})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            head = (renewal | self._deal()).merge_opportunity(auto_unlink=True)
            order = head._make_quotation()
        with freeze_time("2026-01-05"):
            self.env["pemba.contract"]._cron_renew_tacitly()
        with freeze_time("2026-02-01"):
            order.action_confirm()
            following = contract.successor_id
            amounts = following.line_ids.mapped("amount")
            self.assertEqual(sorted(amounts), [334, 730])
            head._follow_contracts()
            self.assertEqual(following.line_ids.mapped("amount"), amounts)
            self.assertFalse(following.message_ids.filtered(lambda one: "not sold any more" in one.body))

    # ------------------------------------------------------------
    # Conditions, and what is said
    # ------------------------------------------------------------

    def test_an_order_by_a_quotation_of_another_duration(self):
        """The customer orders what was quoted: a year, whatever the type says by now."""
        contract = self._create_year({"price_unit": 1200, "quantity": 2})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            order = renewal._make_quotation()
            added = {"lead_id": renewal.id, "product_id": self.maintenance.id, "price_unit": 100}
            line = self.env["pemba.opportunity.line"].create(added)
            self.kind.duration_months = 24
            self.assertEqual(set(renewal.opportunity_line_ids.mapped("date_end")), {date(2027, 12, 31)})
            self.assertEqual((renewal.deal_amount, order.amount_untaxed), (5000, 2400))
            line.unlink()
            order.action_confirm()
        following = contract.successor_id
        self.assertEqual((following.date_end, following.amount), (date(2026, 12, 31), 2400))
        self.assertEqual((renewal.deal_amount, following.line_ids.price_unit), (2400, 1200))

    def test_an_order_for_days_that_follow_nothing_any_more(self):
        contract = self._create_year({"price_unit": 365})
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            order = renewal._make_quotation()
            contract.with_user(self.manager).date_end = "2025-11-30"
            order.action_confirm()
        self.assertEqual(contract.successor_id.date_start, date(2025, 12, 1))
        self.assertIn("other days", contract.activity_ids.summary)
        self.assertIn("01/01/2026", contract.activity_ids.note)

    def test_conditions_of_the_type_reach_open_renewals(self):
        index = self._create_index({"2024-06": 100, "2025-06": 110})
        contract = self._create_year({"price_unit": 1000}, index_id=index.id, index_base_month="2024-06-01")
        self.kind.index_lag_months = 3
        renewal = self._open(contract)
        self._check_offer(renewal, 1100)
        self.kind.write({"has_cap": True, "cap_rate": 4})
        self._check_offer(renewal, 1040)
        self.kind.write({"has_cap": False, "fixed_share": 50})
        self._check_offer(renewal, 1050)
        self.kind.duration_months = 24
        self.assertEqual(renewal.opportunity_line_ids.date_end, date(2027, 12, 31))

    def test_what_is_missing_is_said_in_the_language_of_who_reads(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        index = self._create_index({"2024-06": 100})
        contract = self._create_year({"price_unit": 1000}, index_id=index.id, index_base_month="2024-06-01")
        renewal = self._open(contract)
        self.assertIn("no final value", renewal._get_missing_value())
        self.assertIn("no final value", str(renewal.revaluation_info))
        french = renewal.with_context(lang="fr_FR")
        self.assertIn("valeur définitive", french._get_missing_value())
        self.assertIn("valeur définitive", str(french.revaluation_info))
