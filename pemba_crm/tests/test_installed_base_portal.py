from lxml import html
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import PembaEquipmentCommon


@tagged("post_install", "-at_install")
class TestPortal(PembaEquipmentCommon, HttpCase):
    """Customers see what they run, distributors what their customers run, and neither the keys."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._create_portal_user("pemba_portal", cls.plant)
        employee = cls.env["res.partner"].create({"name": "Buyer", "parent_id": cls.distributor.id})
        cls.portal_distributor = cls._create_portal_user("pemba_distributor", employee)
        cls.geo = cls._create_equipment(
            distributor_id=cls.distributor.id,
            site_id=cls.plant.id,
            module_ids=[Command.set(cls.maps.ids)],
            licence_key="ABCD-EFGH-IJKL",
            state="in_service",
        )
        cls.elsewhere = cls._create_equipment(partner_id=cls.other.id, state="in_service")
        cls.planned = cls._create_equipment()

    @classmethod
    def _create_portal_user(cls, login, partner):
        vals = {"partner_id": partner.id, "name": partner.name, "lang": "en_US"}
        return new_test_user(cls.env, login, groups="base.group_portal", **vals)

    def _get_page(self, user, address):
        self.authenticate(user.login, user.login)
        response = self.url_open(address)
        self.assertEqual(response.status_code, 200)
        return response, " ".join(html.fromstring(response.text).text_content().split())

    def test_who_sees_what(self):
        stranger = self._create_portal_user("pemba_stranger", self.env["res.partner"].create({"name": "X"}))
        everything = self.geo | self.elsewhere | self.planned
        for user, seen in (
            (self.portal, self.geo),
            (self.portal_distributor, self.geo),
            (stranger, self.geo.browse()),
        ):
            found = self.env["pemba.equipment"].with_user(user).search([("id", "in", everything.ids)])
            self.assertEqual(found, seen)
            components = self.env["pemba.equipment.component"].with_user(user)
            self.assertEqual(components.search([("equipment_id", "in", everything.ids)]).equipment_id, seen)

    def test_a_portal_user_reads_neither_keys_nor_sales_and_writes_nothing(self):
        geo = self.geo.with_user(self.portal)
        self.assertEqual(geo.read(["name", "quantity", "version_state"])[0]["quantity"], 10)
        for name in ("licence_key", "licence_key_value", "event_ids", "opportunity_configuration_id"):
            with self._refused(AccessError, name):
                geo.read([name])
        with self._refused(AccessError, "opportunity_line_id"):
            geo.component_ids.read(["opportunity_line_id"])
        for change in (
            lambda: geo.write({"usage": "test"}),
            geo.action_suspend,
            lambda: geo.action_upgrade(self.new),
            geo.action_reveal_licence_key,
            lambda: geo.message_post(body="Hello"),
            geo.copy,
            geo.unlink,
        ):
            with self._refused(AccessError, "."), mute_logger("odoo.models.unlink"):
                change()
        self.assertEqual(len(self.geo.event_ids), 1)

    def test_the_pages_show_it(self):
        _response, home = self._get_page(self.portal, "/my")
        self.assertIn("Installed Software and Equipment", home)
        response, text = self._get_page(self.portal, "/my/equipment?sortby=date")
        self.assertIn(f"{self.geo.name} Geo 4.2 New Version Available 10.00 Plant", text)
        self.assertNotIn(self.elsewhere.name, text)
        self.assertNotIn(self.planned.name, text)
        response, text = self._get_page(self.portal, f"/my/equipment/{self.geo.id}")
        self.assertIn("Licence 10.00", text)
        self.assertIn("Maps 10.00", text)
        self.assertNotIn("IJKL", response.text)
        response, _text = self._get_page(self.portal, f"/my/equipment/{self.elsewhere.id}")
        self.assertTrue(response.url.endswith("/my"))
        _response, text = self._get_page(self.portal_distributor, "/my/equipment")
        self.assertIn(self.geo.name, text)

    def test_a_page_costs_the_same_however_many_are_on_it(self):
        def count(size):
            self.env["pemba.equipment"].create(
                [
                    {"partner_id": self.customer.id, "software_id": self.software.id, "state": "in_service"}
                    | {"version_id": self.old.id}
                    for _rank in range(size)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.url_open("/my/equipment")
            return self.env.cr.sql_log_count - before

        self._get_page(self.portal, "/my/equipment")
        few = count(5)
        self.assertLessEqual(count(30) - few, 5)
