from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import PembaEquipmentCommon


class EquipmentCase(PembaEquipmentCommon):
    """What equipment went through, in a form that tests compare."""

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


@tagged("post_install", "-at_install")
class TestEquipment(EquipmentCase):
    """What customers run."""

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

    def test_a_catalogue_that_changes_leaves_what_is_installed_in_peace(self):
        equipment = self._create_equipment(
            state="in_service", in_service_date=self._day(-9), module_ids=[Command.set(self.maps.ids)]
        )
        self.maps.requires_ids = self.legacy
        equipment.write({"warranty_end_date": self._day(30), "serial_number": "S-1"})
        equipment.action_upgrade(self.new)
        equipment._add(self.licence, 1, date=self._day(-3))  # late: the version of today stays
        self.assertEqual(equipment.version_id, self.new)
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
    # Versions
    # ------------------------------------------------------------

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
