import os

from odoo.tests import tagged

from .prices_common import PricesCommon

# ``make test-prices`` asks for more.
OFFERS = int(os.environ.get("PEMBA_OFFERS", "100"))


@tagged("post_install", "-at_install")
class TestPricesInEuro(PricesCommon):
    def test_offer_order_invoice_contract_and_renewal_agree(self):
        self._check_random(OFFERS)


@tagged("post_install", "-at_install")
class TestPricesInYen(PricesCommon):
    main_currency = "JPY"

    def test_offer_order_invoice_contract_and_renewal_agree(self):
        self._check_random(OFFERS)


@tagged("post_install", "-at_install")
class TestPricesInDinar(PricesCommon):
    main_currency = "TND"

    def test_offer_order_invoice_contract_and_renewal_agree(self):
        self._check_random(OFFERS)
