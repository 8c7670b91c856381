from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PembaOfferCommon


@tagged("post_install", "-at_install")
class TestQuotations(PembaOfferCommon):
    """From the opportunity to its quotations, and back from confirmed orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create({"name": "Customer", "is_company": True})
        cls.study = cls._create_product("Study", "study", 800, 500)

    @classmethod
    def _create_deal(cls, *lines, **vals):
        return super()._create_deal(*lines, partner_id=cls.customer.id, **vals)

    def _quote(self, deal, user=None):
        """A new quotation, made on its form as a salesperson would."""
        deal = deal.with_user(user or self.salesperson)
        form = Form(
            self.env["sale.order"]
            .with_user(user or self.salesperson)
            .with_context(**deal.action_sale_quotations_new()["context"])
        )
        return form.save()

    def _set_feature(self, **features):
        self.env["res.config.settings"].create(features).execute()

    def test_a_direct_quotation_has_prices_and_discounts(self):
        deal = self._create_deal(
            self._line(quantity=10, price_unit=950, discount=12.5), {"product_id": self.study.id}
        )
        order = self._quote(deal)
        self.assertEqual((order.opportunity_id, order.partner_id), (deal, self.customer))
        self.assertRecordValues(
            order.order_line,
            [
                {"product_id": self.licence.id, "product_uom_qty": 10, "price_unit": 950, "discount": 12.5},
                {"product_id": self.study.id, "product_uom_qty": 1, "price_unit": 800, "discount": 0},
            ],
        )
        self.assertEqual(order.order_line.opportunity_line_id, deal.opportunity_line_ids)
        self.assertFalse(order.end_customer_id)
        # 10 × 950 × 0.875 + 800
        self.assertEqual((order.amount_untaxed, deal.deal_amount), (9112.5, 9112.5))

    def test_through_a_distributor_it_buys_at_the_net_amount(self):
        self.env["pemba.margin.rule"].create({"rate": 30})
        deal = self._create_deal(self._line(quantity=3, discount=20), distributor_id=self.distributor.id)
        order = self._quote(deal)
        self.assertEqual((order.partner_id, order.end_customer_id), (self.distributor, self.customer))
        # 3 × 1,000 × 0.8 × 0.7 = 1,680
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (560, 0))
        self.assertEqual((order.amount_untaxed, deal.deal_amount), (1680, 1680))

    def test_yen_and_fine_discounts_agree_to_the_cent_whatever_is_switched_on(self):
        yen = self._currency("JPY")
        japan = self._create_zone("Japan", currency_id=yen.id)
        self.env["pemba.zone.rate"].create(
            {"zone_id": japan.id, "currency_id": yen.id, "rate": 160, "date": "2020-01-01"}
        )
        product = self._create_product("Odd", price=333.33)
        tax = self.env["account.tax"].create(
            {"name": "Included", "amount": 20, "price_include_override": "tax_included"}
        )
        taxed = self._create_product("Taxed", price=399.99, taxes_id=[Command.set(tax.ids)])
        for is_on in (True, False):
            self._set_feature(group_product_pricelist=is_on, group_discount_per_so_line=is_on)
            for sold in (product, taxed):
                in_yen = self._create_deal(
                    {
                        "product_id": sold.id,
                        "quantity": 3,
                        "discount": 12.5,
                        "distributor_margin_rate": 33,
                    },
                    zone_id=japan.id,
                    distributor_id=self.distributor.id,
                )
                in_euros = self._create_deal({"product_id": sold.id, "quantity": 7, "discount": 34.375})
                for deal in in_yen | in_euros:
                    order = self._quote(deal)
                    self.assertEqual(order.currency_id, deal.deal_currency_id)
                    self.assertEqual(order.amount_untaxed, deal.deal_amount)
                    [[net]] = self.env["pemba.opportunity.line"]._read_group(
                        [("lead_id", "=", deal.id)], [], ["net_amount_company:sum"]
                    )
                    self.assertEqual(net, deal.expected_revenue)
                    amounts = (deal.deal_amount, deal.expected_revenue, deal.margin)
                    order.action_confirm()
                    self.assertEqual(deal.won_status, "won")
                    self.assertEqual((deal.deal_amount, deal.expected_revenue, deal.margin), amounts)
            # 333.33 × 7 × 0.65625 = 1,531.2346…; and 399.99 with its tax of 20 % is 333.325 before it
            self.assertEqual(in_euros.deal_amount, 1531.21)

    def test_the_deals_pricelist_is_nobodys_default(self):
        zone, dollar = self._create_dollar_zone(2.0)
        self._set_feature(group_product_pricelist=True)
        self.env["product.pricelist"].search([]).active = False
        orders = [self._quote(self._create_deal(self._line(), zone_id=zone.id)) for _twice in range(2)]
        pricelist = orders[0].pricelist_id
        self.assertEqual(
            (pricelist, pricelist.currency_id, pricelist.active), (orders[1].pricelist_id, dollar, False)
        )
        newcomer = self.env["res.partner"].create({"name": "Newcomer"})
        self.assertNotEqual(newcomer.property_product_pricelist, pricelist)
        self.assertEqual(orders[0].amount_untaxed, 2000)

    def test_a_change_of_quantity_keeps_the_negotiated_price(self):
        self._set_feature(group_product_pricelist=True, group_discount_per_so_line=True)
        deal = self._create_deal(self._line(quantity=10, price_unit=900, discount=5))
        order = self._quote(deal)
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_uom_qty = 20
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (900, 5))
        order.order_line.product_uom_qty = 30
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (900, 5))
        # Updating the prices takes the pricelist's, as everywhere in Odoo.
        order.action_update_prices()
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (1000, 0))

    def test_updated_prices_are_for_the_share_of_the_year_and_the_distributor(self):
        maintenance = self._create_product("Maintenance", "maintenance", 1200)
        deal = self._create_deal(
            {
                "product_id": maintenance.id,
                "price_unit": 1000,
                "date_start": "2026-01-01",
                "date_end": "2027-12-31",
                "distributor_margin_rate": 25,
            },
            distributor_id=self.distributor.id,
        )
        order = self._quote(deal)
        self.assertEqual(order.amount_untaxed, 1500)
        order.action_update_prices()
        self.assertEqual(order.amount_untaxed, 1200 * 2 * 0.75)

    def test_part_of_a_year_is_quoted_as_it_is_counted(self):
        maintenance = self._create_product("Maintenance", "maintenance", 1200)
        deal = self._create_deal(
            {"product_id": maintenance.id, "date_start": "2026-10-15", "date_end": "2026-12-31"}
        )
        self.assertEqual((self._quote(deal).amount_untaxed, deal.deal_amount), (256.44, 256.44))

    # ------------------------------------------------------------
    # Confirming, changing, cancelling
    # ------------------------------------------------------------

    def test_a_confirmed_order_wins_the_deal_on_its_day(self):
        deal = self._create_deal(self._line())
        order = self._quote(deal)
        order.with_user(self.salesperson).action_confirm()
        self.assertEqual((deal.won_status, deal.close_date), ("won", order.date_order.date()))
        imported = self._create_deal(self._line())
        self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "opportunity_id": imported.id,
                "state": "sale",
                "date_order": "2026-03-05 10:00:00",
                "order_line": [
                    Command.create(
                        {"opportunity_line_id": imported.opportunity_line_ids.id}
                        | {"product_id": self.licence.id}
                    )
                ],
            }
        )
        self.assertEqual((imported.won_status, str(imported.close_date)), ("won", "2026-03-05"))

    def test_what_was_ordered_is_what_was_sold(self):
        deal = self._create_deal(self._line(quantity=10, discount=10), {"product_id": self.study.id})
        order = self._quote(deal)
        training = self._create_product("Training", "training", 700, 400)
        order.order_line = [
            Command.update(order.order_line[0].id, {"product_uom_qty": 12, "price_unit": 950}),
            Command.delete(order.order_line[1].id),
            Command.create({"product_id": training.id, "product_uom_qty": 2}),
            Command.create({"display_type": "line_section", "name": "Section"}),
        ]
        order.action_confirm()
        licence, added = deal.opportunity_line_ids
        # 12 × 950 × 0.9 = 10,260
        self.assertEqual((licence.quantity, licence.price_unit, licence.discount), (12, 950, 10))
        self.assertEqual(licence.net_amount, 10260)
        self.assertEqual((added.product_id, added.quantity, added.net_amount), (training, 2, 1400))
        self.assertEqual((deal.deal_amount, deal.expected_revenue), (11660, 11660))
        self.assertEqual(added.cost, 800)
        # Later changes of the order too, up or down
        order.order_line[0].product_uom_qty = 11
        self.assertEqual((licence.quantity, deal.expected_revenue), (11, 9405 + 1400))
        self.assertEqual(len(deal.opportunity_line_ids), 2)

    def test_a_distributors_order_gives_back_what_the_customer_pays(self):
        deal = self._create_deal(
            self._line(quantity=2, discount=10, distributor_margin_rate=30),
            distributor_id=self.distributor.id,
        )
        order = self._quote(deal)
        order.order_line.price_unit = 600
        order.action_confirm()
        line = deal.opportunity_line_ids
        # N = 1,200; C = 1,200 / 0.7 = 1,714.29; D = 514.29; price = 1,714.29 / (2 × 0.9)
        self.assertEqual(
            (line.net_amount, line.price_subtotal, line.distributor_margin), (1200, 1714.29, 514.29)
        )
        self.assertAlmostEqual(line.price_unit, 952.3833333)
        self.assertEqual((line.discount, line.distributor_margin_rate), (10, 30))
        # K = L × 0.7, L = 2 × 952.3833… = 1,904.77; margin = 1,200 − 1,333.34
        self.assertEqual((line.cost, line.margin), (1333.34, -133.34))

    def test_several_orders_add_up(self):
        deal = self._create_deal(self._line(quantity=10))
        first, second = self._quote(deal), self._quote(deal)
        first.order_line.product_uom_qty = 4
        second.order_line.write({"product_uom_qty": 5, "price_unit": 900})
        first.action_confirm()
        self.assertEqual(deal.expected_revenue, 4000)
        second.action_confirm()
        line = deal.opportunity_line_ids
        self.assertEqual((line.quantity, line.net_amount, deal.expected_revenue), (9, 8500, 8500))
        first._action_cancel()
        self.assertEqual((line.quantity, deal.expected_revenue), (5, 4500))

    def test_a_line_that_goes_to_another_order_leaves_its_deal(self):
        deal = self._create_deal(self._line(quantity=10), {"product_id": self.study.id})
        order, other = self._quote(deal), self._quote(self._create_deal(self._line()))
        order.action_confirm()
        order.order_line[0].order_id = other
        self.assertEqual(deal.deal_amount, order.amount_untaxed)
        self.assertNotEqual(order.amount_untaxed, 0)

    def test_cancelling_all_orders_returns_to_the_offer_and_asks(self):
        deal = self._create_deal(self._line(quantity=10), {"product_id": self.study.id})
        order = self._quote(deal)
        order.order_line = [
            Command.update(order.order_line[0].id, {"product_uom_qty": 4}),
            Command.delete(order.order_line[1].id),
            Command.create({"product_id": self._create_product("Extra").id}),
        ]
        for _again in range(2):
            order.action_confirm()
            self.assertEqual(deal.expected_revenue, 5000)
            order._action_cancel()
            self.assertEqual(deal.opportunity_line_ids.mapped("quantity"), [10, 1])
            self.assertEqual(deal.opportunity_line_ids.mapped("product_id"), self.licence | self.study)
            self.assertEqual((deal.expected_revenue, deal.won_status), (10800, "won"))
            self.assertEqual(
                deal.activity_ids.mapped("summary"), ["All orders are cancelled: is the deal still won?"]
            )
            self.assertEqual(deal.activity_ids.user_id, self.salesperson)
            order.action_draft()

    def test_the_question_about_cancelled_orders_is_settled(self):
        deal = self._create_deal(self._line(quantity=10))
        order = self._quote(deal)
        for settle in (
            lambda: order.action_draft() and order.action_confirm(),
            lambda: deal.write({"stage_id": self.stages["M"][:1].id}),
        ):
            if order.state != "sale":
                order.action_draft()
                order.action_confirm()
            order._action_cancel()
            self.assertTrue(deal.activity_ids)
            settle()
            self.assertFalse(deal.activity_ids)

    def test_what_was_ordered_is_not_quoted_again(self):
        deal = self._create_deal(self._line(quantity=10))
        draft, order = self._quote(deal), self._quote(deal)
        deal.opportunity_line_ids.quantity = 12
        self.assertTrue(draft.differs_from_offer)
        order.action_confirm()
        self.assertFalse(order.differs_from_offer)
        self.assertFalse(self._quote(deal).order_line)

    def test_a_quotation_in_another_currency_differs(self):
        deal = self._create_deal(self._line(quantity=10))
        order = self._quote(deal)
        self.assertFalse(order.differs_from_offer)
        pricelist = self.env["product.pricelist"]._get_for_deals(self.env.ref("base.JPY"))
        order.write({"pricelist_id": pricelist.id})
        self.assertEqual(order.currency_id, self.env.ref("base.JPY"))
        self.assertTrue(order.differs_from_offer)

    def test_what_was_ordered_cannot_be_edited_on_the_opportunity(self):
        deal = self._create_deal(self._line(quantity=10))
        for user in (self.salesperson, self.manager):
            self.assertFalse(deal.with_user(user).offer_lock)
        deal.action_set_won()
        self.assertEqual(deal.with_user(self.salesperson).offer_lock, "closed")
        self.assertFalse(deal.with_user(self.manager).offer_lock)
        order = self._quote(deal)
        order.action_confirm()
        for user in (self.salesperson, self.manager):
            self.assertEqual(deal.with_user(user).offer_lock, "ordered")
        order._action_cancel()
        self.assertFalse(deal.with_user(self.manager).offer_lock)

    def test_a_won_deal_through_a_distributor_keeps_its_margin_on_the_form(self):
        self.env["pemba.margin.rule"].create({"distributor_id": self.distributor.id, "rate": 30})
        deal = self._create_deal(self._line(), distributor_id=self.distributor.id)
        deal.action_set_won()
        with Form(deal) as form, form.opportunity_line_ids.edit(0) as line:
            line.quantity = 2
            self.assertEqual((line.distributor_margin, line.net_amount), (600, 1400))
        self.assertEqual(deal.expected_revenue, 1400)

    def test_a_quotation_says_module_version_and_period(self):
        module = self.env["pemba.software.module"].create(
            {"name": "Maps", "software_id": self.env["pemba.software"].create({"name": "Geo"}).id}
        )
        deal = self._create_deal(
            self._line(software_id=module.software_id.id, module_id=module.id),
            {"product_id": self._create_product("Care", "maintenance").id}
            | {"date_start": "2026-01-01", "date_end": "2026-12-31"},
        )
        maps, care = self._quote(deal).order_line
        self.assertEqual(maps.name, f"{self.licence.display_name}\nMaps")
        self.assertEqual(care.name, "Care\nFrom 01/01/2026 to 12/31/2026")

    def test_a_licence_left_out_of_the_order_may_change_once_reopened(self):
        software = self._create_software("Geo", product_id=self.licence.id)
        care = self._create_product("Care", "maintenance")
        software.write({"maintenance_product_id": care.id, "maintenance_rate": 18})
        deal = self._create_deal()
        configurations = self.env["pemba.opportunity.configuration"]
        configurations.create({"lead_id": deal.id, "software_id": software.id}).action_apply()
        order = self._quote(deal)
        order.order_line = [Command.delete(order.order_line[0].id)]
        order.action_confirm()
        deal.stage_id = self.stages["M"][:1]
        deal._get_all_lines().filtered(lambda line: not line.active).discount = 5
        self.assertEqual(deal.opportunity_line_ids.price_unit, 180)

    def test_editing_an_order_does_not_win_again(self):
        deal = self._create_deal(self._line(quantity=10))
        order = self._quote(deal)
        order.action_confirm()
        deal.stage_id = self.stages["M"][:1]
        order.order_line.product_uom_qty = 4
        self.assertEqual((deal.won_status, deal.expected_revenue), ("pending", 4000))

    def test_what_is_taken_back_counts_negatively(self):
        resold = self._create_product("Resold", price=100, cost=60)
        deal = self._create_deal(self._line())
        order = self._quote(deal)
        order.order_line = [Command.create({"product_id": resold.id, "product_uom_qty": -2})]
        order.action_confirm()
        # N = 1,000 − 200; K = 700 − 2 × 60
        self.assertEqual((deal.expected_revenue, deal.margin), (800, 220))

    def test_another_product_on_the_quotation_has_its_own_price(self):
        deal = self._create_deal(self._line(price_unit=900))
        order = self._quote(deal)
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_id = self.study
        self.assertEqual(order.order_line.price_unit, 800)

    def test_what_was_ordered_is_changed_on_the_order(self):
        deal = self._create_deal(self._line(quantity=10))
        order = self._quote(deal)
        order.action_confirm()
        line = deal.opportunity_line_ids.with_user(self.manager)
        for change in (
            lambda: line.write({"quantity": 3}),
            lambda: line.write({"discount": 3}),
            lambda: line.write({"active": False}),
            line.unlink,
        ):
            with self._refused(
                UserError, f"Licence: it is what was ordered. Change the order .*{order.name}"
            ):
                change()
        line.unit_cost = 100
        self.assertEqual(deal.margin, 9000)

    def test_confirming_changes_nothing_twice(self):
        deal = self._create_deal(self._line(quantity=10, discount=7.5))
        order = self._quote(deal)
        order.action_confirm()
        lines = deal.with_context(active_test=False).opportunity_line_ids
        names = ["quantity", "price_unit", "price_subtotal", "net_amount", "margin", "active"]
        before = lines.read(names)
        deal._follow_orders()
        order.write({"state": "sale"})
        after = deal.with_context(active_test=False).opportunity_line_ids
        self.assertEqual(after.read(names), before)

    def test_down_payments_do_not_become_lines(self):
        deal = self._create_deal(self._line(quantity=10))
        order = self._quote(deal)
        order.action_confirm()
        self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=order.ids
        ).create({"advance_payment_method": "percentage", "amount": 10}).create_invoices()
        self.assertEqual((len(deal.opportunity_line_ids), deal.expected_revenue), (1, 10000))

    def test_opportunities_without_lines_are_left_alone(self):
        deal = self._create_opportunity(
            "M", partner_id=self.customer.id, expected_revenue=5, company_id=self.env.company.id
        )
        order = self._quote(deal)
        order.pricelist_id = False
        order.order_line = [Command.create({"product_id": self.licence.id})]
        order.action_confirm()
        self.assertEqual((deal.won_status, deal.opportunity_line_count), ("pending", 0))
        self.assertEqual(deal.expected_revenue, 1000)  # as sale_crm does

    def test_an_alternative_that_is_ordered_is_the_one_retained(self):
        software = self.env["pemba.software"].create({"name": "Geo", "product_id": self.licence.id})
        deal = self._create_deal()
        small, big = self.env["pemba.opportunity.configuration"].create(
            [{"lead_id": deal.id, "software_id": software.id, "seat_count": seats} for seats in (5, 10)]
        )
        (small | big).action_apply()
        big.is_retained = False
        order = self._quote(deal)
        small.is_retained, big.is_retained = False, True
        order.action_confirm()
        self.assertEqual((small.is_retained, big.is_retained), (True, False))
        self.assertEqual(deal.expected_revenue, 5000)
        order._action_cancel()
        self.assertEqual((small.is_retained, big.is_retained), (False, True))
        self.assertEqual(deal.expected_revenue, 10000)

    def test_the_end_customer_is_on_the_printed_quotation(self):
        deal = self._create_deal(self._line(), distributor_id=self.distributor.id)
        order = self._quote(deal)
        report = self.env["ir.actions.report"]
        html, _type = report._render_qweb_html("sale.report_saleorder", order.ids)
        self.assertRegex(html.decode(), r"End Customer</strong>\s*<div>Customer</div>")

    def test_a_gate_does_not_hold_up_an_order(self):
        won = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        won.gate_field_ids = self.env["ir.model.fields"]._get("crm.lead", "referred")
        deal = self._create_deal(self._line())
        self._quote(deal).with_user(self.salesperson).action_confirm()
        self.assertEqual(deal.won_status, "won")

    def test_an_order_in_another_currency_counts_at_its_own_rate(self):
        zone, dollar = self._create_dollar_zone(2.0)
        deal = self._create_deal(self._line(), zone_id=zone.id)
        self.env["res.currency.rate"].create(
            {"currency_id": dollar.id, "name": fields.Date.today(), "rate": 4.0}
        )
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "opportunity_id": deal.id, "pricelist_id": False}
        )
        order.pricelist_id = False
        order.order_line = [
            Command.create(
                {
                    "product_id": self.licence.id,
                    "opportunity_line_id": deal.opportunity_line_ids.id,
                    "price_unit": 500,
                }
            )
        ]
        order.action_confirm()
        # 500 EUR at the deal's rate of 2 = 1,000 USD
        self.assertEqual((deal.deal_amount, deal.expected_revenue), (1000, 500))
