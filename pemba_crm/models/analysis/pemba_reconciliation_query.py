from odoo import api, models
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
# What is added up of facts: quantities in the product's unit, amounts before tax. Amounts in company currency
# exactly; the rest as floats, which take a fraction of the memory and have more digits than are compared.
EXACT = ("won_amount_company", "invoiced_amount_company")
MEASURES = (
    *EXACT,
    *("won_quantity", "counting_quantity", "term_quantity", "based"),
    *("paid_quantity", "paid_amount"),
    *("won_amount", "won_at_rate", "order_gap"),
    *("installed_quantity", "attended_quantity", "uncovered_quantity", "uncovered_rate"),
    *("contract_quantity", "stray_quantity"),
    *("invoiced_quantity", "invoiced_amount", "invoiced_at_rate"),
)


class PembaReconciliation(models.Model):
    """One query compares: facts are added up by customer and product, and judged."""

    _inherit = "pemba.reconciliation"

    def _get_query(self):
        """One row for each customer and product, with its results, in one pass.

        ``won_at_rate`` and ``invoiced_at_rate`` are in company currency at the rates of the deals, so that
        exchange differences are no gap.
        """
        return SQL(
            """
            WITH running AS NOT MATERIALIZED (
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
            fact AS (%(facts)s),
            compared AS (
                SELECT partner.commercial_partner_id AS partner_id, fact.product_id,
                       CASE WHEN MIN(fact.distributor_id) = MAX(fact.distributor_id)
                            THEN NULLIF(MIN(fact.distributor_id), 0) END AS distributor_id,
                       CASE WHEN MIN(fact.currency_id) = MAX(fact.currency_id)
                            THEN MIN(fact.currency_id) END AS deal_currency_id,
                       %(sums)s
                  FROM fact
             LEFT JOIN res_partner partner ON partner.id = fact.partner_id
                 WHERE %(zone)s
                 GROUP BY partner.commercial_partner_id, fact.product_id),
            judged AS (%(judged)s OFFSET 0)
            SELECT judged.*, (%(codes)s::varchar[])[gravity] AS result
              FROM judged
             WHERE gravity IS NOT NULL
            """,
            states=self.env["pemba.equipment"]._get_states_query(
                self.date, SQL("(SELECT id FROM pemba_equipment WHERE company_id = %s)", self.company_id.id)
            ),
            company=self.company_id.id,
            date=self.date,
            facts=SQL(" UNION ALL ").join(self._as_fact(*fact) for fact in self._get_facts()),
            sums=SQL(", ").join(self._get_sum(name) for name in MEASURES),
            zone=self._get_zone_condition(),
            judged=self._get_judged(),
            codes=[code for code, _label in RESULTS],
        )

    @api.model
    def _get_sum(self, name):
        """A measure added up; what adds up to nothing is nothing, without the dust of floats."""
        total = SQL("COALESCE(SUM(%s), 0)", SQL.identifier(name))
        if name not in EXACT:
            total = SQL("ROUND(%s * 1e6) / 1e6", total)
        return SQL("%s AS %s", total, SQL.identifier(name))

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
        """A query with all columns of a fact, each of its type; those that it does not have are empty."""
        kinds = KEYS | {name: "numeric" if name in EXACT else "float8" for name in MEASURES}
        return SQL(
            "SELECT %s %s",
            SQL(", ").join(
                SQL("(%s)::%s AS %s", columns.get(name, SQL("NULL")), SQL(kind), SQL.identifier(name))
                for name, kind in kinds.items()
            ),
            source,
        )
