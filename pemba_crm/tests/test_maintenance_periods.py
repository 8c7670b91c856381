"""The period of a recurring line: from the expected closing day, from the order's where that is later."""

from datetime import date

from odoo import fields
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestPeriods(PembaContractCommon):
    def _deal(self, *lines, **vals):
        lines = lines or ({"product_id": self.maintenance.id, "price_unit": 365},)
        return self._create_deal(*lines, partner_id=self.customer.id, **vals)

    def _check(self, line, start, end, amount=None):
        self.assertEqual((str(line.date_start), str(line.date_end)), (start, end))
        if amount is not None:
            self.assertEqual((line.net_amount, line.lead_id.deal_amount), (amount, amount))

    @freeze_time("2026-03-01")
    def test_it_starts_on_the_expected_closing_day(self):
        deal = self._deal(date_deadline="2026-05-15")
        line = deal.opportunity_line_ids
        self._check(line, "2026-05-15", "2027-05-14", 365)
        deal.date_deadline = "2026-06-01"
        self._check(line, "2026-06-01", "2027-05-31", 365)
        deal.date_deadline = "2026-01-01"  # never before today
        self._check(line, "2026-03-01", "2027-02-28", 365)
        deal.date_deadline = False
        self._check(line, "2026-03-01", "2027-02-28", 365)

    @freeze_time("2026-03-01")
    def test_added_to_a_contract_it_ends_with_that(self):
        contract = self._create_contract(date_start="2026-01-01")
        deal = self._deal(date_deadline="2026-07-01")
        line = deal.opportunity_line_ids
        self.assertEqual(line.contract_id, contract)
        self._check(line, "2026-07-01", "2026-12-31", 184)
        deal.date_deadline = "2026-10-01"
        self._check(line, "2026-10-01", "2026-12-31", 92)
        line.contract_id = False  # its own year then
        self._check(line, "2026-10-01", "2027-09-30", 365)

    @freeze_time("2026-03-01")
    def test_typed_dates_stay(self):
        deal = self._deal(date_deadline="2026-05-15")
        line = deal.opportunity_line_ids
        line.date_start = "2026-04-01"  # and takes the end along
        self._check(line, "2026-04-01", "2027-03-31", 365)
        deal.date_deadline = "2026-06-01"
        self._check(line, "2026-04-01", "2027-03-31")
        line.date_end = "2028-03-31"
        self._check(line, "2026-04-01", "2028-03-31", 730)
        line.write({"date_start": False, "date_end": False})
        self._check(line, "2026-06-01", "2027-05-31", 365)
        given = self._deal(
            {"product_id": self.maintenance.id, "date_start": "2026-02-01", "date_end": "2026-12-31"},
            date_deadline="2026-05-15",
        ).opportunity_line_ids
        given.lead_id.date_deadline = "2026-06-01"
        self._check(given, "2026-02-01", "2026-12-31")

    @freeze_time("2025-03-01")
    def test_a_first_day_that_comes_alone_has_its_term(self):
        """By code and import as by form: the line costs what its contract will."""
        self.kind.duration_months = 36
        line = {"product_id": self.maintenance.id, "price_unit": 365, "date_start": "2025-03-01"}
        deal = self._deal(line)
        self._check(deal.opportunity_line_ids, "2025-03-01", "2028-02-29", 1095)
        deal.action_set_won()
        self.assertEqual(deal.contract_ids.amount, 1095)

    @freeze_time("2026-03-01")
    def test_in_the_form(self):
        deal = self._deal(date_deadline="2026-05-15")
        with Form(deal) as form:
            form.date_deadline = "2026-06-01"
            with form.opportunity_line_ids.edit(0) as line:
                self.assertEqual(line.date_start, date(2026, 6, 1))
                line.date_start = "2026-04-01"
                self.assertEqual(line.date_end, date(2027, 3, 31))
            form.date_deadline = "2026-07-01"
            with form.opportunity_line_ids.edit(0) as line:
                self.assertEqual(str(line.date_start), "2026-04-01")
            with form.opportunity_line_ids.new() as line:
                line.product_id = self.maintenance
                self.assertEqual(line.date_start, date(2026, 7, 1))
        typed, new = deal.opportunity_line_ids
        self._check(typed, "2026-04-01", "2027-03-31")
        self._check(new, "2026-07-01", "2027-06-30")
        self.assertEqual((typed.is_period_typed, new.is_period_typed), (True, False))

    def test_an_empty_cell_says_nothing(self):
        with freeze_time("2026-03-01"):
            deal = self._deal(date_deadline="2026-05-15")
            names = ["lead_id/.id", "product_id/.id", "price_unit", "date_start", "date_end"]
            row = [str(deal.id), str(self.maintenance.id), "365", "", ""]
            result = self.env["pemba.opportunity.line"].load(names, [row])
            self.assertFalse(result["messages"])
            line = self.env["pemba.opportunity.line"].browse(result["ids"])
            self._check(line, "2026-05-15", "2027-05-14")
            self.assertFalse(line.is_period_typed)

    def test_what_does_not_recur_has_no_period(self):
        line = self._deal(self._line(), date_deadline="2030-01-01").opportunity_line_ids
        self.assertFalse(line.date_start or line.date_end or line.is_period_typed)

    def test_a_copy_has_days_of_its_own(self):
        with freeze_time("2026-03-01"):
            typed = {"product_id": self.maintenance.id, "date_start": "2026-02-01", "date_end": "2026-12-31"}
            deal = self._deal({"product_id": self.maintenance.id}, typed)
        with freeze_time("2026-09-01"):
            line, typed = deal.copy().opportunity_line_ids
            self._check(line, "2026-09-01", "2027-08-31")
            self._check(typed, "2026-02-01", "2026-12-31")

    # ------------------------------------------------------------
    # Ordered, or won, on another day
    # ------------------------------------------------------------

    def _offer(self, day="2026-03-01", **vals):
        """An extension of a contract that runs through 2026, offered from a day on."""
        self.contract = self._create_contract(date_start="2026-01-01")
        with freeze_time(day):
            deal = self._deal(**vals)
            return deal, deal._make_quotation()

    def test_ordered_later_it_starts_on_that_day(self):
        deal, order = self._offer()
        line = deal.opportunity_line_ids
        self._check(line, "2026-03-01", "2026-12-31", 306)
        self.assertIn("From 03/01/2026 to 12/31/2026", order.order_line.name)
        with freeze_time("2026-06-01"):
            order.with_user(self.salesperson).action_confirm()
        self._check(line, "2026-06-01", "2026-12-31", 214)
        self.assertEqual(order.amount_untaxed, 214)
        self.assertIn("From 06/01/2026 to 12/31/2026", order.order_line.name)
        self.assertTrue(order.message_ids.filtered(lambda one: "other days than it was quoted" in one.body))
        self.assertEqual(self.contract.line_ids.mapped("amount"), [1200, 214])

    def test_a_full_year_is_a_full_year_later(self):
        with freeze_time("2026-03-01"):
            deal = self._deal()
            order = deal._make_quotation()
        with freeze_time("2026-06-01"):
            order.action_confirm()
        self._check(deal.opportunity_line_ids, "2026-06-01", "2027-05-31", 365)
        self.assertEqual(
            (deal.contract_ids.date_start, deal.contract_ids.date_end), (date(2026, 6, 1), date(2027, 5, 31))
        )

    def test_what_was_signed_stays(self):
        deal, order = self._offer()
        with freeze_time("2026-06-01"):
            order.signed_on = fields.Datetime.now()
            order.action_confirm()
        self._check(deal.opportunity_line_ids, "2026-03-01", "2026-12-31", 306)
        self.assertEqual(order.amount_untaxed, 306)
        self.assertEqual(self.contract.line_ids.mapped("amount"), [1200, 306])

    def test_typed_dates_stay_when_it_is_ordered(self):
        self._create_contract(date_start="2026-01-01")
        with freeze_time("2026-03-01"):
            deal = self._deal(
                {"product_id": self.maintenance.id, "price_unit": 365, "date_start": "2026-02-01"}
            )
            order = deal._make_quotation()
        with freeze_time("2026-06-01"):
            order.action_confirm()
        self._check(deal.opportunity_line_ids, "2026-02-01", "2026-12-31", 334)

    def test_ordered_before_it_starts_as_offered(self):
        deal, order = self._offer(date_deadline="2026-07-01")
        with freeze_time("2026-04-01"):
            order.action_confirm()
        self._check(deal.opportunity_line_ids, "2026-07-01", "2026-12-31", 184)

    def test_ordered_once_its_contract_is_over(self):
        """Nothing follows that: it is a year of its own, by hand or by its order, the job run or not."""
        deal, order = self._offer()
        won = deal.copy()
        won.opportunity_line_ids.contract_id = self.contract
        for is_expired in (False, True):
            with freeze_time("2027-02-01"), self.env.cr.savepoint() as savepoint:
                if is_expired:
                    self.env["pemba.contract"]._cron_expire()
                order.action_confirm()
                won.action_set_won()
                for lead in (deal, won):
                    self._check(lead.opportunity_line_ids, "2027-02-01", "2028-01-31", 365)
                    self.assertEqual(lead.contract_ids.line_ids.amount, 365)
                self.assertEqual(self.contract.amount, 1200)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_expected_after_its_contract(self):
        """It is for the contract that runs then, else a year of its own; what a termination cuts off, too."""
        deal, _order = self._offer(date_deadline="2026-07-01")
        line = deal.opportunity_line_ids
        with freeze_time("2026-03-02"):
            later = self._create_contract({"price_unit": 5}, date_start="2027-01-01")
            deal.date_deadline = "2027-07-01"
            self.assertEqual(line.contract_id, later)
            self._check(line, "2027-07-01", "2027-12-31", 184)
            later._terminate("2027-06-30", "Unhappy")
            self.assertFalse(line.contract_id)
            self._check(line, "2027-07-01", "2028-06-30", 365)

    def test_a_price_typed_on_the_order_is_in_proportion(self):
        deal, order = self._offer()
        order.order_line.price_unit = 153
        with freeze_time("2026-06-01"):
            order.action_confirm()
        self._check(deal.opportunity_line_ids, "2026-06-01", "2026-12-31", 107)

    def test_won_by_hand_it_starts_on_that_day(self):
        deal, _order = self._offer()
        with freeze_time("2026-06-01"):
            deal.with_user(self.salesperson).action_set_won()
        self._check(deal.opportunity_line_ids, "2026-06-01", "2026-12-31", 214)
        self.assertEqual(deal.expected_revenue, 214)

    def test_a_deal_without_a_stage(self):
        """Odoo's merge writes none."""
        deal = self._deal()
        deal.stage_id = False
        self.assertEqual(deal.won_status, "pending")

    def test_history_starts_on_its_closing_day(self):
        deal = self._deal(stage_id=self.stages["A"].filtered("is_won").id, close_date="2024-05-01")
        self._check(deal.opportunity_line_ids, "2024-05-01", "2025-04-30", 365)
        self.assertEqual(deal.contract_ids.date_start, date(2024, 5, 1))

    def test_what_was_sold_for_a_year_is_not_cut(self):
        """A contract that began after the offer was made does not cut what was offered for a year."""
        with freeze_time("2026-03-01"):
            deal = self._deal()
        self._create_contract(date_start="2026-01-01")
        with freeze_time("2026-03-01"):
            deal.action_set_won()
        self._check(deal.opportunity_line_ids, "2026-03-01", "2027-02-28", 365)
        self.assertEqual(deal.contract_ids.amount, 365)

    def test_quoted_again_it_starts_today(self):
        deal, order = self._offer()
        with freeze_time("2026-06-01"):
            self.assertEqual(deal._make_quotation().amount_untaxed, 214)
            self.assertTrue(order.differs_from_offer)
            order.action_bring_up_to_date()
            self.assertEqual(order.amount_untaxed, 214)

    def test_dated_and_undated_lines_of_one_deal(self):
        with freeze_time("2026-03-01"):
            dates = {"date_start": "2026-01-01", "date_end": "2026-12-31"}
            line = {"product_id": self.maintenance.id, "price_unit": 365}
            deal = self._deal(line | dates, line)
            deal._make_quotation().action_confirm()
        self.assertEqual(deal.contract_ids.line_ids.mapped("amount"), [365, 365])
        self.assertEqual(
            [(str(line.date_start), str(line.date_end)) for line in deal.contract_ids.line_ids],
            [("2026-01-01", "2026-12-31"), ("2026-03-01", "2027-02-28")],
        )

    def test_many_lines_cost_no_query_each(self):
        def count(size):
            lines = [Command.create({"product_id": self.maintenance.id}) for _number in range(size)]
            vals = {"name": "Deal", "type": "opportunity", "opportunity_line_ids": lines}
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["crm.lead"].create({**vals, "partner_id": self.other.id})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLess(count(40) - count(10), 5)
