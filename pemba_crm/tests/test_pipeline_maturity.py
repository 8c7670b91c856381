import json

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import PembaCommon


class TestMaturity(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for step, maturity in zip("PEMBA", (10, 30, 50, 80, 100), strict=True):
            cls.stages[step].maturity = maturity
        cls.low, cls.medium, cls.high = (
            cls.env.ref(f"pemba_crm.risk_level_{code}") for code in ("low", "medium", "high")
        )

    def test_an_open_deal_weighs_its_revenue_by_maturity_and_risk(self):
        deal = self._create_opportunity("M", expected_revenue=1000)
        self.assertEqual((deal.pemba_step, deal.maturity, deal.risk_level_id), ("M", 50, self.low))
        self.assertEqual(deal.weighted_revenue, 500)
        deal.risk_level_id = self.medium
        self.assertEqual(deal.weighted_revenue, 400)
        deal.maturity = 60
        self.assertEqual(deal.weighted_revenue, 480)
        deal.risk_level_id = self.high
        self.assertEqual(deal.weighted_revenue, 300)
        deal.risk_level_id = False
        self.assertEqual(deal.weighted_revenue, 600)

    def test_a_typed_maturity_lasts_until_the_next_stage(self):
        deal = self._create_opportunity("E", expected_revenue=1000)
        deal.maturity = 45
        deal.name = "Renamed"
        self.assertEqual(deal.maturity, 45)
        deal.stage_id = self.stages["M"]
        self.assertEqual(deal.maturity, 50)
        deal.write({"stage_id": self.stages["B"].id, "maturity": 70})
        self.assertEqual((deal.maturity, deal.weighted_revenue), (70, 700))

    def test_closing_keeps_what_it_last_was(self):
        for close, weighted in (("action_set_won", 1000), ("action_set_lost", 0)):
            with self.subTest(close):
                deal = self._create_opportunity(
                    "B", expected_revenue=1000, maturity=75, risk_level_id=self.high.id
                )
                getattr(deal, close)()
                self.assertEqual(deal.weighted_revenue, weighted)
                self.assertEqual((deal.maturity, deal.risk_level_id), (75, self.high))
                self.assertEqual(deal.last_open_step, "B")
                self.assertTrue(deal.close_date)

    def test_a_deal_created_closed_takes_its_stage_s(self):
        won = self._create_opportunity("A", expected_revenue=1000)
        self.assertEqual((won.maturity, won.weighted_revenue, won.last_open_step), (100, 1000, False))
        lost = self._create_opportunity("E", expected_revenue=1000, active=False, probability=0)
        self.assertEqual((lost.maturity, lost.weighted_revenue, lost.last_open_step), (30, 0, "E"))
        self.assertTrue(won.is_rate_locked and lost.is_rate_locked)
        imported = self._create_opportunity("A", maturity=60)
        self.assertEqual(imported.maturity, 60)

    def test_reopening_weighs_again(self):
        deal = self._create_opportunity("B", expected_revenue=1000, maturity=75)
        deal.action_set_lost()
        deal.action_restore()
        self.assertEqual((deal.maturity, deal.weighted_revenue, deal.close_date), (75, 750, False))
        deal.action_set_won()
        deal.stage_id = self.stages["M"]
        self.assertEqual((deal.maturity, deal.weighted_revenue, deal.last_open_step), (50, 500, "M"))
        self.assertFalse(deal.is_rate_locked)

    def test_leads_and_what_is_archived_weigh_nothing(self):
        lead = self._create_opportunity("M", expected_revenue=1000, type="lead")
        self.assertEqual(lead.weighted_revenue, 0)
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual(lead.weighted_revenue, 500)
        lead.write({"active": False, "probability": 20})
        self.assertEqual(lead.weighted_revenue, 0)
        lead.action_unarchive()
        self.assertEqual(lead.weighted_revenue, 500)

    def test_a_stage_s_new_maturity_is_taken_by_the_open_deals_that_carry_the_old(self):
        carrying, typed, won, lost = (
            self._create_opportunity("M", expected_revenue=1000) for _number in range(4)
        )
        typed.maturity = 55
        won.action_set_won()
        lost.action_set_lost()
        self.env.flush_all()
        self.stages["M"].maturity = 40
        self.assertEqual((carrying.maturity, carrying.weighted_revenue), (40, 400))
        self.assertEqual((typed.maturity, typed.weighted_revenue), (55, 550))
        self.assertEqual((won.maturity, won.weighted_revenue), (50, 1000))
        self.assertEqual((lost.maturity, lost.weighted_revenue), (50, 0))

    def test_a_new_factor_weighs_the_open_deals_again(self):
        deal, won = (
            self._create_opportunity("M", expected_revenue=1000, risk_level_id=self.medium.id)
            for _number in range(2)
        )
        won.action_set_won()
        self.medium.factor = 0.6
        self.assertEqual(deal.weighted_revenue, 300)
        self.assertEqual(won.weighted_revenue, 1000)
        deal.maturity = 100
        self.assertEqual(deal.weighted_revenue, 600)

    def test_both_are_one_statement_however_many_deals(self):
        def count(change):
            self.env.flush_all()
            start = self.env.cr.sql_log_count
            change()
            return self.env.cr.sql_log_count - start

        def change_maturity():
            self.stages["M"].maturity += 1

        def change_factor():
            self.medium.factor -= 0.1

        def create(number):
            self.env["crm.lead"].create(
                [
                    {"name": "Deal", "type": "opportunity", "stage_id": self.stages["M"].id}
                    | {"risk_level_id": self.medium.id}
                ]
                * number
            )

        create(1)
        count(change_maturity), count(change_factor)  # the caches are as they will be
        create(1)
        few = count(change_maturity), count(change_factor)
        create(200)
        self.assertEqual((count(change_maturity), count(change_factor)), few)

    def test_a_step_that_is_mapped_later_reaches_the_deals(self):
        stage = self.env["crm.stage"].create({"name": "Negotiation", "sequence": 4, "maturity": 60})
        deal = self._create_opportunity(stage_id=stage.id)
        self.assertFalse(deal.pemba_step)
        stage.pemba_step = "M"
        self.assertEqual((deal.pemba_step, deal.last_open_step), ("M", "M"))

    def test_what_a_closing_froze_is_for_managers_and_leaves_a_trace(self):
        deal = self._create_opportunity("M")
        deal.action_set_won()
        for field, value in (
            ("maturity", 60),
            ("risk_level_id", self.high.id),
            ("close_date", "2020-02-02"),
        ):
            with self.subTest(field):
                with self._refused(UserError, "Opportunity at M is closed"):
                    deal.with_user(self.salesperson).write({field: value})
                deal.with_user(self.manager).write({field: value})
                self.assertIn("Changed after closing", deal.message_ids[0].body)
        self.assertEqual(deal.close_date, fields.Date.to_date("2020-02-02"))

    def test_the_day_of_closing_is_the_company_s(self):
        company = self._create_company("Auckland", "NZD")
        company.partner_id.tz = "Pacific/Auckland"
        deal = self.env["crm.lead"].create(
            {
                "name": "Deal",
                "type": "opportunity",
                "user_id": False,
                "team_id": False,
                "stage_id": self.stages["A"].id,
                "company_id": company.id,
                "date_closed": "2026-03-31 20:00:00",
            }
        )
        deal.flush_recordset()
        self.assertEqual(deal.company_id, company)
        self.assertEqual(deal.close_date, fields.Date.to_date("2026-04-01"))

    def test_maturity_is_between_0_and_100(self):
        deal = self._create_opportunity()
        with self._refused(ValidationError, "Opportunity at P, maturity: 101"):
            deal.maturity = 101

    def test_a_write_that_is_none_of_ours_runs_no_query_of_ours(self):
        deal = self._create_opportunity("M", expected_revenue=1000)
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        deal.write({"referred": "A friend"})
        self.assertEqual(self.env.cr.sql_log_count - start, 0)

    def test_a_typed_maturity_outlasts_the_salesperson(self):
        deal = self._create_opportunity("M")
        deal.maturity = 42
        self.env.flush_all()
        deal.user_id = self.manager
        self.assertEqual(deal.maturity, 42)
        with Form(deal.with_user(self.manager), "crm.crm_lead_view_form") as form:
            form.user_id = self.salesperson
            self.assertEqual(form.maturity, 42)
        self.assertEqual(deal.maturity, 42)
        created = self._create_opportunity("M", maturity=33)
        self.env.flush_all()
        created.user_id = self.manager
        self.assertEqual(created.maturity, 33)

    def test_a_closed_deal_keeps_its_stage_when_its_team_changes(self):
        teams = self.env["crm.team"].create([{"name": "One"}, {"name": "Two"}])
        self.stages["A"].team_ids = teams[0]
        deal = self._create_opportunity("A", team_id=teams[0].id)
        deal.team_id = teams[1]
        self.assertEqual((deal.stage_id, deal.won_status), (self.stages["A"], "won"))

    def test_only_managers_choose_the_day_of_closing(self):
        deal = self._create_opportunity("B").with_user(self.salesperson)
        with self._refused(UserError, "Opportunity at B is closed.*Closed On"):
            deal.write({"stage_id": self.stages["A"].id, "close_date": "2020-12-31"})
        deal.close_date = "2020-12-31"
        self.assertFalse(deal.close_date)
        deal.with_user(self.manager).write({"stage_id": self.stages["A"].id, "close_date": "2020-12-31"})
        self.assertEqual(deal.close_date, fields.Date.to_date("2020-12-31"))

    def test_a_contact_may_change_on_a_closed_deal_without_a_zone(self):
        deal = self._create_opportunity("A")
        belgium = self.env.ref("base.be")
        self._create_zone("Benelux", belgium)
        partner = self.env["res.partner"].create({"name": "Customer", "country_id": belgium.id})
        deal.with_user(self.salesperson).partner_id = partner
        self.assertFalse(deal.zone_id)
        created = self._create_opportunity("A", partner_id=partner.id)
        self.assertEqual(created.zone_id.name, "Benelux")

    def test_a_lead_takes_the_new_maturity_of_its_stage(self):
        lead = self._create_opportunity("M", expected_revenue=1000, type="lead")
        self.env.flush_all()
        self.stages["M"].maturity = 40
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual((lead.maturity, lead.weighted_revenue), (40, 400))

    def test_what_is_tracked(self):
        tracked = self.env["crm.lead"]._track_get_fields()
        expected = {
            "stage_id",
            "user_id",
            "risk_level_id",
            "expected_revenue",
            "date_deadline",
            "distributor_id",
        }
        self.assertLessEqual(expected, tracked)
        self.assertNotIn("close_date", tracked)


class TestGates(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gate = [
            cls.env["ir.model.fields"]._get("crm.lead", name)
            for name in ("expected_revenue", "date_deadline")
        ]
        cls.stages["B"].gate_field_ids = [Command.link(field.id) for field in cls.gate]

    def _assert_refused(self):
        return self._refused(
            UserError,
            "Opportunity at P cannot enter Budgeting yet. Missing: Expected Revenue, Expected Closing",
        )

    def test_a_gate_names_what_is_missing(self):
        deal = self._create_opportunity("P")
        as_salesperson = deal.with_user(self.salesperson)
        with self._assert_refused():
            as_salesperson.stage_id = self.stages["B"]
        with self._refused(UserError, "Missing: Expected Closing"):
            as_salesperson.write({"stage_id": self.stages["B"].id, "expected_revenue": 1})
        as_salesperson.write(
            {"stage_id": self.stages["B"].id, "expected_revenue": 1, "date_deadline": "2030-01-01"}
        )
        self.assertEqual(deal.stage_id, self.stages["B"])

    def test_a_gate_is_for_those_who_come_in(self):
        deal = self._create_opportunity("B", expected_revenue=1, date_deadline="2030-01-01")
        deal.with_user(self.salesperson).expected_revenue = 0
        deal.with_user(self.salesperson).stage_id = self.stages["B"]

    def test_managers_pass_with_a_trace(self):
        deal = self._create_opportunity("P")
        deal.with_user(self.manager).stage_id = self.stages["B"]
        self.assertIn("Expected Revenue, Expected Closing", deal.message_ids[0].body)

    def test_creating_passes_the_gate_too(self):
        leads = self.env["crm.lead"].with_user(self.salesperson)
        vals = {"name": "Opportunity at P", "type": "opportunity", "stage_id": self.stages["B"].id}
        with self._assert_refused():
            leads.create(vals)
        with self._assert_refused():
            leads.with_context(default_stage_id=self.stages["B"].id).create(
                {"name": "Opportunity at P", "type": "opportunity"}
            )

    def test_the_context_of_a_client_opens_no_gate(self):
        deal = self._create_opportunity("P").with_user(self.salesperson)
        with self._assert_refused():
            deal.with_context(pemba_gates=True).stage_id = self.stages["B"]

    def test_an_import_is_refused_alike(self):
        deal = self._create_opportunity("P")
        result = (
            self.env["crm.lead"]
            .with_user(self.salesperson)
            .with_context(import_file=True)
            .load([".id", "stage_id/.id"], [[str(deal.id), str(self.stages["B"].id)]])
        )
        self.assertFalse(result["ids"])
        self.assertIn("Missing: Expected Revenue, Expected Closing", result["messages"][0]["message"])

    def test_a_form_is_refused_alike(self):
        deal = self._create_opportunity("P")
        with self._assert_refused(), Form(deal.with_user(self.salesperson)) as form:
            form.stage_id = self.stages["B"]

    def test_a_change_of_team_and_a_merge_are_exempt(self):
        teams = self.env["crm.team"].create([{"name": "One"}, {"name": "Two"}])
        self.stages["P"].team_ids = teams[0]
        self.stages["E"].team_ids = teams[0]
        self.stages["M"].team_ids = teams[0]
        deal = self._create_opportunity("P", team_id=teams[0].id)
        deal.with_user(self.salesperson).team_id = teams[1]
        self.assertEqual(deal.stage_id, self.stages["B"])
        one, two = self._create_opportunity("A"), self._create_opportunity("B")
        (one | two).with_user(self.salesperson).merge_opportunity()

    def test_a_gate_on_a_text_is_not_passed_by_an_empty_one(self):
        self.stages["E"].gate_field_ids = self.env["ir.model.fields"]._get("crm.lead", "description")
        deal = self._create_opportunity("P").with_user(self.salesperson)
        with self._refused(UserError, "Missing: Notes"):
            deal.write({"stage_id": self.stages["E"].id, "description": "<p><br></p>"})

    def test_a_gate_is_a_field_of_an_opportunity(self):
        with self._refused(ValidationError, "Budgeting, required to enter: email"):
            self.stages["B"].gate_field_ids = self.env["ir.model.fields"]._get("res.partner", "email")

    def test_the_first_step_takes_no_gate(self):
        with self._refused(ValidationError, "Prospection"):
            self.stages["P"].gate_field_ids = [Command.link(self.gate[0].id)]


class TestPlans(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={})  # tests usually keep quiet
        cls.stages = {step: stage.with_env(cls.env) for step, stage in cls.stages.items()}
        cls.plan = cls.env["mail.activity.plan"].create(
            {
                "name": "Evaluate",
                "res_model": "crm.lead",
                "template_ids": [
                    Command.create(
                        {
                            "summary": summary,
                            "activity_type_id": cls.env.ref("mail.mail_activity_data_todo").id,
                            "responsible_type": "on_demand",
                        }
                    )
                    for summary in ("Demonstrate", "Send a summary")
                ],
            }
        )
        cls.stages["E"].activity_plan_id = cls.plan

    def test_entering_a_stage_starts_its_plan_once(self):
        deal = self._create_opportunity("P").with_user(self.salesperson)
        deal.stage_id = self.stages["E"]
        self.assertEqual(deal.activity_ids.mapped("summary"), ["Demonstrate", "Send a summary"])
        self.assertEqual(deal.activity_ids.user_id, self.salesperson)
        deal.stage_id = self.stages["M"]
        deal.stage_id = self.stages["E"]
        self.assertEqual(len(deal.activity_ids), 2)

    def test_creating_in_a_stage_starts_its_plan(self):
        self.assertEqual(len(self._create_opportunity("E").activity_ids), 2)
        self.assertFalse(self._create_opportunity("P").activity_ids)

    def test_neither_importing_nor_creating_silently_does(self):
        deal = self._create_opportunity("P")
        deal.with_context(import_file=True).stage_id = self.stages["E"]
        self.assertFalse(deal.activity_ids)
        leads = self.env["crm.lead"]
        for key in ("import_file", "tracking_disable", "mail_create_nolog"):
            created = leads.with_context(**{key: True}).create(
                {"name": "Silent", "type": "opportunity", "stage_id": self.stages["E"].id}
            )
            self.assertFalse(created.activity_ids, key)

    def test_they_are_for_the_salesperson(self):
        deal = self._create_opportunity("P")
        deal.with_user(self.manager).stage_id = self.stages["E"]
        self.assertEqual(deal.activity_ids.user_id, self.salesperson)

    def test_a_lead_that_becomes_an_opportunity_starts_the_plan_of_its_stage(self):
        lead = self._create_opportunity("E", type="lead")
        self.assertFalse(lead.activity_ids)
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual(len(lead.activity_ids), 2)

    def test_many_start_at_once(self):
        deals = self._create_opportunity("P") | self._create_opportunity("M")
        deals.stage_id = self.stages["E"]
        self.assertEqual([len(deal.activity_ids) for deal in deals], [2, 2])


@tagged("post_install", "-at_install")
class TestEveryWay(PembaCommon, HttpCase):
    """A move by drag or list edit is a call of web_save; then form, import, JSON-2 and code."""

    def _call(self, path, **params):
        response = self.url_open(
            path, data=json.dumps(params), headers=self.headers | {"Content-Type": "application/json"}
        )
        return response.status_code, response.json()

    def _move(self, way, deal, stage):
        vals = {"stage_id": stage.id}
        if way == "code":
            deal.with_user(self.salesperson).write(vals)
        elif way == "form":
            with Form(deal.with_user(self.salesperson)) as form:
                form.stage_id = stage
        elif way == "import":
            result = (
                deal.with_user(self.salesperson)
                .with_context(import_file=True)
                .load([".id", "stage_id/.id"], [[str(deal.id), str(stage.id)]])
            )
            if not result["ids"]:
                raise UserError(result["messages"][0]["message"])
        elif way == "json-2":
            status, result = self._call("/json/2/crm.lead/write", ids=deal.ids, vals=vals)
            if status != 200:
                raise UserError(result["message"])
        else:  # what the kanban and the list send
            self.authenticate("pemba_sales", "pemba_sales")
            _status, result = self._call(
                "/web/dataset/call_kw/crm.lead/web_save",
                params={
                    "model": "crm.lead",
                    "method": "web_save",
                    "args": [deal.ids, vals],
                    "kwargs": {"specification": {"stage_id": {}}},
                },
            )
            if "error" in result:
                raise UserError(result["error"]["data"]["message"])
        deal.invalidate_recordset()

    def test_every_way_has_the_same_result(self):
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.salesperson)
            ._generate(None, "tests", fields.Datetime.add(fields.Datetime.now(), days=1))
        )
        self.headers = {"Authorization": f"Bearer {key}"}
        self.stages["B"].gate_field_ids = [
            Command.link(self.env["ir.model.fields"]._get("crm.lead", "date_deadline").id)
        ]
        self.stages["M"].maturity = 50
        for way in ("code", "form", "import", "json-2", "drag"):
            with self.subTest(way):
                deal = self._create_opportunity("P", expected_revenue=1000)
                self.env.flush_all()
                self._move(way, deal, self.stages["M"])
                self.assertEqual(
                    (deal.stage_id, deal.maturity, deal.weighted_revenue), (self.stages["M"], 50, 500)
                )
                error = "cannot enter Budgeting yet. Missing: Expected Closing"
                with mute_logger("odoo.http"), self._refused(UserError, error):
                    self._move(way, deal, self.stages["B"])
                self.assertEqual(deal.stage_id, self.stages["M"])
