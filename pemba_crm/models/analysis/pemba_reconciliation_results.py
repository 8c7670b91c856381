from odoo import models
from odoo.tools import SQL

from .pemba_reconciliation_query import RESULTS

# Below this, a quantity is none.
NOTHING = SQL("1e-6")


class PembaReconciliation(models.Model):
    """What to make of what is compared: the three results, and what a year of maintenance is worth."""

    _inherit = "pemba.reconciliation"

    def _get_judged(self):
        """The results of each customer and product, and what a year of missing maintenance would bring."""
        own = (self.quantity_tolerance or 0.0, self.amount_tolerance or 0.0)
        # Less than half of the smallest coin is the dust of conversions.
        cent = self.currency_id.rounding / 2
        # Quantities are floats: what differs by exactly the tolerance matches.
        tolerances = {"quantity": own[0] + 1e-6, "amount": max(own[1], cent), "cent": cent}
        return SQL(
            """
            SELECT one.*,
                   LEAST(ARRAY_POSITION(%(codes)s::varchar[], one.installed_result),
                         ARRAY_POSITION(%(codes)s::varchar[], one.covered_result),
                         ARRAY_POSITION(%(codes)s::varchar[], one.invoiced_result)) AS gravity
              FROM (
                SELECT compared.*, customer.zone_id, template.pemba_sale_type_id AS sale_type_id,
                       CASE WHEN based > 0 OR installed_quantity != 0 THEN counting_quantity ELSE 0 END
                           AS due_quantity,
                       CASE WHEN contract_quantity != 0 THEN contract_quantity
                            ELSE attended_quantity + stray_quantity END AS covered_quantity,
                       %(gap)s AS gap_amount_company,
                       %(order_gap)s AS order_gap_company,
                       %(missed)s AS missed_amount_company,
                       %(installed)s AS installed_result,
                       %(covered)s AS covered_result,
                       %(invoiced)s AS invoiced_result
                  FROM compared
             LEFT JOIN res_partner customer ON customer.id = compared.partner_id
             LEFT JOIN product_product product ON product.id = compared.product_id
             LEFT JOIN product_template template ON template.id = product.product_tmpl_id
                OFFSET 0) one  -- so that each result is found once
            """,
            codes=[code for code, _label in RESULTS],
            gap=self._get_gap(),
            order_gap=self._round(SQL("order_gap")),
            missed=self._round(
                SQL(
                    "uncovered_rate * CASE WHEN paid_quantity > 0 AND paid_amount > 0"
                    " THEN paid_amount / paid_quantity ELSE COALESCE(template.list_price * %s, 0) END",
                    self._get_list_rate(),
                )
            ),
            installed=self._get_installed_result(**tolerances),
            covered=self._get_covered_result(**tolerances),
            invoiced=self._get_invoiced_result(**tolerances),
        )

    def _get_gap(self):
        """What was won less what was invoiced, at the rates of the deals."""
        return self._round(SQL("won_at_rate - invoiced_at_rate"))

    def _round(self, amount):
        """A sum of floats to the cent; most are nothing, and need not be turned into decimals."""
        return SQL(
            "CASE WHEN ABS(%(amount)s) < 1e-7 THEN 0 ELSE ROUND((%(amount)s)::numeric, %(decimals)s) END",
            amount=amount,
            decimals=self.currency_id.decimal_places,
        )

    def _get_list_rate(self):
        """What list prices are multiplied by: they are in the currency of the product's company, else main's.

        See ``product.template._compute_currency_id``.
        """
        main = self.env["res.company"].sudo()._get_main_company()  # whoever compares
        return SQL(
            "CASE WHEN template.company_id = %s THEN 1 ELSE %s END",
            self.company_id.id,
            self.env["res.currency"]._get_conversion_rate(
                main.currency_id, self.currency_id, self.company_id, self.date
            ),
        )

    def _get_installed_result(self, quantity, **_tolerances):
        """What comes into the base, beside what is there."""
        return SQL(
            """
            CASE WHEN based = 0 AND installed_quantity = 0 THEN NULL
                 WHEN ABS(counting_quantity - installed_quantity) <= %(quantity)s THEN 'matched'
                 WHEN installed_quantity <= %(nothing)s AND counting_quantity > 0 THEN 'not_installed'
                 WHEN counting_quantity <= %(nothing)s AND installed_quantity > 0 THEN 'not_sold'
                 ELSE 'quantity_gap' END
            """,
            quantity=quantity,
            nothing=NOTHING,
        )

    def _get_covered_result(self, quantity, **_tolerances):
        """What recurs, beside contracts; equipment, beside what covers it."""
        return SQL(
            """
            CASE WHEN stray_quantity > %(quantity)s THEN 'covered_not_installed'
                 WHEN ABS(contract_quantity - term_quantity) <= %(quantity)s THEN
                    CASE WHEN uncovered_quantity > %(quantity)s THEN 'not_covered'
                         WHEN contract_quantity != 0 OR term_quantity != 0 OR attended_quantity != 0
                              OR uncovered_quantity != 0 OR stray_quantity != 0 THEN 'matched' END
                 WHEN contract_quantity <= %(nothing)s THEN 'not_covered'
                 WHEN term_quantity > %(nothing)s THEN 'quantity_gap'
                 WHEN based > 0 AND installed_quantity <= %(nothing)s THEN 'covered_not_installed'
                 ELSE 'not_sold' END
            """,
            quantity=quantity,
            nothing=NOTHING,
        )

    def _get_invoiced_result(self, amount, cent, **_tolerances):
        """Everything won, beside what was invoiced of it and what orders say of it."""
        return SQL(
            """
            CASE WHEN ABS(won_at_rate) < %(cent)s AND ABS(invoiced_at_rate) < %(cent)s
                      AND ABS(order_gap) <= %(amount)s
                 THEN CASE WHEN won_quantity != 0 OR invoiced_quantity != 0 THEN 'matched' END
                 WHEN ABS(%(gap)s) <= %(amount)s
                 THEN CASE WHEN ABS(order_gap) <= %(amount)s THEN 'matched' ELSE 'amount_gap' END
                 WHEN ABS(invoiced_at_rate) < %(cent)s THEN 'not_invoiced'
                 WHEN ABS(won_at_rate) < %(cent)s THEN 'invoiced_not_won'
                 ELSE 'amount_gap' END
            """,
            cent=cent,
            amount=amount,
            gap=self._get_gap(),
        )
