import random

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .common import PembaEquipmentCommon


@tagged("post_install", "-at_install")
class TestEquipment(PembaEquipmentCommon):
    """What customers run, and the ledger of what happened to it."""

    def _get_events(self, equipment):
        """Kind, days from today and description, the oldest first."""
        return [
            (event.kind, (event.date - self.today).days, event.description)
            for event in equipment.event_ids.sorted(lambda event: (event.date, event.id))
        ]

    def _get_base(self, equipment, days):
        """Product or module, version and quantity on a day from today."""
        return [
            (row["module"].name or row["product"].name, row["version"].name, row["quantity"])
            for row in equipment._get_base_at(self._day(days), [("id", "in", equipment.ids)])
        ]

    # ------------------------------------------------------------
    # What it is
    # ------------------------------------------------------------

    def test_planned_equipment_has_components_and_no_event(self):
        equipment = self._create_equipment(module_ids=[Command.set(self.maps.ids)])
        self.assertRegex(equipment.name, r"^EQ/\d{5}$")
        self.assertEqual((equipment.kind, equipment.state), ("software", "planned"))
        self.assertEqual((equipment.product_id, equipment.site_id), (self.licence, self.customer))
        self.assertEqual(
            [(c.product_id.name, c.module_id.name, c.quantity) for c in equipment.component_ids],
            [("Licence", False, 10), ("Maps", "Maps", 10)],
        )
        self.assertEqual((equipment.seat_count, equipment.quantity), (10, 10))
        self.assertEqual(equipment.module_ids, self.maps)
        self.assertFalse(equipment.event_ids)
        self.assertEqual(self._get_base(equipment, 0), [])
        equipment.unlink()

    def test_a_new_form_has_one_of_its_product(self):
        with Form(self.env["pemba.equipment"].with_user(self.support)) as form:
            form.partner_id = self.customer
            form.kind = "hardware"
            form.product_id = self.server
        self.assertEqual(form.record.quantity, 1)
        form.product_id = self._create_product("Disk", type="consu")
        form.save()
        self.assertEqual((form.record.quantity, form.record.component_ids.product_id.name), (1, "Disk"))

    def test_components_given_at_creation_win(self):
        equipment = self._create_equipment(
            component_ids=[Command.create({"product_id": self.licence.id, "quantity": 3})]
        )
        self.assertEqual((equipment.seat_count, len(equipment.component_ids)), (3, 1))

    def test_the_contact_stands_for_its_company(self):
        equipment = self._create_equipment(partner_id=self.plant.id)
        self.assertEqual(equipment.partner_id, self.customer)
        with self._refused(ValidationError, "Site: Customer, Plant is not an address of Other"):
            self._create_equipment(partner_id=self.other.id, site_id=self.plant.id)

    def test_what_does_not_go_together_is_refused(self):
        foreign = self._create_software("Other", "Foreign")
        for vals, message in (
            ({"module_ids": [Command.set(self.routes.ids)]}, "Routes requires Maps"),
            ({"module_ids": [Command.set(foreign.module_ids.ids)]}, "Foreign belongs to Other"),
            ({"kind": "hardware", "product_id": self.server.id}, "hardware has none"),
            ({"software_id": False, "version_id": False, "kind": "hardware"}, "hardware needs its product"),
            ({"seat_count": -1}, "-1.0 is not above zero"),
        ):
            with self._refused(ValidationError, message):
                self._create_equipment(**vals)

    def test_a_server_with_properties_and_what_runs_on_it(self):
        self.server.categ_id = self.env["product.category"].create({"name": "Servers"})
        self.server.categ_id.equipment_properties_definition = [
            {"name": "ram", "string": "Memory (GB)", "type": "integer"}
        ]
        server = self.env["pemba.equipment"].create(
            {
                "partner_id": self.customer.id,
                "site_id": self.plant.id,
                "product_id": self.server.id,
                "serial_number": "SN-1",
                "warranty_end_date": self._day(90),
                "properties": {"ram": 64},
                "state": "in_service",
            }
        )
        self.assertEqual((server.kind, server.properties["ram"], server.quantity), ("hardware", 64, 1))
        software = self._create_equipment(parent_id=server.id, state="in_service")
        self.assertEqual(server.child_ids, software)
        with self._refused(UserError, f"{software.name} Geo still runs on {server.name}"):
            server._retire()
        with self._refused(ValidationError, "equipment cannot run on itself"):
            server.parent_id = software
        software._retire()
        server._retire()

    def test_serial_numbers_and_references_are_unique(self):
        vals = {"partner_id": self.customer.id, "product_id": self.server.id, "serial_number": "SN-1"}
        first = self.env["pemba.equipment"].create(vals)
        with self._refused_by_database(
            "pemba.equipment", f"Serial Number SN-1: {first.name} Server of Customer has it already."
        ):
            self.env["pemba.equipment"].create(vals)
        with self._refused_by_database("pemba.equipment", "Another equipment has this reference."):
            self._create_equipment(name=first.name)
        self._create_equipment(serial_number="SN-1")
        with self._refused_by_database(
            "pemba.equipment", "Serial Number SN-2: another equipment of this product has it."
        ):
            self.env["pemba.equipment"].create([vals | {"serial_number": "SN-2"}] * 2)

    # ------------------------------------------------------------
    # What happens to it
    # ------------------------------------------------------------

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

    def test_what_is_recorded_late_takes_effect_on_its_day(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-100))
        newest = self._create_version(self.software, "6.0", -5, sequence=40)
        equipment.action_upgrade(newest, self._day(-3))
        equipment.action_upgrade(self.new, self._day(-20))
        equipment._add(self.licence, 5, date=self._day(-50))
        equipment._correct({"version_id": self.new.id}, self._day(-60), note="It was 5.0 all the time")
        self.assertEqual(equipment.version_id, newest)
        self.assertEqual(self._get_base(equipment, -61), [("Licence", "4.2", 10)])
        self.assertEqual(self._get_base(equipment, -60), [("Licence", "5.0", 10)])
        self.assertEqual(self._get_base(equipment, -50), [("Licence", "5.0", 15)])
        self.assertEqual(self._get_base(equipment, -3), [("Licence", "6.0", 15)])

    def test_a_quantity_is_corrected_from_its_day_on(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-50))
        equipment._add(self.licence, 5, date=self._day(-20))
        equipment._correct_quantity(8, date=self._day(-40), note="Two were never delivered")
        self.assertEqual(self._get_base(equipment, -41), [("Licence", "4.2", 10)])
        self.assertEqual(self._get_base(equipment, -40), [("Licence", "4.2", 8)])
        self.assertEqual(self._get_base(equipment, 0), [("Licence", "4.2", 13)])
        self.assertEqual(equipment.seat_count, 13)
        event = equipment.event_ids.sorted("id")[-1]
        self.assertEqual((event.kind, event.description), ("correct", "Licence -2, Two were never delivered"))
        equipment._correct_quantity(3, module=self.maps)
        self.assertEqual(equipment.module_ids, self.maps)
        equipment._correct_quantity(0, module=self.maps)
        self.assertFalse(equipment.module_ids)
        with self._refused(UserError, "-1 is not above zero"):
            equipment._correct_quantity(-1)

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

    def test_what_is_right_today_is_recorded_for_a_day_before(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-50))
        equipment.action_upgrade(self.new, self._day(-20))
        equipment._move(self.plant, self._day(-10))
        with self._refused(UserError, "already runs"):
            equipment.action_upgrade(self.new)
        equipment._correct({"version_id": self.new.id, "site_id": self.plant.id}, self._day(-40))
        self.assertEqual(self._get_base(equipment, -40), [("Licence", "5.0", 10)])
        [row] = self.env["pemba.equipment"]._get_base_at(self._day(-40), [("id", "=", equipment.id)])
        self.assertEqual(row["site"], self.plant)

    def test_the_version_status_groups(self):
        for version, status in ((self.old, "behind"), (self.new, "current")):
            equipment = self._create_equipment(version_id=version.id, state="in_service")
            self.assertEqual(equipment.version_state, status)
        groups = self.env["pemba.equipment"].formatted_read_group(
            [("software_id", "=", self.software.id)], ["version_state"], ["__count"]
        )
        self.assertEqual(
            {(group["version_state"], group["__count"]) for group in groups}, {("behind", 1), ("current", 1)}
        )

    def test_a_service_date_is_corrected(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-50))
        equipment.action_upgrade(self.new, self._day(-20))
        licences = [("Licence", "4.2", 10)]
        for days, missing, there in (
            (-60, -61, -60),  # it was there before
            (-40, -41, -40),  # no, later
            (-70, -71, -41),  # no, even before
            (-21, -22, -21),
        ):
            equipment._correct_service_date(self._day(days), "Misread")
            self.assertEqual((equipment.in_service_date, equipment.state), (self._day(days), "in_service"))
            self.assertEqual(equipment.component_ids.mapped("date_start"), [self._day(days)])
            self.assertEqual(self._get_base(equipment, missing), [], f"moved to {days}")
            self.assertEqual(self._get_base(equipment, there), licences, f"moved to {days}")
            self.assertEqual(self._get_base(equipment, -20), [("Licence", "5.0", 10)])
        with self._refused(UserError, "Upgrade, .*: it was in service by then"):
            equipment._correct_service_date(self._day(-20))
        with self._refused(UserError, "is still to come"):
            equipment.in_service_date = self._day(1)
        events = len(equipment.event_ids)
        equipment.in_service_date = self._day(-21)
        self.assertEqual(len(equipment.event_ids), events)
        equipment.in_service_date = self._day(-30)
        self.assertEqual(self._get_base(equipment, -30), licences)
        self.assertEqual(equipment.event_ids.sorted("id")[-1].kind, "correct")

    def test_the_base_of_any_day_is_a_plain_replay(self):
        """Random histories, recorded in any order of the days, against a replay of what was done."""
        chance = random.Random(19)
        self.versions = [self.old, self.new, self._create_version(self.software, "6.0", -5, sequence=40)]
        for _history in range(12):
            equipment = self._create_equipment()
            start = chance.randint(-200, -150)
            equipment.action_start(self._day(start))
            done = [
                (start, 0, "version", self.old.name),
                (start, 0, "state", "in_service"),
                (start, 0, "Licence", 10),
            ]
            for rank in range(1, 25):
                done += self._do_something(equipment, chance, done, start, rank)
            for day in range(start - 1, 1, 7):
                self.assertEqual(
                    set(self._get_base(equipment, day)), self._replay(done, day), f"on day {day}"
                )

    def _do_something(self, equipment, chance, done, start, rank):
        """Do one thing of a random day: ``(day, rank, what, value)``."""
        day, kind = (
            chance.randint(start, 0),
            chance.choice(("version", "version", "state", "add", "reduce", "correct")),
        )
        product = chance.choice((self.licence, self.server))
        if kind == "state":
            day = chance.randint(max(step[0] for step in done), 0)
            state = "suspended" if equipment.state == "in_service" else "in_service"
            (equipment.action_suspend if state == "suspended" else equipment.action_resume)(self._day(day))
            return [(day, rank, "state", state)]
        if kind == "version":
            version = chance.choice(self.versions)
            [(_name, ran, _quantity), *_rest] = self._replay(done, day) or [(None, None, None)]
            names = [one.name for one in self.versions]
            if chance.random() < 0.7 and version.name in names[names.index(ran) + 1 :]:
                equipment.action_upgrade(version, self._day(day))
            else:
                equipment._correct({"version_id": version.id}, self._day(day))
            return [(day, rank, "version", version.name)]
        quantity = 3
        if kind == "correct":
            has = sum(step[3] for step in done if step[2] == product.name and step[0] <= day)
            if any(step[2] == product.name and step[3] < 0 and step[0] > day for step in done):
                return []  # there might be too few later
            equipment._correct_quantity(has + quantity, product, date=self._day(day))
        elif kind == "reduce":
            added = [step for step in done if step[2] == product.name]
            later = [day, *(step[0] for step in added if step[0] > day)]
            has = min(sum(step[3] for step in added if step[0] <= when) for when in later)
            quantity = 1 - has
            if quantity >= 0:
                return []
            equipment._reduce(product, -quantity, date=self._day(day))
        else:
            equipment._add(product, quantity, date=self._day(day))
        return [(day, rank, product.name, quantity)]

    def _replay(self, done, day):
        """The base on a day, in the form of ``_get_base``."""
        known = {}
        for when, _rank, what, value in sorted(done, key=lambda step: step[:2]):
            if when <= day:
                known[what] = known.get(what, 0) + value if isinstance(value, int) else value
        return {(name, known["version"], known[name]) for name in ("Licence", "Server") if known.get(name)}

    def test_events_are_never_changed_or_deleted(self):
        equipment = self._create_equipment(state="in_service")
        event = equipment.event_ids
        for records in (event, event.line_ids):
            for who in (records.sudo(), records.with_user(self.manager), records.with_context(force=True)):
                with self._refused(UserError, "."):
                    who.unlink()
                with self._refused(UserError, "."):
                    who.write({"create_date": "2020-01-01"})
                with self._refused(UserError, "."):
                    who.create({})
        exported = event.export_data(["id", "kind"])["datas"]
        self.assertEqual(exported, [[None, "Installation"]])
        self.assertFalse(self.env["ir.model.data"].search([("model", "=", event._name)]))

    def test_no_command_on_other_equipment_goes_past_the_ledger(self):
        one = self._create_equipment(state="in_service")
        other = self._create_equipment(state="in_service")
        as_support = one.with_user(self.support)
        for vals in (
            {"child_ids": [Command.update(other.id, {"version_id": self.new.id})]},
            {"event_ids": [Command.create({"kind": "retire"})]},
            {"component_ids": [Command.link(other.component_ids.id)]},
        ):
            with self._refused(UserError, "."):
                as_support.write(vals)
            with self._refused(UserError, "."):
                self._create_equipment(**vals)
        as_support.write({"component_ids": [Command.update(other.component_ids.id, {"quantity": 99})]})
        self.assertEqual(self._get_events(other)[1:], [("correct", 0, "Licence +89")])
        components = self.env["pemba.equipment.component"].with_user(self.support)
        components.with_context(default_equipment_id=one.id).create(
            {"product_id": self.licence.id, "quantity": 5, "date_start": "2001-01-01"}
        )
        self.assertEqual(self._get_events(one)[1:], [("correct", 0, "Licence +5")])
        self.assertEqual(one.component_ids.mapped("date_start"), [self.today, self.today])
        seats = self.env["pemba.equipment"].with_context(default_seat_count=10, default_state="in_service")
        created = seats.create({"partner_id": self.customer.id, "software_id": self.software.id})
        self.assertEqual(self._get_events(created), [("install", 0, "Licence +10, Customer")])

    def test_what_is_taken_away_late_was_there_on_all_later_days(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-100))
        equipment._add(self.licence, 5, date=self._day(-50))
        equipment._reduce(self.licence, 5, date=self._day(-20))
        equipment._add(self.licence, 5, date=self._day(-10))
        with self._refused(UserError, "there were only 10.0 on"):
            equipment._reduce(self.licence, 12, date=self._day(-40))
        equipment._reduce(self.licence, 9, date=self._day(-40))
        self.assertEqual(self._get_base(equipment, -15), [("Licence", "4.2", 1)])
        self.assertEqual(equipment.seat_count, 6)
        for quantity in (0, -4):
            with self._refused(ValidationError, "is not above zero"):
                equipment._add(self.licence, quantity)
            with self._refused(ValidationError, "is not above zero"):
                equipment._reduce(self.licence, quantity)

    def test_the_version_of_today_may_have_run_before(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-100))
        equipment.action_upgrade(self.new, self._day(-3))
        equipment._correct({"version_id": self.new.id}, self._day(-60))
        self.assertEqual(self._get_base(equipment, -60), [("Licence", "5.0", 10)])
        self.assertEqual(self._get_base(equipment, -61), [("Licence", "4.2", 10)])

    def test_a_catalogue_that_changes_leaves_what_is_installed_in_peace(self):
        equipment = self._create_equipment(state="in_service", module_ids=[Command.set(self.maps.ids)])
        self.maps.requires_ids = self.legacy
        equipment.write({"warranty_end_date": self._day(30), "serial_number": "S-1"})
        equipment.action_upgrade(self.new)
        equipment._move(self.plant)
        with self._refused(ValidationError, "Routes requires Maps|exclude"):
            equipment.module_ids = self.routes
        self.maps.active = False
        self.env.invalidate_all()
        equipment.module_ids |= self.legacy
        self.assertEqual(equipment.module_ids, self.maps | self.legacy)

    def test_equipment_is_found_by_its_modules(self):
        plain = self._create_equipment()
        mapped = self._create_equipment(module_ids=[Command.set(self.maps.ids)])
        both = plain | mapped
        for condition, found in (
            (("module_ids", "in", self.maps.ids), mapped),
            (("module_ids", "not in", self.maps.ids), plain),
            (("module_ids", "ilike", "Map"), mapped),
            (("module_ids", "not ilike", "Map"), plain),
            (("module_ids", "=", False), plain),
            (("module_ids", "!=", False), mapped),
        ):
            self.assertEqual(both.search([("id", "in", both.ids), condition]), found, condition)
        named = self.env["pemba.equipment"].name_search(mapped.display_name, operator="=")
        self.assertEqual([number for number, _name in named], mapped.ids)

    def test_planned_equipment_changes_as_a_whole(self):
        disk = self._create_product("Disk", type="consu")
        server = self.env["pemba.equipment"].create(
            {"partner_id": self.customer.id, "product_id": self.server.id, "quantity": 2}
        )
        server.product_id = disk
        self.assertEqual((server.quantity, server.component_ids.product_id), (2, disk))
        software = self._create_equipment(in_service_date=self._day(-3))
        software.deployment_type_id = self.saas
        self.assertEqual(software.component_ids.product_id, self.subscription)
        self.assertEqual(software.seat_count, 10)
        software.action_start()
        self.assertEqual(software.in_service_date, self._day(-3))
        with self._refused(ValidationError, "it is not retired"):
            software.retired_date = self.today
        with self._refused(ValidationError, "State: what is In Service does not become Planned"):
            software.state = "planned"
        with self._refused(ValidationError, "above zero"):
            self._create_equipment(seat_count=0)

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

    def test_a_statement_is_the_base_of_a_day(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-50))
        equipment._move(self.plant, self._day(-20))
        equipment._transfer(self.other, date=self._day(-10))
        statements = self.env["pemba.equipment.statement"].with_user(self.accountant)

        def state(customer, days):
            statement = statements.create({"partner_id": customer.id, "date": self._day(days)})
            return statement, {site.name: len(rows) for site, rows in statement._get_sites().items()}

        for customer, days, sites in (
            (self.customer, -51, {}),
            (self.customer, -50, {"Customer": 1}),
            (self.customer, -20, {"Plant": 1}),
            (self.customer, -10, {}),
            (self.other, -10, {"Other": 1}),
        ):
            statement, found = state(customer, days)
            self.assertEqual(found, sites)
            self.assertEqual(equipment.name in statement.preview, bool(sites))
        report, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "pemba_crm.pemba_equipment_statement_document", statement.ids
        )
        self.assertIn(equipment.name, report.decode())
        totals = statements.create({"date": self._day(-5)})
        self.assertIn((self.licence, self.old, 1, 10), totals._get_totals())
        self.assertIn("Licence", totals.preview)

    # ------------------------------------------------------------
    # Versions
    # ------------------------------------------------------------

    def test_who_is_behind_is_known_without_any_job(self):
        equipment = self._create_equipment(state="in_service")
        current = self._create_equipment(version_id=self.new.id)
        unknown = self._create_equipment(version_id=False)
        everything = equipment | current | unknown
        among = [("id", "in", everything.ids)]
        self.assertEqual((equipment.version_state, equipment.versions_behind), ("behind", 1))
        self._create_version(self.software, "4.3", -1, sequence=20)  # a late fix of the old branch
        self._create_version(self.software, "7.0", 5, sequence=70)  # still to come
        everything.invalidate_recordset()
        self.assertEqual(everything.mapped("version_state"), ["behind", "current", False])
        self.assertEqual(everything.mapped("versions_behind"), [2, 0, 0])
        self.old.end_of_support_date = self._day(-1)
        everything.invalidate_recordset()
        self.assertEqual(equipment.version_state, "unsupported")
        find = self.env["pemba.equipment"].search
        for domain, found in (
            (("version_state", "=", "unsupported"), equipment),
            (("version_state", "!=", "unsupported"), current | unknown),
            (("version_state", "=", False), unknown),
            (("version_state", "in", ["behind", "current"]), current),
            (("versions_behind", ">", 0), equipment),
            (("versions_behind", "=", 0), current | unknown),
            (("versions_behind", "<=", 1), current | unknown),
        ):
            self.assertEqual(find([*among, domain]), found.sorted("id", reverse=True), domain)

    # ------------------------------------------------------------
    # Licence keys and rights
    # ------------------------------------------------------------

    def test_a_licence_key_is_masked_and_its_reading_logged(self):
        equipment = self._create_equipment(licence_key="ABCD-EFGH-IJKL")
        equipment.licence_key = equipment.licence_key  # as a form does
        self.assertEqual(equipment.licence_key, "••••IJKL")
        with self._refused(AccessError, "you may not reveal licence keys"):
            equipment.with_user(self.support).action_reveal_licence_key()
        for user in (self.support, self.manager):
            with self._refused(AccessError, "licence_key_value|Full Licence Key"):
                equipment.with_user(user).read(["licence_key_value"])
        self.assertFalse(equipment._fields["licence_key"].exportable)
        keeper = new_test_user(
            self.env,
            "keeper",
            groups="pemba_crm.group_support,pemba_crm.group_licence_key,base.group_allow_export",
            lang="en_US",
        )
        exported = equipment.with_user(keeper).export_data(["licence_key"])["datas"]
        self.assertEqual(exported, [["••••IJKL"]])
        with self._refused(AccessError, "licence_key_value"):
            equipment.with_user(keeper).export_data(["licence_key_value"])
        shown = equipment.with_user(keeper).action_reveal_licence_key()
        self.assertEqual(shown["params"]["message"], "ABCD-EFGH-IJKL")
        self.assertIn("revealed to", equipment.message_ids[:1].body)
        self.assertNotIn("IJKL", equipment.message_ids[:1].body)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_who_may_do_what(self):
        equipment = self._create_equipment(state="in_service")
        equipment.with_user(self.support).action_upgrade(self.new.id)
        self._create_equipment().with_user(self.support).action_start()
        for user in (self.salesperson, self.accountant):
            self.assertEqual(equipment.with_user(user).seat_count, 10)
            self.assertTrue(equipment.with_user(user).event_ids.mapped("description"))
            with self._refused(AccessError, "."):
                equipment.with_user(user).action_suspend()
        with self._refused(AccessError, "."):
            self._create_equipment().with_user(self.support).unlink()
        self._create_equipment().with_user(self.manager).unlink()
        other = self._create_company("Elsewhere", "EUR")
        foreign = self._create_equipment(company_id=other.id, state="in_service")
        for records in (foreign, foreign.component_ids, foreign.event_ids, foreign.event_ids.line_ids):
            found = records.with_user(self.support).search([("id", "in", records.ids)])
            self.assertFalse(found)

    def test_the_form_has_what_a_module_requires(self):
        with Form(self.env["pemba.equipment"].with_user(self.support)) as form:
            form.partner_id = self.customer
            form.software_id = self.software
            self.assertEqual(form.version_id, self.new)
            form.deployment_type_id = self.on_premise
            form.seat_count = 4
            form.module_ids.add(self.routes)
        equipment = form.record
        self.assertEqual(equipment.module_ids, self.maps | self.routes)
        self.assertEqual(equipment.component_ids.mapped("quantity"), [4, 4, 4])

    def test_a_copy_is_planned(self):
        equipment = self._create_equipment(state="in_service", module_ids=[Command.set(self.maps.ids)])
        copy = equipment.copy()
        self.assertEqual((copy.state, copy.module_ids, copy.seat_count), ("planned", self.maps, 10))
        self.assertFalse(copy.event_ids)

    # ------------------------------------------------------------
    # Import
    # ------------------------------------------------------------

    def test_the_import_template_is_loaded_as_it_is(self):
        self.env["res.partner"].create({"name": "Acme Corporation", "is_company": True})
        self.server.default_code = "SRV-1"
        accounting = self._create_software(
            "Northwind Accounting",
            product_id=self.licence.id,
            deployment_type_ids=[Command.set(self.on_premise.ids)],
            module_ids=[
                Command.create({"name": name, "product_id": self.maps.product_id.id})
                for name in ("General Ledger", "Fixed Assets")
            ],
        )
        self._create_version(accounting, "12.0", -1000)
        [template] = self.env["pemba.equipment"].with_user(self.support).get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as file:
            content = file.read()
        wizard = self.env["base_import.import"].with_user(self.support)
        wizard = wizard.create(
            {
                "res_model": "pemba.equipment",
                "file": content,
                "file_type": "text/csv",
                "file_name": "base.csv",
            }
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True}
        preview = wizard.parse_preview(dict(options))
        names = ["/".join(preview["matches"].get(rank, [])) for rank in range(len(preview["headers"]))]
        self.assertNotIn("", names)
        result = wizard.execute_import(names, preview["headers"], options | preview["options"])
        self.assertEqual(result["messages"], [])
        software, server = self.env["pemba.equipment"].browse(result["ids"])
        self.assertEqual(
            self._get_events(software)[0][2],
            "Licence +12, General Ledger +12, Fixed Assets +12, Northwind Accounting 12.0, Acme Corporation",
        )
        self.assertEqual((software.in_service_date.isoformat(), software.usage), ("2025-03-01", "production"))
        self.assertEqual(software.licence_key, "••••93XD")
        self.assertEqual((server.product_id, server.serial_number), (self.server, "7F-2201-B"))
        self.assertEqual(server.warranty_end_date.isoformat(), "2028-02-14")
        again = wizard.execute_import(names, preview["headers"], options | preview["options"])
        self.assertEqual((again["messages"], again["ids"]), ([], result["ids"]))
        self.assertEqual([len(one.event_ids) for one in software | server], [1, 1])

    def test_the_same_file_twice_writes_nothing(self):
        names = ["id", "name", "partner_id", "software_id", "version_id", "module_ids", "seat_count"]
        names += ["state", "in_service_date", "licence_key"]
        row = ["__import__.eq1", "A-1", "Customer", "Geo", "Geo 4.2", "Maps", "10", "in_service"]
        row += [str(self._day(-5)), "ABCD-EFGH-IJKL"]
        load = self.env["pemba.equipment"].with_user(self.manager).load
        first = load(names, [row])
        self.assertFalse(first["messages"])
        equipment = self.env["pemba.equipment"].browse(first["ids"])
        self.assertEqual(
            self._get_events(equipment), [("install", -5, "Licence +10, Maps +10, Geo 4.2, Customer")]
        )
        self.env.flush_all()
        self.env.cr.execute("SELECT ctid FROM pemba_equipment WHERE id = %s", equipment.ids)
        row_version = self.env.cr.fetchone()
        self.assertEqual(load(names, [row])["ids"], equipment.ids)
        self.env.flush_all()
        self.env.cr.execute("SELECT ctid FROM pemba_equipment WHERE id = %s", equipment.ids)
        self.assertEqual(self.env.cr.fetchone(), row_version)
        self.assertEqual(len(equipment.event_ids), 1)
        row[6] = "12"
        load(names, [row])
        self.assertEqual(self._get_events(equipment)[1:], [("correct", 0, "Licence +2")])
        row[7] = "nonsense"
        self.assertIn("State", load(names, [row])["messages"][0]["message"])
