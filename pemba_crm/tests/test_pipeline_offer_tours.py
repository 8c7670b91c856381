from odoo.tests import HttpCase, tagged

from .common import PembaSoftwareCommon


@tagged("post_install", "-at_install")
class TestOfferTours(PembaSoftwareCommon, HttpCase):
    def test_a_salesperson_configures_and_quotes(self):
        customer = self.env["res.partner"].create({"name": "Customer", "is_company": True})
        deal = self._create_opportunity("E", partner_id=customer.id)
        self.start_tour("/odoo/pemba-pipeline", "pemba_crm_configure_and_quote", login="pemba_sales")
        # the maintenance stays at what it was when the configuration was applied: 12,500 × 18 %
        self.assertEqual((deal.won_status, deal.expected_revenue), ("won", 14150))
        self.assertEqual(deal.order_ids.amount_untaxed, 14150)
        licence = deal.order_ids.order_line.filtered(lambda line: line.product_id == self.licence)
        self.assertEqual((licence.price_unit, licence.discount), (1000, 20))
