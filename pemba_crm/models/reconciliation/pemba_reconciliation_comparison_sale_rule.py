from typing import NamedTuple

from odoo import models
from odoo.tools import SQL


class SaleRule(NamedTuple):
    """Whether a sale recurs, comes into a contract and into the base, with the joins that tell it."""

    is_recurring: SQL
    is_contracted: SQL
    comes_into_base: SQL
    joins: SQL


class PembaReconciliationComparison(models.AbstractModel):
    """What a sale means: whether it recurs and comes into the base, said once, and what follows from that."""

    _inherit = "pemba.reconciliation.comparison"

    def _get_product_rule(self, product):
        """What is sold of a product as such.

        :param product: its id
        """
        is_recurring = SQL("COALESCE(sale_type.is_recurring, FALSE)")
        return SaleRule(
            is_recurring=is_recurring,
            is_contracted=is_recurring,
            comes_into_base=SQL("(COALESCE(template.pemba_equipment_policy, 'none') != 'none')"),
            joins=SQL(
                """
              JOIN product_product product ON product.id = %s
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN pemba_sale_type sale_type ON sale_type.id = template.pemba_sale_type_id
                """,
                product,
            ),
        )

    def _get_line_rule(self):
        """What the ``line`` of an opportunity sells; the licence of a renewed subscription is in the base."""
        of_product = self._get_product_rule(SQL("line.product_id"))
        return SaleRule(
            is_recurring=SQL("COALESCE(line.is_recurring, FALSE)"),
            is_contracted=SQL("COALESCE(line.is_contracted, FALSE)"),
            comes_into_base=SQL(
                "(CASE WHEN renewed.id IS NOT NULL"
                " THEN equipment.product_id IS NOT DISTINCT FROM line.product_id"
                " ELSE COALESCE(line.comes_into_base, FALSE) END)"
            ),
            joins=SQL(
                """
                %s
         LEFT JOIN pemba_contract_line renewed ON renewed.id = line.contract_line_id
         LEFT JOIN pemba_equipment equipment ON equipment.id = renewed.equipment_id
                """,
                of_product.joins,
            ),
        )

    def _get_sold_columns(self, scope, rule, quantity, amount, start, end, is_paid=None):
        """What a sale means for the base and for contracts.

        What is sold for good counts from its day on, what recurs in its term. A product is of the base where
        one sale of it is, or where it is installed: then all its sales count there.

        :param rule: a ``SaleRule``
        :param amount: what the customer paid, in company currency
        :param is_paid: whether that is known; always, if not given
        """
        counts = SQL("(NOT %s OR %s BETWEEN %s AND %s)", rule.is_recurring, scope.date, start, end)
        is_paid = is_paid or SQL("TRUE")
        return {
            "won_quantity": quantity,
            "lapsed_quantity": SQL("CASE WHEN %s IS NOT TRUE THEN %s END", counts, quantity),
            "term_quantity": SQL("CASE WHEN %s AND %s THEN %s END", rule.is_contracted, counts, quantity),
            "unpaid_quantity": SQL(
                "CASE WHEN %s AND (%s) IS NOT TRUE THEN %s END", counts, is_paid, quantity
            ),
            "paid_amount": SQL("CASE WHEN %s THEN %s END", counts, amount),
            "based": SQL("(%s)::int", rule.comes_into_base),
        }

    def _get_year_end(self, start):
        """The last day of a year from a day."""
        return SQL("(%s + INTERVAL '1 year' - INTERVAL '1 day')::date", start)
