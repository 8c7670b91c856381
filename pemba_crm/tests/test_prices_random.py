import os

from odoo.tests import tagged

from .prices_common import PricesCommon

# ``make test-prices`` asks for more.
OFFERS = int(os.environ.get("PEMBA_OFFERS", "300"))
CURRENCIES = ("EUR", "JPY", "TND")
# Of one transaction: what is taken back stays in the tables until its end, and slows all that follows.
MOST = 200


def create_class(currency, first, last):
    """A class of tests that make the offers of these numbers, in a transaction of its own."""

    @tagged("post_install", "-at_install")
    class TestPrices(PricesCommon):
        main_currency = currency

        def test_offer_order_invoice_contract_and_renewal_agree(self):
            self._check_random(first, last)

    TestPrices.__name__ = TestPrices.__qualname__ = f"TestPricesIn{currency.title()}From{first}"
    return TestPrices


for currency in CURRENCIES:
    count = -(-OFFERS // len(CURRENCIES))
    for first in range(0, count, MOST):
        one = create_class(currency, first, min(first + MOST, count))
        globals()[one.__name__] = one
del one
