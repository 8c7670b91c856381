from datetime import datetime, time, timedelta

import pytz
from odoo import models
from odoo.tools import SQL


class PembaReconciliation(models.Model):
    """What was sold: won opportunities, orders without one, and opening sales."""

    _inherit = "pemba.reconciliation"

    def _get_won_condition(self):
        """Opportunities of the company that were won by the day, of ``crm_lead lead LEFT JOIN selling``.

        Of which company one without is, see ``crm.lead._get_selling_company``.
        """
        return SQL(
            """
            lead.type = 'opportunity' AND lead.won_status = 'won' AND lead.close_date <= %(date)s
            AND (lead.company_id = %(company)s
                 OR lead.company_id IS NULL AND COALESCE(selling.company_id, %(shared)s) = %(company)s)
            """,
            date=self.date,
            company=self.company_id.id,
            shared=self.env["crm.lead"]._get_shared_company().id,
        )

    def _get_sold_columns(self, quantity, amount, is_recurring, comes_into_base, start, end, is_paid=None):
        """What a sale means for the base and for contracts.

        What is sold for good counts from its day on, what recurs in its term. A product is of the base where
        one sale of it is, or where it is installed: then all its sales count there.

        :param amount: what the customer paid, in company currency
        :param is_paid: whether that is known; always, if not given
        """
        counts = SQL("(NOT %s OR %s BETWEEN %s AND %s)", is_recurring, self.date, start, end)
        is_paid = is_paid or SQL("TRUE")
        return {
            "won_quantity": quantity,
            "lapsed_quantity": SQL("CASE WHEN %s IS NOT TRUE THEN %s END", counts, quantity),
            "term_quantity": SQL("CASE WHEN %s AND %s THEN %s END", is_recurring, counts, quantity),
            "unpaid_quantity": SQL(
                "CASE WHEN %s AND (%s) IS NOT TRUE THEN %s END", counts, is_paid, quantity
            ),
            "paid_amount": SQL("CASE WHEN %s THEN %s END", counts, amount),
            "based": SQL("(%s)::int", comes_into_base),
        }

    def _get_year_end(self, start):
        """The last day of a year from a day."""
        return SQL("(%s + INTERVAL '1 year' - INTERVAL '1 day')::date", start)

    def _get_won_lines(self):
        """Lines of won opportunities; the licence of a subscription that is renewed is still in the base."""
        rate = SQL("COALESCE(NULLIF(lead.deal_rate, 0), 1)::float8")
        start = SQL("COALESCE(line.date_start, contracted.date_start, lead.close_date)")
        columns = self._get_sold_columns(
            SQL("(CASE WHEN line.is_returned THEN - line.quantity ELSE line.quantity END)"),
            SQL("line.price_subtotal::float8 / %s", rate),
            SQL("COALESCE(line.is_recurring, FALSE)"),
            SQL(
                "(CASE WHEN renewed.id IS NOT NULL"
                " THEN equipment.product_id IS NOT DISTINCT FROM line.product_id"
                " WHEN line.configuration_role IS NOT NULL"
                " THEN line.configuration_role IN ('licence', 'module')"
                " ELSE COALESCE(template.pemba_equipment_policy, 'none') != 'none' END)"
            ),
            start,
            SQL("COALESCE(line.date_end, contracted.date_end, %s)", self._get_year_end(start)),
        )
        is_foreign = SQL("(lead.deal_rate NOT IN (0, 1) OR line.net_amount != line.net_amount_company)")
        columns |= {
            "partner_id": SQL("lead.customer_id"),
            "product_id": SQL("line.product_id"),
            "distributor_id": SQL("COALESCE(lead.distributor_id, 0)"),
            "currency_id": SQL("COALESCE(lead.deal_currency_id, %s)", self.currency_id.id),
            "won_amount_company": SQL("line.net_amount_company"),
            "won_foreign_excess": SQL(
                "CASE WHEN %s THEN line.net_amount - line.net_amount_company END", is_foreign
            ),
            "won_rounding": SQL(
                "CASE WHEN %s THEN line.net_amount::float8 / %s - line.net_amount_company::float8 END",
                *(is_foreign, rate),
            ),
            "order_gap": SQL(
                "CASE WHEN line.is_aligned OR ordered.line_id IS NOT NULL"
                " THEN (COALESCE(ordered.amount, 0) - line.net_amount)::float8 / %s END",
                rate,
            ),
        }
        source = SQL(
            """
              FROM pemba_opportunity_line line
              JOIN crm_lead lead ON lead.id = line.lead_id
         LEFT JOIN selling ON selling.lead_id = lead.id
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN pemba_contract_line contracted ON contracted.opportunity_line_id = line.id
         LEFT JOIN pemba_contract_line renewed ON renewed.id = line.contract_line_id
         LEFT JOIN pemba_equipment equipment ON equipment.id = renewed.equipment_id
         LEFT JOIN (%(ordered)s) ordered ON ordered.line_id = line.id
             WHERE line.active AND %(won)s
            """,
            ordered=self._get_ordered(),
            won=self._get_won_condition(),
        )
        return columns, source

    def _get_ordered(self):
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
            self.currency_id.id,
        )

    def _get_won_without_lines(self):
        """Won opportunities that say no product, unless an order does: their amount can be compared alone."""
        columns = {
            "partner_id": SQL("lead.customer_id"),
            "distributor_id": SQL("COALESCE(lead.distributor_id, 0)"),
            "currency_id": SQL("COALESCE(lead.deal_currency_id, %s)", self.currency_id.id),
            "won_amount_company": SQL("COALESCE(lead.expected_revenue, 0)"),
            "won_foreign_excess": SQL("lead.deal_amount - COALESCE(lead.expected_revenue, 0)"),
        }
        source = SQL(
            """
              FROM crm_lead lead
         LEFT JOIN selling ON selling.lead_id = lead.id
             WHERE %s
               AND NOT EXISTS (SELECT FROM pemba_opportunity_line line
                                WHERE line.lead_id = lead.id AND line.active)
               AND NOT EXISTS (SELECT FROM sale_order
                                WHERE sale_order.opportunity_id = lead.id AND sale_order.state = 'sale'
                                  AND sale_order.company_id = %s AND sale_order.date_order < %s)
            """,
            self._get_won_condition(),
            self.company_id.id,
            self._get_end(),
        )
        return columns, source

    def _get_orders(self):
        """Confirmed orders of which no won opportunity has the lines: they are sales all the same."""
        rate = SQL("COALESCE(NULLIF(sale_order.currency_rate, 0), 1)")
        start = SQL(
            "(sale_order.date_order AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
            self.company_id._get_sales_clock(),
        )
        amount = SQL("order_line.price_subtotal / %s", rate)
        rounded = SQL("ROUND(%s, %s)", amount, self.currency_id.decimal_places)
        columns = self._get_sold_columns(
            SQL("order_line.product_uom_qty * unit.factor / own_unit.factor"),
            amount,
            SQL("COALESCE(sale_type.is_recurring, FALSE)"),
            SQL("(COALESCE(template.pemba_equipment_policy, 'none') != 'none')"),
            start,
            self._get_year_end(start),
        )
        columns |= {
            "partner_id": SQL("buyer.commercial_partner_id"),
            "product_id": SQL("order_line.product_id"),
            "distributor_id": SQL(
                "CASE WHEN sale_order.end_customer_id IS NOT NULL THEN sale_order.partner_id ELSE 0 END"
            ),
            "currency_id": SQL("sale_order.currency_id"),
            "won_amount_company": rounded,
            "won_foreign_excess": SQL("order_line.price_subtotal - %s", rounded),
            "won_rounding": SQL("%s - %s", amount, rounded),
        }
        source = SQL(
            """
              FROM sale_order_line order_line
              JOIN sale_order ON sale_order.id = order_line.order_id
              JOIN res_partner buyer ON buyer.id = COALESCE(sale_order.end_customer_id, sale_order.partner_id)
              JOIN product_product product ON product.id = order_line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN uom_uom own_unit ON own_unit.id = template.uom_id
              JOIN uom_uom unit ON unit.id = COALESCE(order_line.product_uom_id, template.uom_id)
         LEFT JOIN pemba_sale_type sale_type ON sale_type.id = template.pemba_sale_type_id
         LEFT JOIN pemba_opportunity_line line ON line.id = order_line.opportunity_line_id
         LEFT JOIN crm_lead lead ON lead.id = line.lead_id
             WHERE sale_order.state = 'sale' AND sale_order.company_id = %s AND sale_order.date_order < %s
               AND order_line.display_type IS NULL AND order_line.is_downpayment IS NOT TRUE
               AND (lead.won_status IS DISTINCT FROM 'won' OR line.active IS NOT TRUE)
            """,
            self.company_id.id,
            self._get_end(),
        )
        return columns, source

    def _get_end(self):
        """The end of the day where the company is, in UTC."""
        zone = pytz.timezone(self.company_id._get_sales_clock())
        following = datetime.combine(self.date + timedelta(days=1), time.min)
        return zone.localize(following).astimezone(pytz.utc).replace(tzinfo=None)

    def _get_opening_sales(self):
        """What was sold, and invoiced, before these records begin."""
        start = SQL("COALESCE(opening.date_start, opening.date)")
        columns = self._get_sold_columns(
            SQL("opening.quantity"),
            SQL("opening.amount"),
            SQL("(COALESCE(sale_type.is_recurring, FALSE) OR opening.date_end IS NOT NULL)"),
            SQL("(COALESCE(template.pemba_equipment_policy, 'none') != 'none')"),
            start,
            SQL("COALESCE(opening.date_end, %s)", self._get_year_end(start)),
            is_paid=SQL("COALESCE(opening.amount, 0) != 0"),
        )
        columns |= {
            "partner_id": SQL("opening.partner_id"),
            "product_id": SQL("opening.product_id"),
            "distributor_id": SQL("COALESCE(opening.distributor_id, 0)"),
            "currency_id": SQL("%s::int", self.currency_id.id),
            "invoiced_quantity": SQL("opening.quantity"),
        }
        for name in ("won_amount_company", "invoiced_amount_company", "invoiced_amount", "invoiced_at_rate"):
            columns[name] = SQL("opening.amount")
        source = SQL(
            """
              FROM pemba_opening_sale opening
              JOIN product_product product ON product.id = opening.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN pemba_sale_type sale_type ON sale_type.id = template.pemba_sale_type_id
             WHERE opening.company_id = %s AND opening.date <= %s
            """,
            self.company_id.id,
            self.date,
        )
        return columns, source
