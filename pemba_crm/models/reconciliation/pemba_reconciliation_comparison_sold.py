from odoo import models
from odoo.tools import SQL


class PembaReconciliationComparison(models.AbstractModel):
    """What was sold: won opportunities, orders without one, and opening sales."""

    _inherit = "pemba.reconciliation.comparison"

    # ------------------------------------------------------------
    # Opportunities
    # ------------------------------------------------------------

    def _get_selling(self):
        """The company whose confirmed orders an opportunity has."""
        return SQL(
            """
            SELECT opportunity_id AS lead_id, MIN(company_id) AS company_id
              FROM sale_order
             WHERE state = 'sale' AND opportunity_id IS NOT NULL
             GROUP BY opportunity_id
            """
        )

    def _get_won_condition(self, scope):
        """Opportunities of the company that were won by the day, of ``crm_lead lead LEFT JOIN selling``.

        Of which company one without is, see ``crm.lead._get_selling_company``.
        """
        return SQL(
            """
            lead.type = 'opportunity' AND lead.won_status = 'won' AND lead.close_date <= %(date)s
            AND (lead.company_id = %(company)s
                 OR lead.company_id IS NULL AND COALESCE(selling.company_id, %(shared)s) = %(company)s)
            """,
            date=scope.date,
            company=scope.company.id,
            shared=self.env["crm.lead"]._get_shared_company().id,
        )

    def _get_won_lines(self, scope):
        """Lines of won opportunities."""
        rate = SQL("COALESCE(NULLIF(lead.deal_rate, 0), 1)::float8")
        start = SQL("COALESCE(line.date_start, contracted.date_start, lead.close_date)")
        rule = self._get_line_rule()
        columns = self._get_sold_columns(
            scope,
            rule,
            quantity=SQL("(CASE WHEN line.is_returned THEN - line.quantity ELSE line.quantity END)"),
            amount=SQL("line.price_subtotal::float8 / %s", rate),
            start=start,
            end=SQL("COALESCE(line.date_end, contracted.date_end, %s)", self._get_year_end(start)),
        )
        # As orders and invoices have it: which line the cents of a total are on is the documents' own affair.
        by_itself = SQL("(line.net_amount - COALESCE(line.rounding_amount, 0))")
        is_foreign = SQL("(lead.deal_rate NOT IN (0, 1) OR line.net_amount != line.net_amount_company)")
        columns |= {
            "partner_id": SQL("lead.customer_id"),
            "product_id": SQL("line.product_id"),
            "distributor_id": SQL("COALESCE(lead.distributor_id, 0)"),
            "deal_currency_id": SQL("COALESCE(lead.deal_currency_id, %s)", scope.company_currency.id),
            "won_amount_company": SQL("line.net_amount_company"),
            "won_foreign_excess": SQL(
                "CASE WHEN %s THEN line.net_amount - line.net_amount_company END", is_foreign
            ),
            "won_rounding": SQL(
                "CASE WHEN %s OR line.rounding_amount != 0"
                " THEN %s::float8 / %s - line.net_amount_company::float8 END",
                *(is_foreign, by_itself, rate),
            ),
            "order_gap": SQL(
                "CASE WHEN line.is_aligned OR ordered.line_id IS NOT NULL"
                " THEN (COALESCE(ordered.amount, 0) - %s)::float8 / %s END",
                *(by_itself, rate),
            ),
        }
        source = SQL(
            """
              FROM pemba_opportunity_line line
              JOIN crm_lead lead ON lead.id = line.lead_id
         LEFT JOIN selling ON selling.lead_id = lead.id
                %(joins)s
         LEFT JOIN pemba_contract_line contracted ON contracted.opportunity_line_id = line.id
         LEFT JOIN (%(ordered)s) ordered ON ordered.line_id = line.id
             WHERE line.active AND %(won)s
            """,
            joins=rule.joins,
            ordered=self._get_ordered(scope),
            won=self._get_won_condition(scope),
        )
        return columns, source

    def _get_ordered(self, scope):
        """What confirmed orders say of lines, in the deals' currency."""
        return SQL(
            """
            SELECT ordered_line.id AS line_id,
                   ROUND(SUM(
                       CASE WHEN order_line.currency_id = deal.deal_currency_id THEN order_line.price_subtotal
                            ELSE order_line.price_subtotal / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)
                                 * COALESCE(NULLIF(deal.deal_rate, 0), 1) END
                   ) / currency.rounding) * currency.rounding AS amount
              FROM sale_order_line order_line
              JOIN sale_order ON sale_order.id = order_line.order_id AND sale_order.state = 'sale'
              JOIN pemba_opportunity_line ordered_line ON ordered_line.id = order_line.opportunity_line_id
              JOIN crm_lead deal ON deal.id = ordered_line.lead_id
              JOIN res_currency currency ON currency.id = COALESCE(deal.deal_currency_id, %s)
             GROUP BY ordered_line.id, currency.rounding
            """,
            scope.company_currency.id,
        )

    def _get_won_without_lines(self, scope):
        """Won opportunities that say no product: what of their amount no order says can be compared alone."""
        rest = SQL("(COALESCE(lead.expected_revenue, 0) - COALESCE(ordered.company, 0))")
        columns = {
            "partner_id": SQL("lead.customer_id"),
            "distributor_id": SQL("COALESCE(lead.distributor_id, 0)"),
            "deal_currency_id": SQL("COALESCE(lead.deal_currency_id, %s)", scope.company_currency.id),
            "won_amount_company": rest,
            "won_foreign_excess": SQL("lead.deal_amount - COALESCE(ordered.foreign, 0) - %s", rest),
        }
        source = SQL(
            """
              FROM crm_lead lead
         LEFT JOIN selling ON selling.lead_id = lead.id
         LEFT JOIN (
                SELECT deal.id AS lead_id,
                       ROUND(SUM(sale_order.amount_untaxed / %(rate)s)::numeric, %(digits)s) AS company,
                       SUM(sale_order.amount_untaxed / %(rate)s * COALESCE(NULLIF(deal.deal_rate, 0), 1))
                           AS foreign
                  FROM sale_order
                  JOIN crm_lead deal ON deal.id = sale_order.opportunity_id
                 WHERE sale_order.state = 'sale' AND sale_order.company_id = %(company)s
                   AND sale_order.date_order < %(end)s
                 GROUP BY deal.id) ordered ON ordered.lead_id = lead.id
             WHERE %(won)s AND (ordered.lead_id IS NULL OR %(rest)s != 0)
               AND NOT EXISTS (SELECT FROM pemba_opportunity_line line
                                WHERE line.lead_id = lead.id AND line.active)
            """,
            rate=self.env["sale.order"]._get_rate_sql(),
            digits=scope.company_currency.decimal_places,
            won=self._get_won_condition(scope),
            rest=rest,
            company=scope.company.id,
            end=scope.end_of_day,
        )
        return columns, source

    # ------------------------------------------------------------
    # What no opportunity says
    # ------------------------------------------------------------

    def _get_orders(self, scope):
        """Confirmed orders of which no won opportunity has the lines: they are sales all the same."""
        rate = self.env["sale.order"]._get_rate_sql()
        start = SQL("(sale_order.date_order AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", scope.clock)
        amount = SQL("order_line.price_subtotal / %s", rate)
        rounded = SQL("ROUND(%s, %s)", amount, scope.company_currency.decimal_places)
        rule = self._get_product_rule(SQL("order_line.product_id"))
        columns = self._get_sold_columns(
            scope,
            rule,
            quantity=SQL("order_line.product_uom_qty * unit.factor / own_unit.factor"),
            amount=amount,
            start=start,
            end=self._get_year_end(start),
        )
        columns |= {
            "partner_id": SQL("buyer.commercial_partner_id"),
            "product_id": SQL("order_line.product_id"),
            "distributor_id": SQL(
                "CASE WHEN sale_order.end_customer_id IS NOT NULL THEN sale_order.partner_id ELSE 0 END"
            ),
            "deal_currency_id": SQL("sale_order.currency_id"),
            "won_amount_company": rounded,
            "won_foreign_excess": SQL("order_line.price_subtotal - %s", rounded),
            "won_rounding": SQL("%s - %s", amount, rounded),
        }
        source = SQL(
            """
              FROM sale_order_line order_line
              JOIN sale_order ON sale_order.id = order_line.order_id
              JOIN res_partner buyer ON buyer.id = COALESCE(sale_order.end_customer_id, sale_order.partner_id)
         LEFT JOIN crm_lead deal ON deal.id = sale_order.opportunity_id
                %(joins)s
              JOIN uom_uom own_unit ON own_unit.id = template.uom_id
              JOIN uom_uom unit ON unit.id = COALESCE(order_line.product_uom_id, template.uom_id)
         LEFT JOIN pemba_opportunity_line line ON line.id = order_line.opportunity_line_id
         LEFT JOIN crm_lead lead ON lead.id = line.lead_id
             WHERE sale_order.state = 'sale' AND sale_order.company_id = %(company)s
               AND sale_order.date_order < %(end)s
               AND order_line.display_type IS NULL AND order_line.is_downpayment IS NOT TRUE
               AND (lead.won_status IS DISTINCT FROM 'won' OR line.active IS NOT TRUE)
            """,
            joins=rule.joins,
            company=scope.company.id,
            end=scope.end_of_day,
        )
        return columns, source

    def _get_opening_sales(self, scope):
        """What was sold, and invoiced, before these records begin."""
        start = SQL("COALESCE(opening.date_start, opening.date)")
        of_product = self._get_product_rule(SQL("opening.product_id"))
        is_recurring = SQL("(%s OR opening.date_end IS NOT NULL)", of_product.is_recurring)
        rule = of_product._replace(is_recurring=is_recurring, is_contracted=is_recurring)
        columns = self._get_sold_columns(
            scope,
            rule,
            quantity=SQL("opening.quantity"),
            amount=SQL("opening.amount"),
            start=start,
            end=SQL("COALESCE(opening.date_end, %s)", self._get_year_end(start)),
            is_paid=SQL("COALESCE(opening.amount, 0) != 0"),
        )
        columns |= {
            "partner_id": SQL("opening.partner_id"),
            "product_id": SQL("opening.product_id"),
            "distributor_id": SQL("COALESCE(opening.distributor_id, 0)"),
            "deal_currency_id": SQL("%s::int", scope.company_currency.id),
            "invoiced_quantity": SQL("opening.quantity"),
        }
        for name in ("won_amount_company", "invoiced_amount_company", "invoiced_amount", "invoiced_at_rate"):
            columns[name] = SQL("opening.amount")
        source = SQL(
            """
              FROM pemba_opening_sale opening
                %s
             WHERE opening.company_id = %s AND opening.date <= %s
            """,
            *(rule.joins, scope.company.id, scope.date),
        )
        return columns, source
