"""To Do in the Flow: whose the rows are, who is asked about them, and what managers are told every week."""

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import PembaContractCommon

DAY = "2025-02-03"


@tagged("post_install", "-at_install")
class TestToDoPeople(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind.write({"notice_months": 3, "renewal_lead_days": 30})
        cls.colleague = cls._create_user("pemba_colleague", "sales_team.group_sale_salesman")
        cls.company = cls.env.company

    def _create_draft(self, user=None, *lines, **vals):
        user_id = (user or self.salesperson).id
        return self._create_contract(
            *lines, **{"state": "draft", "date_start": "2025-01-01", "user_id": user_id, **vals}
        )

    def _rows(self, user=None, *domain):
        self.env["pemba.to.do"].invalidate_model()
        return self.env["pemba.to.do"].with_user(user or self.env.user).search(list(domain))

    def _mine(self, user):
        return self._rows(user, ("is_mine", "=", True))

    @freeze_time(DAY)
    def test_each_person_has_a_list(self):
        draft, other = self._create_draft(), self._create_draft(self.colleague)
        planned = self._create_equipment()
        self.assertEqual(self._mine(self.salesperson).contract_id, draft)
        self.assertEqual(self._mine(self.colleague).contract_id, other)
        self.assertEqual(self._mine(self.support).equipment_id, planned, "who delivers, for everybody")
        self.assertEqual(self._mine(self.manager), self._rows(self.manager, ("user_id", "=", False)))
        self.assertEqual(self._rows(self.manager).contract_id, draft | other)
        for user in (self.salesperson, self.support, self.manager):
            rows = self.env["pemba.to.do"].with_user(user)
            self.assertEqual(rows.get_count(), len(self._mine(user)))
            self.assertEqual(self._rows(user).filtered("is_mine"), self._mine(user))

    @freeze_time(DAY)
    def test_rows_are_of_what_the_user_sees(self):
        own = self._create_opportunity(partner_id=self.customer.id, user_id=False)
        other = self._create_opportunity(partner_id=self.customer.id, user_id=self.colleague.id)
        self.colleague.active = False
        self.assertEqual(self._rows(self.salesperson, ("kind", "=", "owner")).lead_id, own)
        self.assertEqual(self._rows(self.manager, ("kind", "=", "owner")).lead_id, own | other)
        company = self._create_company("Elsewhere", "EUR")
        self._create_draft(None, {"price_unit": 100}, company_id=company.id)
        self.assertFalse(self._rows(self.manager, ("kind", "=", "start")))
        employee = self._create_user("pemba_employee", "base.group_user")
        with self.assertRaises(AccessError):
            self._rows(employee)

    @freeze_time(DAY)
    def test_deals_that_one_may_not_see_are_not_told(self):
        self.licence.pemba_equipment_policy = "per_line"
        deal = self._create_deal(
            self._line(), name="Secret", partner_id=self.customer.id, user_id=self.colleague.id
        )
        deal.action_set_won()
        equipment = deal._create_equipment()
        for user, seen, worth in ((self.salesperson, False, 0), (self.colleague, deal, 1000)):
            [row] = self._rows(user, ("kind", "=", "service"))
            self.assertEqual((row.equipment_id, row.user_id), (equipment, self.colleague))
            self.assertEqual((row.lead_id.id, row.worth), (seen and seen.id, worth), user.name)
            self.assertNotIn("Secret", row.name)

    @freeze_time(DAY)
    def test_rows_are_read_by_whoever_sees_part_of_them(self):
        """An integrator's rule on contracts: the list opens, and says what is the user's."""
        index = self._create_index({"2024-06": 100})
        values = {"state": "running", "index_id": index.id, "index_base_month": "2024-06-01"}
        values["date_start"] = "2024-03-01"
        self._create_draft(self.colleague, **values)
        self._create_draft(**values)
        self.env["ir.rule"].create(
            {
                "name": "Own contracts",
                "model_id": self.env["ir.model"]._get_id("pemba.contract"),
                "domain_force": "[('user_id', '=', user.id)]",
            }
        )
        rows = self.env["pemba.to.do"].with_user(self.salesperson)
        fields = {"name": {}, "kind": {}, "worth": {}, "count": {}}
        [row] = rows.web_search_read([("kind", "=", "index")], fields)["records"]
        self.assertEqual((row["worth"], row["count"]), (1200, 1))
        self.assertIn("renewals: 1", row["name"])

    @freeze_time(DAY)
    def test_the_first_who_is_there(self):
        draft = self._create_draft(self.colleague)
        [row] = self._rows(None, ("kind", "=", "start"))
        self.assertEqual(row.user_id, self.colleague)
        self.colleague.active = False
        [row] = self._rows(None, ("kind", "=", "start"))
        self.assertEqual((row.user_id, row.in_charge_id), (self.env["res.users"], self.colleague))
        self.company.pemba_asked_user_id = self.support
        [row] = self._rows(None, ("kind", "=", "start"))
        self.assertEqual((row.user_id, draft._get_asked_user()), (self.support,) * 2)
        zone = self._create_zone("North", user_id=self.accountant.id)
        self.customer.zone_id = zone
        [row] = self._rows(None, ("kind", "=", "start"))
        self.assertEqual((row.user_id, draft._get_asked_user()), (self.accountant,) * 2)
        team = self.env["crm.team"].create({"name": "Team", "user_id": self.manager.id})
        deal = self._create_opportunity(partner_id=self.customer.id, team_id=team.id)
        draft._set(lead_id=deal.id)
        [row] = self._rows(None, ("kind", "=", "start"))
        self.assertEqual(row.user_id, self.manager)
        self.assertEqual(draft._get_asked_user(), self.manager)

    @freeze_time(DAY)
    def test_what_a_client_sends_narrows_nothing(self):
        self._create_draft()
        rows = self.env["pemba.to.do"].with_user(self.salesperson)
        for value in (["zzz"], [["x"]], 5, "a", []):
            for name in ("pemba_to_do_kinds", "pemba_to_do_ids"):
                self.assertEqual(rows.with_context(**{name: value}).get_count(), 1, (name, value))
        self.assertFalse(rows.search([("kind", "=", "zzz")]))
        self.assertFalse(rows.search([("kind", "in", [])]))

    def test_one_who_may_not_opens_it(self):
        with freeze_time(DAY):
            contract = self._create_draft()
            [row] = self._rows(self.support, ("kind", "=", "start"))
            self.assertFalse(row.may_settle)
            action = row.action_settle()
            self.assertEqual((action["res_model"], action["res_id"]), ("pemba.contract", contract.id))
            self.assertEqual(contract.state, "draft")
            contract.action_start()
            self.env.invalidate_all()
            self.assertEqual(row.with_user(self.salesperson).action_settle()["tag"], "display_notification")

    # ------------------------------------------------------------
    # Questions
    # ------------------------------------------------------------

    def _follow(self, day):
        with freeze_time(day):
            self.env["pemba.contract"]._cron_follow()

    def _questions(self, record, kind):
        """The activities that were planned for rows of a kind at a record, done ones included."""
        label = dict(self.env["pemba.to.do"]._fields["kind"].selection)[kind]
        questions = self.env["pemba.to.do.question"].search([("key", "=like", f"{kind}:%")])
        activities = questions.with_context(active_test=False).activity_id
        activities = activities.filtered(lambda one: (one.res_model, one.res_id) == (record._name, record.id))
        self.assertTrue(all(one.summary in (label, "Démarrer le contrat") for one in activities))
        return activities

    def test_a_person_is_asked_once(self):
        contract = self._create_draft()
        self._follow("2025-01-01")
        self.assertFalse(self._questions(contract, "start"), "on its first day")
        self.salesperson.lang = "fr_FR"
        self._follow("2025-01-02")
        question = self._questions(contract, "start")
        self.assertEqual((len(question), question.user_id), (1, self.salesperson))
        self.assertEqual(question.summary, "Démarrer le contrat")
        self.assertIn(contract.name, question.note)
        self._follow("2025-01-09")
        self.assertEqual(self._questions(contract, "start"), question)
        question.action_feedback()
        self._follow("2025-01-10")
        self.assertEqual(
            self._questions(contract, "start"), question, "it was answered, and is not asked again"
        )

    def test_a_question_that_is_cancelled_is_not_asked_again(self):
        contract = self._create_draft()
        self._follow("2025-01-02")
        self._questions(contract, "start").with_user(self.salesperson).unlink()
        self._follow("2025-01-03")
        self.assertFalse(contract.activity_ids)

    def test_each_piece_of_a_contract_is_asked_about(self):
        second = self._create_equipment(state="in_service", in_service_date="2020-01-01")
        contract = self._create_draft(
            None,
            {"price_unit": 600, "equipment_id": self.geo.id},
            {"price_unit": 400, "equipment_id": second.id},
            state="running",
        )
        with freeze_time("2025-02-01"):
            self.geo._retire()
        self._follow("2025-02-09")
        self.assertEqual(len(self._questions(contract, "gone")), 1)
        with freeze_time("2025-02-10"):
            second._retire()
        self._follow("2025-02-18")
        self.assertEqual(len(self._questions(contract, "gone")), 2)

    def test_what_is_settled_is_not_asked_any_more(self):
        contract = self._create_draft()
        self._follow("2025-01-02")
        with freeze_time("2025-01-03"):
            contract.action_start()
        self._follow("2025-01-04")
        self.assertFalse(self._questions(contract, "start"))

    def test_equipment_that_stays_planned_is_asked_about(self):
        with freeze_time("2025-01-01"):
            self.licence.pemba_equipment_policy = "per_line"
            deal = self._create_deal(self._line(), partner_id=self.customer.id)
            deal.action_set_won()
            equipment = deal._create_equipment()
        self._follow("2025-01-08")
        self.assertFalse(self._questions(equipment, "service"))
        self._follow("2025-01-09")
        asked = self._questions(equipment, "service").user_id
        self.assertTrue(asked.has_group("pemba_crm.group_support"), "who delivers")

    def test_a_missing_index_value_is_asked_for(self):
        self.company.pemba_asked_user_id = self.manager
        index = self._create_index({"2024-06": 100})
        contract = self._create_draft(state="running", index_id=index.id, index_base_month="2024-06-01")
        self._follow("2025-08-01")
        self.assertFalse(self._questions(contract, "index"))
        self._follow("2025-08-02")
        question = self._questions(contract, "index")
        self.assertEqual(question.user_id, self.manager)
        self.assertIn("Index", question.note)

    def test_reminders_say_that_no_offer_was_sent(self):
        contract = self._create_draft(state="running")
        with freeze_time("2025-09-05"):
            self.env["pemba.contract"]._cron_open_renewals()
            self.assertIn("no offer was sent", contract._describe_awaited())
            order = contract.renewal_lead_id._make_quotation()
            self.assertIn("no offer was sent", contract._describe_awaited())
            order.action_quotation_sent()
            self.assertIn(order.name, contract._describe_awaited())

    def test_asking_takes_a_fixed_number_of_queries(self):
        counts = []
        for number in (1, 2, 10):  # the first fills what is asked for once
            for _index in range(number):
                self._create_draft()
            self.env.flush_all()
            self.env.invalidate_all()
            with freeze_time(DAY):
                before = self.env.cr.sql_log_count
                rows = self._rows(self.manager, ("kind", "=", "start"))
                rows.mapped("name")
                counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(len(rows), 13)
        self.assertEqual(*counts[1:])

    # ------------------------------------------------------------
    # The weekly mail
    # ------------------------------------------------------------

    def test_managers_are_told_every_week(self):
        self.manager.write({"email": "manager@example.com", "lang": "fr_FR"})
        self._create_draft()
        self._create_draft(date_start="2025-02-03")
        with freeze_time(DAY):
            [row] = self.manager._get_to_do_summary()
            self.assertEqual(
                row,
                {
                    "kind": "start",
                    "label": "Démarrer le contrat",
                    "count": 2,
                    "late": 1,
                    "worth": {self.company.currency_id: 2400},
                },
            )
            mails = self.env["mail.mail"].search([])
            self.env["pemba.to.do"]._cron_mail_managers()
            mail = self.env["mail.mail"].search([]) - mails
        mail = mail.filtered(lambda one: self.manager.partner_id in one.recipient_ids)
        self.assertEqual(len(mail), 1)
        self.assertIn("Démarrer le contrat", mail.body_html)
        self.assertRegex(mail.body_html, r"2.400,00")
        self.assertIn("/odoo/pemba-to-do", mail.body_html)
        recipients = self.env["mail.mail"].search([]).recipient_ids
        self.assertNotIn(self.salesperson.partner_id, recipients)

    def test_the_mail_is_installed_whoever_is_there(self):
        """Odoo renders a template for the first user that it finds, a customer of the portal for one."""
        self._create_draft()
        template = self.env.ref("pemba_crm.mail_template_to_do")
        for group in ("base.group_portal", "base.group_user"):
            user = new_test_user(self.env, f"pemba_{group.partition('_')[2]}_only", groups=group)
            self.assertEqual(user._get_to_do_summary(), [])
            self.assertIn(user.name, template._render_field("body_html", user.ids)[user.id])

    def test_nothing_waits_nothing_is_told(self):
        self.manager.email = "manager@example.com"
        mails = self.env["mail.mail"].search([])
        self.env["pemba.to.do"]._cron_mail_managers()
        self.assertFalse(self.env["mail.mail"].search([]) - mails)
