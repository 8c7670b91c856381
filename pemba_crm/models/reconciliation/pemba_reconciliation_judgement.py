from odoo import models
from odoo.tools import SQL, float_round

from .pemba_reconciliation_query import MEASURES, RESULTS

# Below this, a quantity or an amount is none: it is the dust of floats.
NOTHING = SQL("1e-6::float8")
# Half of the last digit that is kept of a sum: from there on, it is rounded up.
DUST = 5e-7
# Results as numbers, the gravest first: a million of them are compared faster than words.
GRAVITY = {code: SQL("%s", number) for number, (code, _label) in enumerate(RESULTS, 1)}


class PembaReconciliation(models.Model):
    """What to make of what is compared: the three results."""

    _inherit = "pemba.reconciliation"

    def _get_judged(self):
        """The three results of each customer and product, and the gravest of them: see GRAVITY."""
        digits = self.currency_id.decimal_places
        # Less than half of the smallest coin is the dust of conversions.
        cent = self.currency_id.rounding / 2
        dust = min(DUST, cent / 2)
        tolerance = float_round(
            max(self.amount_tolerance, cent), precision_digits=digits, rounding_method="DOWN"
        )
        terms = {
            # Sums are floats: what differs by exactly the tolerance matches.
            "quantity": self.quantity_tolerance + 1e-6,
            # As if amounts were rounded, as they are where they are kept.
            "amount": tolerance + 10**-digits / 2 - dust,
            "cent": cent - dust,
            "nothing": NOTHING,
            **GRAVITY,
        }
        return SQL(
            """
            SELECT one.*, LEAST(one.installed_result, one.covered_result, one.invoiced_result) AS gravity
              FROM (
                SELECT compared.*,
                       %(installed)s AS installed_result,
                       %(covered)s AS covered_result,
                       %(invoiced)s AS invoiced_result
                  FROM compared, LATERAL (%(figures)s) figure
                OFFSET 0) one  -- so that each result is found once
            """,
            figures=self._get_figures(),
            installed=self._get_installed_result(terms),
            covered=self._get_covered_result(terms),
            invoiced=self._get_invoiced_result(terms),
        )

    def _get_figures(self):
        """What is compared, from the sums of a row of ``compared``.

        ``won_at_rate`` and ``invoiced_at_rate`` are in company currency at the rates of the deals, so that
        exchange differences are no gap.
        """
        return SQL(
            """
            SELECT sums.*,
                   won_quantity - lapsed_quantity AS counting_quantity,
                   won_quantity - lapsed_quantity - unpaid_quantity AS paid_quantity,
                   CASE WHEN based > 0 OR ABS(installed_quantity) > %(nothing)s
                        THEN won_quantity - lapsed_quantity ELSE 0 END AS due_quantity,
                   CASE WHEN ABS(contract_quantity) > %(nothing)s THEN contract_quantity
                        ELSE attended_quantity + stray_quantity END AS covered_quantity,
                   won_amount_company + won_foreign_excess AS won_amount,
                   won_amount_company + won_rounding AS won_at_rate
              FROM (SELECT %(sums)s) sums
            """,
            nothing=NOTHING,
            sums=SQL(", ").join(
                SQL("COALESCE(compared.%(name)s, 0) AS %(name)s", name=SQL.identifier(name))
                for name in MEASURES
            ),
        )

    def _get_installed_result(self, terms):
        """What comes into the base, beside what is there."""
        return SQL(
            """
            CASE WHEN figure.based = 0 AND ABS(figure.installed_quantity) <= %(nothing)s THEN NULL
                 WHEN ABS(figure.counting_quantity - figure.installed_quantity) <= %(quantity)s
                 THEN %(matched)s
                 WHEN figure.installed_quantity <= %(nothing)s AND figure.counting_quantity > %(nothing)s
                 THEN %(not_installed)s
                 WHEN figure.counting_quantity <= %(nothing)s AND figure.installed_quantity > %(nothing)s
                 THEN %(not_sold)s
                 ELSE %(quantity_gap)s END
            """,
            **terms,
        )

    def _get_covered_result(self, terms):
        """What recurs, beside contracts; equipment, beside what covers it."""
        return SQL(
            """
            CASE WHEN figure.stray_quantity > %(quantity)s THEN %(covered_not_installed)s
                 WHEN ABS(figure.contract_quantity - figure.term_quantity) <= %(quantity)s THEN
                    CASE WHEN figure.uncovered_quantity > %(quantity)s THEN %(not_covered)s
                         WHEN ABS(figure.contract_quantity) > %(nothing)s
                              OR ABS(figure.term_quantity) > %(nothing)s
                              OR ABS(figure.attended_quantity) > %(nothing)s
                              OR ABS(figure.uncovered_quantity) > %(nothing)s
                              OR ABS(figure.stray_quantity) > %(nothing)s THEN %(matched)s END
                 WHEN figure.contract_quantity <= %(nothing)s THEN %(not_covered)s
                 WHEN figure.term_quantity > %(nothing)s THEN %(quantity_gap)s
                 WHEN figure.based > 0 AND figure.installed_quantity <= %(nothing)s
                 THEN %(covered_not_installed)s
                 ELSE %(not_sold)s END
            """,
            **terms,
        )

    def _get_invoiced_result(self, terms):
        """Everything won, beside what was invoiced of it and what orders say of it."""
        return SQL(
            """
            CASE WHEN ABS(figure.won_at_rate) < %(cent)s AND ABS(figure.invoiced_at_rate) < %(cent)s
                      AND ABS(figure.order_gap) < %(amount)s
                 THEN CASE WHEN ABS(figure.won_quantity) > %(nothing)s
                                OR ABS(figure.invoiced_quantity) > %(nothing)s THEN %(matched)s END
                 WHEN ABS(figure.won_at_rate - figure.invoiced_at_rate) < %(amount)s
                 THEN CASE WHEN ABS(figure.order_gap) < %(amount)s THEN %(matched)s
                           ELSE %(amount_gap)s END
                 WHEN ABS(figure.invoiced_at_rate) < %(cent)s THEN %(not_invoiced)s
                 WHEN ABS(figure.won_at_rate) < %(cent)s THEN %(invoiced_not_won)s
                 ELSE %(amount_gap)s END
            """,
            **terms,
        )
