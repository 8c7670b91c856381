from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..hooks import _keep_activities
from .reconciliation_common import DAY, ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationRequests(ReconciliationCommon):
    """Who is in charge is asked, once, in words that tell what is to be done."""

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

    def test_who_is_asked_about_two_runs_is_asked_once(self):
        deal = self._win(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 80})
        lines = self._run("2026-04-30").line_ids | self._run().line_ids
        lines.with_user(self.accountant).action_ask()
        self.assertEqual(len(self._asked(deal)), 1)

    def test_nobody_in_charge(self):
        customer = self._customer("Orphan")
        self._place(customer)
        line = self._run().line_ids
        with self._refused(UserError, "Orphan, Server: nobody is in charge"):
            line.with_user(self.accountant).action_fix()
        self._win(self._customer("Known"), {"product_id": self.training.id})
        message = self._run().line_ids.with_user(self.accountant).action_ask()["params"]["message"]
        self.assertEqual(message, f"Asked: {self.salesperson.name}. Nobody is in charge of: Orphan, Server.")

    def test_names_are_text_in_what_is_asked(self):
        order = self._order(self._customer("A <b>big</b> <x"), {"product_id": self.study.id})
        self._run().line_ids.with_user(self.accountant).action_fix()
        [activity] = order.activity_ids
        self.assertIn("A &lt;b&gt;big&lt;/b&gt; &lt;x", activity.note)

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
