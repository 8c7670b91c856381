from lxml import html
from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, new_test_user, tagged

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
        for user in self.users:
            self.authenticate(user.login, user.login)
            response = self.url_open("/my/maintenance")
            self.assertEqual(response.status_code, 200)
            page = " ".join(html.fromstring(response.text).text_content().split())
            self.assertEqual(self.contract.name in page, user != self.users[2])
            self.assertEqual("has no contract yet" in page, user == self.users[2])
            self.assertNotIn("1,200", page)

    def test_a_portfolio_has_contracts(self):
        contracts = self.contract | self.draft
        contracts.user_id = self.salesperson
        with Form(self.env["pemba.portfolio.transfer"].with_user(self.manager)) as form:
            form.user_id = self.salesperson
            form.new_user_id = self.manager
        self.assertEqual(form.record.contract_ids, contracts)
        form.record.action_transfer()
        self.assertEqual(contracts.user_id, self.manager)
