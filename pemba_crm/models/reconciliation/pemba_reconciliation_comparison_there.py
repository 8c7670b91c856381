from odoo import models
from odoo.tools import SQL


class PembaReconciliationComparison(models.AbstractModel):
    """What sales are compared with: the installed base, contracts and invoices."""

    _inherit = "pemba.reconciliation.comparison"

    def _get_running(self, scope):
        """Equipment that was in service or suspended on the day, with whose it was."""
        return SQL(
            """
            SELECT of_day.equipment AS equipment_id, owner.commercial_partner_id AS partner_id
              FROM (%s) of_day
         LEFT JOIN res_partner owner ON owner.id = of_day.partner
            """,
            self.env["pemba.equipment"]._get_states_query(
                scope.date, SQL("(SELECT id FROM pemba_equipment WHERE company_id = %s)", scope.company.id)
            ),
        )

    def _get_in_force(self, scope):
        """Lines of contracts on the day."""
        return SQL(
            """
            SELECT line.equipment_id, line.product_id, line.quantity,
                   owner.commercial_partner_id AS partner_id, contract.distributor_id
              FROM pemba_contract_line line
              JOIN pemba_contract contract ON contract.id = line.contract_id
         LEFT JOIN res_partner owner ON owner.id = contract.partner_id
             WHERE contract.state != 'draft' AND contract.company_id = %s
               AND %s BETWEEN line.date_start AND line.date_end
            """,
            *(scope.company.id, scope.date),
        )

    def _get_installed(self, scope):
        """Production, in service or suspended; whether it could be under maintenance and is not."""
        columns = {
            "partner_id": SQL("installed.partner_id"),
            "product_id": SQL("line.product_id"),
            "distributor_id": SQL("installed.distributor_id"),
            "installed_quantity": SQL("line.quantity"),
            "attended_quantity": SQL("CASE WHEN installed.is_covered THEN line.quantity END"),
            "uncovered_quantity": SQL("CASE WHEN installed.is_missed THEN line.quantity END"),
            "uncovered_rate": SQL(
                "CASE WHEN installed.is_missed THEN line.quantity * installed.maintenance_rate / 100 END"
            ),
        }
        source = SQL(
            """
              FROM (
                SELECT running.*, equipment.distributor_id, software.maintenance_rate,
                       covered.equipment_id IS NOT NULL AS is_covered,
                       covered.equipment_id IS NULL AND software.maintenance_product_id IS NOT NULL
                           AND deployment.is_subscription IS NOT TRUE
                           AND COALESCE(equipment.warranty_end_date, '-infinity') < %(date)s AS is_missed
                  FROM running
                  JOIN pemba_equipment equipment ON equipment.id = running.equipment_id
             LEFT JOIN pemba_software software ON software.id = equipment.software_id
             LEFT JOIN pemba_deployment_type deployment ON deployment.id = equipment.deployment_type_id
             LEFT JOIN (SELECT DISTINCT equipment_id, partner_id FROM in_force) covered
                    ON covered.equipment_id = running.equipment_id AND covered.partner_id = running.partner_id
                 WHERE equipment.usage = 'production') installed
              JOIN pemba_equipment_event event ON event.equipment_id = installed.equipment_id
                                              AND event.date <= %(date)s
              JOIN pemba_equipment_event_line line ON line.event_id = event.id
             WHERE line.product_id IS NOT NULL
            """,
            date=scope.date,
        )
        return columns, source

    def _get_contracts(self, scope):
        """Lines of contracts in force on the day."""
        columns = {
            "partner_id": SQL("in_force.partner_id"),
            "product_id": SQL("in_force.product_id"),
            "distributor_id": SQL("in_force.distributor_id"),
            "contract_quantity": SQL("in_force.quantity"),
        }
        return columns, SQL("FROM in_force")

    def _get_strays(self, scope):
        """Lines of contracts that cover equipment of which the customer has nothing in service."""
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
         LEFT JOIN (
                SELECT DISTINCT content.equipment_id, content.partner_id FROM (
                    SELECT running.equipment_id, running.partner_id
                      FROM running
                      JOIN pemba_equipment_event event ON event.equipment_id = running.equipment_id
                                                      AND event.date <= %(date)s
                      JOIN pemba_equipment_event_line line ON line.event_id = event.id
                     WHERE running.equipment_id IN (SELECT equipment_id FROM in_force)
                     GROUP BY running.equipment_id, running.partner_id, line.product_id, line.module_id
                    HAVING ABS(SUM(line.quantity)) > 1e-6) content) has
                ON has.equipment_id = in_force.equipment_id AND has.partner_id = in_force.partner_id
             WHERE has.equipment_id IS NULL
            """,
            date=scope.date,
        )
        return columns, source

    def _get_invoices(self, scope):
        """Posted invoices and credit notes of what was sold, through its order lines; no down payments.

        What invoices several order lines in one is theirs in equal shares.
        """
        is_won = SQL("(lead.won_status IS NOT DISTINCT FROM 'won' AND line.active)")
        rate = SQL(
            "CASE WHEN %s THEN COALESCE(NULLIF(lead.deal_rate, 0), 1) ELSE %s END",
            *(is_won, self.env["sale.order"]._get_rate_sql()),
        )
        currency = SQL(
            "CASE WHEN %s THEN COALESCE(lead.deal_currency_id, %s) ELSE sale_order.currency_id END",
            *(is_won, scope.company_currency.id),
        )
        is_same = SQL("invoice_line.currency_id = %s", currency)
        shares = SQL("COALESCE(shared.shares, 1)")
        sign = SQL("CASE WHEN invoice.move_type = 'out_refund' THEN -1 ELSE 1 END")
        columns = {
            "partner_id": SQL(
                "CASE WHEN %s THEN lead.customer_id ELSE buyer.commercial_partner_id END", is_won
            ),
            "product_id": SQL("CASE WHEN %s THEN line.product_id ELSE order_line.product_id END", is_won),
            "distributor_id": SQL(
                "CASE WHEN %s THEN COALESCE(lead.distributor_id, 0)"
                " WHEN sale_order.end_customer_id IS NOT NULL THEN sale_order.partner_id ELSE 0 END",
                is_won,
            ),
            "deal_currency_id": currency,
            "invoiced_quantity": SQL(
                "%s * invoice_line.quantity * unit.factor / own_unit.factor / %s", *(sign, shares)
            ),
            "invoiced_amount": SQL(
                "CASE WHEN %s THEN - invoice_line.amount_currency ELSE - invoice_line.balance * %s END / %s",
                *(is_same, rate, shares),
            ),
            "invoiced_amount_company": SQL("- invoice_line.balance / %s", shares),
            "invoiced_at_rate": SQL(
                "CASE WHEN %s THEN %s * invoice_line.price_subtotal / %s"
                " ELSE - invoice_line.balance END / %s",
                *(is_same, sign, rate, shares),
            ),
        }
        source = SQL(
            """
              FROM sale_order_line_invoice_rel rel
         LEFT JOIN (
                SELECT invoice_line_id, COUNT(*) AS shares
                  FROM sale_order_line_invoice_rel
                 GROUP BY invoice_line_id
                HAVING COUNT(*) > 1) shared ON shared.invoice_line_id = rel.invoice_line_id
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
         LEFT JOIN crm_lead deal ON deal.id = sale_order.opportunity_id
             WHERE invoice_line.parent_state = 'posted' AND invoice_line.company_id = %s
               AND invoice.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND invoice_line.date <= %s AND order_line.is_downpayment IS NOT TRUE
            """,
            *(scope.company.id, scope.date),
        )
        return columns, source
