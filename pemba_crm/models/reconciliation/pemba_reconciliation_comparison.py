from odoo import models
from odoo.tools import SQL


class PembaReconciliationComparison(models.AbstractModel):
    """What was sold beside what is there, by customer and product: one query, of a ``Scope``.

    Facts are added up and judged. What was sold is in ``…_comparison_sold``, what that means for the base in
    ``…_comparison_sale_rule``, what it is compared with in ``…_comparison_there``, and what to make of it in
    ``pemba.reconciliation.judgement``.

    An add-on that sells or installs in a way of its own adds a method to ``_get_facts``, and what it alone
    adds up to ``_get_measures``. Lines that have a stored field of a measure's name keep it; the records
    behind it are opened by ``pemba.reconciliation.line._get_sources``.
    """

    _name = "pemba.reconciliation.comparison"
    _description = "Comparison of What Was Sold"

    def _get_query(self, scope):
        """One row for each customer and product, with its sums and results, in one pass.

        Sums are as floats add them up; what is kept of them is rounded. They are empty where nothing was
        added up. Results are numbers: see ``_get_gravity``.
        """
        return SQL(
            "WITH compared AS (%s) SELECT judged.* FROM (%s) judged WHERE gravity IS NOT NULL",
            self._get_compared(scope),
            self.env["pemba.reconciliation.judgement"]._get_judged(scope),
        )

    # ------------------------------------------------------------
    # What is compared
    # ------------------------------------------------------------

    def _get_facts(self):
        """The methods that say what is compared; an add-on may add its own.

        Each takes the scope and returns its columns, ``{name: SQL}``, and from where and which they are:
        ``FROM`` and ``WHERE``. Its columns are ``partner_id`` and ``product_id``, attributes and measures.
        Without window functions and subqueries for each row, PostgreSQL compares with several workers.
        """
        return [
            *("_get_won_lines", "_get_won_without_lines", "_get_orders", "_get_opening_sales"),
            *("_get_installed", "_get_contracts", "_get_strays", "_get_invoices"),
        ]

    def _get_attributes(self):
        """Ids that a row has where all its facts that have one have the same.

        The distributor of a direct sale is 0: who bought both ways has none.
        """
        return ["distributor_id", "deal_currency_id"]

    def _get_measures(self):
        """What is added up of facts: quantities in the product's unit, amounts before tax.

        What mostly equals another is only what it differs by, since what is empty takes hardly any time, see
        ``_get_figures``: what lapsed of the quantity won, what counts at no known price, what the amount won
        is more in the deal's currency, and what it was more before it was rounded.
        """
        return [
            *("won_quantity", "lapsed_quantity", "term_quantity", "based"),
            *("unpaid_quantity", "paid_amount"),
            *("won_amount_company", "won_foreign_excess", "won_rounding", "order_gap"),
            *("installed_quantity", "attended_quantity", "uncovered_quantity", "uncovered_rate"),
            *("contract_quantity", "stray_quantity"),
            *("invoiced_quantity", "invoiced_amount", "invoiced_amount_company", "invoiced_at_rate"),
        ]

    def _get_shared_queries(self, scope):
        """What several facts read, ``{name: SQL}``."""
        return {
            "selling": self._get_selling(),
            "running": self._get_running(scope),
            "in_force": self._get_in_force(scope),
        }

    # ------------------------------------------------------------
    # How it is added up
    # ------------------------------------------------------------

    def _get_compared(self, scope):
        """One row for each customer and product, with its sums."""
        return SQL(
            """
            WITH %(shared)s, fact AS (%(facts)s)
            SELECT partner.commercial_partner_id AS partner_id, fact.product_id, %(attributes)s, %(sums)s
              FROM fact
         LEFT JOIN res_partner partner ON partner.id = fact.partner_id
             WHERE %(zone)s
             GROUP BY partner.commercial_partner_id, fact.product_id
            """,
            shared=SQL(", ").join(
                SQL("%s AS NOT MATERIALIZED (%s)", SQL.identifier(name), query)
                for name, query in self._get_shared_queries(scope).items()
            ),
            facts=SQL(" UNION ALL ").join(
                self._as_fact(*getattr(self, name)(scope)) for name in self._get_facts()
            ),
            attributes=SQL(", ").join(
                SQL(
                    "CASE WHEN MIN(fact.%(name)s) = MAX(fact.%(name)s)"
                    " THEN NULLIF(MIN(fact.%(name)s), 0) END AS %(name)s",
                    name=SQL.identifier(name),
                )
                for name in self._get_attributes()
            ),
            sums=SQL(", ").join(
                SQL("SUM(%(name)s) AS %(name)s", name=SQL.identifier(name)) for name in self._get_measures()
            ),
            zone=self._get_zone_condition(scope),
        )

    def _get_zone_condition(self, scope):
        """Customers of the zone and of what is below it; all without one."""
        if not scope.zone:
            return SQL("TRUE")
        zones = self.env["pemba.zone"].search([("id", "child_of", scope.zone.ids)])
        return SQL(
            "partner.commercial_partner_id IN (SELECT id FROM res_partner WHERE zone_id = ANY(%s))", zones.ids
        )

    def _as_fact(self, columns, source):
        """A query with all columns of a fact, each of its type; those that it does not have are empty.

        :raise ValueError: naming columns that no fact has
        """
        kinds = dict.fromkeys(("partner_id", "product_id", *self._get_attributes()), "int")
        kinds |= dict.fromkeys(self._get_measures(), "float8")
        if unknown := columns.keys() - kinds.keys():
            raise ValueError(f"Not compared: {', '.join(sorted(unknown))}")
        return SQL(
            "SELECT %s %s",
            SQL(", ").join(
                SQL("(%s)::%s AS %s", columns.get(name, SQL("NULL")), SQL(kind), SQL.identifier(name))
                for name, kind in kinds.items()
            ),
            source,
        )
