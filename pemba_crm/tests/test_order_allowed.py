"""What Odoo allows on an order keeps nobody from confirming it, nor the customer from signing."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import PembaSoftwareCommon


@tagged("post_install", "-at_install")
class TestAllowed(PembaSoftwareCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})

    def _order(self, *lines, **vals):
        """A deal's quotation with more lines, confirmed; as the salesperson does, who sees no costs."""
        deal = self._create_deal(self._line(quantity=2), partner_id=self.buyer.id, **vals)
        order = deal._make_quotation().with_user(self.salesperson)
        order.write({"order_line": [Command.create(line) for line in lines]})
        order.action_confirm()
        self.assertEqual(deal.won_status, "won")
        self.assertEqual(deal.deal_amount, deal.deal_currency_id.round(order.amount_untaxed))
        self.assertEqual(
            deal.opportunity_line_ids.sorted("id").mapped("net_amount"),
            [line.price_subtotal for line in order.order_line.sorted("id") if not line.display_type],
        )
        return deal

    def test_a_surcharge_is_what_was_ordered(self):
        """A negative discount, on a line that was added and on one that was offered."""
        line = {"product_id": self.training.id, "price_unit": 100, "discount": -10}
        deal = self._order(line)
        self.assertEqual(deal.deal_amount, 2110)
        added = deal.opportunity_line_ids.filtered(lambda one: one.product_id == self.training)
        self.assertEqual((added.price_unit, added.discount), (110, 0))
        deal = self._create_deal(self._line(discount=5), partner_id=self.buyer.id)
        order = deal._make_quotation()
        order.order_line.discount = -10
        order.action_confirm()
        self.assertEqual((deal.deal_amount, deal.opportunity_line_ids.net_amount), (1100, 1100))

    def test_a_discount_on_maintenance(self):
        """Odoo's discount is no maintenance; a rebate that is, is in the contract."""
        self.maintenance.list_price = 1200
        deal = self._create_deal({"product_id": self.maintenance.id}, partner_id=self.buyer.id)
        order = deal._make_quotation()
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        ).action_apply_discount()
        order.order_line = [Command.create({"product_id": self.maintenance.id, "price_unit": -100})]
        order.action_confirm()
        self.assertEqual((deal.won_status, deal.deal_amount), ("won", 980))
        self.assertEqual(deal.contract_ids.amount_annual, 1100)

    def test_what_is_free_is_free_in_its_contract(self):
        self.maintenance.list_price = 1200
        for line, change, amount in (
            ({"price_unit": 0}, {}, 0),
            ({}, {"price_unit": 0}, 0),
            ({}, {"discount": 100}, 0),
            ({"discount": 100}, {"discount": 50}, 600),
        ):
            with self.subTest(line=line, change=change):
                buyer = self.env["res.partner"].create({"name": "New", "is_company": True})
                deal = self._create_deal(
                    {"product_id": self.maintenance.id, **line}, self._line(), partner_id=buyer.id
                )
                order = deal._make_quotation()
                order.order_line[0].write(change)
                order.action_confirm()
                self.assertEqual(deal.deal_amount, 1000 + amount)
                contract = deal.contract_ids
                self.assertEqual((contract.amount, contract.amount_annual), (amount, amount))

    def test_a_distributor_that_keeps_all_of_it(self):
        """Unless its order says that it pays; C and D follow the quantity."""
        vals = {"distributor_id": self.distributor.id, "partner_id": self.buyer.id}
        for price, quantity, amounts in ((0, 4, (4000, 4000, 0)), (300, 12, (3600, 0, 3600))):
            deal = self._create_deal(self._line(quantity=12), **vals)
            line = deal.opportunity_line_ids
            line.distributor_margin_rate = 100
            order = deal._make_quotation()
            order.order_line.write({"price_unit": price, "product_uom_qty": quantity})
            order.action_confirm()
            self.assertEqual((line.price_subtotal, line.distributor_margin, line.net_amount), amounts)
            order._action_cancel()
            self.assertEqual((line.price_subtotal, line.distributor_margin), (12000, 12000))

    def test_whatever_is_added(self):
        odd = self._create_product("Odd", price=70, cost=-30)
        for line in (
            {"product_id": self.training.id, "price_unit": 100, "discount": 150},
            {"product_id": self.training.id, "price_unit": -100},
            {"product_id": self.training.id, "product_uom_qty": -3, "price_unit": 100},
            {"product_id": self.training.id, "product_uom_qty": 0, "price_unit": 100},
            {"product_id": odd.id},
            {"product_id": self.env["product.product"].create({"name": "Of no type"}).id, "price_unit": 7},
        ):
            with self.subTest(**line):
                deal = self._create_deal(self._line(quantity=2), partner_id=self.buyer.id)
                order = deal._make_quotation()
                order.write({"order_line": [Command.create(line)]})
                order.action_confirm()
                self.assertEqual(deal.won_status, "won")
                self.assertEqual(deal.deal_amount, order.amount_untaxed)

    def test_sections_and_combos(self):
        part = self._create_product("Part", price=40)
        combo = self.env["product.combo"].create(
            {"name": "Choice", "combo_item_ids": [Command.create({"product_id": part.id})]}
        )
        bundle = self.env["product.product"].create(
            {"name": "Bundle", "type": "combo", "list_price": 500, "combo_ids": [Command.set(combo.ids)]}
        )
        deal = self._create_deal(self._line(quantity=2), partner_id=self.buyer.id)
        order = deal._make_quotation()
        order.write(
            {
                "order_line": [
                    Command.create({"display_type": "line_section", "name": "More"}),
                    Command.create({"display_type": "line_note", "name": "Please note"}),
                    Command.create({"product_id": bundle.id}),
                ]
            }
        )
        item = {"combo_item_id": combo.combo_item_ids.id, "linked_line_id": order.order_line[-1:].id}
        order.write({"order_line": [Command.create({"product_id": part.id, **item})]})
        order.action_confirm()
        self.assertEqual((deal.won_status, deal.deal_amount), ("won", order.amount_untaxed))

    def test_rewards_of_loyalty_programs(self):
        if "loyalty.program" not in self.env or "applied_coupon_ids" not in self.env["sale.order"]:
            self.skipTest("without Odoo's sale_loyalty, see WITH of make test")
        programs = self.env["loyalty.program"]
        programs.search([]).active = False
        for reward, amount in (
            ({"reward_type": "discount", "discount": 10}, -320),
            ({"reward_type": "discount", "discount": 50, "discount_mode": "per_order"}, -50),
            ({"reward_type": "product", "reward_product_id": self.training.id}, 0),
        ):
            program = programs.create(
                {
                    "name": "Spring",
                    "program_type": "promotion",
                    "trigger": "auto",
                    "applies_on": "current",
                    "rule_ids": [Command.clear(), Command.create({"reward_point_mode": "order"})],
                    "reward_ids": [Command.clear(), Command.create(reward)],
                }
            )
            for vals in ({}, {"distributor_id": self.distributor.id}):
                with self.subTest(reward=reward, vals=vals):
                    maintenance = {"product_id": self.maintenance.id, "price_unit": 1200}
                    deal = self._create_deal(
                        self._line(quantity=2), maintenance, partner_id=self.buyer.id, **vals
                    )
                    order = deal._make_quotation().with_user(self.salesperson)
                    order._update_programs_and_rewards()
                    for coupon, rewards in order._get_claimable_rewards().items():
                        order._apply_program_reward(rewards, coupon)
                    self.assertEqual(len(order.order_line), 3)
                    order.action_confirm()
                    self.assertEqual((deal.won_status, deal.deal_amount), ("won", 3200 + amount))
                    self.assertEqual(deal.contract_ids.amount, 1200)
            program.active = False
