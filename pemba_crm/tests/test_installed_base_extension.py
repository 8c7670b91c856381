from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .test_installed_base_delivery import DeliveryCase


@tagged("post_install", "-at_install")
class TestExtension(DeliveryCase):
    """Deals that extend what their customer runs."""

    def test_five_seats_more_then_an_upgrade(self):
        first = self._sell(seat_count=10, version_id=self.old.id, deployment_type_id=self.on_premise.id)
        first.action_set_won()
        geo = first._create_equipment()
        geo.action_start(self._day(-50))
        second = self._create_opportunity("E", partner_id=self.customer.id)
        configuration = self.env["pemba.opportunity.configuration"].create(
            {"lead_id": second.id, "equipment_id": geo.id}
        )
        self.assertEqual(
            (configuration.software_id, configuration.version_id, configuration.seat_count),
            (self.software, self.old, 10),
        )
        self.assertEqual(second.nature, "extension")
        configuration.action_apply()
        self.assertFalse(second.opportunity_line_ids)  # it lacks nothing
        configuration.write({"seat_count": 15, "module_ids": [Command.set(self.maps.ids)]})
        configuration.action_apply()
        # maintenance: (5 × 1,000 + 15 × 200) × 18 % = 1,440
        self.assertEqual(
            [(line.product_id.name, line.quantity, line.price_unit) for line in second.opportunity_line_ids],
            [("Licence", 5, 1000), ("Maps", 15, 200), ("Maintenance", 1, 1440)],
        )
        second.action_set_won()
        self.assertEqual(second._create_equipment(), geo)
        geo.action_upgrade(self.new, self.today)
        self.assertEqual(
            self._get_content(geo), [("Licence", 10, first), ("Licence", 5, second), ("Maps", 15, second)]
        )
        self.assertEqual((geo.seat_count, geo.module_ids, geo.version_id), (15, self.maps, self.new))
        self.assertEqual(
            [
                (event.kind, event.description, event.line_ids.opportunity_line_id.lead_id)
                for event in geo.event_ids.sorted("id")
            ],
            [
                ("install", "Licence +10, Geo 4.2, Customer", first),
                ("add", "Licence +5, Maps +15", second),
                ("upgrade", "Geo 5.0", self.env["crm.lead"]),
            ],
        )
        self.assertFalse(second._create_equipment())

    def test_a_configuration_extends_what_its_customer_runs(self):
        geo = self._create_equipment(state="in_service")
        deal = self._create_opportunity("E", partner_id=self.other.id)
        with self._refused(ValidationError, "belongs to Customer, not to Other"):
            self.env["pemba.opportunity.configuration"].create({"lead_id": deal.id, "equipment_id": geo.id})
        foreign = self._create_software("Foreign")
        with self._refused(ValidationError, "is not Foreign"):
            self._sell(equipment_id=geo.id, software_id=foreign.id, seat_count=1, version_id=False)

    def test_an_extension_never_goes_back_or_astray(self):
        geo = self._create_equipment(state="in_service", in_service_date=self._day(-5))
        deal = self._sell(equipment_id=geo.id, seat_count=15)
        geo.action_upgrade(self.new)
        deal.action_set_won()
        geo._transfer(self.other)
        with self._refused(UserError, f"{geo.name} Geo belongs to Other, not to Customer"):
            deal._create_equipment()
        geo._transfer(self.customer)
        deal._create_equipment()
        self.assertEqual((geo.seat_count, geo.version_id), (15, self.new))

    def test_an_upgrade_alone_is_delivered(self):
        geo = self._create_equipment(state="in_service")
        deal = self._sell(equipment_id=geo.id, version_id=self.new.id)
        self.assertFalse(deal.opportunity_line_ids)
        self._win(deal)
        self.assertTrue(deal.is_to_deliver)
        self.assertTrue(deal.activity_ids)
        deal.with_user(self.support)._create_equipment()
        self.assertEqual(geo.version_id, self.new)
        self.assertFalse(deal.is_to_deliver or deal.activity_ids)

    def test_what_is_planned_takes_what_is_sold_meanwhile(self):
        deal = self._sell(seat_count=10)
        deal.action_set_won()
        geo = deal._create_equipment()
        licence = deal.opportunity_line_ids.filtered(lambda line: line.configuration_role == "licence")
        licence.with_user(self.manager).quantity = 12
        self.assertTrue(deal.is_to_deliver)
        deal.with_user(self.support)._create_equipment()
        self.assertEqual((geo.state, geo.seat_count), ("planned", 12))
        self.assertEqual(geo.component_ids.opportunity_line_id, licence)
        self.assertFalse(deal.is_to_deliver)

    def test_salespeople_extend_what_a_colleague_sold(self):
        first = self._sell(seat_count=10)
        first.action_set_won()
        geo = first._create_equipment()
        geo.action_start()
        colleague = self._create_user("pemba_colleague", "sales_team.group_sale_salesman")
        deal = self._create_opportunity("E", partner_id=self.customer.id, user_id=colleague.id)
        self.env.invalidate_all()
        configuration = self.env["pemba.opportunity.configuration"].with_user(colleague)
        configuration = configuration.create({"lead_id": deal.id, "equipment_id": geo.id})
        configuration.seat_count = 12
        configuration.action_apply()
        self.assertEqual(deal.opportunity_line_ids.filtered("configuration_role")[0].quantity, 2)

    def test_a_configuration_extends_equipment_of_its_own_company(self):
        company = self._create_company("Elsewhere", "EUR")
        geo = self._create_equipment(company_id=company.id)
        with self._refused(ValidationError, "is of Elsewhere"):
            self._sell(equipment_id=geo.id)
