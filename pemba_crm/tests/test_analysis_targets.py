from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import file_open, mute_logger

from ..wizards.analysis.pemba_target_split import get_periods, split_by_weights
from .common import PembaOfferCommon


@tagged("post_install", "-at_install")
class TestTargets(PembaOfferCommon):
    """A target against what was won."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.targets = cls.env["pemba.target"]
        cls.env.company.write({"fiscalyear_last_month": "3", "fiscalyear_last_day": 31})
        cls.europe = cls._create_zone("Europe")
        cls.france = cls._create_zone("France", parent_id=cls.europe.id)

    @classmethod
    def _create_target(cls, amount=120000.0, **vals):
        """The fiscal year from April 2030 to March 2031."""
        return cls.targets.create(
            {"date_start": "2030-04-01", "date_end": "2031-03-31", "amount": amount, **vals}
        )

    def _win(self, revenue, day, **vals):
        lead = self._create_deal(self._line(price_unit=revenue, unit_cost=revenue * 0.6), **vals)
        lead.with_user(self.manager).write({"stage_id": self.stages["A"][:1].id, "close_date": day})
        return lead

    def test_a_fiscal_year_from_april_to_march(self):
        """On 31 October 2030, 214 of 365 days have begun.

        120,000 × 214 / 365 = 70,356.16 is due; 65,000 is won, 54.2 % of it all and 92.4 % of what is due. At
        this pace 65,000 × 365 / 214 = 110,864 will be won. 10,000 at 50 % is forecast.
        """
        target = self._create_target()
        self._win(30000, "2030-04-01")
        self._win(35000, "2030-10-31")
        self._win(1000, "2030-03-31")
        self._win(1000, "2031-04-01")
        low = self.env.ref("pemba_crm.risk_level_low").id
        for day in ("2031-03-31", "2031-04-01"):
            self._create_opportunity(
                "M", expected_revenue=10000, maturity=50, risk_level_id=low, date_deadline=day
            )
        with freeze_time("2030-10-31 12:00:00"):
            self.assertEqual(target.achieved, 65000)
            self.assertAlmostEqual(target.attainment, 65000 / 120000 * 100, 9)
            self.assertEqual(target.due_amount, 70356.16)
            self.assertAlmostEqual(target.pace, 65000 / (120000 * 214 / 365) * 100, 9)
            self.assertAlmostEqual(target.pace, 92.387, 3)
            self.assertEqual(target.forecast_amount, 70000)
        for day, pace in (("2030-03-31", 0), ("2031-03-31", 54.167), ("2032-01-01", 54.167)):
            target.invalidate_recordset()
            with freeze_time(f"{day} 12:00:00"):
                self.assertAlmostEqual(target.pace, pace, 3)

    def test_scopes(self):
        study = self.types["study"].id
        deal = {"zone_id": self.france.id, "distributor_id": self.distributor.id, "nature": "extension"}
        own_team = self.env["crm.team"].create({"name": "Own"})
        self._win(100, "2030-05-05", team_id=own_team.id, **deal)
        self._win(1000, "2030-05-06", user_id=self.manager.id)
        for expected, scope in (
            (1100, {}),
            (100, {"user_id": self.salesperson.id}),
            (1000, {"user_id": self.manager.id}),
            (100, {"zone_id": self.europe.id}),
            (100, {"zone_id": self.france.id}),
            (100, {"distributor_id": self.distributor.id}),
            (100, {"nature": "extension"}),
            (1000, {"nature": "new"}),
            (1100, {"sale_type_id": self.types["software"].id}),
            (0, {"sale_type_id": study}),
            (0, {"user_id": self.manager.id, "zone_id": self.europe.id}),
            (100, {"team_id": own_team.id}),
        ):
            with self.subTest(scope):
                self.assertEqual(self._create_target(**scope).achieved, expected)

    def test_margin(self):
        self._win(100, "2030-05-05")
        target = self._create_target(1000, metric="margin")
        self.assertAlmostEqual(target.achieved, 40, 6)

    def test_the_outlook_of_margin_counts_what_is_free(self):
        """1,000 and a line at no price that costs 100: a margin of 900 less 100, half of it weighs."""
        self._create_deal(
            self._line(price_unit=1000, unit_cost=100),
            self._line(price_unit=500, discount=100, unit_cost=100),
            maturity=50,
            risk_level_id=self.env.ref("pemba_crm.risk_level_low").id,
            date_deadline="2030-06-06",
        )
        target = self._create_target(metric="margin")
        self.assertEqual(target.forecast_amount, 400)
        self._create_deal(
            self._line(discount=100, unit_cost=100),
            maturity=50,
            risk_level_id=self.env.ref("pemba_crm.risk_level_low").id,
            date_deadline="2030-06-06",
        )
        target.invalidate_recordset()
        self.assertEqual(target.forecast_amount, 350)

    def test_it_is_the_same_from_another_company(self):
        second = self._create_company("Second", "EUR")
        lead = self._win(500, "2030-05-05", company_id=False, team_id=False, user_id=False)
        self.assertFalse(lead.company_id)
        target = self._create_target(company_id=self.env.ref("base.user_root").company_id.id)
        self.assertEqual(target.achieved, 500)
        target.invalidate_recordset()
        self.assertEqual(target.with_company(second).achieved, 500)

    def test_it_counts_what_everybody_won_whoever_looks(self):
        self._win(100, "2030-05-05", user_id=self.manager.id, zone_id=self.france.id)
        target = self._create_target(user_id=self.salesperson.id)
        self._win(50, "2030-05-05")
        own = target.with_user(self.salesperson)
        self.assertEqual(own.achieved, 50)
        team = self._create_target(zone_id=self.france.id)
        self.assertEqual(team.with_user(self.manager).achieved, 100)

    def test_salespeople_see_their_own_targets_and_margins_only_with_the_right(self):
        own = self._create_target(user_id=self.salesperson.id)
        margin = self._create_target(user_id=self.salesperson.id, metric="margin")
        other = self._create_target(user_id=self.manager.id)
        everything = own | margin | other
        self.assertEqual(self.targets.with_user(self.salesperson).search([]) & everything, own)
        self.assertEqual(self.targets.with_user(self.manager).search([]) & everything, everything)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            margin.with_user(self.salesperson).read(["achieved"])
        with self.assertRaises(AccessError):
            own.with_user(self.salesperson).amount = 1
        self.salesperson.group_ids += self.env.ref("pemba_crm.group_margin")
        self.assertEqual(self.targets.with_user(self.salesperson).search([]) & everything, own | margin)
        every_lead = self._create_user("pemba_all", "sales_team.group_sale_salesman_all_leads")
        self.assertEqual(self.targets.with_user(every_lead).search([]) & everything, own | other)
        every_lead.group_ids += self.env.ref("pemba_crm.group_margin")
        self.assertEqual(self.targets.with_user(every_lead).search([]) & everything, everything)

    def test_other_companies(self):
        second = self._create_company("Second", "EUR")
        target = self._create_target(company_id=second.id)
        self._win(100, "2030-05-05")
        self.assertEqual(target.achieved, 0)
        self.assertNotIn(target, self.targets.with_user(self.manager).search([]))

    def test_bad_targets_are_refused(self):
        target = self._create_target(user_id=self.salesperson.id)
        with self._refused(ValidationError, "there is a target for the same period and scope, of"):
            self._create_target(user_id=self.salesperson.id)
        self._create_target(user_id=self.salesperson.id, metric="margin")
        self._create_target(user_id=self.manager.id)
        with self._refused_by_database("pemba.target", "A target ends before it begins."):
            target.date_end = "2030-03-31"
            target.flush_recordset()
        with self._refused_by_database("pemba.target", "The amount of a target must be above zero."):
            self._create_target(0, user_id=False)

    def test_a_new_one_is_for_the_fiscal_year_and_has_a_name(self):
        with freeze_time("2030-11-11 12:00:00"), Form(self.targets.with_user(self.manager)) as form:
            form.amount = 5000
            form.zone_id = self.france
        target = form.record
        self.assertEqual((target.date_start, target.date_end), (date(2030, 4, 1), date(2031, 3, 31)))
        self.assertEqual(target.display_name, "France, 04/01/2030 - 03/31/2031")
        target.date_end = "2030-12-31"
        self.assertEqual(target.display_name, "France, 04/01/2030 - 12/31/2030")
        own = self._create_target(name="Own name")
        own.date_end = "2030-12-31"
        self.assertEqual(own.display_name, "Own name")
        everything = self._create_target(date_start="2030-05-01")
        self.assertEqual(everything.display_name, "All sales, 05/01/2030 - 03/31/2031")

    def test_a_year_is_split_over_months_and_quarters(self):
        for months, count, last in (("1", 12, date(2031, 3, 1)), ("3", 4, date(2031, 1, 1))):
            with self.subTest(months):
                target = self._create_target(100000, nature="new" if months == "1" else "renewal")
                wizard = self.env["pemba.target.split"].with_user(self.manager)
                split = Form(wizard.with_context(default_target_id=target.id))
                split.months = months
                self.assertEqual(split.difference, 0)
                split.save().action_split()
                parts = target.child_ids.sorted("date_start")
                self.assertEqual((len(parts), parts[-1].date_start), (count, last))
                self.assertEqual(parts[-1].date_end, date(2031, 3, 31))
                self.assertEqual(round(sum(parts.mapped("amount")), 2), 100000)
                self.assertEqual(set(parts.mapped("nature")), {target.nature})
                self.assertEqual(target.split_gap, 0)
                parts[0].amount += 10
                self.assertEqual(target.split_gap, -10)

    def test_it_is_split_as_last_year_was_won(self):
        self._win(300, "2029-04-10")
        self._win(100, "2029-12-24")
        target = self._create_target(1000)
        with Form(self.env["pemba.target.split"].with_context(default_target_id=target.id)) as form:
            form.months = "3"
            form.profile = "last_year"
        self.assertEqual(form.record.line_ids.mapped("amount"), [750, 0, 250, 0])
        form.record.action_split()
        self.assertEqual(target.child_ids.sorted("date_start").mapped("amount"), [750, 250])

    def test_the_29th_of_february_counts(self):
        self._win(290, "2028-02-29")
        target = self._create_target(date_start="2029-01-01", date_end="2029-12-31")
        periods = get_periods(target.date_start, target.date_end, 1)
        self.assertEqual(target._get_last_year(periods)[:3], [0, 290, 0])

    def test_one_part_is_none(self):
        target = self._create_target(date_start="2030-04-01", date_end="2030-06-30")
        split = self.env["pemba.target.split"].create({"target_id": target.id, "months": "3"})
        with self._refused(UserError, "would have a single part"):
            split.action_split()

    def test_parts_are_archived_with_the_whole(self):
        target = self._create_target(1000)
        self.env["pemba.target.split"].create({"target_id": target.id, "months": "3"}).action_split()
        parts = target.child_ids
        target.active = False
        self.assertFalse(any(parts.mapped("active")))
        again = self.env["pemba.target.split"].create({"target_id": target.id})
        with self._refused(UserError, "is split already"):
            again.action_split()
        target.active = True
        self.assertTrue(all(parts.mapped("active")))

    def test_it_is_found_by_what_it_is_of(self):
        target = self._create_target(zone_id=self.france.id)
        self.assertIn(target.id, dict(self.targets.name_search("France")))
        self.assertIn(target, self.targets.search([("display_name", "ilike", "France")]))

    def test_parts_that_do_not_add_up_are_refused(self):
        target = self._create_target(1000)
        split = self.env["pemba.target.split"].create({"target_id": target.id, "months": "3"})
        split.line_ids[0].amount = 251
        with self._refused(UserError, "the parts differ from the target by"):
            split.action_split()
        split.line_ids[0].amount = 250
        split.action_split()
        again = self.env["pemba.target.split"].create({"target_id": target.id})
        with self._refused(UserError, "is split already"):
            again.action_split()

    def test_amounts_and_periods_add_up(self):
        euro = self._currency("EUR")
        parts = split_by_weights(100, [1, 1, 1], euro)
        self.assertEqual(parts, [33.33, 33.34, 33.33])
        self.assertEqual(split_by_weights(100, [0, 0], euro), [50, 50])
        self.assertEqual(split_by_weights(10, [0, 3, 1], euro), [0, 7.5, 2.5])
        periods = get_periods(date(2031, 1, 31), date(2031, 4, 15), 1)
        self.assertEqual(
            periods,
            [
                (date(2031, 1, 31), date(2031, 2, 27)),
                (date(2031, 2, 28), date(2031, 3, 30)),
                (date(2031, 3, 31), date(2031, 4, 15)),
            ],
        )

    def test_sales_behind_it(self):
        lead = self._win(100, "2030-05-05", zone_id=self.france.id)
        self._win(100, "2030-05-05")
        target = self._create_target(zone_id=self.europe.id)
        action = target.action_open_sales()
        self.assertEqual(self.env["pemba.sale.report"].search(action["domain"]).lead_id, lead)

    def test_many_targets_take_one_statement(self):
        for number in range(3):
            self._win(100, f"2030-05-0{number + 1}")
        few = self._create_target(nature="new") | self._create_target(nature="renewal")
        many = few | self.targets.browse().union(
            *(
                self._create_target(date_start=date(2030, 4, day), user_id=self.salesperson.id)
                for day in range(1, 31)
            )
        )
        self.env.flush_all()

        def count(targets):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            targets.mapped("achieved")
            return self.cr.sql_log_count - before

        count(few)
        self.assertEqual(count(few), count(many))
        self.assertTrue(all(target.achieved for target in many - few))

    def test_the_import_template_is_imported(self):
        [template] = self.targets.get_import_templates()
        self.assertEqual(template["template"], "/pemba_crm/static/csv/pemba_target.csv")
        with file_open("pemba_crm/static/csv/pemba_target.csv", "rb") as file:
            content = self.env["base_import.import"].create(
                {"res_model": "pemba.target", "file": file.read(), "file_type": "text/csv"}
            )
        options = {"quoting": '"', "separator": ",", "has_headers": True, "encoding": "utf-8"}
        preview = content.parse_preview(options)
        columns = [preview["matches"][index][0] for index in range(len(preview["headers"]))]
        result = content.execute_import(columns, preview["headers"], options | {"keep_matches": False})
        self.assertFalse(result["messages"])
        europe, training = self.targets.browse(result["ids"])
        self.assertEqual((europe.name, europe.amount, europe.zone_id), ("Europe 2027", 1200000, self.europe))
        self.assertEqual(
            (training.metric, training.sale_type_id, training.nature),
            ("margin", self.types["training"], "new"),
        )
        again = content.execute_import(columns, preview["headers"], options)
        self.assertEqual((again["ids"], again["messages"]), (result["ids"], []))
