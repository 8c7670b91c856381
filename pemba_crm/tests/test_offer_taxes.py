"""Offers are before tax, whatever taxes prices include for the company and for the buyer."""

from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestTaxes(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes = {
            (amount, kind): cls._create_tax(f"{amount} {kind}", amount=amount, price_include_override=kind)
            for amount in (0, 20, 8)
            for kind in ("tax_included", "tax_excluded")
        }
        cls.support = cls._create_product("Support", "maintenance", 1200)
        cls.support.taxes_id = cls.taxes[20, "tax_included"]
        cls.abroad = cls._create_buyer("Abroad", {(20, "tax_included"): (0, "tax_excluded")})
        cls.exempt = cls._create_buyer("Exempt", {})

    @classmethod
    def _create_tax(cls, name, **vals):
        return cls.env["account.tax"].create({"name": name, "type_tax_use": "sale", **vals})

    @classmethod
    def _create_buyer(cls, name, taxes, **vals):
        """A customer whose position has other taxes: ``{original: new}``; without one, none at all."""
        position = cls.env["account.fiscal.position"].create({"name": name, "auto_apply": False})
        for original, new in taxes.items():
            cls.taxes[new].write(
                {
                    "fiscal_position_ids": [Command.link(position.id)],
                    "original_tax_ids": [Command.link(cls.taxes[original].id)],
                }
            )
        vals |= {"is_company": True, "property_account_position_id": position.id}
        return cls.env["res.partner"].create({"name": name, **vals})

    def _check(self, price, product=None, **vals):
        """The offer, its quotation, also with updated prices, and a contract say the same."""
        product = product or self.support
        deal = self._create_deal({"product_id": product.id}, **vals)
        self.assertAlmostEqual(deal.deal_amount, price, 2)
        order = deal._make_quotation()
        for update in (lambda: None, order._recompute_prices):
            update()
            self.assertAlmostEqual(order.amount_untaxed, price, 2)
            self.assertFalse(order.differs_from_offer)
        buyer = self.env["res.partner"].browse(vals["partner_id"])
        contract = self._create_contract(
            {"product_id": product.id},
            partner_id=buyer.id,
            distributor_id=vals.get("distributor_id"),
            state="draft",
        )
        self.assertAlmostEqual(contract.amount_annual, price, 2)
        return deal

    def test_a_buyer_for_whom_the_tax_is_not_included(self):
        for buyer in (self.customer, self.abroad, self.exempt):
            with self.subTest(buyer=buyer.name):
                self._check(1000, partner_id=buyer.id)

    def test_a_group_of_taxes(self):
        child = self._create_tax("Part", amount=20, price_include_override="tax_included")
        child.type_tax_use = "none"
        group = self._create_tax(
            "Group", amount_type="group", children_tax_ids=[Command.set(child.ids)], amount=0
        )
        product = self._create_product("Grouped", price=1200)
        product.taxes_id = group
        deal = self._create_deal({"product_id": product.id, "quantity": 3}, partner_id=self.customer.id)
        order = deal._make_quotation()
        self.assertEqual((deal.deal_amount, order.amount_untaxed), (3000, 3000))
        order.order_line.product_uom_qty = 4
        order.action_confirm()
        self.assertEqual((deal.deal_amount, deal.opportunity_line_ids.price_unit), (4000, 1000))

    def test_another_buyer_has_its_own_price(self):
        """A tax that is added for some and included for others; also where a distributor buys."""
        product = self._create_product("Retail", price=1080)
        product.taxes_id = self.taxes[8, "tax_excluded"]
        consumer = self._create_buyer(
            "Consumer", {(8, "tax_excluded"): (8, "tax_included")}, is_distributor=True
        )
        for name in ("partner_id", "distributor_id"):
            with self.subTest(name=name):
                deal = self._create_deal({"product_id": product.id}, partner_id=self.customer.id)
                line = deal.opportunity_line_ids
                self.assertEqual(line.price_unit, 1080)
                product.list_price = 2160  # what is offered stays, until its buyer is another one
                deal.write({name: consumer.id})
                self.assertAlmostEqual(line.price_unit, 2000, 2)
                deal.write({name: self.customer.id if name == "partner_id" else False})
                self.assertEqual(line.price_unit, 2160)
                product.list_price = 1080
                with Form(deal) as form:
                    form[name] = consumer
                    with form.opportunity_line_ids.edit(0) as edited:
                        self.assertAlmostEqual(edited.price_unit, 1000, 2)
                self.assertAlmostEqual(line.price_unit, 1000, 2)

    def test_another_contact_of_the_same_buyer_keeps_the_price(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.customer.id})
        for channel in ("api", "form"):
            deal = self._create_deal(self._line(), partner_id=self.customer.id)
            self.licence.list_price += 100
            price = deal.opportunity_line_ids.price_unit
            if channel == "api":
                deal.partner_id = contact
            else:
                with Form(deal) as form:
                    form.partner_id = contact
            self.assertEqual(deal.opportunity_line_ids.price_unit, price)

    def test_the_setting_of_a_company_is_read_again(self):
        """A price that includes taxes since now; also a branch's, by the setting of its root."""
        company = self.env.company
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": company.id})
        taxes = self.env["account.tax"]
        taxes.search([]).active = False
        own = self._create_tax("By the company", amount=20)
        self.assertFalse(taxes._has_included(company) or taxes._has_included(branch))
        company.account_price_include = "tax_included"
        self.assertTrue(taxes._has_included(company) and taxes._has_included(branch))
        own.active = False
        self.assertFalse(taxes.with_context(active_test=False)._has_included(company))

    def test_many_deals_of_one_buyer_ask_once(self):
        """Also where its position is found by its country."""
        product, country = self.support, self.env.ref("base.ch")
        self.env["account.fiscal.position"].create(
            {"name": "Swiss", "auto_apply": True, "country_id": country.id, "sequence": -1}
        )
        self.customer.country_id = country

        def count(size):
            vals = {"type": "opportunity", "partner_id": self.customer.id}
            lines = [Command.create({"product_id": product.id})]
            vals_list = [{"name": "Deal", "opportunity_line_ids": lines, **vals} for _number in range(size)]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["crm.lead"].create(vals_list)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(2)
        few, many = count(10), count(50)
        self.assertLess((many - few) / 40, 5.5, f"{few} queries for 10, {many} for 50")
