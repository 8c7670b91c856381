"""A contract line costs what an opportunity would ask for it."""

from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestContractPrices(PembaContractCommon):
    def _create_priced(self, product=None, **vals):
        """A contract with a line whose price nobody gave."""
        return self._create_contract({"product_id": (product or self.maintenance).id}, state="draft", **vals)

    def test_a_price_includes_no_taxes(self):
        tax = self.env["account.tax"].create(
            {"name": "20 % included", "amount": 20, "price_include_override": "tax_included"}
        )
        product = self._create_product("Support", "maintenance", 1200, taxes_id=[Command.set(tax.ids)])
        self.assertAlmostEqual(self._create_priced(product).line_ids.price_unit, 1000, 2)

    def test_a_price_is_at_the_rate_of_the_customers_zone(self):
        zone, dollar = self._create_dollar_zone(2.0)
        self.customer.zone_id = zone
        product = self._create_product("Support", "maintenance", 1000)
        contract = self._create_priced(product, currency_id=dollar.id)
        self.assertEqual(contract.line_ids.price_unit, 2000)
        deal = self._create_deal({"product_id": product.id}, partner_id=self.customer.id)
        self.assertEqual((deal.deal_currency_id, deal.opportunity_line_ids.price_unit), (dollar, 2000))

    def test_a_price_is_that_of_the_customers_pricelist(self):
        self.env.user.group_ids |= self.env.ref("product.group_product_pricelist")
        self.env["res.config.settings"].create({"group_product_pricelist": True}).execute()
        rule = {"compute_price": "percentage", "percent_price": 50, "min_quantity": 10}
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Half",
                "currency_id": self.env.company.currency_id.id,
                "item_ids": [Command.create(rule)],
            }
        )
        self.customer.property_product_pricelist = pricelist
        product = self._create_product("Support", "maintenance", 1000)
        contract = self._create_contract(
            {"product_id": product.id, "quantity": 9}, {"product_id": product.id, "quantity": 10}
        )
        self.assertEqual(contract.line_ids.mapped("price_unit"), [1000, 500])

    def test_another_product_has_its_own_price(self):
        gold = self._create_product("Gold", "maintenance", 5000)
        contract = self._create_contract({"price_unit": 1200}, state="draft")
        contract.line_ids.product_id = gold
        self.assertEqual(contract.line_ids.price_unit, 5000)
        contract.line_ids.write({"product_id": self.maintenance.id, "price_unit": 700})
        self.assertEqual(contract.line_ids.price_unit, 700)
        with Form(contract) as form, form.line_ids.edit(0) as line:
            line.product_id = gold
            self.assertEqual(line.price_unit, 5000)
            line.price_unit = 4800
        self.assertEqual(contract.line_ids.price_unit, 4800)
        contract.line_ids.quantity = 3
        self.assertEqual(contract.line_ids.price_unit, 4800)

    def test_another_product_of_what_was_sold(self):
        """Form and server say the same, of what was sold or renewed, too."""
        gold = self._create_product("Gold", "maintenance", 5000)
        deal = self._create_deal(
            {"product_id": self.maintenance.id, "price_unit": 1200}, partner_id=self.customer.id
        )
        deal.action_set_won()
        deal.contract_ids.action_start()
        line = deal.contract_ids.line_ids
        self.assertEqual(line.price_unit, 1200)
        with Form(deal.contract_ids) as form, form.line_ids.edit(0) as edited:
            edited.product_id = gold
            self.assertEqual(edited.price_unit, 5000)
        self.assertEqual(line.price_unit, 5000)
        line.product_id = self.maintenance
        self.assertEqual(line.price_unit, 0)

    def test_a_draft_follows_currency_customer_and_distributor(self):
        zone, dollar = self._create_dollar_zone(2.0)
        self.customer.zone_id = self.other.zone_id = zone
        product = self._create_product("Support", "maintenance", 1000)
        contract = self._create_priced(product)
        line = contract.line_ids
        self.assertEqual((line.price_unit, line.is_price_typed), (1000, False))
        contract.currency_id = dollar
        self.assertEqual((line.price_unit, line.is_price_typed), (2000, False))
        contract._set(state="running")
        contract.with_user(self.manager).currency_id = self.env.company.currency_id
        self.assertEqual(line.price_unit, 2000)
        with Form(self.env["pemba.contract"]) as form:
            form.partner_id = self.customer
            form.contract_type_id = self.kind
            with form.line_ids.new() as new:
                new.product_id = product
                self.assertEqual(new.price_unit, 1000)
            form.currency_id = dollar
        line = form.record.line_ids
        self.assertEqual((line.price_unit, line.is_price_typed), (2000, False))

    def test_the_same_product_again_keeps_the_price(self):
        """As an import of all columns but the price brings it; also on a line of an opportunity."""
        product = self._create_product("Support", "maintenance", 1000)
        contract = self._create_contract({"product_id": product.id, "price_unit": 900})
        line = contract.line_ids
        line.with_user(self.salesperson).write({"product_id": product.id})
        self.assertEqual((line.price_unit, contract.amount_annual), (900, 900))
        contract.write({"line_ids": [Command.update(line.id, {"product_id": product.id, "quantity": 1})]})
        self.assertEqual(line.price_unit, 900)
        deal = self._create_deal(self._line(price_unit=700, unit_cost=50))
        sold = deal.opportunity_line_ids
        sold.write({"product_id": self.licence.id})
        self.assertEqual((sold.price_unit, sold.unit_cost), (700, 50))

    def test_a_line_without_a_contract_is_refused_in_words(self):
        with mute_logger("odoo.sql_db"):
            result = self.env["pemba.contract.line"].load(["product_id/.id"], [[str(self.maintenance.id)]])
        self.assertFalse(result["ids"])
        self.assertIn("Contract", result["messages"][0]["message"])

    def test_prices_of_many_lines_cost_no_query_each(self):
        products = [self._create_product(f"P{rank}", "maintenance", rank) for rank in range(20)]
        lines = [{"product_id": product.id} for product in products]
        self._create_contract(*lines[:2])
        self.env.flush_all()
        counts = []
        for count in (5, 20):
            before = self.cr.sql_log_count
            self._create_contract(*lines[:count])
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 3, counts)

    def test_a_draft_follows_the_quantity_until_a_price_is_typed(self):
        """By form, API and import, as the lines of an offer do; what runs is agreed."""
        self.env.user.group_ids |= self.env.ref("product.group_product_pricelist")
        self.maintenance.list_price = 1000
        self.customer.property_product_pricelist = self.env["product.pricelist"].create(
            {
                "name": "Tiers",
                "currency_id": self.env.company.currency_id.id,
                "item_ids": [
                    Command.create({"min_quantity": 10, "compute_price": "percentage", "percent_price": 50})
                ],
            }
        )
        contract = self._create_contract({}, state="draft")
        line = contract.line_ids
        for quantity, price in ((100, 500), (1, 1000)):
            line.quantity = quantity
            self.assertEqual(line.price_unit, price)
        with Form(contract) as form, form.line_ids.edit(0) as edited:
            edited.quantity = 10
            self.assertEqual(edited.price_unit, 500)
            edited.price_unit = 480
            edited.quantity = 1
            self.assertEqual(edited.price_unit, 480)
        self.assertEqual((line.price_unit, line.is_price_typed), (480, True))
        line.quantity = 20
        self.assertEqual(line.price_unit, 480)
        running = self._create_contract({})
        running.line_ids.quantity = 20
        self.assertEqual(running.line_ids.price_unit, 1000)
        result = running.line_ids.load(
            ["contract_id/.id", "product_id/.id", "quantity", "price_unit"],
            [[str(contract.id), str(self.maintenance.id), "10", ""]],
        )
        self.assertEqual(running.line_ids.browse(result["ids"]).price_unit, 500)
