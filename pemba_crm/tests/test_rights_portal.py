import json

from lxml import html
from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestRightPortal(PembaContractCommon, HttpCase):
    """What contacts see of their rights, and what programs are told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls.env["res.partner"].create({"name": "Ann", "parent_id": cls.customer.id})
        cls.contract = cls._create_contract(distributor_id=cls.distributor.id)

    def test_the_page_shows_what_one_is_entitled_to(self):
        dan = self.env["res.partner"].create({"name": "Dan", "parent_id": self.distributor.id})
        for contact, is_entitled in ((self.ann, True), (dan, False)):
            login = f"pemba_{contact.name.lower()}"
            new_test_user(self.env, login, groups="base.group_portal", partner_id=contact.id, lang="en_US")
            self.authenticate(login, login)
            text = self.url_open("/my/maintenance").text
            page = " ".join(html.fromstring(text).text_content().split())
            self.assertEqual("Hotline · Entitled" in page, is_entitled)
            self.assertIn(self.contract.name, page)
            self.assertNotIn("runs until", text)  # why is not told outside

    def test_programs_ask_by_json_2(self):
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.support)
            ._generate(None, "tests", fields.Datetime.add(fields.Datetime.now(), days=1))
        )

        def ask(**values):
            response = self.url_open(
                "/json/2/res.partner/check_right",
                data=json.dumps(values),
                headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            )
            return response.status_code, response.json()

        status, check = ask(ids=self.ann.ids, code="hotline", equipment=self.geo.id)
        self.assertEqual((status, check["status"], check["allowed"]), (200, "open", True))
        self.assertEqual(check["contract"], self.contract.id)
        self.assertEqual(check["valid_until"], str(self.contract.date_end))
        status, check = ask(ids=self.ann.ids, code="hotline", date="2019-01-01")
        self.assertEqual((status, check["status"], check["valid_until"]), (200, "never", False))
        with mute_logger("odoo.http"):
            status, error = ask(ids=self.ann.ids, code="coffee")
        self.assertEqual((status, "no right with the code coffee" in error["message"]), (422, True))
