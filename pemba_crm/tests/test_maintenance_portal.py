import json

from lxml import html
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestContractPortal(PembaContractCommon, HttpCase):
    """Customers see their contracts, distributors those of their customers, and no prices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        cls.ann = partners.create({"name": "Ann", "parent_id": cls.customer.id})
        cls.dan = partners.create({"name": "Dan", "parent_id": cls.distributor.id})
        cls.contract = cls._create_contract(distributor_id=cls.distributor.id)
        cls.draft = cls._create_contract(state="draft")
        cls.users = [
            new_test_user(
                cls.env,
                f"pemba_{partner.name.lower()}",
                groups="base.group_portal",
                partner_id=partner.id,
                lang="en_US",
            )
            for partner in (cls.ann, cls.dan, partners.create({"name": "Stan", "parent_id": cls.other.id}))
        ]

    def test_who_sees_what(self):
        for user, seen in zip(
            self.users, (self.contract, self.contract, self.contract.browse()), strict=True
        ):
            found = self.env["pemba.contract"].with_user(user).search([])
            self.assertEqual(found.ids, seen.ids)
            lines = self.env["pemba.contract.line"].with_user(user).search([])
            self.assertEqual(lines.ids, seen.line_ids.ids)
        mine = self.contract.with_user(self.users[0])
        for record, names in (
            (
                mine,
                (
                    "amount",
                    "amount_annual",
                    "close_reason",
                    "hold_reason",
                    "renewal_likelihood",
                    "missing_info",
                ),
            ),
            (mine.line_ids, ("price_unit", "discount", "distributor_margin_rate", "amount", "amount_annual")),
        ):
            for name in names:
                with self._refused(AccessError, name):
                    record.read([name])
        for change in (lambda: mine.write({"user_id": False}), mine.action_release, mine.unlink):
            with self._refused(AccessError, "."):
                change()

    def test_the_page_shows_it(self):
        for user, is_entitled in zip(self.users, (True, False, False), strict=True):
            self.authenticate(user.login, user.login)
            response = self.url_open("/my/maintenance")
            self.assertEqual(response.status_code, 200)
            page = " ".join(html.fromstring(response.text).text_content().split())
            self.assertEqual("Hotline · Entitled" in page, is_entitled)
            self.assertEqual(self.contract.name in page, user != self.users[2])
            self.assertEqual("has no contract yet" in page, user == self.users[2])
            self.assertNotIn("1,200", page)

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

    def test_the_offer_tells_how_its_price_came_about(self):
        index = self._create_index({"2025-01": 293.9, "2026-06": 307.0})
        contract = self._create_contract(
            date_start="2026-01-01", index_id=index.id, index_base_month="2025-01-01"
        )
        renewal = contract._open_renewals()
        order = renewal._make_quotation()
        self.assertEqual(order._find_mail_template(), self.env.ref("pemba_crm.mail_template_renewal_offer"))
        for lang, words in (
            ("en_US", ("Price Revision", "January 2025", "293.9", "1,200.00", "1,253.49", "1.044573")),
            ("fr_FR", ("Révision du prix", "janvier 2025", "293,90", "1,044573", "1 200,00", "1 253,49")),
        ):
            self.customer.lang = lang
            content, _kind = self.env["ir.actions.report"]._render_qweb_html(
                "sale.report_saleorder", order.ids
            )
            text = " ".join(content.decode().replace("\u202f", " ").replace("\xa0", " ").split())
            for word in words:
                self.assertIn(word, text, lang)
            template = order._find_mail_template()
            [subject] = template._render_field("subject", order.ids, compute_lang=True).values()
            self.assertIn(contract.name, subject)
            [body] = template._render_field("body_html", order.ids, compute_lang=True).values()
            self.assertIn(order.name, body)
        other = self._create_opportunity(partner_id=self.customer.id)
        order = self.env["sale.order"].create({"partner_id": self.customer.id, "opportunity_id": other.id})
        self.assertEqual(order._find_mail_template(), self.env.ref("sale.email_template_edi_sale"))

    def test_a_portfolio_has_contracts(self):
        contracts = self.contract | self.draft
        contracts.user_id = self.salesperson
        with Form(self.env["pemba.portfolio.transfer"].with_user(self.manager)) as form:
            form.user_id = self.salesperson
            form.new_user_id = self.manager
        self.assertEqual(form.record.contract_ids, contracts)
        form.record.action_transfer()
        self.assertEqual(contracts.user_id, self.manager)
