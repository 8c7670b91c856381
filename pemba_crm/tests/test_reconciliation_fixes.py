import csv
import io
import json
from unittest.mock import patch

import openpyxl
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..hooks import _keep_activities
from .test_reconciliation_comparison import DAY, ReconciliationCommon

DIFFERENCE = "pemba_crm.mail_activity_type_difference"


@tagged("post_install", "-at_install")
class TestReconciliationFixes(ReconciliationCommon):
    """A difference is settled in one click by who has the right; others ask who is in charge."""

    def _asked(self, record):
        """Who is asked about a record: ``[(user, summary)]``."""
        of_type = record.activity_ids.filtered(lambda one: one.activity_type_id == self.env.ref(DIFFERENCE))
        return [(activity.user_id, activity.summary) for activity in of_type]

    def _settlements(self, line):
        """What was done about what a line is of, the newest first."""
        return self.env["pemba.reconciliation.settlement"].search(
            [(name, "=", line[name].id) for name in ("company_id", "partner_id", "product_id")]
        )

    def test_what_is_not_installed_is_delivered(self):
        customer = self._customer("Waiting")
        deal = self._win(customer, {"product_id": self.server.id})
        line = self._run().line_ids
        action = line.with_user(self.manager).action_fix()
        self.assertEqual(action["res_model"], "pemba.equipment.proposal")
        self.assertEqual(action["context"]["default_lead_id"], deal.id)
        message = line.with_user(self.accountant).action_fix()
        self.assertEqual(message["params"]["message"], f"Asked: {self.support.name}.")
        self.assertEqual(self._asked(deal), [(self.support, "Server: Not Installed")])
        note = deal.activity_ids.filtered(lambda one: one.summary == "Server: Not Installed").note
        self.assertIn("To Be Installed: 1.00", note)
        line.with_user(self.accountant).action_fix()
        self.assertEqual(len(self._asked(deal)), 1, "nobody is asked twice")
        deal._create_equipment().action_start("2026-06-01")
        self.assertEqual(self._results(self._run()), {("Waiting", "Server"): "not_invoiced"})

    def test_what_was_delivered_and_is_not_in_service_is_looked_at(self):
        deal = self._win(self._customer("Waiting"), {"product_id": self.server.id})
        equipment = deal._create_equipment()
        line = self._run().line_ids
        action = line.with_user(self.manager).action_fix()
        self.assertEqual(self.env["pemba.equipment"].search(action["domain"]), equipment)

    def test_a_sale_is_opened_for_what_runs_unsold_once(self):
        customer = self._customer("Unsold", user_id=self.salesperson.id)
        self._place(customer, 3)
        line = self._line_of(self._run(), customer)
        action = line.with_user(self.manager).action_fix()
        lead = self.env["crm.lead"].browse(action["res_id"])
        self.assertEqual(
            (lead.partner_id, lead.user_id, lead.nature), (customer, self.salesperson, "extension")
        )
        self.assertEqual(
            [(one.product_id, one.quantity) for one in lead.opportunity_line_ids], [(self.server, 3)]
        )
        self.assertEqual(line.with_user(self.manager).action_fix()["res_id"], lead.id)
        self.assertEqual(len(lead.opportunity_line_ids), 1)
        again = self._line_of(self._run("2026-07-31"), customer)
        self.assertEqual(again.fix_lead_id, lead, "the next run knows it")
        self.assertEqual(again.with_user(self.manager).action_fix()["res_id"], lead.id)
        by_accountant = line.with_user(self.accountant)
        by_accountant.action_fix()
        self.assertEqual(self._asked(customer), [(self.salesperson, "Server: Not Sold")])
        with self.assertRaises(AccessError):
            by_accountant.env["crm.lead"].create({"name": "By hand"})

    def test_missing_maintenance_is_offered_at_what_is_missed(self):
        zone, dollar = self._create_dollar_zone(2)
        customer = self._customer("Bare", zone_id=zone.id)
        self._invoice(self._order(customer, self._line(quantity=4, price_unit=900), deal_rate=2))
        self._install(customer, 4)
        line = self._run().line_ids
        self.assertEqual((line.result, line.missed_amount_company), ("not_covered", 324))
        lead = self.env["crm.lead"].browse(line.with_user(self.manager).action_fix()["res_id"])
        [offered] = lead.opportunity_line_ids
        self.assertEqual((offered.product_id, lead.deal_currency_id), (self.maintenance, dollar))
        # 324 euros at 2 dollars a euro
        self.assertEqual((offered.price_unit, lead.deal_amount, lead.expected_revenue), (648, 648, 324))

    def test_a_contract_that_did_not_start_is_opened(self):
        customer = self._customer("Draft")
        vals = {"product_id": self.maintenance.id, "date_start": "2026-01-01", "date_end": "2026-12-31"}
        self._invoice(self._order(customer, {**vals, "price_unit": 300}))
        contract = self.env["pemba.contract"].search([("partner_id", "=", customer.id)])
        line = self._run().line_ids
        action = line.with_user(self.manager).action_fix()
        self.assertEqual((action["res_model"], action["res_id"]), ("pemba.contract", contract.id))
        line.with_user(self.accountant).action_fix()
        self.assertEqual(self._asked(contract), [(self.salesperson, "Maintenance: Not Covered")])

    def test_invoices_are_asked_for_or_made(self):
        order = self._order(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 100})
        line = self._run().line_ids
        line.with_user(self.accountant).action_fix()
        self.assertEqual(self._asked(order), [(order.user_id, "Study: Not Invoiced")])
        self.accountant.group_ids += self.env.ref("account.group_account_invoice")
        action = line.with_user(self.accountant).action_fix()
        self.assertEqual(self.env["sale.order"].search(action["domain"]), order)

    def test_the_base_is_corrected_with_a_reason(self):
        customer = self._customer("Wrong")
        self._invoice(self._order(customer, {"product_id": self.server.id, "quantity": 2, "price_unit": 1}))
        server = self._place(customer, 3)
        line = self._run().line_ids
        action = line.with_user(self.manager).action_correct()
        change = self.env[action["res_model"]].with_context(**action["context"]).create({})
        self.assertEqual((change.equipment_ids, change.quantity), (server, 2))
        self.assertIn("06/30/2026", change.note)
        line.with_user(self.accountant).action_correct()
        self.assertEqual(self._asked(customer), [(self.support, "Server: correct the installed base")])

    def test_asking_for_many(self):
        self._win(self._customer("First"), {"product_id": self.training.id})
        self._win(self._customer("Second"), {"product_id": self.server.id})
        run = self._run()
        message = run.line_ids.with_user(self.accountant).action_ask()
        self.assertIn(self.salesperson.name, message["params"]["message"])
        self.assertIn(self.support.name, message["params"]["message"])

    def test_asking_for_many_asks_once_for_all(self):
        """However many: no query, and no message, for each."""

        def ask(number, day):
            for position in range(number):
                customer = self._customer(f"Customer {day} {position}")
                self._win(customer, {"product_id": self.study.id, "price_unit": 9})
                self._win(customer, {"product_id": self.server.id})
                self._order(customer, {"product_id": self.training.id, "price_unit": 5})
            lines = self._run(day).line_ids.with_user(self.accountant)
            lines = lines.browse(lines.ids)  # as the list's button does
            self.env.flush_all()
            self.env.invalidate_all()
            sent = self.env["mail.message"].search_count([])
            before = self.env.cr.sql_log_count
            lines.action_ask()
            self.env.flush_all()
            self.assertEqual(self.env["mail.message"].search_count([]), sent)
            self.assertEqual(len(lines.filtered("asked_user_id")), len(lines))
            return self.env.cr.sql_log_count - before, len(lines)

        ask(1, "2026-06-28")
        few, _few_lines = ask(5, "2026-06-29")
        many, many_lines = ask(25, DAY)
        self.assertGreaterEqual(many_lines, 75)
        self.assertLessEqual(many, few + 2)

    def test_who_has_something_to_invoice_is_asked(self):
        customer = self._customer("Two orders")
        late = self._order(customer, {"product_id": self.study.id, "price_unit": 30})
        late.user_id = self.manager
        done = self._order(customer, {"product_id": self.study.id, "price_unit": 20})
        self._invoice(done)
        line = self._run().line_ids.with_user(self.accountant)
        self.assertEqual(line.result, "amount_gap")
        line.action_fix()
        self.assertEqual(self._asked(late), [(self.manager, "Study: Amount Differs")])
        self.assertFalse(self._asked(done))

    def test_a_deal_without_products_is_asked_of_who_won_it(self):
        lead = self._win(self._customer("Bare deal"))
        lead.write({"deal_amount": 70, "user_id": self.manager.id})
        lead.customer_id.user_id = self.salesperson
        line = self._run().line_ids.with_user(self.accountant)
        line.action_fix()
        self.assertEqual([user for user, _summary in self._asked(lead)], [self.manager])

    def test_an_answer_comes_back_to_the_line(self):
        self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        line = self._run().line_ids.with_user(self.accountant)
        line.action_fix()
        request = self._settlements(line).activity_id.with_user(self.salesperson)
        self.assertIn("invoice it, or say when it will be", str(request.note))
        request.action_feedback(feedback="In July")
        later = self._run("2026-07-31", user=self.accountant).line_ids
        for one in (line, later):
            self.assertEqual((one.answer, bool(one.answered_date)), ("In July", True))
        self.assertEqual(later.search([("answered_date", "!=", False)]), later | line)
        later.action_fix()
        self.assertFalse(later.answer, "asked once more")

    def test_nobody_is_asked_about_what_matches(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        run = self._run(user=self.accountant)
        run.line_ids.reason_id = self.reason
        deal.opportunity_line_ids.price_unit = 0
        run.action_compute()
        with self._refused(UserError, "matches: there is nothing to settle"):
            run.line_ids.action_ask()

    def test_a_deal_of_another_company_is_not_asked_about(self):
        other = self._create_company("Other", "EUR")
        self.env.user.company_ids |= other
        self.salesperson.company_ids |= other
        customer = self._customer("Both")
        ours = self._win(customer, expected_revenue=400)
        theirs = self._create_deal(
            partner_id=customer.id,
            company_id=other.id,
            expected_revenue=900,
            team_id=False,
            user_id=self.salesperson.id,
        )
        theirs.action_set_won()
        theirs.close_date = "2026-03-01"
        line = self._run(user=self.accountant).line_ids
        line.action_fix()
        self.assertEqual((len(self._asked(ours)), len(self._asked(theirs))), (1, 0))

    def test_who_is_asked_about_two_runs_is_asked_once(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        lines = self._run("2026-04-30").line_ids | self._run().line_ids
        lines.with_user(self.accountant).action_ask()
        self.assertEqual(len(self._asked(deal)), 1)

    def test_what_was_asked_is_known_and_ends_with_the_difference(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        first = self._run("2026-04-30")
        first.line_ids.with_user(self.accountant).action_fix()
        self.assertEqual(first.line_ids.with_user(self.accountant).asked_user_id, self.salesperson)
        second = self._run(user=self.accountant)
        self.assertEqual(second.line_ids.asked_user_id, self.salesperson)
        self.assertEqual(len(self._asked(deal)), 1)
        deal.opportunity_line_ids.price_unit = 0
        second.action_compute()
        self.assertFalse(self._asked(deal))
        self.assertIn("Settled: 06/30/2026", "".join(deal.message_ids.mapped("body")))

    def test_nobody_in_charge(self):
        customer = self._customer("Orphan")
        self._place(customer)
        line = self._run().line_ids
        with self._refused(UserError, "Orphan, Server: nobody is in charge"):
            line.with_user(self.accountant).action_fix()
        self._win(self._customer("Known"), {"product_id": self.training.id})
        message = self._run().line_ids.with_user(self.accountant).action_ask()["params"]["message"]
        self.assertEqual(message, f"Asked: {self.salesperson.name}. Nobody is in charge of: Orphan, Server.")

    def test_who_sells_own_customers_asks_for_those_of_colleagues(self):
        customer = self._customer("Theirs", user_id=self.manager.id)
        self._place(customer)
        line = self._line_of(self._run(), customer)
        self.accountant.group_ids += self.env.ref("sales_team.group_sale_salesman")
        line.with_user(self.accountant).action_fix()
        self.assertEqual(self._asked(customer), [(self.manager, "Server: Not Sold")])
        self.assertFalse(line.fix_lead_id)

    def test_who_is_not_of_the_company_is_not_in_charge(self):
        outsider = self._create_user("pemba_outsider", "sales_team.group_sale_salesman")
        elsewhere = self._create_company("Elsewhere", "EUR")
        outsider.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        customer = self._customer("Far", user_id=outsider.id)
        self._place(customer)
        self._win(customer, {"product_id": self.training.id, "price_unit": 0})
        line = self._line_of(self._run(), customer, self.server)
        lead = self.env["crm.lead"].browse(line.with_user(self.manager).action_fix()["res_id"])
        self.assertEqual(lead.user_id, self.salesperson)

    def test_names_are_text_in_what_is_asked(self):
        order = self._order(self._customer("A <b>big</b> <x"), {"product_id": self.study.id})
        self._run().line_ids.with_user(self.accountant).action_fix()
        [activity] = order.activity_ids
        self.assertIn("A &lt;b&gt;big&lt;/b&gt; &lt;x", activity.note)

    def test_two_runs_settle_a_difference_once(self):
        customer = self._customer("Twice", user_id=self.salesperson.id)
        server = self._place(customer, 5)
        first, second = self._run(), self._run("2026-07-31")
        lead = first.line_ids.with_user(self.manager).action_fix()["res_id"]
        self.assertEqual(second.line_ids.with_user(self.manager).action_fix()["res_id"], lead)
        with self._refused(UserError, "it is being sold"):
            first.line_ids.with_user(self.accountant).action_record_opening()
        settlement = self._settlements(first.line_ids)
        settlement.lead_id = False
        first.line_ids.with_user(self.accountant).action_record_opening()
        with self._refused(UserError, "recorded already"):
            second.line_ids.with_user(self.accountant).action_record_opening()
        settlement.lead_id = lead
        self.env["crm.lead"].browse(lead).action_set_won()
        with self._refused(UserError, "was won since: compare again"):
            second.line_ids.with_user(self.manager).action_fix()
        self.env["crm.lead"].browse(lead).date_closed = "2026-01-01 00:00:00"
        server.quantity = 19
        third = self._line_of(self._run(self.today), customer, self.server)
        self.assertTrue(third._is_unsold())
        self.assertNotEqual(third.with_user(self.manager).action_fix()["res_id"], lead)

    def test_what_was_done_from_another_run_is_not_done_again(self):
        customer = self._customer("Twice", user_id=self.salesperson.id)
        self._place(customer, 5)
        first, second = self._run(), self._run("2026-07-31")
        by_accountant = second.line_ids.with_user(self.accountant)
        lead = self.env["crm.lead"].browse(first.line_ids.with_user(self.manager).action_fix()["res_id"])
        with self._refused(UserError, "it is being sold"):
            by_accountant.action_record_opening()
        lead.action_set_won()
        with self._refused(UserError, "was won since: compare again"):
            by_accountant.action_record_opening()
        self.assertFalse(self.env["pemba.opening.sale"].search([("partner_id", "=", customer.id)]))

    def test_what_was_recorded_since_is_not_sold(self):
        self._place(self._customer("Old", user_id=self.salesperson.id), 5)
        first, second = self._run(), self._run("2026-07-31")
        first.line_ids.with_user(self.accountant).action_record_opening()
        with self._refused(UserError, "Old, Server: opening sales were recorded since: compare again"):
            second.line_ids.with_user(self.manager).action_fix()

    def test_a_run_ends_only_what_it_looks_at(self):
        inside, outside = self._create_zone("Inside"), self._create_zone("Outside")
        customer = self._customer("Slow", zone_id=inside.id)
        deal = self._win(customer, {"product_id": self.study.id, "price_unit": 80})
        run = self._run(user=self.accountant)
        run.line_ids.action_fix()
        for vals in ({"zone_id": outside.id}, {"zone_id": False, "date": "2026-02-28"}):
            run.write(vals)
            run.action_compute()
            self.assertFalse(run.line_ids)
            self.assertEqual(len(self._asked(deal)), 1, vals)
        run.write({"zone_id": inside.id, "date": DAY})
        customer.zone_id = outside
        run.action_compute()
        self.assertEqual((len(run.line_ids), len(self._asked(deal))), (0, 1))
        run.zone_id = outside
        run.action_compute()
        self.assertEqual(run.line_ids.asked_user_id, self.salesperson)
        deal.opportunity_line_ids.price_unit = 0
        run.action_compute()
        self.assertFalse(self._asked(deal))

    def test_a_customer_is_of_one_zone_with_all_its_addresses(self):
        inside, outside = self._create_zone("Inside"), self._create_zone("Outside")
        customer = self._customer("Wide", zone_id=inside.id)
        branch = self._customer("Branch", parent_id=customer.id, is_company=False, zone_id=outside.id)
        deal = self._win(customer, {"product_id": self.study.id, "price_unit": 80})
        self._run(user=self.accountant).line_ids.action_fix()
        self.assertEqual(branch.commercial_partner_id, customer)
        deal.opportunity_line_ids.price_unit = 0
        self._run(zone_id=outside.id)
        self.assertTrue(self._asked(deal))
        self._run(zone_id=inside.id)
        self.assertFalse(self._asked(deal))

    def test_companies_ask_about_a_shared_customer_each(self):
        other = self._create_company("Other", "EUR")
        self.env.user.company_ids |= other
        (self.salesperson | self.accountant).company_ids |= other
        customer = self._customer("Shared", user_id=self.salesperson.id)
        self._place(customer)
        self._place(customer, company_id=other.id)
        self._run().line_ids.with_user(self.accountant).action_ask()
        theirs = self.env["pemba.reconciliation"].create({"date": DAY, "company_id": other.id})
        theirs.action_compute()
        theirs.line_ids.with_user(self.accountant).with_context(allowed_company_ids=other.ids).action_ask()
        self.assertEqual(self._asked(customer), [(self.salesperson, "Server: Not Sold")] * 2)

    def test_who_is_asked_in_other_words_is_asked_once(self):
        self.env["res.lang"]._activate_and_install_lang("fr_FR")
        customer = self._customer("Once", user_id=self.salesperson.id)
        self._place(customer)
        line = self._run().line_ids.with_user(self.accountant)
        line.action_ask()
        self.salesperson.lang = "fr_FR"
        self.server.name = "Machine"
        line.action_ask()
        self.assertEqual(self._asked(customer), [(self.salesperson, "Server: Not Sold")])

    def test_what_was_asked_of_merged_customers_is_known(self):
        first, second = (self._customer(name, user_id=self.salesperson.id) for name in ("One", "Two"))
        self._place(first)
        self._run().line_ids.with_user(self.accountant).action_ask()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((first | second).ids, second)
        self.assertEqual(self._run().line_ids.asked_user_id, self.salesperson)

    def test_each_request_ends_by_itself(self):
        deal = self._win(self._customer("Both"), {"product_id": self.server.id, "price_unit": 70})
        line = self._run().line_ids.with_user(self.accountant)
        line.action_fix_installed()
        line.action_fix_invoiced()
        line.action_correct()
        customer = deal.customer_id
        self.assertEqual(
            {summary for _user, summary in self._asked(deal) + self._asked(customer)},
            {"Server: Not Installed", "Server: Not Invoiced", "Server: correct the installed base"},
        )
        deal.opportunity_line_ids.price_unit = 0
        again = self._run(user=self.accountant)
        self.assertEqual(self._asked(deal), [(self.support, "Server: Not Installed")])
        self.assertTrue(self._asked(customer) and again.line_ids.asked_user_id)
        deal._create_equipment().action_start("2026-06-01")
        again.action_compute()
        self.assertFalse(self._asked(deal) + self._asked(customer))

    def test_an_earlier_day_is_asked_and_ended_by_itself(self):
        """A run says what was asked by its day; who is asked as of two days is asked once."""
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        early, late = self._run("2026-04-30", user=self.accountant), self._run(user=self.accountant)
        late.line_ids.action_ask()
        self.assertFalse(early.line_ids.asked_user_id)
        early.line_ids.action_ask()
        self.assertEqual((early.line_ids.asked_user_id, len(self._asked(deal))), (self.salesperson, 1))
        deal.close_date = "2026-05-15"
        early.action_compute()
        self.assertEqual((len(early.line_ids), len(self._asked(deal))), (0, 1))
        deal.opportunity_line_ids.price_unit = 0
        late.action_compute()
        self.assertFalse(self._asked(deal))

    def test_lines_are_found_by_what_was_done(self):
        for name in ("Asked", "Sold", "Left"):
            self._place(self._customer(name, user_id=self.salesperson.id))
        run = self._run(user=self.accountant)
        asked, sold, left = (
            run.line_ids.filtered(lambda line, name=name: line.partner_id.name == name)
            for name in ("Asked", "Sold", "Left")
        )
        asked.action_ask()
        lead = sold.with_user(self.manager).action_fix()["res_id"]

        def found(*condition):
            return run.line_ids.search([("reconciliation_id", "=", run.id), condition])

        self.assertEqual(found("asked_user_id", "!=", False), asked)
        self.assertEqual(found("asked_user_id", "=", self.salesperson.id), asked)
        self.assertEqual(found("asked_user_id", "=", False), sold | left)
        self.assertEqual(found("asked_user_id.name", "ilike", self.salesperson.name), asked)
        self.assertEqual(found("fix_lead_id", "=", lead), sold)
        self.assertEqual(found("fix_lead_id", "!=", False), sold)
        self.assertFalse(found("answer", "ilike", "sold"))
        self._settlements(asked).activity_id.action_feedback(feedback="Sold it")
        self.assertEqual(found("answer", "ilike", "sold"), asked)
        self.assertEqual(found("answered_date", "!=", False), asked)
        self._place(asked.partner_id, 3)
        run.action_compute()
        self.assertEqual(run.line_ids.search([("answered_date", "!=", False)]).partner_id.name, "Asked")

    def test_who_reads_a_customer_does_not_read_its_amounts(self):
        customer = self._customer("Read by many", user_id=self.salesperson.id)
        self._invoice(self._order(customer, {"product_id": self.server.id, "quantity": 2, "price_unit": 77}))
        self._place(customer, 3)
        run = self._run(user=self.accountant)
        run.line_ids.note = "They will not pay"
        run.line_ids.action_ask()
        note = str(customer.activity_ids.note)
        self.assertIn("Installed: 3.00", note)
        for secret in ("154", "They will not pay"):
            self.assertNotIn(secret, note)

    def test_what_is_to_be_offered_is_told(self):
        customer = self._customer("Bare", user_id=self.salesperson.id)
        self._invoice(self._order(customer, self._line(quantity=4, price_unit=900)))
        self._install(customer, 4)
        run = self._run(user=self.accountant)
        run.line_ids.action_ask()
        note = str(customer.activity_ids.note)
        self.assertIn("Missed a Year: ", note)
        self.assertIn("648", note)
        self.assertNotIn("3,600", note)

    def test_openings_of_many_take_as_many_queries(self):
        def record(number, day):
            for position in range(number):
                customer = self._customer(f"Customer {day} {position}")
                self._cover(self._install(customer, 2))
                self._place(customer)
            lines = self._run(day).line_ids.with_user(self.accountant)
            lines = lines.browse(lines.ids)  # as the list's button does
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines.action_record_opening()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        record(1, "2026-06-28")
        few = record(2, "2026-06-29")
        self.assertLessEqual(record(20, DAY), few)

    def test_the_closed_time_has_no_opening_sales(self):
        self._place(self._customer("Late"))
        early, late = self._run(user=self.accountant), self._run("2026-07-31", user=self.accountant)
        self.company.pemba_sales_closed_date = DAY
        with self._refused(
            UserError, "Late, Server: sales are closed until 06/30/2026. Record it from a run of a later day"
        ):
            early.line_ids.action_record_opening()
        late.line_ids.action_record_opening()
        [opening] = self.env["pemba.opening.sale"].search([("product_id", "=", self.server.id)])
        self.assertEqual(str(opening.date), "2026-07-01")

    def test_whoever_reads_a_run_asks_and_accountants_record(self):
        customer = self._customer("Anyone", user_id=self.salesperson.id)
        self._place(customer)
        line = self._run().line_ids
        by_manager = line.with_user(self.manager)
        for view_type in ("list", "form"):
            view = by_manager.get_view(view_type=view_type)["arch"]
            self.assertIn('name="action_ask"', view)
            self.assertNotIn('name="action_record_opening"', view)
        by_manager.action_ask()
        self.assertEqual(self._asked(customer), [(self.salesperson, "Server: Not Sold")])
        with self._refused(AccessError, "Only accountants record what was sold before"):
            by_manager.action_record_opening()
        outsider = line.with_user(self.salesperson)
        for action in (outsider.action_ask, outsider.action_fix, outsider.action_correct):
            with self.assertRaises(AccessError):
                action()

    def test_settlements_are_read_and_not_written(self):
        self._place(self._customer("Seen", user_id=self.salesperson.id))
        line = self._run().line_ids
        line.with_user(self.accountant).action_ask()
        settlement = self._settlements(line)
        for user in (self.accountant, self.manager):
            by_user = settlement.with_user(user)
            self.assertEqual(by_user.read(["check"])[0]["check"], "installed")
            for operation in ("create", "write", "unlink"):
                self.assertFalse(by_user.has_access(operation))
        elsewhere = self._create_company("Elsewhere", "EUR")
        self.manager.company_ids |= elsewhere
        by_other = settlement.with_user(self.manager).with_context(allowed_company_ids=elsewhere.ids)
        self.assertFalse(by_other.search([("id", "=", settlement.id)]))
        self.assertFalse(settlement.with_user(self.salesperson).has_access("read"))

    def test_openings_have_the_terms_of_their_contracts(self):
        customer = self._customer("Terms")
        equipment = self._install(customer, 1, date="2019-01-01")
        self._cover(equipment, "2025-07-15")
        self._cover(equipment, "2026-01-01")
        run = self._run(user=self.accountant)
        run.line_ids.action_record_opening()
        openings = self.env["pemba.opening.sale"].search([("product_id", "=", self.maintenance.id)])
        self.assertEqual(
            {(str(one.date_start), str(one.date_end), one.quantity) for one in openings},
            {("2025-07-15", "2026-07-14", 1), ("2026-01-01", "2026-12-31", 1)},
        )
        self.assertEqual(self._results(self._run("2026-08-31")), {})

    def test_openings_of_the_closed_time_stay(self):
        opening = self.env["pemba.opening.sale"].create(
            {"partner_id": self.customer.id, "product_id": self.licence.id, "date": "2019-01-01"}
        )
        self.company.pemba_sales_closed_date = DAY
        for action in (opening.unlink, opening.copy, lambda: opening.write({"quantity": 99})):
            with self._refused(UserError, "sales are closed until 06/30/2026; a correction has a later day"):
                action()
        opening.copy({"date": "2026-07-01"}).quantity = 3

    def test_what_was_sold_before_is_recorded_once(self):
        customer = self._customer("Old")
        self._cover(self._install(customer, 7, date="2019-01-01"))
        run = self._run(user=self.accountant)
        self.assertEqual(
            self._results(run), {("Old", "Licence"): "not_sold", ("Old", "Maintenance"): "not_sold"}
        )
        run.line_ids.action_record_opening()
        with self._refused(UserError, "recorded already"):
            run.line_ids.action_record_opening()
        openings = self.env["pemba.opening.sale"].search([("partner_id", "=", customer.id)])
        self.assertEqual(sorted(openings.mapped("quantity")), [1, 7])
        self.assertEqual(sorted(map(str, openings.mapped("date"))), ["2019-01-01", "2026-01-01"])
        run.action_compute()
        self.assertEqual((self._results(run), run.matched_count), ({}, 2))

    def test_each_check_by_itself(self):
        """The gravest is settled first; the others have buttons of their own."""
        customer = self._customer("Both")
        deal = self._win(customer, {"product_id": self.server.id})
        line = self._run().line_ids
        self.assertEqual((line.installed_result, line.invoiced_result), ("not_installed", "not_invoiced"))
        line.with_user(self.accountant).action_fix_invoiced()
        self.assertEqual(self._asked(deal), [(self.salesperson, "Server: Not Invoiced")])
        with self._refused(UserError, "matches: there is nothing to settle"):
            line.action_fix_covered()

    def test_what_is_behind_a_line(self):
        customer = self._customer("Seen")
        order = self._order(customer, self._line(quantity=2), {"product_id": self.study.id})
        invoice = self._invoice(order, Licence=1)
        equipment = self._install(customer, 1)
        contract = self._cover(equipment)
        line = self._line_of(self._run(user=self.accountant), customer, self.licence)

        def records(action):
            return self.env[action["res_model"]].with_user(self.accountant).search(action["domain"])

        sold = order.opportunity_id.opportunity_line_ids.filtered(lambda one: one.product_id == self.licence)
        self.assertEqual(records(line.action_open_sales()), sold)
        self.assertEqual(records(line.action_open_orders()), sold.sale_line_ids)
        self.assertEqual(records(line.action_open_equipment()), equipment)
        self.assertEqual(records(line.action_open_contracts()), contract.line_ids)
        invoiced = invoice.invoice_line_ids.filtered(lambda one: one.product_id == self.licence)
        self.assertEqual(records(line.action_open_invoices()), invoiced)

    def test_opening_sales_of_a_line(self):
        customer = self._customer("Old")
        branch = self._customer("Branch", parent_id=customer.id)
        vals = {"partner_id": customer.id, "product_id": self.server.id, "date": "2019-01-01"}
        sales = self.env["pemba.opening.sale"]
        counted = sales.create(vals)
        sales.create([vals | {"date": "2026-08-01"}, vals | {"product_id": self.licence.id}])
        sales.create(vals | {"partner_id": branch.id})
        line = self._line_of(self._run(user=self.accountant), customer, self.server)
        action = line.action_open_openings()
        self.assertEqual(sales.with_user(self.accountant).search(action["domain"]), counted)
        self.assertIn('name="action_open_openings"', line.get_view(view_type="form")["arch"])

    def test_a_signed_run_says_what_was_asked_and_answered(self):
        self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        early = self._run("2026-04-30", user=self.accountant)
        run = self._run(user=self.accountant)
        run.line_ids.action_fix()
        settlement = self.env["pemba.reconciliation.settlement"].search([])
        settlement.activity_id.with_user(self.salesperson).action_feedback(feedback="In July")
        run.line_ids.reason_id = self.reason
        run.action_sign_off()
        early.line_ids.action_ask()
        self.assertEqual((run.line_ids.asked_name, run.line_ids.answer), (self.salesperson.name, "In July"))
        sheet = openpyxl.load_workbook(io.BytesIO(self._get_content(run)))["Differences"]
        texts = {cell.value for row in sheet.iter_rows() for cell in row}
        self.assertLessEqual({"In July", self.salesperson.name}, texts)

    def test_a_run_that_lets_more_pass_ends_nothing(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        self._run(user=self.accountant).line_ids.action_fix()
        self._run(amount_tolerance=100)
        self.assertTrue(self._asked(deal))

    def test_a_run_of_a_day_to_come_ends_nothing(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        self._run(user=self.accountant).line_ids.action_fix()
        deal.opportunity_line_ids.price_unit = 0
        self._run(fields.Date.add(fields.Date.today(), days=3))
        self.assertTrue(self._asked(deal))
        self._run()
        self.assertFalse(self._asked(deal))

    def test_what_a_later_run_finds_goes_on(self):
        customer = self._customer("Slow")
        self._win(customer, {"product_id": self.study.id, "price_unit": 80}, date="2026-06-15")
        early = self._run(user=self.accountant)
        early.line_ids.action_fix()
        later = self._run("2026-07-31", user=self.accountant)
        deal = self.env["crm.lead"].search([("customer_id", "=", customer.id)])
        deal.close_date = "2026-07-15"
        early.action_compute()
        self.assertFalse(early.line_ids)
        self.assertEqual(later.line_ids.asked_user_id, self.salesperson)
        self.assertTrue(self._asked(deal))

    def test_a_customer_that_joined_another_since_is_asked_about_once(self):
        customer = self._customer("Taken over", user_id=self.salesperson.id)
        owner = self._customer("Owner", user_id=self.salesperson.id)
        self._place(customer)
        run = self._run()
        customer.write({"parent_id": owner.id, "is_company": False})
        self.assertEqual(run.line_ids.partner_id.commercial_partner_id, owner)
        line = run.line_ids.with_user(self.accountant)
        line.action_fix()
        line.action_fix()
        self.assertEqual(len(self._asked(customer) + self._asked(owner)), 1)
        self.assertEqual(line.asked_user_id, self.salesperson)
        self.assertEqual(line.search([("asked_user_id", "!=", False), ("id", "in", line.ids)]), line)
        lead = run.line_ids.with_user(self.manager).action_fix()["res_id"]
        self.assertEqual(run.line_ids.with_user(self.manager).action_fix()["res_id"], lead)

    def test_one_sale_for_two_checks_is_known_to_each(self):
        customer = self._customer("Both", user_id=self.salesperson.id)
        equipment = self._install(customer, 2)
        line = self._run().line_ids.with_user(self.manager)
        self.assertEqual((line.installed_result, line.covered_result), ("not_sold", "not_covered"))
        lead = line.action_fix_installed()["res_id"]
        self.assertEqual(line.action_fix_covered()["res_id"], lead)
        self.env["pemba.opening.sale"].create(
            {
                "partner_id": customer.id,
                "product_id": equipment.product_id.id,
                "quantity": 2,
                "date": "2020-01-01",
            }
        )
        later = self._run("2026-07-31").line_ids
        self.assertEqual((later.result, later.fix_lead_id.id), ("not_covered", lead))

    def test_no_more_is_delivered_than_differs(self):
        """Where some of it was put into the base by hand."""
        customer = self._customer("Partly")
        deal = self._win(customer, {"product_id": self.server.id, "quantity": 4})
        self._place(customer, 3)
        line = self._run().line_ids
        self.assertEqual(line.result, "quantity_gap")
        action = line.with_user(self.manager).action_fix()
        delivery = self.env[action["res_model"]].with_user(self.manager)
        delivery = delivery.with_context(**action["context"]).create({})
        self.assertEqual(delivery.lead_id, deal)
        self.assertEqual(sorted(delivery.line_ids.mapped("is_delivered_now")), [False, False, False, True])

    def test_maintenance_that_was_sold_is_not_offered_again(self):
        customer = self._customer("Sold twice")
        self._invoice(self._order(customer, self._line(quantity=4, price_unit=900)))
        self._install(customer, 4)
        year = {"date_start": "2026-01-01", "date_end": "2026-12-31"}
        self._order(customer, {"product_id": self.maintenance.id, "price_unit": 648, **year})
        contract = self.env["pemba.contract"].search([("partner_id", "=", customer.id)])
        self.assertEqual(contract.state, "draft")
        line = self._line_of(self._run(), customer, self.licence)
        self.assertEqual(line.result, "not_covered")
        self.assertEqual(line.with_user(self.manager).action_fix()["res_id"], contract.id)

    def test_what_is_behind_a_line_can_be_sent_to_the_browser(self):
        order = self._order(self._customer("Seen"), {"product_id": self.study.id, "price_unit": 50})
        self._invoice(order, Study=0.5)
        plain = self._customer("Plain")
        direct = self.env["sale.order"].create(
            {"partner_id": plain.id, "order_line": [Command.create({"product_id": self.study.id})]}
        )
        direct.action_confirm()
        direct.date_order = "2026-02-01 08:00:00"
        run = self._run(user=self.accountant)
        for name in ("sales", "orders", "equipment", "contracts", "invoices", "openings"):
            for line in run.line_ids:
                action = getattr(line, f"action_open_{name}")()
                sent = json.loads(json.dumps(action["domain"]))
                self.env[action["res_model"]].with_user(self.accountant).search(sent)
        line = self._line_of(run, order.partner_id)
        self.assertEqual(
            self.env["account.move.line"].search(line.action_open_invoices()["domain"]),
            order.invoice_ids.invoice_line_ids,
        )
        sold = self._line_of(run, plain).action_open_sales()
        self.assertEqual(self.env[sold["res_model"]].search(sold["domain"]), direct.order_line)


@tagged("post_install", "-at_install")
class TestReconciliationExports(ReconciliationCommon, HttpCase):
    """The workbook, the printed run, and the lists that users export."""

    NAMES = ("=1+1", "+cmd", "-2", "@SUM(A1)")

    def setUp(self):
        super().setUp()
        for name in self.NAMES:
            self._win(self._customer(name), {"product_id": self.training.id, "price_unit": 700.25})
        self.run_ = self._run()
        self.run_.line_ids.write({"reason_id": self.reason.id, "note": "=HYPERLINK(1)"})

    def _assert_no_formula(self, content, texts):
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        self.assertFalse([cell.value for cell in cells if cell.data_type == "f"])
        found = {cell.value for cell in cells if cell.data_type == "s"}
        self.assertLessEqual(set(texts), found)
        return book

    def test_the_workbook(self):
        book = self._assert_no_formula(self._get_content(self.run_), (*self.NAMES, "=HYPERLINK(1)"))
        self.assertEqual(book.sheetnames, ["Summary", "Differences"])
        sheet = book["Differences"]
        head = [cell.value for cell in sheet[1]]
        self.assertEqual(sheet.max_row, 1 + 4 + 1)
        gap = head.index("Left to Invoice")
        self.assertEqual([row[gap].value for row in sheet.iter_rows(min_row=2)], [700.25] * 4 + [2801])
        texts = [cell.value for row in book["Summary"].iter_rows() for cell in row]
        self.assertIn(2801, texts)
        self.assertIn("Checked", texts)

    def test_the_workbook_is_downloaded_by_who_may(self):
        self.accountant.password = self.salesperson.password = "long enough"
        self.authenticate(self.accountant.login, "long enough")
        url = self.run_.action_export_xlsx()["url"]
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        self._assert_no_formula(answer.content, self.NAMES)
        self.assertIn("xlsx", answer.headers["Content-Disposition"])
        self.assertEqual(self.url_open("/pemba_crm/reconciliation/999999/xlsx").status_code, 404)
        self.authenticate(self.salesperson.login, "long enough")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)

    def test_in_french(self):
        self.env["res.lang"]._activate_and_install_lang("fr_FR")
        book = openpyxl.load_workbook(io.BytesIO(self._get_content(self.run_.with_context(lang="fr_FR"))))
        self.assertEqual(book.sheetnames, ["Synthèse", "Écarts"])

    def _post(self, url, data, is_file=False):
        """What a client downloads; it sends pivots as a file."""
        form, content = {"csrf_token": Request.csrf_token(self)}, json.dumps(data)
        if is_file:
            answer = self.url_open(url, data=form, files={"data": ("blob", content, "application/json")})
        else:
            answer = self.url_open(url, data={**form, "data": content})
        self.assertEqual(answer.status_code, 200, answer.text[:2000])
        return answer.content

    def _log_in_to_export(self):
        self.accountant.password = "long enough"
        self.accountant.group_ids += self.env.ref("base.group_allow_export")
        self.authenticate(self.accountant.login, "long enough")

    def _export(self, records, names, as_file="xlsx", groupby=(), **more):
        """What the list's export gives; the headers, which users type in translations, are unsafe too."""
        fields = [{"name": name, "label": f"={name}", "type": "char"} for name in names]
        data = {
            "model": records._name,
            "fields": fields,
            "ids": records.ids,
            "domain": [],
            "groupby": groupby,
            "import_compat": False,
            "context": {"allowed_company_ids": self.env.company.ids},
            **more,
        }
        return self._post(f"/web/export/{as_file}", data)

    def _create_opening_sales(self):
        """Sold to a partner, of a product and with a note that start like a formula, each of them once."""
        return self.env["pemba.opening.sale"].create(
            [
                {
                    "partner_id": self._customer(name).id,
                    "product_id": self._create_product(name, "study").id,
                    "date": DAY,
                    "note": name,
                }
                for name in self.NAMES
            ]
        )

    def test_a_list_that_is_exported_has_no_formula(self):
        self._log_in_to_export()
        names = ["partner_id/name", "note", "gap_amount_company"]
        content = self._export(self.run_.line_ids, names)
        book = self._assert_no_formula(content, (*self.NAMES, "=HYPERLINK(1)", "=note"))
        self.assertEqual([cell.value for cell in book.active["C"][1:]], [700.25] * 4)

    def test_a_grouped_list_that_is_exported_has_no_formula(self):
        self._log_in_to_export()
        for line, name in zip(self.run_.line_ids, self.NAMES, strict=True):
            line.note = name
        for groupby in (["partner_id"], ["note"], ["note", "partner_id"]):
            with self.subTest(groupby=groupby):
                content = self._export(self.run_.line_ids, ["note", "partner_id/name"], groupby=groupby)
                heads = [f"{name} (1)" for name in self.NAMES]
                self._assert_no_formula(content, (*heads, *self.NAMES, "=note"))

    def test_lines_that_are_exported_with_their_run_have_no_formula(self):
        self._log_in_to_export()
        names = ["date", "line_ids/partner_id/name", "line_ids/note"]
        self._assert_no_formula(self._export(self.run_, names), (*self.NAMES, "=HYPERLINK(1)"))
        content = self._export(self.run_, names, groupby=["company_id"])
        self._assert_no_formula(content, (*self.NAMES, "=HYPERLINK(1)", "Checked (1)"))

    def test_opening_sales_that_are_exported_have_no_formula(self):
        self._log_in_to_export()
        sales = self._create_opening_sales()
        names = ["partner_id", "product_id", "note"]
        for more in ({}, {"import_compat": True}):
            book = self._assert_no_formula(self._export(sales, names, **more), self.NAMES)
            for column in "ABC":
                texts = [cell.value for cell in book.active[column][1:]]
                self.assertEqual(set(texts), set(self.NAMES))

    def test_text_is_not_taken_for_a_link_either(self):
        self._log_in_to_export()
        note = "internal:Sheet2!A1"
        self.run_.line_ids.write({"note": note})
        self._assert_no_formula(self._export(self.run_.line_ids, ["note"]), [note])

    def test_csv_files_are_safe(self):
        self._log_in_to_export()
        sales = self._create_opening_sales()
        sales[0].note, sales[1].note = "\t=1+1", "\r=1+1"
        content = self._export(sales, ["partner_id", "note", "quantity"], "csv")
        head, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        self.assertEqual(head, ["'=partner_id", "'=note", "'=quantity"])
        self.assertEqual([row[0] for row in rows], [f"'{name}" for name in self.NAMES])
        self.assertEqual([row[1] for row in rows], ["'\t=1+1", "'\r=1+1", "'-2", "'@SUM(A1)"])
        self.assertEqual([row[2] for row in rows], ["1.0"] * 4)

    def _get_pivot(self, model):
        """What the client sends of a pivot whose rows, columns and measures are called like formulas."""
        head = {"width": 1, "height": 1, "is_bold": False}
        values = [{"is_bold": False, "value": value} for value in (700.25, "", "=2+2", "{=3+3}")]
        return {
            "model": model,
            "title": "Lines",
            "col_group_headers": [[{**head, "title": name} for name in self.NAMES]],
            "measure_headers": [{**head, "title": f"{name} measured"} for name in self.NAMES],
            "measure_count": 1,
            "rows": [
                {"indent": 0, "title": f"{name} in total", "values": values} for name in (*self.NAMES, "é<&>")
            ],
        }

    def test_a_pivot_that_is_exported_has_no_formula(self):
        self._log_in_to_export()
        pivot = self._get_pivot("pemba.reconciliation.line")
        content = self._post("/web/pivot/export_xlsx", pivot, is_file=True)
        texts = [f"{name}{end}" for name in self.NAMES for end in ("", " measured", " in total")]
        book = self._assert_no_formula(content, [*texts, "=2+2", "{=3+3}", "é<&> in total"])
        self.assertEqual(book.sheetnames, ["Lines"])
        self.assertEqual([cell.value for cell in book.active["B"][2:]], [700.25] * 5)

    def test_other_models_are_exported_as_ever(self):
        """By Odoo's own writers, which is no concern of ours."""
        self._log_in_to_export()
        partners = self._customer("=1+1") | self._customer("@SUM(A1)")
        for content in (
            self._export(partners, ["name"]),
            self._export(partners, ["name"], groupby=["name"]),
            self._post("/web/pivot/export_xlsx", self._get_pivot("res.partner"), is_file=True),
        ):
            cells = [cell for row in openpyxl.load_workbook(io.BytesIO(content)).active for cell in row]
            self.assertTrue([cell for cell in cells if cell.data_type == "f"])
        content = self._export(partners, ["name"], "csv")
        rows = list(csv.reader(io.StringIO(content.decode())))
        self.assertEqual(rows, [["=name"], ["'=1+1"], ["@SUM(A1)"]])

    def test_the_printed_run(self):
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("pemba_crm.pemba_reconciliation_document", self.run_.ids)[0]
            .decode()
        )
        for text in ("@SUM(A1), Training", "Delivery under way", "Not Invoiced", "2,801.00"):
            self.assertIn(text, html)

    def test_more_lines_than_a_sheet_has_rows_are_told(self):
        module = "odoo.addons.pemba_crm.models.reconciliation.pemba_reconciliation_workbook"
        with patch(f"{module}.LINES_OF_SHEET", 3), self._refused(UserError, "has 4 lines, .* room for 3"):
            self._get_content(self.run_)

    def test_many_lines_are_read_some_at_a_time(self):
        module = "odoo.addons.pemba_crm.models.reconciliation.pemba_reconciliation_workbook"
        with patch(f"{module}.BATCH", 3):
            self.assertEqual(
                list(self.env["pemba.reconciliation.workbook"]._iterate_lines(self.run_)),
                list(self.run_.line_ids),
            )
        self._win(self._customer("Other"), {"product_id": self.study.id})
        run = self._run()
        self._get_content(run)
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            self._get_content(run)


@tagged("post_install", "-at_install")
class TestUninstalling(ReconciliationCommon):
    def test_what_was_asked_stays_to_be_done(self):
        order = self._order(self._customer("Slow"), {"product_id": self.study.id})
        self._run().line_ids.with_user(self.accountant).action_fix()
        activity = order.activity_ids
        activity.action_feedback(feedback="Soon")
        _keep_activities(self.env)
        self.assertEqual(activity.activity_type_id, self.env.ref("mail.mail_activity_data_todo"))
        self.assertEqual(activity.summary, "Study: Not Invoiced")
