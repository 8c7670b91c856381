"""A price that nobody typed follows quantity, product, variant and seats; a typed one stays."""

from odoo import fields
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import PembaSoftwareCommon


@tagged("post_install", "-at_install")
class TestPrices(PembaSoftwareCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("product.group_product_pricelist")
        cls.pricelist = cls._create_pricelist("Tiers", (10, 50))
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})
        cls.buyer.property_product_pricelist = cls.pricelist

    @classmethod
    def _create_pricelist(cls, name, *tiers, **vals):
        """A pricelist with a discount from each quantity on: ``(quantity, percent)``."""
        items = [
            Command.create(
                {"min_quantity": quantity, "compute_price": "percentage", "percent_price": percent}
            )
            for quantity, percent in tiers
        ]
        return cls.env["product.pricelist"].create(
            {"name": name, "currency_id": cls.env.company.currency_id.id, "item_ids": items, **vals}
        )

    def _deal(self, *lines, **vals):
        return self._create_deal(*lines, partner_id=self.buyer.id, **vals)

    def _check(self, line, price, is_typed=False):
        self.assertEqual((line.price_unit, line.is_price_typed), (price, is_typed))

    def test_it_follows_the_quantity_up_and_down(self):
        line = self._deal(self._line()).opportunity_line_ids
        self._check(line, 1000)
        for quantity, price in ((100, 500), (9, 1000), (10, 500)):
            line.quantity = quantity
            self._check(line, price)
        self.assertEqual(line.lead_id.deal_amount, 5000)

    def test_in_the_form(self):
        with Form(self._deal()) as form, form.opportunity_line_ids.new() as line:
            line.product_id = self.licence
            line.quantity = 100
            self.assertEqual(line.price_unit, 500)
        saved = form.record.opportunity_line_ids
        self._check(saved, 500)
        with form.opportunity_line_ids.edit(0) as line:
            line.quantity = 2
            self.assertEqual(line.price_unit, 1000)
            line.price_unit = 900
            self.assertTrue(line.is_price_typed)
            line.quantity = 50
            self.assertEqual(line.price_unit, 900)
        form.save()
        self._check(saved, 900, True)
        with form.opportunity_line_ids.edit(0) as line:
            line.product_id = self.training
            self.assertEqual((line.price_unit, line.is_price_typed), (350, False))
        form.save()
        self._check(saved, 350)

    def test_a_typed_price_stays(self):
        """As it was created, imported or written; until the list price is written, or another product."""
        deal = self._deal(self._line(price_unit=777))
        line = deal.opportunity_line_ids
        line.quantity = 100
        self._check(line, 777, True)
        line.price_unit = 500
        self._check(line, 500)
        line.quantity = 1
        self._check(line, 1000)
        line.write({"quantity": 20, "price_unit": 480})
        self._check(line, 480, True)
        line.product_id = self.training
        self._check(line, 350)
        line.write({"product_id": self.licence.id, "price_unit": 499})
        self._check(line, 499, True)
        line.product_id = self.licence
        self._check(line, 499, True)

    def test_by_import(self):
        deal = self._deal(name="Imported to")
        self.env.cr.flush()
        names = ["lead_id/.id", "product_id/.id", "quantity", "price_unit"]
        lines = self.env["pemba.opportunity.line"]
        for quantity, price, is_typed in ((100, 500, False), (100, 501, True)):
            row = [str(deal.id), str(self.licence.id), str(quantity), str(price)]
            result = lines.load(names, [row])
            self._check(lines.browse(result["ids"]), price, is_typed)
        result = lines.load(names[:3], [[str(deal.id), str(self.licence.id), "100"]])
        line = lines.browse(result["ids"])
        self._check(line, 500)
        lines.load([".id", "quantity"], [[str(line.id), "1"]])
        self._check(line, 1000)

    def test_an_empty_cell_says_nothing(self):
        deal = self._deal(self._line(price_unit=777))
        lines = self.env["pemba.opportunity.line"]
        names = ["lead_id/.id", "product_id/.id", "quantity", "price_unit"]
        result = lines.load(names, [[str(deal.id), str(self.licence.id), "100", ""]])
        self._check(lines.browse(result["ids"]), 500)
        typed = deal.opportunity_line_ids[0]
        lines.load([".id", "price_unit"], [[str(typed.id), ""]])
        self._check(typed, 777, True)

    def test_it_follows_the_customer(self):
        """As the form has it, and whoever writes it; what was typed stays."""
        self.pricelist.item_ids.min_quantity = 0
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        other.property_product_pricelist = self._create_pricelist("Plain")
        deal = self._create_deal(self._line(), self._line(price_unit=900), partner_id=other.id)
        following, typed = deal.opportunity_line_ids
        for partner, price in ((self.buyer, 500), (other, 1000)):
            deal.partner_id = partner
            self._check(following, price)
            self._check(typed, 900, True)
            self.assertEqual(deal.deal_amount, price + 900)
        with Form(deal) as form:
            form.partner_id = self.buyer
            with form.opportunity_line_ids.edit(0) as line:
                self.assertEqual((line.price_unit, line.is_price_typed), (500, False))
        self._check(following, 500)

    def test_a_variant_has_its_own_price(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Edition", "value_ids": [Command.create({"name": name}) for name in ("S", "L")]}
        )
        lines = [{"attribute_id": attribute.id, "value_ids": [Command.set(attribute.value_ids.ids)]}]
        template = self.env["product.template"].create(
            {
                "name": "Editions",
                "list_price": 100,
                "taxes_id": [],
                "pemba_sale_type_id": self.types["software"].id,
                "attribute_line_ids": [Command.create(line) for line in lines],
            }
        )
        template.attribute_line_ids.product_template_value_ids[1].price_extra = 20
        small, large = template.product_variant_ids
        line = self._deal({"product_id": small.id, "quantity": 10}).opportunity_line_ids
        self._check(line, 50)
        line.product_id = large
        self._check(line, 60)
        line.quantity = 1
        self._check(line, 120)

    def test_seats_of_a_configuration(self):
        """Applied for 5 seats and then for 100: licence, modules and their maintenance."""
        deal = self._deal()
        configuration = self.env["pemba.opportunity.configuration"].create(
            {"lead_id": deal.id, "software_id": self.software.id, "seat_count": 5}
        )
        for seats, price in ((5, 1000), (100, 500), (9, 1000)):
            configuration.seat_count = seats
            configuration.action_apply()
            licence, maintenance = deal.opportunity_line_ids.sorted("sequence")
            self._check(licence, price)
            self._check(maintenance, seats * price * 0.18)
        maintenance.price_unit = 1
        self._check(maintenance, 1, True)
        licence.price_unit = 900
        configuration.seat_count = 100
        configuration.action_apply()
        self._check(licence, 900, True)
        self._check(maintenance, 1, True)

    def test_it_is_todays_when_it_is_asked_for(self):
        day = fields.Date.today()
        self.pricelist.item_ids = [
            Command.create(
                {
                    "compute_price": "fixed",
                    "fixed_price": 800,
                    "applied_on": "1_product",
                    "product_tmpl_id": self.licence.product_tmpl_id.id,
                    "date_start": f"{day.year + 1}-01-01 00:00:00",
                }
            )
        ]
        line = self._deal(self._line()).opportunity_line_ids
        self._check(line, 1000)
        with freeze_time(f"{day.year + 1}-02-01"):
            line.quantity = 2
            self._check(line, 800)

    def test_what_is_closed_keeps_its_price(self):
        deal = self._deal(self._line())
        deal.action_set_won()
        deal.opportunity_line_ids.with_user(self.manager).quantity = 100
        self.assertEqual(deal.opportunity_line_ids.price_unit, 1000)

    def test_a_copy_follows_as_the_original_did(self):
        deal = self._deal(self._line(), self._line(price_unit=700))
        following, typed = deal.copy().opportunity_line_ids
        (following | typed).write({"quantity": 10})
        self._check(following, 500)
        self._check(typed, 700, True)

    def test_rules_are_read_once(self):
        """However many quantities are priced."""
        deal = self._deal()
        key = deal._get_price_key()

        def count(number):
            self.env.flush_all()
            self.env.invalidate_all()
            wanted = [(self.licence, quantity) for quantity in range(1, number + 1)]
            before = self.env.cr.sql_log_count
            prices = deal._get_list_prices(key, wanted)
            self.assertEqual(prices[-1], 500)
            return self.env.cr.sql_log_count - before

        count(10)
        self.assertEqual(count(100), count(10))
