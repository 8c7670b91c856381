from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_installed_base_equipment import EquipmentCase


@tagged("post_install", "-at_install")
class TestChange(EquipmentCase):
    """What happens to equipment: an event each."""

    def test_each_action_is_one_event(self):
        equipment = self._create_equipment()
        equipment.action_start(self._day(-100))
        equipment._add(self.maps.product_id, 10, self.maps, self._day(-80))
        equipment.action_upgrade(self.new, self._day(-20))
        equipment._reduce(self.licence, 4, date=self._day(-15))
        equipment._move(self.plant, self._day(-10))
        equipment.action_suspend(self._day(-9))
        equipment.action_resume(self._day(-8))
        equipment._transfer(self.other, date=self._day(-7))
        equipment._retire(self._day(-1))
        self.assertEqual(
            self._get_events(equipment),
            [
                ("install", -100, "Licence +10, Geo 4.2, Customer"),
                ("add", -80, "Maps +10"),
                ("upgrade", -20, "Geo 5.0"),
                ("reduce", -15, "Licence -4"),
                ("move", -10, "Customer, Plant"),
                ("suspend", -9, ""),
                ("resume", -8, ""),
                ("transfer", -7, "Other"),
                ("retire", -1, ""),
            ],
        )
        self.assertEqual((equipment.state, equipment.retired_date), ("retired", self._day(-1)))
        for days, base in (
            (-101, []),
            (-100, [("Licence", "4.2", 10)]),
            (-80, [("Licence", "4.2", 10), ("Maps", "4.2", 10)]),
            (-20, [("Licence", "5.0", 10), ("Maps", "5.0", 10)]),
            (-2, [("Licence", "5.0", 6), ("Maps", "5.0", 10)]),
            (-1, []),
        ):
            self.assertEqual(self._get_base(equipment, days), base, f"on day {days}")

    def test_a_direct_write_is_a_correction_of_today(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-10))
        equipment.write(
            {"seat_count": 12, "version_id": self.new.id, "module_ids": [Command.set(self.maps.ids)]}
        )
        self.assertEqual(
            self._get_events(equipment),
            [
                ("install", -10, "Licence +10, Geo 4.2, Customer"),
                ("correct", 0, "Licence +2, Maps +12, Geo 5.0"),
            ],
        )
        equipment.component_ids[0].quantity = 5
        equipment.module_ids = False
        self.assertEqual(
            self._get_events(equipment)[2:], [("correct", 0, "Licence -7"), ("correct", 0, "Maps -12")]
        )
        self.assertEqual(self._get_base(equipment, 0), [("Licence", "5.0", 5)])
        equipment.write({"serial_number": "X", "usage": "test", "seat_count": 5, "version_id": self.new.id})
        self.assertEqual(len(equipment.event_ids), 4)

    def test_a_state_that_is_written_is_reached_by_its_action(self):
        equipment = self._create_equipment()
        with self._refused(ValidationError, "State: what is Planned does not become Retired"):
            equipment.state = "retired"
        equipment.write({"state": "in_service", "in_service_date": self._day(-10)})
        equipment.state = "suspended"
        equipment.state = "in_service"
        equipment.write({"state": "retired", "retired_date": self.today})
        equipment.state = "in_service"
        self.assertEqual(
            [(kind, days) for kind, days, _description in self._get_events(equipment)],
            [("install", -10), ("suspend", 0), ("resume", 0), ("retire", 0), ("correct", 0)],
        )
        self.assertEqual((equipment.state, equipment.retired_date), ("in_service", False))

    def test_created_as_it_is_known(self):
        retired = self._create_equipment(
            state="retired", in_service_date=self._day(-50), retired_date=self._day(-5)
        )
        self.assertEqual(
            [(kind, days) for kind, days, _description in self._get_events(retired)],
            [("install", -50), ("retire", -5)],
        )

    def test_what_cannot_happen_is_refused(self):
        equipment = self._create_equipment()
        with self._refused(UserError, "is still to come"):
            equipment.action_start(self._day(1))
        equipment.action_start(self._day(-10))
        before = self._get_events(equipment)
        foreign = self._create_version(self._create_software("Foreign"), "1", -1)
        for exception, change, message in (
            (UserError, equipment.action_start, "is In Service, and not Planned"),
            (UserError, equipment.action_resume, "is In Service, and not Suspended"),
            (UserError, lambda: equipment.action_upgrade(self.old), "already runs Geo 4.2"),
            (ValidationError, lambda: equipment.action_upgrade(foreign), "belongs to Foreign"),
            (UserError, lambda: equipment.action_upgrade(self.new, self._day(-11)), "is in service since"),
            (UserError, lambda: equipment._reduce(self.licence, 11), "there were only 10.0"),
            (UserError, lambda: equipment._reduce(self.server, 1), "there were only 0"),
            (ValidationError, lambda: equipment._reduce(self.licence, 10), "Seats must be above zero"),
            (UserError, lambda: equipment._move(self.plant, self._day(-11)), "Installation, .* comes after"),
            (ValidationError, lambda: equipment._move(self.other), "Other is not an address of Customer"),
            (ValidationError, lambda: equipment.write({"software_id": foreign.software_id.id}), "settled"),
            (ValidationError, lambda: equipment.write({"in_service_date": False}), "settled"),
            (ValidationError, lambda: equipment.write({"version_id": False}), "replaced and not emptied"),
            (UserError, equipment.unlink, "it is retired, not deleted"),
            (UserError, equipment.component_ids.unlink, "taken away, not deleted"),
        ):
            with self._refused(exception, message):
                change()
        self.assertEqual(self._get_events(equipment), before)

    def test_an_upgrade_leads_to_a_later_version(self):
        equipment = self._create_equipment(version_id=self.new.id, state="in_service")
        with self._refused(UserError, "runs Geo 5.0, which is later than Geo 4.2"):
            equipment.action_upgrade(self.old)
        equipment._correct({"version_id": self.old.id})
        self.assertEqual(equipment.version_id, self.old)

    def test_what_goes_to_another_customer_leaves_what_does_not(self):
        server, other = (
            self.env["pemba.equipment"].create(
                {"partner_id": owner.id, "product_id": self.server.id, "state": "in_service"}
            )
            for owner in (self.customer, self.other)
        )
        here, hosted = (
            self._create_equipment(parent_id=host.id, state="in_service") for host in (server, other)
        )
        with_it = self._create_equipment(parent_id=server.id, state="in_service")
        (server | with_it)._transfer(self.other)
        self.assertEqual((here.parent_id, with_it.parent_id), (server.browse(), server))
        hosted._transfer(self.other)
        self.assertEqual(hosted.parent_id, other)
        here.parent_id = server  # it is hosted by who bought the server
        here._correct({"partner_id": self.other.id, "site_id": self.other.id})
        self.assertEqual((here.parent_id, here.partner_id), (server, self.other))
        here._correct({"site_id": self.other.id}, self._day(0))
        self.assertEqual(here.parent_id, server)
        here.write({"partner_id": self.customer.id, "site_id": self.customer.id})
        self.assertFalse(here.parent_id)

    def test_equipment_follows_a_customer_that_joins_a_company(self):
        person = self.env["res.partner"].create({"name": "Person"})
        equipment = self._create_equipment(partner_id=person.id, state="in_service")
        planned = self._create_equipment(partner_id=person.id)
        person.parent_id = self.customer
        self.assertEqual((equipment | planned).partner_id, self.customer)
        self.assertEqual((equipment | planned).site_id, person)
        self.assertEqual(self._get_events(equipment)[1:], [("transfer", 0, "Customer")])
        equipment._move(self.plant)

    def test_merging_customers_keeps_both_histories(self):
        kept = self._create_equipment(state="in_service", in_service_date=self._day(-20))
        moved = self._create_equipment(
            partner_id=self.other.id, state="in_service", in_service_date=self._day(-30)
        )
        base = self._get_base(kept | moved, -20)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((self.customer | self.other).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual(self.customer.equipment_ids, kept | moved)
        self.assertEqual((moved.site_id, moved.event_ids.partner_id), (self.customer, self.customer))
        self.assertEqual(self._get_base(kept | moved, -20), base)
        moved.action_upgrade(self.new)

    # ------------------------------------------------------------
    # The dialog
    # ------------------------------------------------------------

    def test_events_are_recorded_in_bulk(self):
        equipment = self.env["pemba.equipment"].union(
            *(self._create_equipment(state="in_service") for _i in range(3))
        )
        changes = self.env["pemba.equipment.change"].with_user(self.support)
        context = {"active_model": "pemba.equipment", "active_ids": equipment.ids}

        def record(**vals):
            changes.with_context(**context).create(vals).action_record()
            return equipment.mapped(lambda one: one.event_ids.sorted("id")[-1].kind)

        newest = self._create_version(self.software, "6.0", 30, sequence=40)
        with Form(changes.with_context(**context)) as form:  # as the list opens it
            self.assertFalse(form.kind)
            self.assertEqual(
                set(form.kinds) & {"start", "resume", "upgrade", "retire"}, {"upgrade", "retire"}
            )
            form.kind = "upgrade"
            self.assertEqual(form.version_id, self.new)
            self.assertEqual(form.allowed_version_ids.ids, self.new.ids)  # later, and released
            form.kind = "correct"
            self.assertEqual(set(form.allowed_version_ids.ids), {self.old.id, self.new.id, newest.id})
        self.assertEqual(form.record.equipment_ids, equipment)
        self.assertEqual(record(kind="upgrade"), ["upgrade"] * 3)  # to the latest
        self.assertEqual(equipment.version_id, self.new)
        self.assertEqual(record(kind="add", quantity=2), ["add"] * 3)
        self.assertEqual(record(kind="reduce", quantity=1), ["reduce"] * 3)
        self.assertEqual(record(kind="move", site_id=self.plant.id), ["move"] * 3)
        self.assertEqual(record(kind="suspend"), ["suspend"] * 3)
        self.assertEqual(record(kind="resume"), ["resume"] * 3)
        self.assertEqual(record(kind="correct", version_id=self.old.id), ["correct"] * 3)
        with self._refused(UserError, "one equipment at a time"):
            record(kind="correct_quantity", quantity=9)
        self.assertEqual(record(kind="transfer", partner_id=self.other.id), ["transfer"] * 3)
        self.assertEqual(record(kind="correct", partner_id=self.customer.id), ["correct"] * 3)
        self.assertEqual(equipment.partner_id, self.customer)
        with self._refused(UserError, "Nothing is corrected"):
            record(kind="correct")
        self.assertEqual(record(kind="retire"), ["retire"] * 3)
        self.assertEqual(equipment.mapped("seat_count"), [11, 11, 11])
        with self._refused(UserError, "New Site is needed"):
            record(kind="move")

    def test_a_quantity_is_corrected_on_the_dialog_as_of_its_day(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-50))
        equipment._add(self.licence, 5, date=self._day(-20))
        self.maps.product_id = False
        equipment.module_ids = self.maps
        changes = self.env["pemba.equipment.change"].with_user(self.support)
        with Form(changes.with_context(default_equipment_ids=equipment.ids)) as form:
            form.kind = "correct_quantity"
            self.assertEqual(form.quantity, 15)
            form.date = self._day(-40)
            self.assertEqual(form.quantity, 10)
            form.date = self.today
            form.module_id = self.maps
            self.assertEqual(form.quantity, 15)
            form.quantity = 8
        form.record.action_record()
        self.assertEqual(equipment.component_ids.filtered("module_id").mapped("quantity"), [8])

    def test_hardware_runs_no_version(self):
        server = self.env["pemba.equipment"].create(
            {"partner_id": self.customer.id, "product_id": self.server.id, "state": "in_service"}
        )
        geo = self._create_equipment(state="in_service")
        with self._refused(ValidationError, "hardware has none"):
            (server | geo).action_upgrade(self.new)
        change = self.env["pemba.equipment.change"].new({"equipment_ids": (server | geo).ids})
        self.assertNotIn("upgrade", change.kinds)
