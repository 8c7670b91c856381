import random

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .test_installed_base_equipment import EquipmentCase


@tagged("post_install", "-at_install")
class TestLedger(EquipmentCase):
    """The base of any day follows from the events, which are only ever added to."""

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

    def test_the_version_of_today_may_have_run_before(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-100))
        equipment.action_upgrade(self.new, self._day(-3))
        equipment._correct({"version_id": self.new.id}, self._day(-60))
        self.assertEqual(self._get_base(equipment, -60), [("Licence", "5.0", 10)])
        self.assertEqual(self._get_base(equipment, -61), [("Licence", "4.2", 10)])

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
