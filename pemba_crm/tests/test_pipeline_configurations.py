from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PembaSoftwareCommon


@tagged("post_install", "-at_install")
class TestOpportunityConfigurations(PembaSoftwareCommon):
    """From what the customer chose to the lines of the offer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deal = cls._create_opportunity("E")

    @classmethod
    def _configure(cls, **vals):
        vals = {"lead_id": cls.deal.id, "software_id": cls.software.id, **vals}
        return cls.env["pemba.opportunity.configuration"].create(vals)

    def _get_offer(self):
        return [
            (line.product_id.name, line.quantity, line.price_unit, line.discount)
            for line in self.deal.opportunity_line_ids
        ]

    def test_a_ready_made_configuration_becomes_lines(self):
        configuration = self.env["pemba.opportunity.configuration"].create(
            {"lead_id": self.deal.id, "configuration_id": self.ready.id}
        )
        self.assertEqual(
            (configuration.software_id, configuration.module_ids, configuration.seat_count),
            (self.software, self.maps, 10),
        )
        configuration.action_apply()
        # maintenance: (10 × 1,000 + 10 × 200) × 18 % = 2,160
        self.assertEqual(
            self._get_offer(),
            [("Licence", 10, 1000, 0), ("Maps", 10, 200, 0), ("Maintenance", 1, 2160, 0)]
            + [("Training", 2, 700, 0)],
        )
        self.assertEqual(self.deal.expected_revenue, 12000 + 2160 + 1400)
        self.assertEqual(configuration.amount, 15560)

    def test_applying_again_keeps_what_was_negotiated(self):
        configuration = self._configure(module_ids=[Command.set(self.maps.ids)], seat_count=10)
        configuration.action_apply()
        licence, maps, maintenance = self.deal.opportunity_line_ids
        licence.write({"price_unit": 900, "discount": 10})
        by_hand = self.env["pemba.opportunity.line"].create(
            {"lead_id": self.deal.id, "product_id": self.licence.id, "quantity": 7}
        )
        configuration.write({"seat_count": 12, "module_ids": [Command.link(self.routes.id)]})
        for _again in range(2):
            configuration.action_apply()
            lines = self.deal.opportunity_line_ids
            self.assertLess(licence | maps | maintenance | by_hand, lines)
            self.assertEqual((licence.quantity, licence.price_unit, licence.discount), (12, 900, 10))
            self.assertEqual(by_hand.quantity, 7)
            # (12 × 900 × 0.9 + 12 × 200 + 12 × 100) × 18 % = 13,320 × 18 % = 2,397.60
            self.assertEqual(maintenance.price_unit, 2397.6)
            self.assertEqual(len(lines), 5)
        maintenance.price_unit = 2000
        configuration.module_ids = self.maps
        configuration.action_apply()
        self.assertEqual(maintenance.price_unit, 2000)
        self.assertNotIn(self.routes, self.deal.opportunity_line_ids.module_id)

    def test_a_subscription_recurs_and_brings_no_maintenance(self):
        configuration = self._configure(deployment_type_id=self.saas.id, seat_count=5)
        configuration.action_apply()
        self.assertEqual(self._get_offer(), [("Subscription", 5, 300, 0)])
        line = self.deal.opportunity_line_ids
        self.assertTrue(line.is_recurring)
        line.write({"date_start": "2026-01-01", "date_end": "2027-12-31"})
        self.assertEqual(self.deal.expected_revenue, 5 * 300 * 2)

    def test_another_deployment_takes_its_own_product(self):
        configuration = self._configure(deployment_type_id=self.on_premise.id, seat_count=5)
        configuration.action_apply()
        licence = self.deal.opportunity_line_ids[0]
        configuration.deployment_type_id = self.saas
        configuration.action_apply()
        self.assertEqual(self.deal.opportunity_line_ids, licence)
        self.assertEqual((licence.product_id, licence.price_unit), (self.subscription, 300))
        self.assertTrue(licence.is_recurring)

    def test_only_retained_configurations_count(self):
        first = self._configure(seat_count=10)
        second = self._configure(seat_count=20, is_retained=False)
        (first | second).action_apply()
        # 10 × 1,000 × 1.18
        self.assertEqual(self.deal.expected_revenue, 11800)
        self.assertEqual(second.amount, 23600)
        first.line_ids[0].discount = 10
        first.is_retained = False
        second.is_retained = True
        self.assertEqual(self.deal.expected_revenue, 23600)
        second.is_retained = False
        first.is_retained = True
        # 9,000 + the maintenance as it was
        self.assertEqual(self.deal.expected_revenue, 10800)

    def test_what_does_not_go_together_is_refused(self):
        other = self.env["pemba.software"].create({"name": "Other"})
        foreign = self.env["pemba.software.module"].create({"name": "Foreign", "software_id": other.id})
        for vals, message in (
            ({"module_ids": [Command.set(self.routes.ids)]}, "Routes requires Maps"),
            (
                {"module_ids": [Command.set((self.maps | self.routes | self.legacy).ids)]},
                "Legacy and Routes exclude each other",
            ),
            ({"module_ids": [Command.set(foreign.ids)]}, "Foreign belongs to Other, not to Geo"),
            ({"seat_count": 0}, "seats must be above zero"),
            (
                {"deployment_type_id": self.env.ref("pemba_crm.deployment_type_hosted").id},
                "Geo is not offered as Hosted",
            ),
        ):
            with self._refused(ValidationError, message):
                self._configure(**vals)

    def test_opportunities_are_found_and_grouped_by_what_they_offer(self):
        self.env["pemba.opportunity.configuration"].create(
            {"lead_id": self.deal.id, "configuration_id": self.ready.id}
        ).action_apply()
        self.software.suite_id = self.env["pemba.software.suite"].create({"name": "Maps and more"})
        other = self._create_opportunity("E", opportunity_line_ids=[Command.create(self._line())] * 2)
        self.env.flush_all()
        leads = self.env["crm.lead"].with_user(self.salesperson)
        among = [("id", "in", (self.deal | other).ids)]
        for axis, record in (
            ("offered_product_ids", self.training),
            ("offered_suite_ids", self.software.suite_id),
            ("offered_software_ids", self.software),
            ("offered_module_ids", self.maps),
            ("offered_version_ids", self.software.version_ids),
            ("offered_deployment_type_ids", self.on_premise),
        ):
            self.assertEqual(leads.search([*among, (axis, "=", record.id)]), self.deal)
            groups = dict(leads._read_group(among, [axis], ["__count"]))
            self.assertEqual(groups[record], 1)
        by_product = dict(leads._read_group(among, ["offered_product_ids"], ["__count"]))
        self.assertEqual(by_product[self.licence], 2)  # each deal once
        self.deal.opportunity_configuration_ids.is_retained = False
        self.env.flush_all()
        self.assertFalse(leads.search([*among, ("offered_module_ids", "!=", False)]))

    def test_an_unknown_module_is_refused_by_import(self):
        result = self.env["pemba.opportunity.configuration"].load(
            ["lead_id/.id", "software_id", "module_ids"], [[str(self.deal.id), "Geo", "Nonsense"]]
        )
        self.assertFalse(result["ids"])
        self.assertIn("Nonsense", result["messages"][0]["message"])
        self.assertFalse(self.deal.opportunity_configuration_ids)

    def test_the_form_adds_what_a_module_requires_and_shows_what_it_costs(self):
        view = "pemba_crm.pemba_opportunity_configuration_view_form"
        configurations = self.env["pemba.opportunity.configuration"].with_user(self.salesperson)
        form = Form(configurations.with_context(default_lead_id=self.deal.id), view=view)
        form.configuration_id = self.ready
        self.assertEqual((form.software_id, form.seat_count), (self.software, 10))
        form.module_ids.add(self.routes)
        self.assertIn(self.maps, form.module_ids[:])
        self.assertIn("Routes", form.preview)
        # 10 × 1,300 × 1.18 + 2 × 700 = 16,740
        self.assertIn("16,740", form.preview)
        form.module_ids.add(self.legacy)
        self.assertIn("exclude each other", form.configuration_issue)
        form.module_ids.remove(self.legacy.id)
        form.save().action_apply()
        self.assertEqual(self.deal.expected_revenue, 16740)

    def test_a_configuration_goes_with_its_lines(self):
        configuration = self._configure(seat_count=3)
        configuration.action_apply()
        other = self._create_opportunity("E")
        with self._refused(UserError, "a configuration stays with its opportunity"):
            configuration.lead_id = other
        configuration.unlink()
        self.assertEqual((self.deal.expected_revenue, self.deal.opportunity_line_count), (0, 0))

    def test_a_closed_deal_keeps_its_configuration(self):
        configuration = self._configure()
        configuration.action_apply()
        self.deal.action_set_won()
        for change in (
            configuration.action_apply,
            configuration.unlink,
            lambda: configuration.write({"seat_count": 3}),
            self._configure,
        ):
            with self._refused(UserError, "Opportunity at E is closed"):
                change()

    def test_a_copy_has_configurations_of_its_own(self):
        self._configure(seat_count=3).action_apply()
        alternative = self._configure(seat_count=4, is_retained=False)
        alternative.action_apply()
        copy = self.deal.copy()
        self.assertEqual(copy.opportunity_configuration_ids.mapped("seat_count"), [3, 4])
        self.assertEqual(copy.opportunity_line_ids.configuration_id, copy.opportunity_configuration_ids[0])
        self.assertEqual(copy.expected_revenue, self.deal.expected_revenue)

    def test_merging_moves_configurations_with_their_lines(self):
        self._configure(seat_count=3).action_apply()
        other = self._create_opportunity("E")
        self._configure(seat_count=4, lead_id=other.id).action_apply()
        merged = (self.deal | other).merge_opportunity()
        self.assertEqual(merged.opportunity_line_ids.configuration_id, merged.opportunity_configuration_ids)
        self.assertEqual(merged.expected_revenue, 7 * 1180)

    def test_a_configuration_of_another_deal_is_refused(self):
        configuration = self._configure()
        with self._refused(ValidationError, "it is one of another opportunity"):
            self._create_deal(self._line(configuration_id=configuration.id))

    def test_sixty_modules_cost_no_query_each(self):
        def count(modules):
            software = self.env["pemba.software"].create(
                {
                    "name": f"Software of {modules}",
                    "module_ids": [
                        Command.create({"name": f"Module {rank}", "product_id": self.licence.id})
                        for rank in range(modules)
                    ],
                }
            )
            configuration = self._configure(
                software_id=software.id, module_ids=[Command.set(software.module_ids.ids)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            configuration.action_apply()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(60) - count(5), 2)
