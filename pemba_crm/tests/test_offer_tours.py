from odoo.tests import HttpCase, tagged

from .common import PembaSoftwareCommon


@tagged("post_install", "-at_install")
class TestOfferTours(PembaSoftwareCommon, HttpCase):
    def test_a_salesperson_configures_and_quotes(self):
        customer = self.env["res.partner"].create({"name": "Customer", "is_company": True})
        deal = self._create_opportunity("E", partner_id=customer.id)
        self.start_tour("/odoo/pemba-pipeline", "pemba_crm_configure_and_quote", login="pemba_sales")
        # (12,500 − 2,000) × 1.18 + 1,400: maintenance follows the discount on the licence
        self.assertEqual((deal.won_status, deal.expected_revenue), ("won", 13790))
        self.assertEqual(deal.order_ids.amount_untaxed, 13790)
        licence = deal.order_ids.order_line.filtered(lambda line: line.product_id == self.licence)
        self.assertEqual((licence.price_unit, licence.discount), (1000, 20))
