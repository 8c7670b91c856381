from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestRenewals(PembaContractCommon):
    """Renewals are opened in time, each once; what comes of them; the orders that are expected."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind.write({"notice_months": 3, "renewal_lead_days": 30})
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})

    def _open(self, day, **vals):
        """The renewals that the daily job opens on a day."""
        contracts = self.env["pemba.contract"]
        with freeze_time(day):
            contracts._cron_open_renewals(**vals)
        return self.env["crm.lead"].search([("nature", "=", "renewal")], order="id")

    def _create_indexed(self, **vals):
        index = self._create_index({"2025-01": 293.9, "2026-06": 307.0})
        return self._create_contract(
            date_start="2026-01-01", index_id=index.id, index_base_month="2025-01-15", **vals
        )

    def test_a_renewal_is_opened_once_and_in_time(self):
        contract = self._create_contract(
            {"price_unit": 1200, "quantity": 2, "discount": 10, "equipment_id": self.geo.id},
            {"price_unit": 100},
            date_start="2026-01-01",
            user_id=self.salesperson.id,
        )
        contract._reduce(contract.line_ids[1], 1, "2026-05-01")
        self._create_contract(date_start="2026-01-01", state="draft")
        self.assertFalse(self._open("2026-08-30"))
        for day in ("2026-08-31", "2026-08-31", "2026-08-31", "2026-09-10"):
            renewal = self._open(day)
        self.assertEqual(len(renewal), 1)
        self.assertEqual(
            (renewal.renewal_contract_id, renewal.partner_id, renewal.user_id, renewal.won_status),
            (contract, self.customer, self.salesperson, "pending"),
        )
        self.assertEqual(contract.renewal_lead_id, renewal)
        line = renewal.opportunity_line_ids
        self.assertEqual(
            (line.quantity, line.price_unit, line.discount, line.date_start, line.date_end),
            (2, 1200, 10, date(2027, 1, 1), date(2027, 12, 31)),
        )
        self.assertEqual(renewal.deal_amount, 2160)
        self.assertEqual((contract.expected_order_date, renewal.date_deadline), (contract.date_end,) * 2)
        self.assertFalse(renewal.activity_ids)

    def test_the_price_follows_the_index(self):
        contract = self._create_indexed()
        renewal = self._open("2026-09-01")
        self.assertEqual(renewal.opportunity_line_ids.price_unit, 1253.49)  # 1,200 × 307 / 293.9
        self.assertFalse(renewal.is_price_to_revise or contract.missing_info)
        self.assertEqual(renewal.revaluation["month"], "2026-06-01")
        for text in ("293.9", "307", "1.044573"):
            self.assertIn(text, renewal.revaluation_info)
        renewal.with_context(mail_notrack=False).action_set_won()
        self.assertEqual(contract.successor_id.index_base_month, date(2026, 6, 1))
        self.env.flush_all()
        self.cr.precommit.run()  # what is told
        self.assertIn("Renewed", contract.message_ids.tracking_value_ids.mapped("new_value_char"))
        self.assertEqual(contract.successor_id.amount_annual, 1253.49)

    def test_the_index_value_is_old_enough(self):
        self.kind.index_lag_months = 8
        contract = self._create_indexed()
        # The new term starts in January 2027: values until May 2026 count.
        self.assertIn("no final value after January 2025", contract.missing_info)
        self.kind.index_lag_months = 7
        self.assertFalse(contract._get_revaluation().get("missing"))

    def test_a_missing_value_never_gives_a_guessed_price(self):
        contract = self._create_indexed()
        contract.index_id.value_ids.filtered(lambda one: one.value == 307).state = "provisional"
        renewal = self._open("2026-09-01")
        line = renewal.opportunity_line_ids
        self.assertEqual((line.price_unit, renewal.is_price_to_revise), (1200, True))
        self.assertIn("no final value after January 2025", contract.missing_info)
        order = renewal._make_quotation()
        for refused in (
            order.action_quotation_send,
            lambda: order.write({"state": "sent"}),
            order.action_confirm,
            renewal.action_revise_price,
        ):
            with self._refused(UserError, "no final value after January 2025"):
                refused()
        contract.index_id.value_ids.state = "final"
        self.env["pemba.contract"]._cron_follow()
        self.assertEqual((line.price_unit, renewal.is_price_to_revise), (1253.49, False))
        self.assertEqual(order.amount_untaxed, 1253.49)  # the quotation was revised with it
        order.action_quotation_send()

    def test_what_would_be_is_shown_before_it_is_offered(self):
        contract = self._create_indexed()
        self.assertIn("1,253.49", contract.revision_info)
        contract.index_base_month = False
        self.assertIn("base month of Index is not known", contract.revision_info)

    def test_a_cap_is_not_passed_by_rounding(self):
        self.kind.write({"has_cap": True, "cap_rate": 3})
        index = self._create_index({"2025-01": 100, "2026-06": 200})
        contract = self._create_contract(
            {"price_unit": 1.25, "quantity": 10000},
            date_start="2026-01-01",
            index_id=index.id,
            index_base_month="2025-01-01",
        )
        self.assertLessEqual(
            contract.line_ids._prepare_renewal(contract._get_revaluation())["price_unit"], 1.2875
        )

    def test_amendments_after_it_was_opened_are_offered_too(self):
        contract = self._create_contract(
            {"price_unit": 100, "quantity": 10}, date_start="2026-01-01", user_id=self.salesperson.id
        )
        renewal = self._open("2026-09-01")
        with freeze_time("2026-11-01"):
            contract.line_ids.with_user(self.salesperson).create(
                {"contract_id": contract.id, "product_id": self.maintenance.id, "price_unit": 40}
            )
            contract._reduce(contract.line_ids[0], 4)
            self.assertEqual(renewal.deal_amount, 640)
            contract.with_user(self.manager).date_end = "2026-12-30"
            renewal.action_set_won()
        successor = contract.successor_id
        self.assertEqual((successor.date_start, successor.amount_annual), (date(2026, 12, 31), 640))

    def test_an_extension_by_its_order_is_offered_too(self):
        contract = self._create_contract(date_start="2025-01-01")
        renewal = self._open("2025-09-05")
        with freeze_time("2025-10-01"):
            deal = self._create_opportunity(
                "E",
                partner_id=self.customer.id,
                opportunity_line_ids=[Command.create({"product_id": self.maintenance.id, "price_unit": 365})],
            )
            deal._make_quotation().action_confirm()
        self.assertEqual((deal.won_status, contract.renewal_lead_id), ("won", renewal))
        self.assertEqual(
            (sum(renewal.opportunity_line_ids.mapped("net_amount")), renewal.deal_amount), (1565, 1565)
        )
        self.assertEqual((renewal.expected_revenue, contract.expected_order_amount), (1565, 1565))

    def test_what_is_added_after_the_renewal_goes_on(self):
        contract = self._create_contract(date_start="2026-01-01")
        renewal = self._open("2026-09-01")
        with freeze_time("2026-10-01"):
            renewal.action_set_won()
            self.assertEqual(contract.state, "renewed")
            deal = self._create_opportunity(
                "E",
                partner_id=self.customer.id,
                opportunity_line_ids=[Command.create({"product_id": self.maintenance.id, "price_unit": 365})],
            )
            self.assertEqual(deal.opportunity_line_ids.contract_id, contract)
            deal.action_set_won()
            self.assertEqual(contract.line_ids.mapped("amount"), [1200, 92])
            self.assertEqual(contract.successor_id.line_ids.mapped("amount"), [1200, 365])
            contract._hold("Unpaid")
        self.assertFalse(deal.contract_ids)

    def test_the_order_may_be_touched_without_losing_what_came_since(self):
        contract = self._create_contract({"price_unit": 100, "quantity": 10}, date_start="2026-01-01")
        renewal = self._open("2026-09-01")
        with freeze_time("2026-11-01"):
            order = renewal._make_quotation()
            order.action_confirm()
            successor = contract.successor_id
        with freeze_time("2027-03-01"):
            successor.line_ids.create(
                {"contract_id": successor.id, "product_id": self.maintenance.id, "price_unit": 40}
            )
            lines = successor.line_ids
            order.write({"order_line": [Command.create({"display_type": "line_note", "name": "Thanks"})]})
            self.assertEqual(successor.line_ids, lines)
            order.order_line.filtered("product_id").product_uom_qty = 12
            self.assertEqual(successor.line_ids.mapped("quantity"), [12, 1])
            rest = successor._reduce(successor.line_ids[0], 2)
            order.order_line.filtered("product_id").product_uom_qty = 15
            self.assertEqual((successor.line_ids[0].quantity, rest.quantity), (12, 10))

    def test_a_hold_goes_on_with_the_contract(self):
        self.kind.write({"is_tacit": True, "grace_days": 15})
        contract = self._create_contract(date_start="2026-01-01")
        contract._hold("Unpaid")
        with freeze_time("2027-01-01"):
            self.env["pemba.contract"]._cron_follow()
        self.assertTrue(contract.successor_id.is_on_hold)
        self.assertEqual(self.customer.check_right("hotline", date="2027-01-05")["status"], "suspended")
        contract.action_release()
        self.assertEqual(self.customer.check_right("hotline", date="2027-01-05")["status"], "open")

    def test_a_successor_that_never_started_goes(self):
        contract = self._create_contract(date_start="2026-01-01")
        renewal = self._open("2026-09-01")
        with freeze_time("2026-09-02"):
            renewal.action_set_won()
            renewal.stage_id = self.stages["M"][:1]
            self.assertEqual(contract.successor_id.state, "draft")
            renewal.action_set_lost(lost_reason_id=self.reason.id)
        self.assertFalse(contract.successor_id)
        other = self._create_contract(date_start="2026-01-01")
        with freeze_time("2026-11-01"):
            again = other._open_renewals()
            again.action_set_won()
        with freeze_time("2027-06-01"):
            again.stage_id = self.stages["M"][:1]
            self.assertEqual((other.successor_id.state, other.order_state), ("running", "late"))

    def test_a_salesperson_leaves_no_gap_by_an_order_either(self):
        self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        renewal = self._open("2026-09-01")
        renewal.opportunity_line_ids.write({"date_start": "2027-02-01", "date_end": "2028-01-31"})
        order = renewal._make_quotation()
        order.user_id = self.salesperson
        theirs = order.with_user(self.salesperson)
        with freeze_time("2027-01-15"):
            for refused in (
                theirs.action_confirm,
                theirs.action_quotation_send,
                theirs.action_quotation_sent,
            ):
                with self._refused(UserError, "only a sales manager leaves a gap"):
                    refused()
            order.with_user(self.manager).action_quotation_sent()

    def test_one_that_fails_does_not_keep_the_others(self):
        self.kind.is_tacit = True
        good = self._create_contract(date_start="2026-01-01")
        broken = self._create_contract(date_start="2026-01-01")
        also_good = self._create_contract(date_start="2026-01-01")
        broken._reduce(broken.line_ids, 1, "2026-05-01")
        with freeze_time("2027-01-02"):
            self.env["pemba.contract"]._cron_follow()
        self.assertEqual((good | also_good).successor_id.mapped("state"), ["running", "running"])
        self.assertFalse(broken.successor_id)
        self.assertTrue(broken.renewal_error and broken.activity_ids)

    def test_history_is_not_renewed(self):
        old = self._create_contract(date_start="2020-01-01")
        self.assertFalse(self._open("2026-09-01"))
        with freeze_time("2026-09-01"):
            self.env["pemba.contract"]._cron_follow()
        self.assertEqual(old.state, "expired")

    def test_renewed_goods_are_not_delivered_again(self):
        rented = self._create_product("Rented", type="consu", pemba_equipment_policy="per_unit")
        contract = self._create_contract({"product_id": rented.id, "price_unit": 10}, date_start="2026-01-01")
        renewal = self._open("2026-09-01")
        with freeze_time("2026-09-02"):
            renewal.with_context(tracking_disable=False, mail_create_nolog=False).action_set_won()
        self.assertTrue(contract.successor_id)
        self.assertFalse(renewal.is_to_deliver or renewal.activity_ids)
        self.assertEqual(renewal.opportunity_line_ids.sale_type_id.code, "maintenance")

    def test_a_negotiated_price_is_not_revised(self):
        contract = self._create_indexed()
        contract.index_id.value_ids.filtered(lambda one: one.value == 307).state = "provisional"
        renewal = self._open("2026-09-01")
        renewal.opportunity_line_ids.price_unit = 1111
        contract.index_id.value_ids.state = "final"
        renewal.action_revise_price()
        self.assertEqual(renewal.opportunity_line_ids.price_unit, 1111)
        self.assertFalse(renewal.is_price_to_revise)

    def test_what_is_won_is_the_successor(self):
        contract = self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        renewal = self._open("2026-09-01")
        with freeze_time("2026-11-20"):
            order = renewal._make_quotation()
            order.client_order_ref = "PO-77"
            renewal.opportunity_line_ids.price_unit = 1300
            order.order_line.unlink()
            order = renewal._make_quotation()
            order.client_order_ref = "PO-77"
            order.action_confirm()
        successor = contract.successor_id
        self.assertEqual((renewal.won_status, contract.state, successor.state), ("won", "renewed", "running"))
        self.assertEqual((successor.date_start, successor.date_end), (date(2027, 1, 1), date(2027, 12, 31)))
        self.assertEqual((successor.amount_annual, successor.line_ids.equipment_id), (1300, self.geo))
        self.assertEqual(
            (contract.order_state, contract.order_reference, contract.order_received_date),
            ("received", "PO-77", date(2026, 11, 20)),
        )
        self.assertEqual(self._open("2026-12-01"), renewal)
        with freeze_time("2027-01-02"):
            self.env["pemba.contract"]._cron_expire()
        self.assertEqual((contract.state, successor.state), ("renewed", "running"))

    def test_won_again_it_is_the_same_successor(self):
        contract = self._create_contract(date_start="2026-01-01")
        renewal = self._open("2026-09-01")
        with freeze_time("2026-09-02"):
            renewal.action_set_won()
            successor = contract.successor_id
            renewal.stage_id = self.stages["M"][:1]
            self.assertEqual(
                (successor.state, contract.state, contract.order_state), ("draft", "running", "expected")
            )
            renewal.opportunity_line_ids.price_unit = 1500
            renewal.action_set_won()
        self.assertEqual(contract.successor_id, successor)
        self.assertEqual(
            (successor.state, successor.amount_annual, contract.state), ("running", 1500, "renewed")
        )

    def test_a_gap_is_a_managers(self):
        contract = self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        renewal = self._open("2026-09-01")
        with freeze_time("2027-02-01"):
            self.env["pemba.contract"]._cron_expire()
            self.assertEqual(contract.state, "expired")
            line = renewal.opportunity_line_ids
            line.write({"date_start": "2027-02-01", "date_end": "2028-01-31"})
            with self._refused(UserError, "only a sales manager leaves a gap"):
                renewal.with_user(self.salesperson).action_set_won()
            self.env.invalidate_all()
            renewal.with_user(self.manager).action_set_won()
        self.assertEqual(contract.successor_id.date_start, date(2027, 2, 1))
        other = self._create_contract(date_start="2026-01-01")
        with freeze_time("2026-11-01"):
            again = other._open_renewals()
            again.opportunity_line_ids.date_start = "2026-12-01"
            with self._refused(UserError, "its successor cannot start on"):
                again.action_set_won()

    def test_a_lost_renewal_says_why_and_lets_the_contract_end(self):
        self.software.deployment_type_ids |= self.saas
        hosted = self._create_equipment(deployment_type_id=self.saas.id, state="in_service")
        contract = self._create_contract(
            {"price_unit": 300, "equipment_id": hosted.id},
            {"price_unit": 1200, "equipment_id": self.geo.id},
            date_start="2026-01-01",
        )
        renewal = self._open("2026-09-01")
        with self._refused(UserError, "is a renewal: say why it was lost"):
            renewal.action_set_lost()
        renewal.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(
            (contract.close_reason, contract.renewal_likelihood, contract.state, contract.order_state),
            ("Too expensive", 0, "running", "none"),
        )
        self.assertIn("retire the subscription", hosted.activity_ids.summary)
        self.assertFalse(self.geo.activity_ids)
        self.assertFalse(self._open("2026-10-01"))
        with freeze_time("2027-01-01"):
            self.env["pemba.contract"]._cron_follow()
        self.assertEqual(contract.state, "expired")
        renewal.action_unarchive()
        self.assertEqual((contract.close_reason, contract.renewal_likelihood), (False, 100))

    def test_tacit_renewal_goes_on_without_an_order(self):
        self.kind.is_tacit = True
        contract = self._create_indexed()
        renewal = self._open("2026-09-01")
        noticed = self._create_contract(date_start="2026-01-01")
        with freeze_time("2026-09-01"):
            noticed._terminate("2026-12-31", "Notice given")
        with freeze_time("2026-12-31"):
            self.env["pemba.contract"]._cron_follow()
        self.assertFalse(contract.successor_id)
        for day in ("2027-01-01", "2027-01-02"):
            with freeze_time(day):
                self.env["pemba.contract"]._cron_follow()
        successor = contract.successor_id
        self.assertEqual(
            (successor.state, successor.date_start, successor.amount_annual),
            ("running", date(2027, 1, 1), 1253.49),
        )
        self.assertEqual(
            (contract.state, renewal.won_status, noticed.state), ("renewed", "pending", "terminated")
        )
        self.assertFalse(noticed.successor_id)
        with freeze_time("2027-01-02"):
            self.env.invalidate_all()
            self.assertEqual(contract.order_state, "late")
            renewal.opportunity_line_ids.price_unit = 1250
            renewal.action_set_won()
        self.assertEqual((contract.successor_id, successor.amount_annual), (successor, 1250))
        self.assertEqual(contract.order_state, "received")

    def test_a_termination_ends_its_renewal(self):
        contract = self._create_contract(date_start="2026-01-01")
        renewal = self._open("2026-09-01")
        with freeze_time("2026-09-15"):
            contract._terminate("2026-12-31", "Moves to another software")
        self.assertEqual((renewal.won_status, renewal.lost_reason_id.name), ("lost", "Contract terminated"))
        self.assertEqual(contract.state, "terminated")

    def test_a_termination_is_taken_back_until_its_day(self):
        contract = self._create_contract(
            {"price_unit": 100}, {"price_unit": 40, "date_end": "2026-06-30"}, date_start="2026-01-01"
        )
        renewal = self._open("2026-09-01")
        contract.renewal_likelihood = 80
        ends = contract.line_ids.mapped("date_end")
        with freeze_time("2026-09-02"):
            contract._terminate("2026-12-15", "Moves to another software")
            self.assertEqual((contract.amount_annual, renewal.won_status), (100, "lost"))
            contract.action_reinstate()
        self.assertEqual((contract.state, contract.date_end), ("running", date(2026, 12, 31)))
        self.assertEqual(contract.line_ids.mapped("date_end"), ends)
        self.assertEqual((contract.close_reason, contract.renewal_likelihood), (False, 80))
        self.assertEqual((renewal.won_status, renewal.active), ("pending", True))
        with freeze_time("2026-09-03"):
            contract._terminate("2026-12-15", "Again")
        with freeze_time("2026-12-16"), self._refused(UserError, "cannot go on"):
            contract.action_reinstate()

    def test_the_order_that_is_expected_is_of_what_is_offered(self):
        contract = self._create_contract({"price_unit": 100}, date_start="2026-01-01")
        self.assertFalse(contract.expected_order_amount)
        renewal = self._open("2026-09-01")
        self.assertEqual(contract.expected_order_amount, 100)
        renewal.opportunity_line_ids.price_unit = 110
        self.assertEqual(contract.expected_order_amount, 110)
        self.assertEqual(renewal.renewal_date_end, contract.date_end)

    def test_the_offer_names_the_equipment(self):
        self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        order = self._open("2026-09-01")._make_quotation()
        self.assertIn(self.geo.display_name, order.order_line.name)

    def test_a_broken_contract_is_set_aside(self):
        good = self._create_contract(date_start="2026-01-01")
        broken = self._create_contract(date_start="2026-01-01")
        broken._reduce(broken.line_ids, 1, "2026-05-01")
        also_good = self._create_contract(date_start="2026-01-01")
        renewals = self._open("2026-09-01")
        self.assertEqual(renewals.renewal_contract_id, good | also_good)
        self.assertIn("no line runs to its end", broken.renewal_error)
        self.assertEqual(self._open("2026-09-02"), renewals)
        broken.line_ids.copy({"date_end": "2026-12-31", "contract_id": broken.id})
        broken.action_retry_renewal()
        self.assertEqual(broken.renewal_lead_id.deal_amount, 1200)

    def test_what_blocks_the_offer_is_told(self):
        contract = self._create_contract()
        self.assertFalse(contract.missing_info)
        self.customer.email = False
        contract.user_id = False
        contract._hold("Unpaid")
        self.assertEqual(
            contract.missing_info, "Customer has no email address. Nobody is in charge. It is on hold."
        )

    def test_renewals_are_in_the_contracts_currency(self):
        yen = self._currency("JPY")
        contract = self._create_contract({"price_unit": 100000}, currency_id=yen.id, date_start="2026-01-01")
        renewal = self._open("2026-09-01")
        self.assertEqual((renewal.deal_currency_id, renewal.deal_amount), (yen, 100000))
        renewal.action_set_won()
        self.assertEqual(contract.successor_id.currency_id, yen)

    def test_a_quotation_at_once(self):
        self.kind.make_quotation = True
        self._create_contract(date_start="2026-01-01")
        renewal = self._open("2026-09-01")
        self.assertEqual(renewal.order_ids.mapped("amount_untaxed"), [1200])

    def test_orders_are_expected_late_and_received(self):
        contract = self._create_contract(date_start="2026-01-01")
        self.assertEqual(contract.order_state, "none")
        self._open("2026-09-01")
        for day, state in (("2026-12-31", "expected"), ("2027-01-01", "late")):
            with freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(contract.order_state, state)
                for asked in ("expected", "late", "received", "none"):
                    found = contract.search([("order_state", "=", asked), ("id", "=", contract.id)])
                    self.assertEqual(bool(found), asked == state)
                [(grouped, count)] = contract._read_group(
                    [("id", "=", contract.id)], ["order_state"], ["__count"]
                )
                self.assertEqual((grouped, count), (state, 1))
        contract.with_user(self.salesperson).write(
            {"order_received_date": "2027-01-05", "order_reference": "PO-1"}
        )
        self.assertEqual(contract.order_state, "received")

    def test_a_portfolio_has_the_orders_that_are_awaited(self):
        contract = self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        self._open("2026-09-01")
        transfers = self.env["pemba.portfolio.transfer"].with_user(self.manager)
        contract._set(state="expired")
        for received, found in ((False, contract), ("2027-01-05", contract.browse())):
            contract.order_received_date = received
            transfer = transfers.create({"user_id": self.salesperson.id, "new_user_id": self.manager.id})
            self.assertEqual(transfer.contract_ids, found)

    def test_reminders_are_sent_once_in_one_message(self):
        first = self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        second = self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        self._open("2026-09-01")
        first.expected_order_date = "2026-11-30"
        second.expected_order_date = "2026-12-05"
        domain = [
            ("partner_ids", "in", self.salesperson.partner_id.ids),
            ("message_type", "=", "user_notification"),
        ]

        def remind(day):
            with freeze_time(day):
                before = self.env["mail.message"].search(domain)
                self.env["pemba.contract"]._cron_remind_orders()
                return self.env["mail.message"].search(domain) - before

        self.assertFalse(remind("2026-10-30"))
        message = remind("2026-11-01")  # 29 days before the first, 34 before the second
        self.assertIn(first.name, message.body)
        self.assertNotIn(second.name, message.body)
        self.assertFalse(remind("2026-11-01"))
        message = remind("2026-12-08")  # -7 and 7 of both were missed, in part
        self.assertEqual(len(message), 1)
        for contract in (first, second):
            self.assertIn(contract.name, message.body)
        self.assertFalse(remind("2026-12-09"))
        first.expected_order_date = "2027-03-01"
        self.assertIn(first.name, remind("2027-02-01").body)  # of the new day it is reminded again
        first.order_received_date = "2026-12-10"
        self.assertFalse(remind("2027-02-23"))

    def test_renewals_of_different_contracts_are_not_merged(self):
        for _time in range(2):
            self._create_contract(date_start="2026-01-01")
        renewals = self._open("2026-09-01")
        with self._refused(UserError, "renew different contracts"):
            renewals.merge_opportunity()
        other = self._create_opportunity(partner_id=self.customer.id)
        head = (renewals[0] | other).merge_opportunity()
        self.assertTrue(head.renewal_contract_id)
        contract = renewals[1].renewal_contract_id
        further = self._create_opportunity("M", partner_id=self.customer.id)
        head = (renewals[1] | further).merge_opportunity()
        self.assertEqual((head, head.renewal_contract_id, head.nature), (further, contract, "renewal"))
        lead = self._create_opportunity(partner_id=self.customer.id, type="lead")
        self.assertFalse(lead._get_lead_duplicates(self.customer).renewal_contract_id)

    def test_a_renewal_costs_few_queries(self):
        def count(size):
            self.env["pemba.contract"].create(
                [
                    {
                        "partner_id": self.customer.id,
                        "contract_type_id": self.kind.id,
                        "currency_id": self.env.company.currency_id.id,
                        "date_start": "2026-01-01",
                        "line_ids": [Command.create({"product_id": self.maintenance.id, "price_unit": 12})],
                        "state": "running",
                    }
                    for _rank in range(size)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._open("2026-09-01", batch_size=1000)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(2)
        few, many = count(5), count(105)
        self.assertLessEqual((many - few) / 100, 1.5)
