"""To Do in the Flow: each row appears when something waits, says what, and goes with one click."""

from datetime import date

from odoo import fields
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestToDoRows(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind.write({"notice_months": 3, "renewal_lead_days": 30})
        cls.env.company.pemba_asked_user_id = cls.manager

    def _rows(self, kind, day=None):
        """The rows of a kind, of the customers of this test."""
        with freeze_time(day or fields.Datetime.now()):
            self.env["pemba.to.do"].invalidate_model()
            rows = self.env["pemba.to.do"].search([("kind", "=", kind)])
            rows.read()  # as they are on that day
        return rows

    def _row(self, kind, day=None):
        rows = self._rows(kind, day)
        self.assertEqual(len(rows), 1, rows.mapped("name"))
        return rows

    def _create_year(self, *lines, **vals):
        return self._create_contract(*lines, date_start="2025-01-01", user_id=self.salesperson.id, **vals)

    def _deal(self, *lines, **vals):
        lines = lines or ({"product_id": self.maintenance.id, "price_unit": 365},)
        return self._create_deal(*lines, partner_id=self.customer.id, **vals)

    def _open(self, contract, day="2025-09-05"):
        with freeze_time(day):
            self.env["pemba.contract"]._cron_open_renewals()
        return contract.renewal_lead_id

    def _check(self, row, since, worth, user=None, **records):
        self.assertEqual((str(row.since), row.worth, row.user_id), (since, worth, user or self.salesperson))
        for name, record in records.items():
            self.assertEqual(row[name], record, name)
        self.assertEqual(row.partner_id, self.customer)
        self.assertEqual(row.currency_id, self.env.company.currency_id)

    # ------------------------------------------------------------
    # Contracts
    # ------------------------------------------------------------

    def test_a_draft_whose_start_has_come(self):
        contract = self._create_year(state="draft")
        self.assertFalse(self._rows("start", "2024-12-31"))
        self.assertFalse(self._row("start", "2025-01-01").is_late)
        row = self._row("start", "2025-01-11")
        self._check(row, "2025-01-01", 1200, contract_id=contract)
        self.assertTrue(row.is_late)
        self.assertIn(contract.name, row.name)
        row.action_settle()
        self.assertEqual(contract.state, "running")
        self.assertFalse(self._rows("start", "2025-01-11"))

    def test_a_draft_without_lines_is_opened(self):
        contract = self._create_contract(state="draft", date_start="2025-01-01")
        contract.line_ids.unlink()
        row = self._row("start", "2025-02-01")
        self.assertIn("no line", row.name)
        action = row.action_settle()
        self.assertEqual((action["res_model"], action["res_id"]), ("pemba.contract", contract.id))

    def test_equipment_that_is_not_covered_by_what_was_sold_with_it(self):
        with freeze_time("2025-01-01"):
            deal = self._deal(
                self._line(), self._line(), {"product_id": self.maintenance.id, "price_unit": 365}
            )
            self.licence.pemba_equipment_policy = "per_line"
            deal.action_set_won()
            equipment = deal._create_equipment()
            self.assertEqual(len(equipment), 2)
            contract = deal.contract_ids
            contract.action_start()
        row = self._row("uncovered", "2025-02-01")
        self._check(row, "2025-01-01", 365, contract_id=contract, contract_line_id=contract.line_ids)
        with freeze_time("2025-02-01"):
            self.assertEqual(row.action_settle()["res_id"], contract.id)
        contract.line_ids.equipment_id = equipment[0]
        self.assertFalse(self._rows("uncovered", "2025-02-01"))

    def test_what_is_covered_and_was_retired(self):
        contract = self._create_year()
        with freeze_time("2025-05-01"):
            self.geo._retire()
        row = self._row("gone", "2025-05-02")
        self._check(row, "2025-05-01", 1200, contract_id=contract, equipment_id=self.geo)
        self.assertFalse(row.is_late)
        self.assertTrue(self._row("gone", "2025-06-01").is_late)
        with freeze_time("2025-06-01"):
            self.env["pemba.to.do"]._cron_ask()
            self.assertTrue(contract.activity_ids)
            action = row.action_settle()
            change = self.env["pemba.contract.change"].with_context(**action["context"]).create({})
            self.env.flush_all()
            with self.env.cr.savepoint() as savepoint:
                change.date = "2025-09-01"
                change.action_apply()
                self.assertFalse(self._rows("gone", "2025-06-01"), "it ends on a day to come")
                savepoint.rollback()
            self.env.invalidate_all()
            change.action_apply()
            self.assertFalse(contract.activity_ids)
        self.assertFalse(self._rows("gone", "2025-06-01"))

    def test_what_is_to_be_covered_and_was_retired(self):
        """The dialog proposes the first day of a contract that is to come."""
        with freeze_time("2024-11-01"):
            contract = self._create_year()
            self.geo._retire()
            row = self._row("gone", "2024-11-01")
            change = self.env["pemba.contract.change"].with_context(**row.action_settle()["context"])
            change = change.create({})
            self.assertEqual(change.date, contract.date_start)
            change.action_apply()
        self.assertFalse(self._rows("gone", "2024-11-01"))
        self.assertFalse(contract.line_ids)

    def test_it_is_found_by_what_it_names(self):
        contract = self._create_year(state="draft")
        row = self._row("start", "2025-02-01")
        for name in (contract.name, self.customer.name):
            self.assertIn(row, row.search([("name", "ilike", name)]))
            self.assertIn((row.id, row.display_name), row.name_search(name))
        self.assertNotIn(row, row.search([("name", "ilike", "Nobody at all")]))
        self.assertNotIn(row, row.search([("name", "not ilike", contract.name)]))

    def test_what_is_covered_and_is_somebody_else_s(self):
        self._create_year()
        with freeze_time("2025-05-01"):
            self.geo._transfer(self.other)
        row = self._row("gone", "2025-05-02")
        self.assertEqual(str(row.since), "2025-05-01")
        self.assertIn("Other", row.name)
        self.assertFalse(self._rows("gone", "2026-01-01"), "its contract is over")
        with freeze_time("2025-05-02"):
            self.geo._transfer(self.customer)
        self.assertFalse(self._rows("gone", "2025-05-02"))

    def test_lines_of_what_is_not_sold_any_more(self):
        with freeze_time("2025-01-01"):
            deal = self._deal()
            deal.action_set_won()
            contract = deal.contract_ids
            contract.action_start()
            self.assertFalse(self._rows("unsold", "2025-01-01"))
        with freeze_time("2025-03-01"):
            deal.stage_id = self.stages["M"][:1]
        row = self._row("unsold", "2025-03-02")
        self._check(row, str(deal.date_last_stage_update.date()), 365, contract_id=contract, lead_id=deal)
        with freeze_time("2025-03-02"):
            deal.action_set_won()
        self.assertFalse(self._rows("unsold", "2025-03-02"))

    def test_a_contract_on_hold(self):
        contract = self._create_year()
        with freeze_time("2025-03-01"):
            contract._hold("Invoice 12 unpaid")
        row = self._row("hold", "2025-03-10")
        self._check(row, "2025-03-01", 1200, contract_id=contract)
        self.assertIn("Invoice 12 unpaid", row.name)
        with freeze_time("2025-03-11"):
            self.assertTrue(row.with_user(self.accountant).is_mine)
            row.with_user(self.accountant).action_settle()
        self.assertFalse(contract.is_on_hold or contract.hold_date)
        self.assertFalse(self._rows("hold", "2025-03-11"))

    def test_a_renewal_of_a_contract_on_hold(self):
        """It is not offered meanwhile: the hold alone waits."""
        contract = self._create_year()
        self._open(contract)
        with freeze_time("2025-09-06"):
            contract._hold("Unpaid")
        self.assertFalse(self._rows("offer", "2025-09-07"))
        self.assertTrue(self._rows("hold", "2025-09-07"))
        contract.action_release()
        self.assertTrue(self._rows("offer", "2025-09-07"))
        with freeze_time("2025-10-01"):
            contract._renew(contract.renewal_lead_id)
            contract._hold("Unpaid")
        self.assertEqual(self._row("hold", "2025-10-02").contract_id, contract, "once for all its terms")
        self.assertEqual(self._row("hold", "2026-01-02").contract_id, contract.successor_id)

    def test_an_index_value_that_renewals_wait_for(self):
        index = self._create_index({"2024-06": 100})
        contracts = self._create_year(index_id=index.id, index_base_month="2024-06-01")
        contracts |= self._create_year(index_id=index.id, index_base_month="2024-06-01")
        self.assertFalse(self._rows("index", "2025-07-01"), "more than 60 days before they open")
        row = self._row("index", "2025-07-02")
        self.assertEqual((row.index_id, row.worth, row.count), (index, 2400, 2))
        self.assertEqual((str(row.since), row.user_id), ("2025-08-31", self.manager))
        with freeze_time("2025-07-02"):
            self.assertTrue(row.with_user(self.manager).is_mine)
            self.assertIn("July 2024", row.name)
            renewal = contracts[:1]._open_renewals()
            offer = self._rows("offer", "2025-07-02").filtered(lambda one: one.lead_id == renewal)
            self.assertIn("July 2024", offer.name)
            self.assertFalse(offer.may_settle)
            value = Form.from_action(self.env, row.action_settle())
            self.assertEqual((value.index_id, str(value.month), value.state), (index, "2024-07-01", "final"))
            contracts[:1].line_ids.unlink()
            contracts[:1].index_base_month = "2024-05-01"  # of which there is no value
            self.env.invalidate_all()
            self.assertIn("May 2024", row.name)
            contracts[:1].index_base_month = False
            self.env.invalidate_all()
            self.assertIn("base month", row.name)
            self.assertEqual(row.action_settle()["res_id"], contracts[:1].id)
            contracts[:1].index_base_month = "2024-06-01"
        value = index.value_ids.create({"index_id": index.id, "month": "2025-05-01", "value": 103})
        value.state = "provisional"
        self.assertTrue(self._rows("index", "2025-07-03"))
        value.state = "final"
        self.assertFalse(self._rows("index", "2025-07-03"))

    def test_an_index_value_agrees_with_the_renewal(self):
        """What SQL finds missing is what the renewal finds missing."""
        old = self._create_index({"2024-06": 100, "2024-09": 101}, name="Old")
        new = self._create_index({"2025-03": 50}, name="New", predecessor_id=old.id, link_coefficient=2)
        self.kind.index_lag_months = 4
        cases = [
            self._create_year(index_id=index.id, index_base_month=month)
            for index in (old, new)
            for month in ("2024-06-01", "2024-09-01", "2024-10-01", "2025-03-01", False)
        ]
        with freeze_time("2025-09-01"):
            missing = [contract for contract in cases if contract._get_revaluation().get("missing")]
            self.assertTrue(0 < len(missing) < len(cases))
            rows = self._rows("index", "2025-09-01")
        self.assertEqual(sum(rows.mapped("count")), len(missing))

    def test_an_order_that_is_late(self):
        contract = self._create_year()
        renewal = self._open(contract)
        self.assertFalse(self._rows("order", "2025-12-31"))
        row = self._row("order", "2026-01-02")
        self._check(row, "2025-12-31", 1200, contract_id=contract)
        self.assertIn("no offer was sent", row.name)
        with freeze_time("2026-01-02"):
            order = renewal._make_quotation()
            order.with_user(self.manager).action_quotation_sent()
            self.env.invalidate_all()
            self.assertIn(order.name, row.name)
            self.assertEqual(row.action_settle()["res_id"], order.id)
            order.with_user(self.manager).action_confirm()
        self.assertFalse(self._rows("order", "2026-01-02"))

    # ------------------------------------------------------------
    # Deals and orders
    # ------------------------------------------------------------

    def test_what_was_won_and_is_not_delivered(self):
        with freeze_time("2025-03-01"):
            self.licence.pemba_equipment_policy = "per_line"
            deal = self._deal(self._line())
            self.assertFalse(self._rows("deliver"))
            deal.action_set_won()
        row = self._row("deliver", "2025-03-02")
        self._check(row, "2025-03-01", 1000, lead_id=deal)
        self.assertTrue(row.with_user(self.support).is_mine)
        self.assertEqual(row.action_settle()["res_model"], "pemba.equipment.proposal")
        with freeze_time("2025-03-02"):
            deal._create_equipment()
        self.assertFalse(self._rows("deliver", "2025-03-02"))

    def test_equipment_that_stays_planned(self):
        with freeze_time("2025-03-01"):
            self.licence.pemba_equipment_policy = "per_line"
            deal = self._deal(self._line(quantity=3, discount=10))
            deal.action_set_won()
            equipment = deal._create_equipment()
        row = self._row("service", "2025-03-08")
        self._check(row, "2025-03-01", 2700, equipment_id=equipment, lead_id=deal)
        self.assertFalse(row.is_late)
        self.assertTrue(self._row("service", "2025-03-09").is_late)
        with freeze_time("2025-03-09"):
            row.with_user(self.support).action_settle()
        self.assertEqual(equipment.state, "in_service")
        self.assertFalse(self._rows("service", "2025-03-09"))

    def test_a_renewal_without_an_offer(self):
        contract = self._create_year()
        renewal = self._open(contract)
        row = self._row("offer", "2025-09-06")
        self._check(row, "2025-08-31", 1200, contract_id=contract, lead_id=renewal)
        self.assertFalse(row.is_late)
        self.assertTrue(self._row("offer", "2025-10-01").is_late)
        with freeze_time("2025-09-07"):
            context = row.action_settle()["context"]  # a new quotation
            self.assertEqual(context["default_opportunity_id"], renewal.id)
            self.assertTrue(context["default_order_line"])
            order = renewal._make_quotation()
            self.assertEqual(row.action_settle()["res_id"], order.id)
            order.action_quotation_sent()
        self.assertFalse(self._rows("offer", "2025-10-01"))

    def test_an_offer_without_an_answer(self):
        with freeze_time("2025-03-01"):
            deal = self._deal(self._line())
            order = deal._make_quotation()
            self.assertFalse(self._rows("answer"))
            order.action_quotation_sent()
            order.validity_date = "2025-03-20"
        row = self._row("answer", "2025-03-20")
        self._check(row, "2025-03-01", 1000, lead_id=deal, order_id=order)
        self.assertFalse(row.is_late)
        self.assertTrue(self._row("answer", "2025-03-21").is_late)
        self.assertEqual(row.action_settle()["res_id"], order.id)
        deal.action_set_lost()
        self.assertFalse(self._rows("answer", "2025-03-21"))

    def test_an_order_that_wins_nothing(self):
        with freeze_time("2025-03-01"):
            deal = self._create_opportunity(partner_id=self.customer.id, expected_revenue=10000)
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.customer.id,
                    "opportunity_id": deal.id,
                    "order_line": [Command.create({"product_id": self.licence.id, "price_unit": 8000})],
                }
            )
            order.action_confirm()
        row = self._row("win", "2025-03-02")
        self._check(row, "2025-03-01", 8000, lead_id=deal, order_id=order)
        self.assertEqual(row.action_settle()["res_id"], deal.id, "it says 10,000")
        deal.expected_revenue = 8000
        row.action_settle()
        self.assertEqual(deal.won_status, "won")
        self.assertFalse(self._rows("win", "2025-03-02"))

    def test_an_order_of_its_lines_that_is_assigned_to_no_deal(self):
        deal = self._deal(self._line())
        order = deal._make_quotation()
        order.opportunity_id = False
        order.action_confirm()
        row = self._row("win")
        self.assertEqual((row.lead_id, row.order_id), (deal, order))
        row.action_settle()
        self.assertEqual(deal.won_status, "won")
        self.assertFalse(self._rows("win"))

    def test_a_won_deal_whose_orders_are_cancelled(self):
        with freeze_time("2025-03-01"):
            deal = self._deal(self._line())
            order = deal._make_quotation()
            order.action_confirm()
        with freeze_time("2025-04-01"):
            order._action_cancel()
        row = self._row("cancelled", "2025-04-02")
        self.assertEqual((row.lead_id, row.user_id), (deal, self.salesperson))
        self.assertTrue(deal.asks_about_orders)  # where the row leads
        deal.with_user(self.salesperson).action_stay_won()
        self.assertFalse(deal.asks_about_orders)
        self.assertFalse(self._rows("cancelled", "2025-04-02"), "it is won all the same")

    def test_a_won_deal_without_lines_whose_order_is_cancelled(self):
        deal = self._create_opportunity(partner_id=self.customer.id, expected_revenue=1000)
        vals = {"product_id": self.licence.id, "price_unit": 1000}
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "opportunity_id": deal.id, "order_line": [Command.create(vals)]}
        )
        order.action_confirm()
        deal.action_set_won()
        order._action_cancel()
        self.assertEqual(self._row("cancelled").lead_id, deal)

    def test_the_only_order_of_a_settled_sale_is_cancelled(self):
        with freeze_time("2025-03-01"):
            deal = self._deal(self._line())
            order = deal._make_quotation()
            order.action_confirm()
        self.env.company.pemba_sales_closed_date = "2025-03-31"
        order._action_cancel()
        row = self._row("cancelled")
        self.assertEqual(row.lead_id, deal)
        self.assertIn("reconciliation", deal.activity_ids.note)
        order.action_draft()
        order.action_confirm()
        self.assertFalse(self._rows("cancelled"))

    def test_what_was_signed_late(self):
        with freeze_time("2025-03-01"):
            deal = self._deal()
            order = deal._make_quotation()
            order.signed_on = fields.Datetime.now()
        with freeze_time("2025-04-01"):
            order.action_confirm()
            self.assertEqual(deal.opportunity_line_ids.date_start, date(2025, 3, 1))
        row = self._row("signed", "2025-04-02")
        self._check(row, "2025-04-01", 365, lead_id=deal)
        row.with_user(self.salesperson).action_settle()
        self.assertFalse(self._rows("signed", "2025-04-02"))
        self.assertEqual(deal.opportunity_line_ids.date_start, date(2025, 3, 1))

    # ------------------------------------------------------------
    # Nobody in charge
    # ------------------------------------------------------------

    def test_nobody_is_in_charge(self):
        leaver = self._create_user("pemba_leaver", "sales_team.group_sale_salesman")
        contract = self._create_year(date_end="2099-12-31")
        deal = self._create_opportunity(partner_id=self.customer.id)
        self.assertFalse(self._rows("owner"))
        contract.user_id = deal.user_id = leaver
        leaver.active = False
        rows = self._rows("owner")
        self.assertEqual((rows.contract_id, rows.lead_id), (contract, deal))
        leader = deal.team_id.user_id
        self.assertEqual(rows.filtered("contract_id").user_id, self.manager, "whom the company names")
        self.assertEqual(rows.filtered("lead_id").user_id, leader)
        self.assertTrue(leader)
        self.assertIn("pemba_leaver", rows[0].name)
        contract.user_id = deal.user_id = False
        self.assertIn("nobody", self._rows("owner")[0].name)
        contract.user_id = deal.user_id = self.salesperson
        self.assertFalse(self._rows("owner"))
        self.customer.active = False
        rows = self._rows("owner")
        self.assertEqual(len(rows), 2)
        self.assertIn("archived", rows[0].name)
        self.assertEqual(rows[0].action_settle()["res_model"], rows[0]._get_record()._name)
