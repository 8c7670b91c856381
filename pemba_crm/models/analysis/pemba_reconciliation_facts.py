from datetime import datetime, time, timedelta

import pytz
from odoo import models
from odoo.tools import SQL


class PembaReconciliation(models.Model):
    """The facts that are compared: sales, orders, the base, contracts and invoices."""

    _inherit = "pemba.reconciliation"

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

    # ------------------------------------------------------------
    # What was sold
    # ------------------------------------------------------------

    def _get_won_condition(self):
        """Opportunities of the company that were won by the day."""
        return SQL(
            "lead.type = 'opportunity' AND lead.won_status = 'won' AND lead.close_date <= %s"
            " AND COALESCE(lead.company_id, %s) = %s",
            self.date,
            self.env["crm.lead"]._get_shared_company().id,
            self.company_id.id,
        )

    def _get_sold_columns(self, quantity, is_recurring, comes_into_base, start, end):
        """What a sale means for the base and for contracts.

        What is sold for good counts from its day on, what recurs in its term. A product is of the base where
        one sale of it is, or where it is installed: then all its sales count there.
        """
        is_in_term = SQL("%s BETWEEN %s AND %s", self.date, start, end)
        return {
            "won_quantity": quantity,
            "counting_quantity": SQL(
                "CASE WHEN NOT %s OR %s THEN %s END", is_recurring, is_in_term, quantity
            ),
            "term_quantity": SQL("CASE WHEN %s AND %s THEN %s END", is_recurring, is_in_term, quantity),
            "based": SQL("(%s)::int", comes_into_base),
        }

    def _get_year_end(self, start):
        """The last day of a year from a day."""
        return SQL("(%s + INTERVAL '1 year' - INTERVAL '1 day')::date", start)

    def _get_won_lines(self):
        """Lines of won opportunities; the licence of a subscription that is renewed is still in the base."""
        rate = SQL("COALESCE(NULLIF(lead.deal_rate, 0), 1)")
        start = SQL("COALESCE(line.date_start, contracted.date_start, lead.close_date)")
        columns = self._get_sold_columns(
            SQL("CASE WHEN line.is_returned THEN - line.quantity ELSE line.quantity END"),
            SQL("COALESCE(line.is_recurring, FALSE)"),
            SQL(
                "(CASE WHEN renewed.id IS NOT NULL"
                " THEN equipment.product_id IS NOT DISTINCT FROM line.product_id"
                " WHEN line.configuration_role IS NOT NULL"
                " THEN line.configuration_role IN ('licence', 'module')"
                " ELSE COALESCE(template.pemba_equipment_policy, 'none') != 'none' END)"
            ),
            start,
            SQL(
                "COALESCE(line.date_end, contracted.date_end, %s)",
                self._get_year_end(start),
            ),
        )
        columns |= {
            "partner_id": SQL("lead.customer_id"),
            "product_id": SQL("line.product_id"),
            "distributor_id": SQL("lead.distributor_id"),
            "currency_id": SQL("COALESCE(lead.deal_currency_id, %s)", self.currency_id.id),
            "paid_amount": SQL("line.price_subtotal / %s", rate),
            "won_amount": SQL("line.net_amount"),
            "won_amount_company": SQL("line.net_amount_company"),
            "won_at_rate": SQL("line.net_amount / %s", rate),
            "order_gap": SQL(
                "CASE WHEN line.is_aligned OR ordered.line_id IS NOT NULL THEN"
                " (COALESCE(ROUND(ordered.amount / currency.rounding) * currency.rounding, 0)"
                " - line.net_amount) / %s END",
                rate,
            ),
        }
        source = SQL(
            """
              FROM pemba_opportunity_line line
              JOIN crm_lead lead ON lead.id = line.lead_id
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN res_currency currency ON currency.id = COALESCE(lead.deal_currency_id, %(currency)s)
         LEFT JOIN pemba_contract_line contracted ON contracted.opportunity_line_id = line.id
         LEFT JOIN pemba_contract_line renewed ON renewed.id = line.contract_line_id
         LEFT JOIN pemba_equipment equipment ON equipment.id = renewed.equipment_id
         LEFT JOIN (
                SELECT ordered_line.id AS line_id, SUM(
                    CASE WHEN order_line.currency_id = deal.deal_currency_id THEN order_line.price_subtotal
                         ELSE order_line.price_subtotal / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)
                              * deal.deal_rate END) AS amount
                  FROM sale_order_line order_line
                  JOIN sale_order ON sale_order.id = order_line.order_id AND sale_order.state = 'sale'
                  JOIN pemba_opportunity_line ordered_line ON ordered_line.id = order_line.opportunity_line_id
                  JOIN crm_lead deal ON deal.id = ordered_line.lead_id
                 GROUP BY ordered_line.id) ordered ON ordered.line_id = line.id
             WHERE line.active AND %(won)s
            """,
            currency=self.currency_id.id,
            won=self._get_won_condition(),
        )
        return columns, source

    def _get_won_without_lines(self):
        """Won opportunities that say no product, unless an order does: their amount can be compared alone."""
        columns = {
            "partner_id": SQL("lead.customer_id"),
            "distributor_id": SQL("lead.distributor_id"),
            "currency_id": SQL("COALESCE(lead.deal_currency_id, %s)", self.currency_id.id),
            "won_amount": SQL("COALESCE(lead.deal_amount, lead.expected_revenue, 0)"),
            "won_amount_company": SQL("COALESCE(lead.expected_revenue, 0)"),
            "won_at_rate": SQL("COALESCE(lead.expected_revenue, 0)"),
        }
        source = SQL(
            """
              FROM crm_lead lead
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
        columns = self._get_sold_columns(
            SQL("order_line.product_uom_qty * unit.factor / own_unit.factor"),
            SQL("COALESCE(sale_type.is_recurring, FALSE)"),
            SQL("(COALESCE(template.pemba_equipment_policy, 'none') != 'none')"),
            start,
            self._get_year_end(start),
        )
        amount = SQL("order_line.price_subtotal / %s", rate)
        columns |= {
            "partner_id": SQL("buyer.commercial_partner_id"),
            "product_id": SQL("order_line.product_id"),
            "distributor_id": SQL(
                "CASE WHEN sale_order.end_customer_id IS NOT NULL THEN sale_order.partner_id END"
            ),
            "currency_id": SQL("sale_order.currency_id"),
            "paid_amount": amount,
            "won_amount": SQL("order_line.price_subtotal"),
            "won_amount_company": SQL("ROUND(%s, %s)", amount, self.currency_id.decimal_places),
            "won_at_rate": amount,
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
            SQL("(COALESCE(sale_type.is_recurring, FALSE) OR opening.date_end IS NOT NULL)"),
            SQL("(COALESCE(template.pemba_equipment_policy, 'none') != 'none')"),
            start,
            SQL("COALESCE(opening.date_end, %s)", self._get_year_end(start)),
        )
        columns |= {
            "partner_id": SQL("opening.partner_id"),
            "product_id": SQL("opening.product_id"),
            "distributor_id": SQL("opening.distributor_id"),
            "currency_id": SQL("%s::int", self.currency_id.id),
            "paid_amount": SQL("opening.amount"),
            "invoiced_quantity": SQL("opening.quantity"),
        }
        for name in ("won_amount", "won_amount_company", "won_at_rate"):
            columns[name] = columns[name.replace("won", "invoiced")] = SQL("opening.amount")
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

    # ------------------------------------------------------------
    # What is there
    # ------------------------------------------------------------

    def _get_installed(self):
        """Production, in service or suspended; whether it could be under maintenance and is not."""
        can_be_covered = SQL(
            "software.maintenance_product_id IS NOT NULL AND deployment.is_subscription IS NOT TRUE"
            " AND COALESCE(equipment.warranty_end_date, '-infinity') < %s",
            self.date,
        )
        is_missed = SQL("covered.equipment_id IS NULL AND %s", can_be_covered)
        columns = {
            "partner_id": SQL("base.partner"),
            "product_id": SQL("base.product"),
            "distributor_id": SQL("equipment.distributor_id"),
            "installed_quantity": SQL("base.quantity"),
            "attended_quantity": SQL("CASE WHEN covered.equipment_id IS NOT NULL THEN base.quantity END"),
            "uncovered_quantity": SQL("CASE WHEN %s THEN base.quantity END", is_missed),
            "uncovered_rate": SQL(
                "CASE WHEN %s THEN base.quantity * software.maintenance_rate / 100 END", is_missed
            ),
        }
        source = SQL(
            """
              FROM base
              JOIN pemba_equipment equipment ON equipment.id = base.equipment
         LEFT JOIN pemba_software software ON software.id = equipment.software_id
         LEFT JOIN pemba_deployment_type deployment ON deployment.id = equipment.deployment_type_id
         LEFT JOIN (
                SELECT DISTINCT equipment_id, partner_id FROM in_force WHERE equipment_id IS NOT NULL) covered
                ON covered.equipment_id = base.equipment AND covered.partner_id = base.partner
             WHERE base.product IS NOT NULL AND equipment.usage = 'production'
            """
        )
        return columns, source

    def _get_contracts(self):
        """Lines of contracts in force on the day."""
        columns = {
            "partner_id": SQL("in_force.partner_id"),
            "product_id": SQL("in_force.product_id"),
            "distributor_id": SQL("in_force.distributor_id"),
            "contract_quantity": SQL("in_force.quantity"),
        }
        return columns, SQL("FROM in_force")

    def _get_strays(self):
        """Lines of contracts that cover equipment which the customer does not have in service."""
        columns = {
            "partner_id": SQL("in_force.partner_id"),
            "product_id": SQL("equipment.product_id"),
            "distributor_id": SQL("in_force.distributor_id"),
            "stray_quantity": SQL("in_force.quantity"),
        }
        source = SQL(
            """
              FROM in_force
              JOIN pemba_equipment equipment ON equipment.id = in_force.equipment_id
         LEFT JOIN (SELECT DISTINCT equipment, partner FROM base) has
                ON has.equipment = in_force.equipment_id AND has.partner = in_force.partner_id
             WHERE has.equipment IS NULL
            """
        )
        return columns, source

    def _get_invoices(self):
        """Posted invoices and credit notes of what was sold, through its order lines; no down payments.

        What invoices several order lines in one is theirs in equal shares.
        """
        is_won = SQL("(lead.won_status IS NOT DISTINCT FROM 'won' AND line.active)")
        rate = SQL(
            "COALESCE(NULLIF(CASE WHEN %s THEN lead.deal_rate ELSE sale_order.currency_rate END, 0), 1)",
            is_won,
        )
        currency = SQL(
            "CASE WHEN %s THEN COALESCE(lead.deal_currency_id, %s) ELSE sale_order.currency_id END",
            *(is_won, self.currency_id.id),
        )
        is_same = SQL("invoice_line.currency_id = %s", currency)
        sign = SQL("CASE WHEN invoice.move_type = 'out_refund' THEN -1 ELSE 1 END")
        columns = {
            "partner_id": SQL(
                "CASE WHEN %s THEN lead.customer_id ELSE buyer.commercial_partner_id END", is_won
            ),
            "product_id": SQL("CASE WHEN %s THEN line.product_id ELSE order_line.product_id END", is_won),
            "distributor_id": SQL(
                "CASE WHEN %s THEN lead.distributor_id WHEN sale_order.end_customer_id IS NOT NULL"
                " THEN sale_order.partner_id END",
                is_won,
            ),
            "currency_id": currency,
            "invoiced_quantity": SQL(
                "%s * invoice_line.quantity * unit.factor / own_unit.factor / rel.shares", sign
            ),
            "invoiced_amount": SQL(
                "CASE WHEN %s THEN - invoice_line.amount_currency ELSE - invoice_line.balance * %s END"
                " / rel.shares",
                *(is_same, rate),
            ),
            "invoiced_amount_company": SQL("- invoice_line.balance / rel.shares"),
            "invoiced_at_rate": SQL(
                "CASE WHEN %s THEN - invoice_line.amount_currency / %s ELSE - invoice_line.balance END"
                " / rel.shares",
                *(is_same, rate),
            ),
        }
        source = SQL(
            """
              FROM (SELECT *, COUNT(*) OVER (PARTITION BY invoice_line_id) AS shares
                      FROM sale_order_line_invoice_rel) rel
              JOIN account_move_line invoice_line ON invoice_line.id = rel.invoice_line_id
              JOIN account_move invoice ON invoice.id = invoice_line.move_id
              JOIN sale_order_line order_line ON order_line.id = rel.order_line_id
              JOIN sale_order ON sale_order.id = order_line.order_id
              JOIN res_partner buyer ON buyer.id = COALESCE(sale_order.end_customer_id, sale_order.partner_id)
         LEFT JOIN product_product product ON product.id = order_line.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN uom_uom own_unit ON own_unit.id = COALESCE(template.uom_id, order_line.product_uom_id)
         LEFT JOIN uom_uom unit ON unit.id = COALESCE(invoice_line.product_uom_id, order_line.product_uom_id)
         LEFT JOIN pemba_opportunity_line line ON line.id = order_line.opportunity_line_id
         LEFT JOIN crm_lead lead ON lead.id = line.lead_id
             WHERE invoice_line.parent_state = 'posted' AND invoice_line.company_id = %s
               AND invoice.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND invoice_line.date <= %s AND order_line.is_downpayment IS NOT TRUE
            """,
            self.company_id.id,
            self.date,
        )
        return columns, source
