import os

from odoo.tests import tagged

from .year_common import YearCommon

# ``make test-year`` asks for more.
SEEDS = int(os.environ.get("PEMBA_SEEDS", "20"))
FIRST = int(os.environ.get("PEMBA_FIRST_SEED", "0"))
# Of one transaction: what is taken back stays in the tables until its end, and slows all that follows.
MOST = 25


def create_class(first, last):
    """A class of tests that play the years of these numbers, in a transaction of its own."""

    @tagged("post_install", "-at_install")
    class TestYear(YearCommon):
        def test_every_figure_is_that_of_the_ledger(self):
            self._check_years(first, last)

    TestYear.__name__ = TestYear.__qualname__ = f"TestYearsFrom{first}"
    return TestYear


for first in range(FIRST, FIRST + SEEDS, MOST):
    one = create_class(first, min(first + MOST, FIRST + SEEDS))
    globals()[one.__name__] = one
del one
