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
        # 9,000 × 1.18
        self.assertEqual(self.deal.expected_revenue, 10620)

    def test_maintenance_follows_what_the_customer_pays_for_licences(self):
        configuration = self._configure(module_ids=[Command.set(self.maps.ids)], seat_count=10)
        configuration.action_apply()
        licence, maps, maintenance = self.deal.opportunity_line_ids
        # on the form, whose save writes line by line
        with Form(self.deal) as form, form.opportunity_line_ids.edit(0) as line:
            line.discount = 20
        # (10,000 × 0.8 + 2,000) × 18 %
        self.assertEqual(maintenance.price_unit, 1800)
        self.assertEqual(self.deal.expected_revenue, 11800)
        maps.unlink()
        self.assertEqual(maintenance.price_unit, 1440)
        licence.quantity = 20
        self.assertEqual((maintenance.price_unit, self.deal.expected_revenue), (2880, 18880))
        maintenance.price_unit = 2500  # negotiated: it stays
        licence.quantity = 10
        self.assertEqual(maintenance.price_unit, 2500)
        maintenance.unlink()  # and so does what the customer does without
        licence.quantity = 12
        self.assertEqual(self.deal.opportunity_line_ids, licence)

    def test_maintenance_follows_whatever_changes_the_licences(self):
        modules = [Command.set(self.maps.ids)]
        first, second = (self._configure(module_ids=modules, seat_count=10) for _which in range(2))
        (first | second).action_apply()
        licence, maps, maintenance = first.line_ids
        other_maintenance = second.line_ids[2]
        maps.active = False
        self.assertEqual(maintenance.price_unit, 1800)
        maps.active = True
        self.assertEqual(maintenance.price_unit, 2160)
        maps.write({"configuration_id": False})  # now by hand
        self.assertEqual((maintenance.price_unit, other_maintenance.price_unit), (1800, 2160))
        # two years count twice, until the line does not recur
        licence.sale_type_id = self.types["maintenance"]
        licence.write({"date_start": "2026-01-01", "date_end": "2027-12-31"})
        self.assertEqual(maintenance.price_unit, 3600)
        licence.sale_type_id = self.types["software"]
        self.assertEqual(maintenance.price_unit, 1800)
        licence.unlink()  # nothing is left to maintain
        self.assertFalse(maintenance.exists())

    def test_maintenance_follows_what_was_applied(self):
        configuration = self._configure(seat_count=10)
        configuration.action_apply()
        licence, maintenance = self.deal.opportunity_line_ids
        free = self._create_software("Free", product_id=self.training.id)
        configuration.write({"software_id": free.id})  # saved, and not applied
        licence.discount = 1
        self.assertEqual(maintenance.price_unit, 1782)
        configuration.action_apply()
        self.assertEqual((licence.product_id, licence.software_id), (self.training, free))
        self.assertFalse(maintenance.exists())

    def test_negotiated_maintenance_stays_when_licences_are_given_away(self):
        configuration = self._configure(seat_count=10)
        configuration.action_apply()
        licence, maintenance = self.deal.opportunity_line_ids
        maintenance.price_unit = 2500
        licence.discount = 100
        configuration.action_apply()
        self.assertEqual((maintenance.price_unit, self.deal.expected_revenue), (2500, 2500))

    def test_applying_brings_back_what_counts(self):
        configuration = self._configure(module_ids=[Command.set(self.maps.ids)], seat_count=10)
        configuration.action_apply()
        configuration.line_ids[1].active = False
        previewed = sum(row["amounts"]["net_amount"] for row in configuration._get_preview_rows())
        configuration.action_apply()
        self.assertEqual(self.deal.expected_revenue, previewed)
        self.assertEqual(previewed, 14160)

    def test_maintenance_follows_in_another_currency(self):
        zone, dollar = self._create_dollar_zone(1.174)
        self.deal.zone_id = zone
        self._configure(module_ids=[Command.set(self.maps.ids)], seat_count=7).action_apply()
        licence, _maps, maintenance = self.deal.opportunity_line_ids
        with Form(self.deal) as form:
            form.deal_currency_id = dollar
        self.assertFalse(maintenance._has_negotiated_price())
        with Form(self.deal) as form:
            with form.opportunity_line_ids.edit(0) as line:
                line.discount = 30
            shown = form.deal_amount
        self.assertEqual(self.deal.deal_amount, shown)
        paid = sum((licence | _maps).mapped("price_subtotal"))
        self.assertEqual(maintenance.price_unit, self.deal.deal_currency_id.round(paid * 0.18))

    def test_another_deployment_that_is_saved_shows_in_the_sums(self):
        configuration = self._configure(deployment_type_id=self.saas.id, seat_count=10)
        configuration.action_apply()
        self.deal.opportunity_line_ids.write({"date_start": "2026-01-01", "date_end": "2027-12-31"})
        self.assertEqual(self.deal.expected_revenue, 6000)
        configuration.deployment_type_id = self.on_premise
        self.assertEqual(self.deal.expected_revenue, sum(self.deal.opportunity_line_ids.mapped("net_amount")))

    def test_the_preview_shows_margins_to_their_group_alone(self):
        configuration = self._configure(seat_count=10)
        self.assertIn("Margin", configuration.with_user(self.manager).preview)
        self.assertNotIn("Margin", configuration.with_user(self.salesperson).preview)
        # without an opportunity yet
        unsaved = self.env["pemba.opportunity.configuration"].new({"software_id": self.software.id})
        self.assertIn("Licence", unsaved.preview)

    def test_maintenance_of_a_closed_deal_stays(self):
        self._configure(seat_count=10).action_apply()
        licence, maintenance = self.deal.opportunity_line_ids
        self.deal.action_set_won()
        licence.with_user(self.manager).quantity = 5
        self.assertEqual((maintenance.price_unit, self.deal.expected_revenue), (1800, 6800))

    def test_the_form_tells_of_what_is_retained_beside_it(self):
        self._configure(deployment_type_id=self.saas.id)
        self._configure(deployment_type_id=self.on_premise.id, is_retained=False)
        view = "pemba_crm.pemba_opportunity_configuration_view_form"
        configurations = self.env["pemba.opportunity.configuration"].with_context(
            default_lead_id=self.deal.id
        )
        form = Form(configurations, view=view)
        self.assertFalse(form.retained_beside)
        form.software_id = self.software
        self.assertEqual(form.retained_beside, "Geo, SaaS")
        form.is_retained = False
        self.assertFalse(form.retained_beside)

    def test_the_preview_is_what_applying_writes(self):
        rule = {"distributor_id": self.distributor.id, "rate": 30}
        self.env["pemba.margin.rule"].create(rule)
        self.deal.distributor_id = self.distributor
        configuration = self._configure(configuration_id=self.ready.id)

        def preview():
            return [
                (row["line"].product_id.name, row["state"], row["old_quantity"], row["amounts"]["net_amount"])
                for row in configuration._get_preview_rows()
            ]

        # the distributor keeps 30 %
        self.assertEqual(
            preview(),
            [("Licence", "new", 0, 7000), ("Maps", "new", 0, 1400)]
            + [("Training", "new", 0, 980), ("Maintenance", "new", 0, 1512)],
        )
        self.assertFalse(self.env["pemba.opportunity.line"].search([("lead_id", "=", self.deal.id)]))
        configuration.action_apply()
        self.assertEqual(sum(row[3] for row in preview()), self.deal.expected_revenue)
        self.assertEqual({row[1] for row in preview()}, {"kept"})
        licence = self.deal.opportunity_line_ids.filtered(lambda line: line.configuration_role == "licence")
        licence.quantity = 8
        self.assertEqual(preview()[0], ("Licence", "changed", 8, 7000))
        configuration.module_ids = False
        self.assertEqual(
            preview(),
            [("Licence", "changed", 8, 7000), ("Training", "kept", 0, 980)]
            # (8 + 2) × 1,000 × 18 %, as it is already
            + [("Maintenance", "kept", 0, 1260), ("Maps", "removed", 0, 0)],
        )
        self.assertEqual(licence.quantity, 8)

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
            ({"seat_count": 0}, "Seats must be above zero"),
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
