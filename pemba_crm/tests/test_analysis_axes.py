import random
from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .add_on import OWN_AXES, AxesCommon
from .test_analysis_forecast import FIRST, SECOND, THIRD


@tagged("post_install", "-at_install")
class TestAxes(AxesCommon):
    """An axis that an add-on brings is one wherever sales are added up."""

    def test_the_sales_analysis_adds_up_by_it(self):
        lines = [self._line(price_unit=100), self._line(price_unit=50)]
        public = self._create_deal(*lines, segment_id=self.public.id, first_contact="web")
        private = self._create_opportunity("E", expected_revenue=30, segment_id=self.private.id)
        report = self.report.with_user(self.manager)
        among = [("lead_id", "in", (public | private).ids)]
        by_segment = report._read_group(among, ["segment_id"], ["revenue:sum"])
        self.assertEqual(
            {segment: revenue for segment, revenue in by_segment}, {self.public: 150, self.private: 30}
        )
        self.assertEqual(
            report._read_group(among, ["first_contact"], ["revenue:sum"]), [("web", 150), (False, 30)]
        )
        self.assertEqual(report.search([*among, ("segment_id", "=", self.public.id)]).lead_id, public)

    def test_what_was_just_written_is_read(self):
        lead = self._create_opportunity("E", expected_revenue=30)
        self.env.flush_all()
        lead.first_contact = "fair"
        self.assertEqual(self.report.search([("first_contact", "=", "fair")]).lead_id, lead)
        self.env.flush_all()
        lead.user_id = self.manager
        self.assertEqual(self.report.search([("user_id", "=", self.manager.id)]).lead_id, lead)

    def test_a_snapshot_keeps_it(self):
        lead = self._create_opportunity("E", segment_id=self.public.id, first_contact="web")
        row = self._take(FIRST)
        lead.write({"segment_id": self.private.id, "first_contact": "fair"})
        self.assertEqual((row.segment_id, row.first_contact), (self.public, "web"))
        self.assertEqual(self._take(SECOND).segment_id, self.private)
        self.assertEqual(row.segment_id, self.public)

    def test_its_change_is_a_movement(self):
        lead = self._create_opportunity(
            "E", expected_revenue=100, maturity=50, segment_id=self.public.id, first_contact="web"
        )
        self._take(FIRST)
        lead.write({"segment_id": self.private.id, "expected_revenue": 120})
        self._take(SECOND)
        rows = self._get_report()._read_group(
            [], ["kind", "segment_id"], ["revenue:sum", "weighted_revenue:sum"]
        )
        self.assertEqual(
            {(kind, segment): sums for kind, segment, *sums in rows},
            {
                ("opening", self.public): [100, 50],
                ("moved", self.public): [-100, -50],
                ("moved", self.private): [100, 50],
                ("up", self.private): [20, 10],
            },
        )
        lead.first_contact = "fair"
        self._take(THIRD)
        self.assertEqual(self._get_movements(SECOND, THIRD), {"opening": (120, 60), "moved": (0, 0)})

    def test_movements_balance_by_it(self):
        """Whatever changes: by each axis what was open, and the movements, are what is open, to the cent."""
        dice = random.Random(7)
        leads = self.env["crm.lead"].browse()
        for _number in range(15):
            leads |= self._create_random(dice)
        for day in (FIRST, SECOND, THIRD):
            self._take(day)
            for lead in leads.filtered(lambda lead: lead.won_status == "pending"):
                self._change(dice, lead)
            leads |= self._create_random(dice)
        moved = self._get_report(FIRST, THIRD).search([("kind", "=", "moved")])
        self.assertGreater(len(moved), 10)
        for first, last in ((FIRST, SECOND), (SECOND, THIRD), (FIRST, THIRD)):
            for axes in (*([name] for name in OWN_AXES), [*OWN_AXES, "user_id", "sale_type_id"]):
                at_last = self._get_sums(self.snapshot, [("date", "=", last)], axes)
                self.assertTrue(at_last)
                self.assertEqual(self._get_sums(self._get_report(first, last), [], axes), at_last, axes)

    def _get_sums(self, report, domain, axes):
        """``{group: [revenue, weighted revenue]}`` of what is not nothing."""
        groups = report._read_group(domain, axes, ["revenue:sum", "weighted_revenue:sum"])
        sums = {tuple(key): [round(revenue, 2), round(weighted, 2)] for *key, revenue, weighted in groups}
        return {key: values for key, values in sums.items() if any(values)}

    def _pick(self, dice):
        """Axes of an opportunity, or none."""
        segment = dice.choice((self.public, self.private, self.other, self.other.browse()))
        return {"segment_id": segment.id, "first_contact": dice.choice(("web", "fair", False))}

    def _create_random(self, dice):
        products = dice.sample((self.licence, self.training, self.maintenance), dice.choice((0, 1, 2)))
        lines = [
            self._line(product_id=product.id, price_unit=dice.randint(1, 99999) / 100) for product in products
        ]
        return self._create_deal(
            *lines,
            **self._pick(dice),
            expected_revenue=dice.randint(1, 99999) / 100,
            maturity=dice.choice((10, 33.3, 66.67)),
        )

    def _change(self, dice, lead):
        if dice.random() < 0.6:
            lead.write(self._pick(dice))
        if dice.random() < 0.4:
            lead.maturity = dice.choice((20, 33.3, 77.7))
        if dice.random() < 0.3:
            lead.write({"opportunity_line_ids": [Command.create(self._line(price_unit=12.34))]})
        if dice.random() < 0.3:
            lead.user_id = dice.choice((self.salesperson, self.colleague))
        if dice.random() < 0.15:
            dice.choice((lead.action_set_won, lead.action_set_lost))()

    def test_a_target_is_narrowed_to_it(self):
        low = self.env.ref("pemba_crm.risk_level_low").id
        self._win(300, segment_id=self.public.id, first_contact="web")
        self._win(100, segment_id=self.public.id)
        self._win(50, segment_id=self.private.id)
        for segment in (self.public, self.private):
            self._create_opportunity(
                "M",
                expected_revenue=200,
                maturity=50,
                risk_level_id=low,
                segment_id=segment.id,
                date_deadline="2030-07-07",
            )
        for scope, achieved, outlook in (
            ({}, 450, 650),
            ({"segment_id": self.public.id}, 400, 500),
            ({"segment_id": self.public.id, "first_contact": "web"}, 300, 300),
            ({"segment_id": self.public.id, "first_contact": "fair"}, 0, 0),
            ({"segment_id": self.private.id, "user_id": self.salesperson.id}, 50, 150),
            ({"segment_id": self.private.id, "user_id": self.manager.id}, 0, 0),
        ):
            with self.subTest(scope):
                target = self._create_target(**scope)
                self.assertEqual((target.achieved, target.forecast_amount), (achieved, outlook))
                self.assertAlmostEqual(target.attainment, achieved / 10, 9)
                sales = self.report.search(target.action_open_sales()["domain"])
                self.assertEqual(sum(sales.mapped("revenue")), achieved)

    def test_a_target_follows_a_change_of_it(self):
        self.env["ir.ui.view"].create(
            {
                "name": "pemba.target.form.inherit.axes",
                "model": "pemba.target",
                "inherit_id": self.env.ref("pemba_crm.pemba_target_view_form").id,
                "arch": """
                    <group name="scope" position="inside">
                        <field name="segment_id" />
                        <field name="first_contact" />
                    </group>
                """,
            }
        )
        self._win(300, segment_id=self.public.id)
        target = self._create_target()
        self.assertEqual((target.achieved, target.display_name[:9]), (300, "All sales"))
        target.segment_id = self.private
        self.assertEqual((target.achieved, target.display_name[:15]), (0, "Private Sector,"))
        with Form(target) as form:
            form.segment_id = self.public
            form.first_contact = "fair"
        self.assertEqual(target.display_name, "Public Sector, Trade Fair, 01/01/2030 - 12/31/2030")
        self.assertIn(target, self.targets.search([("display_name", "ilike", "Public Sec")]))

    def test_there_is_one_target_of_it(self):
        self._create_target(segment_id=self.public.id)
        private = self._create_target(segment_id=self.private.id)
        with self._refused(ValidationError, "Public Sector, .*: there is a target for the same period"):
            self._create_target(segment_id=self.public.id)
        with self._refused(ValidationError, "there is a target for the same period and scope"):
            private.segment_id = self.public
        self._create_target(segment_id=self.public.id, first_contact="web")

    def test_parts_of_a_target_are_of_it(self):
        self._win(300, "2029-02-02", segment_id=self.public.id)
        self._win(100, "2029-08-08", segment_id=self.public.id)
        self._win(900, "2029-08-08", segment_id=self.private.id)
        target = self._create_target(segment_id=self.public.id)
        split = self.env["pemba.target.split"].create(
            {"target_id": target.id, "months": "6", "profile": "last_year"}
        )
        split.action_split()
        parts = target.child_ids.sorted("date_start")
        self.assertEqual((parts.mapped("amount"), parts.segment_id), ([750, 250], self.public))

    def test_opportunities_are_counted_and_groups_ordered_as_an_add_on_says(self):
        fair = self._create_deal(self._line(), self._line(), first_contact="fair")
        web = self._create_deal(self._line(), self._line(), first_contact="web")
        groups = self.report._read_group(
            [("lead_id", "in", (fair | web).ids)],
            ["first_contact"],
            ["fair_count:sum", "opportunity_count:sum"],
            order="first_contact",
        )
        self.assertEqual(groups, [("web", 0, 1), ("fair", 1, 1)])

    def test_the_digest_has_a_figure_of_an_add_on(self):
        self._create_opportunity("E", expected_revenue=70, first_contact="fair")
        self._create_opportunity("E", expected_revenue=30, first_contact="web")
        digest = self.env["digest.digest"].create(
            {"name": "Weekly", "periodicity": "weekly", "kpi_fair_revenue": True}
        )
        shown = {kpi["kpi_name"]: kpi for kpi in digest._compute_kpis(self.env.company, self.manager)}
        self.assertEqual(list(shown), ["kpi_fair_revenue"])
        self.assertIn("pemba_sale_report_action", shown["kpi_fair_revenue"]["kpi_action"])
        now = fields.Datetime.now()
        week = {"start_datetime": now - timedelta(days=7), "end_datetime": now + timedelta(days=1)}
        own = digest.with_user(self.manager).with_context(**week)
        self.assertEqual(own.kpi_fair_revenue_value, 70)

    def test_opportunities_are_found_by_what_an_add_on_says_of_lines(self):
        line = self._line(use_id=self.public.id)
        lead = self._create_deal(line, line, self._line(use_id=self.private.id), self._line())
        self.assertEqual(lead.offered_use_ids, self.public | self.private)
        leads = self.env["crm.lead"].with_user(self.salesperson)
        self.assertEqual(leads.search([("offered_use_ids", "in", self.public.ids)]), lead)
        groups = leads._read_group([("id", "=", lead.id)], ["offered_use_ids"], ["__count"])
        self.assertEqual(groups, [(self.public, 1), (self.private, 1)])
        lead.opportunity_line_ids.filtered(lambda line: line.use_id == self.private).active = False
        self.assertEqual(lead.offered_use_ids, self.public)
