from odoo import models
from odoo.tools import SQL

# What is compared, the gravest first.
RESULTS = [
    ("not_sold", "Not Sold"),
    ("not_installed", "Not Installed"),
    ("quantity_gap", "Quantity Differs"),
    ("covered_not_installed", "Covered, Not Installed"),
    ("not_covered", "Not Covered"),
    ("invoiced_not_won", "Invoiced, Not Won"),
    ("not_invoiced", "Not Invoiced"),
    ("amount_gap", "Amount Differs"),
    ("matched", "Matched"),
]
# By what facts are added up. The distributor of a direct sale is 0: who bought both ways has none.
KEYS = {"partner_id": "int", "product_id": "int", "distributor_id": "int", "currency_id": "int"}
# What is added up of facts: quantities in the product's unit, amounts before tax. What mostly equals another
# is only what it differs by, since what is empty takes hardly any time, see ``_get_figures``: what lapsed of
# the quantity won, what counts at no known price, what the amount won is more in the deal's currency, and
# what it was more before it was rounded.
MEASURES = (
    *("won_quantity", "lapsed_quantity", "term_quantity", "based"),
    *("unpaid_quantity", "paid_amount"),
    *("won_amount_company", "won_foreign_excess", "won_rounding", "order_gap"),
    *("installed_quantity", "attended_quantity", "uncovered_quantity", "uncovered_rate"),
    *("contract_quantity", "stray_quantity"),
    *("invoiced_quantity", "invoiced_amount", "invoiced_amount_company", "invoiced_at_rate"),
)


class PembaReconciliation(models.Model):
    """One query compares: facts are added up by customer and product, and judged."""

    _inherit = "pemba.reconciliation"

    def _get_query(self):
        """One row for each customer and product, with its sums and results, in one pass.

        Sums are as floats add them up; what is kept of them is rounded. They are empty where nothing was
        added up.
        """
        return SQL(
            "WITH compared AS (%s) SELECT judged.* FROM (%s) judged WHERE gravity IS NOT NULL",
            *(self._get_compared(), self._get_judged()),
        )

    def _get_compared(self):
        """One row for each customer and product, with its sums.

        Nothing in it may keep PostgreSQL to one process, as subqueries for each row and window functions do.
        """
        return SQL(
            """
            WITH selling AS NOT MATERIALIZED (
                SELECT opportunity_id AS lead_id, MIN(company_id) AS company_id
                  FROM sale_order
                 WHERE state = 'sale' AND opportunity_id IS NOT NULL
                 GROUP BY opportunity_id),
            running AS NOT MATERIALIZED (
                SELECT of_day.equipment AS equipment_id, owner.commercial_partner_id AS partner_id
                  FROM (%(states)s) of_day
             LEFT JOIN res_partner owner ON owner.id = of_day.partner),
            in_force AS NOT MATERIALIZED (
                SELECT line.equipment_id, line.product_id, line.quantity,
                       owner.commercial_partner_id AS partner_id, contract.distributor_id
                  FROM pemba_contract_line line
                  JOIN pemba_contract contract ON contract.id = line.contract_id
             LEFT JOIN res_partner owner ON owner.id = contract.partner_id
                 WHERE contract.state != 'draft' AND contract.company_id = %(company)s
                   AND %(date)s BETWEEN line.date_start AND line.date_end),
            fact AS (%(facts)s)
            SELECT partner.commercial_partner_id AS partner_id, fact.product_id,
                   CASE WHEN MIN(fact.distributor_id) = MAX(fact.distributor_id)
                        THEN NULLIF(MIN(fact.distributor_id), 0) END AS distributor_id,
                   CASE WHEN MIN(fact.currency_id) = MAX(fact.currency_id)
                        THEN MIN(fact.currency_id) END AS deal_currency_id,
                   %(sums)s
              FROM fact
         LEFT JOIN res_partner partner ON partner.id = fact.partner_id
             WHERE %(zone)s
             GROUP BY partner.commercial_partner_id, fact.product_id
            """,
            states=self.env["pemba.equipment"]._get_states_query(
                self.date, SQL("(SELECT id FROM pemba_equipment WHERE company_id = %s)", self.company_id.id)
            ),
            company=self.company_id.id,
            date=self.date,
            facts=SQL(" UNION ALL ").join(self._as_fact(*fact) for fact in self._get_facts()),
            sums=SQL(", ").join(
                SQL("SUM(%(name)s) AS %(name)s", name=SQL.identifier(name)) for name in MEASURES
            ),
            zone=self._get_zone_condition(),
        )

    def _get_zone_condition(self):
        """Customers of the zone and of what is below it; all without one."""
        if not self.zone_id:
            return SQL("TRUE")
        zones = self.env["pemba.zone"].search([("id", "child_of", self.zone_id.ids)])
        return SQL(
            "partner.commercial_partner_id IN (SELECT id FROM res_partner WHERE zone_id = ANY(%s))", zones.ids
        )

    def _get_facts(self):
        """Whatever is compared, ``[(columns, FROM and WHERE)]``; an add-on may add its own."""
        return [
            self._get_won_lines(),
            self._get_won_without_lines(),
            self._get_orders(),
            self._get_opening_sales(),
            self._get_installed(),
            self._get_contracts(),
            self._get_strays(),
            self._get_invoices(),
        ]

    def _as_fact(self, columns, source):
        """A query with all columns of a fact, each of its type; those that it does not have are empty.

        :raise ValueError: naming columns that no fact has
        """
        kinds = KEYS | dict.fromkeys(MEASURES, "float8")
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
