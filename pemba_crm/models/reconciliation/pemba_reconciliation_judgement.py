from odoo import models
from odoo.tools import SQL, float_round

# Below this, a quantity or an amount is none: it is the dust of floats.
NOTHING = SQL("1e-6::float8")
# Half of the last digit that is kept of a sum: from there on, it is rounded up.
DUST = 5e-7


class PembaReconciliationJudgement(models.AbstractModel):
    """What to make of what is compared: figures that follow from the sums, and a result of each check.

    An add-on that checks something of its own adds its name to ``_get_checks``, a method
    ``_get_<check>_result``, and a field ``<check>_result`` to lines; what settles it is in
    ``pemba.reconciliation.fix``.
    """

    _name = "pemba.reconciliation.judgement"
    _description = "Judgement of What Was Compared"

    def _get_checks(self):
        """The names of the checks, in the order in which differences are settled."""
        return ["installed", "covered", "invoiced"]

    def _get_gravity(self):
        """The results, the gravest first, what matches last.

        As the selection of lines has them: where an add-on puts its own, it is as grave.
        """
        results = self.env["pemba.reconciliation.line"]._fields["result"].selection
        return [code for code, _label in results if code != "matched"] + ["matched"]

    def _get_numbers(self):
        """The results as numbers, the gravest is 1: a million of them are compared faster than words."""
        return {code: SQL("%s", number) for number, code in enumerate(self._get_gravity(), 1)}

    def _get_judged(self, scope):
        """The rows of ``compared`` with the result of each check, and the gravest of them, as numbers."""
        terms = self._get_tolerances(scope) | self._get_numbers() | {"nothing": NOTHING}
        checks = [f"{check}_result" for check in self._get_checks()]
        return SQL(
            """
            SELECT one.*, LEAST(%(checks)s) AS gravity
              FROM (
                SELECT compared.*, %(results)s
                  FROM compared, LATERAL (%(figures)s) figure
                OFFSET 0) one  -- so that each result is found once
            """,
            checks=SQL(", ").join(SQL.identifier("one", name) for name in checks),
            results=SQL(", ").join(
                SQL("%s AS %s", getattr(self, f"_get_{name}")(terms), SQL.identifier(name)) for name in checks
            ),
            figures=self._get_figures(),
        )

    def _get_tolerances(self, scope):
        """From what difference on something differs, and is something: ``{quantity, amount, cent}``."""
        digits = scope.company_currency.decimal_places
        # Less than half of the smallest coin is the dust of conversions.
        cent = scope.company_currency.rounding / 2
        dust = min(DUST, cent / 2)
        tolerance = float_round(
            max(scope.amount_tolerance, cent), precision_digits=digits, rounding_method="DOWN"
        )
        return {
            # Sums are floats: what differs by exactly the tolerance matches.
            "quantity": scope.quantity_tolerance + 1e-6,
            # As if amounts were rounded, as they are where they are kept.
            "amount": tolerance + 10**-digits / 2 - dust,
            "cent": cent - dust,
        }

    # ------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------

    def _get_figures(self):
        """What is compared, from the sums of a row of ``compared``: they themselves, and what follows."""
        measures = self.env["pemba.reconciliation.comparison"]._get_measures()
        return SQL(
            "SELECT sums.*, %s FROM (SELECT %s) sums",
            SQL(", ").join(
                SQL("%s AS %s", figure, SQL.identifier(name))
                for name, figure in self._get_derived_figures().items()
            ),
            SQL(", ").join(
                SQL("COALESCE(compared.%(name)s, 0) AS %(name)s", name=SQL.identifier(name))
                for name in measures
            ),
        )

    def _get_derived_figures(self):
        """What follows from sums, ``{name: SQL}``.

        ``won_at_rate`` and ``invoiced_at_rate`` are in company currency at the rates of the deals, so that
        exchange differences are no gap, and of lines by themselves, without the cents that a document's total
        gives one of them.
        """
        return {
            "counting_quantity": SQL("won_quantity - lapsed_quantity"),
            "paid_quantity": SQL("won_quantity - lapsed_quantity - unpaid_quantity"),
            "due_quantity": SQL(
                "CASE WHEN based > 0 OR ABS(installed_quantity) > %s"
                " THEN won_quantity - lapsed_quantity ELSE 0 END",
                NOTHING,
            ),
            "covered_quantity": SQL(
                "CASE WHEN ABS(contract_quantity) > %s THEN contract_quantity"
                " ELSE attended_quantity + stray_quantity END",
                NOTHING,
            ),
            "won_amount": SQL("won_amount_company + won_foreign_excess"),
            "won_at_rate": SQL("won_amount_company + won_rounding"),
        }

    # ------------------------------------------------------------
    # Results
    # ------------------------------------------------------------

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
