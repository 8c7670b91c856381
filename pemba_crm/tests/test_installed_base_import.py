from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import file_open

from .test_installed_base_equipment import EquipmentCase


@tagged("post_install", "-at_install")
class TestImport(EquipmentCase):
    """Equipment comes in by files too."""

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
