"""Random data, and what a comparison of it says, in plain SQL: one figure after the other."""

# Whatever is compared, at random: every statement changes all records of a table.
SHUFFLE = """
SELECT setseed(%(seed)s);
UPDATE product_template SET list_price = (random() * 1000)::int,
       pemba_equipment_policy = (ARRAY['none', 'per_line', 'per_unit'])[1 + (random() * 2)::int]
 WHERE id = ANY(%(templates)s);
UPDATE res_partner SET commercial_partner_id =
       CASE WHEN id = %(mover)s AND random() < 0.5 THEN (%(customers)s::int[])[1] ELSE id END
 WHERE id = ANY(%(customers)s);
UPDATE crm_lead SET customer_id = (%(customers)s::int[])[1 + (random() * 6)::int],
       won_status = (ARRAY['won', 'won', 'won', 'lost', 'pending'])[1 + (random() * 4)::int],
       close_date = %(day)s::date - 200 + (random() * 250)::int,
       company_id = (%(companies)s::int[])[1 + (random() * 3)::int],
       deal_currency_id = (%(currencies)s::int[])[1 + (random())::int],
       deal_rate = (ARRAY[1, 1.25, 0.8, 1.004])[1 + (random() * 3)::int],
       distributor_id = (%(customers)s::int[])[1 + (random() * 12)::int],
       type = (ARRAY['opportunity', 'opportunity', 'opportunity', 'lead'])[1 + (random() * 3)::int],
       deal_amount = (random() * 1000)::int, expected_revenue = (random() * 1000)::int
 WHERE id = ANY(%(leads)s);
UPDATE pemba_opportunity_line SET product_id = (%(products)s::int[])[1 + (random() * 3)::int],
       quantity = (1 + (random() * 9)::int) * (ARRAY[1, 1, 0.1])[1 + (random() * 2)::int],
       is_returned = random() < 0.1, active = random() < 0.9, is_recurring = random() < 0.4,
       is_aligned = random() < 0.3,
       date_start = CASE WHEN random() < 0.7 THEN %(day)s::date - 400 + (random() * 450)::int END,
       date_end = CASE WHEN random() < 0.7 THEN %(day)s::date - 100 + (random() * 300)::int END,
       configuration_role = (ARRAY[NULL, NULL, 'licence', 'module', 'service'])[1 + (random() * 4)::int],
       contract_line_id = (%(contract_lines)s::int[])[1 + (random() * 60)::int],
       net_amount = (ARRAY[0, 0, 100, 250, 33.33, 1])[1 + (random() * 5)::int],
       rounding_amount = (ARRAY[NULL, 0, 0.01, -0.02])[1 + (random() * 3)::int],
       price_subtotal = (random() * 500)::int
 WHERE lead_id = ANY(%(leads)s);
UPDATE pemba_opportunity_line line SET net_amount_company = ROUND(line.net_amount / lead.deal_rate, 2)
  FROM crm_lead lead WHERE lead.id = line.lead_id AND lead.id = ANY(%(leads)s);
UPDATE pemba_opportunity_line line SET is_contracted = line.is_recurring,
       comes_into_base = CASE WHEN line.contract_line_id IS NOT NULL THEN FALSE
                              WHEN line.configuration_role IS NOT NULL
                              THEN line.configuration_role IN ('licence', 'module')
                              ELSE template.pemba_equipment_policy != 'none' END
  FROM product_product product, product_template template
 WHERE product.id = line.product_id AND template.id = product.product_tmpl_id
   AND line.lead_id = ANY(%(leads)s);
UPDATE pemba_equipment SET usage = (ARRAY['production', 'production', 'test'])[1 + (random() * 2)::int],
       company_id = (%(companies)s::int[])[1 + (random() * 2)::int],
       deployment_type_id = (%(deployments)s::int[])[1 + (random())::int],
       product_id = (%(products)s::int[])[1 + (random() * 3)::int],
       warranty_end_date = CASE WHEN random() < 0.3 THEN %(day)s::date - 20 + (random() * 40)::int END
 WHERE id = ANY(%(equipment)s);
UPDATE pemba_equipment_event SET date = %(day)s::date - 200 + (random() * 220)::int,
       partner_id = CASE WHEN kind = 'install' OR random() < 0.2
                         THEN (%(customers)s::int[])[1 + (random() * 5)::int] END,
       state = CASE WHEN kind = 'install' THEN 'in_service' ELSE (ARRAY[
           NULL, NULL, 'suspended', 'retired', 'in_service'])[1 + (random() * 4)::int] END
 WHERE equipment_id = ANY(%(equipment)s);
UPDATE pemba_equipment_event_line SET product_id = (%(products)s::int[])[1 + (random() * 4)::int],
       quantity = (random() * 14)::int - 3
 WHERE event_id IN (SELECT id FROM pemba_equipment_event WHERE equipment_id = ANY(%(equipment)s));
UPDATE pemba_contract SET partner_id = (%(customers)s::int[])[1 + (random() * 5)::int],
       company_id = (%(companies)s::int[])[1 + (random() * 2)::int],
       state = (ARRAY['draft', 'running', 'running', 'renewed', 'terminated'])[1 + (random() * 4)::int]
 WHERE id = ANY(%(contracts)s);
UPDATE pemba_contract_line SET product_id = (%(products)s::int[])[1 + (random() * 3)::int],
       quantity = 1 + (random() * 5)::int,
       equipment_id = (%(equipment)s::int[])[1 + (random() * 20)::int],
       date_start = %(day)s::date - 300 + (random() * 250)::int,
       date_end = %(day)s::date - 30 + (random() * 300)::int,
       opportunity_line_id = NULL
 WHERE contract_id = ANY(%(contracts)s);
UPDATE sale_order SET state = (ARRAY['sale', 'sale', 'sale', 'cancel'])[1 + (random() * 3)::int],
       date_order = %(day)s::date - 100 + (random() * 130)::int,
       company_id = (%(companies)s::int[])[1 + (random() * 1.4)::int],
       currency_rate = (ARRAY[1, 1.25, 0.8])[1 + (random() * 2)::int],
       currency_id = (%(currencies)s::int[])[1 + (random())::int],
       partner_id = (%(customers)s::int[])[1 + (random() * 5)::int],
       end_customer_id = (%(customers)s::int[])[1 + (random() * 12)::int]
 WHERE id = ANY(%(orders)s);
UPDATE sale_order_line line SET product_id = (%(products)s::int[])[1 + (random() * 3)::int],
       currency_id = sale_order.currency_id,
       product_uom_qty = 1 + (random() * 6)::int,
       product_uom_id = (%(units)s::int[])[1 + (random())::int],
       price_subtotal = (ARRAY[0, 100, 250, 33.33])[1 + (random() * 3)::int],
       is_downpayment = random() < 0.1,
       opportunity_line_id = (%(lines)s::int[])[1 + (random() * 80)::int]
  FROM sale_order WHERE sale_order.id = line.order_id AND sale_order.id = ANY(%(orders)s);
UPDATE account_move_line SET date = %(day)s::date - 100 + (random() * 130)::int,
       parent_state = (ARRAY['posted', 'posted', 'draft'])[1 + (random() * 2)::int],
       currency_id = (%(currencies)s::int[])[1 + (random())::int],
       company_id = (%(companies)s::int[])[1 + (random() * 1.4)::int],
       quantity = 1 + (random() * 5)::int, balance = given.amount,
       amount_currency = ROUND(given.amount * (ARRAY[1, 1.25, 0.8])[1 + (random() * 2)::int], 2)
  FROM (SELECT id, (ARRAY[0, -100, -250, -33.33, 40])[1 + (random() * 4)::int] AS amount
          FROM account_move_line WHERE move_id = ANY(%(moves)s)) given
 WHERE given.id = account_move_line.id;
UPDATE account_move SET move_type = (ARRAY['out_invoice', 'out_refund'])[1 + (random())::int]
 WHERE id = ANY(%(moves)s);
UPDATE account_move_line line SET price_subtotal = (ARRAY[0, 0, 0.01])[1 + (random() * 2)::int]
       - CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END * line.amount_currency
  FROM account_move move WHERE move.id = line.move_id AND move.id = ANY(%(moves)s);
UPDATE pemba_opening_sale SET partner_id = (%(customers)s::int[])[1 + (random() * 5)::int],
       product_id = (%(products)s::int[])[1 + (random() * 3)::int],
       quantity = 1 + (random() * 8)::int, amount = (ARRAY[0, 40, 300])[1 + (random() * 2)::int],
       date = %(day)s::date - 100 + (random() * 130)::int,
       date_end = CASE WHEN random() < 0.5 THEN %(day)s::date - 40 + (random() * 130)::int END
 WHERE id = ANY(%(openings)s);
"""
# Each figure of a customer and product by itself, from the tables, one after the other.
PLAIN = """
WITH won AS (
    SELECT lead.customer_id AS partner, line.product_id AS product, line.*, lead.deal_rate, lead.close_date,
           lead.deal_currency_id,
           CASE WHEN line.is_returned THEN -1 ELSE 1 END * line.quantity AS signed,
           NOT line.is_recurring OR %(day)s >= COALESCE(line.date_start, lead.close_date)
               AND %(day)s <= COALESCE(line.date_end, (COALESCE(line.date_start, lead.close_date)
                                       + INTERVAL '1 year' - INTERVAL '1 day')::date) AS counts,
           CASE WHEN line.contract_line_id IS NOT NULL THEN COALESCE((
                     SELECT equipment.product_id = line.product_id FROM pemba_contract_line renewed
                       JOIN pemba_equipment equipment ON equipment.id = renewed.equipment_id
                      WHERE renewed.id = line.contract_line_id), FALSE)
                WHEN line.configuration_role IS NOT NULL THEN line.configuration_role IN ('licence', 'module')
                ELSE template.pemba_equipment_policy != 'none' END AS based
      FROM pemba_opportunity_line line, crm_lead lead, product_product product, product_template template
     WHERE lead.id = line.lead_id AND product.id = line.product_id AND template.id = product.product_tmpl_id
       AND line.active AND lead.won_status = 'won' AND lead.type = 'opportunity'
       AND lead.close_date <= %(day)s AND COALESCE(lead.company_id, (
               SELECT MIN(company_id) FROM sale_order WHERE opportunity_id = lead.id AND state = 'sale'
           ), %(shared)s) = %(company)s
), ordered AS (
    SELECT COALESCE(sale_order.end_customer_id, sale_order.partner_id) AS partner, line.product_id AS product,
           line.product_uom_qty * (SELECT factor FROM uom_uom WHERE id = line.product_uom_id) AS quantity,
           line.price_subtotal / CASE WHEN deal.deal_currency_id = sale_order.currency_id
                                      AND COALESCE(deal.company_id, %(shared)s) = sale_order.company_id
                                     THEN deal.deal_rate ELSE sale_order.currency_rate END AS amount,
           sale_order.date_order::date AS day,
           COALESCE(sale_type.is_recurring, FALSE) AS is_recurring,
           template.pemba_equipment_policy != 'none' AS based
      FROM sale_order_line line
      JOIN sale_order ON sale_order.id = line.order_id
 LEFT JOIN crm_lead deal ON deal.id = sale_order.opportunity_id
      JOIN product_product product ON product.id = line.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
 LEFT JOIN pemba_sale_type sale_type ON sale_type.id = template.pemba_sale_type_id
     WHERE sale_order.state = 'sale' AND sale_order.company_id = %(company)s
       AND sale_order.date_order::date <= %(day)s AND NOT line.is_downpayment AND line.display_type IS NULL
       AND NOT EXISTS (SELECT FROM pemba_opportunity_line sold, crm_lead lead
                        WHERE sold.id = line.opportunity_line_id AND lead.id = sold.lead_id
                          AND lead.won_status = 'won' AND sold.active)
), opening AS (
    SELECT opening.*, opening.partner_id AS partner, opening.product_id AS product,
           COALESCE(sale_type.is_recurring, FALSE) OR opening.date_end IS NOT NULL AS is_recurring,
           template.pemba_equipment_policy != 'none' AS based
      FROM pemba_opening_sale opening
      JOIN product_product product ON product.id = opening.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
 LEFT JOIN pemba_sale_type sale_type ON sale_type.id = template.pemba_sale_type_id
     WHERE opening.company_id = %(company)s AND opening.date <= %(day)s
), event AS (
    SELECT * FROM pemba_equipment_event WHERE date <= %(day)s ORDER BY date DESC, id DESC
), runs AS (
    SELECT equipment.*,
           (SELECT commercial_partner_id FROM event JOIN res_partner partner ON partner.id = event.partner_id
             WHERE equipment_id = equipment.id ORDER BY event.date DESC, event.id DESC LIMIT 1) AS owner
      FROM pemba_equipment equipment
     WHERE equipment.company_id = %(company)s
       AND (SELECT state FROM event WHERE equipment_id = equipment.id AND state IS NOT NULL
             ORDER BY date DESC, id DESC LIMIT 1) IN ('in_service', 'suspended')
), content AS (
    SELECT runs.id, runs.owner AS partner, runs.usage, runs.software_id, runs.deployment_type_id,
           runs.warranty_end_date,
           line.product_id AS product, line.module_id, SUM(line.quantity) AS quantity
      FROM runs JOIN event ON event.equipment_id = runs.id
      JOIN pemba_equipment_event_line line ON line.event_id = event.id
     GROUP BY runs.id, runs.owner, runs.usage, runs.software_id, runs.deployment_type_id,
              runs.warranty_end_date, line.product_id, line.module_id
    HAVING SUM(line.quantity) != 0
), in_force AS (
    SELECT line.*, owner.commercial_partner_id AS partner, line.product_id AS product
      FROM pemba_contract_line line JOIN pemba_contract contract ON contract.id = line.contract_id
      JOIN res_partner owner ON owner.id = contract.partner_id
     WHERE contract.state != 'draft' AND contract.company_id = %(company)s
       AND line.date_start <= %(day)s AND line.date_end >= %(day)s
), installed AS (
    SELECT content.*, EXISTS (SELECT FROM in_force WHERE in_force.equipment_id = content.id
                                 AND in_force.partner = content.partner) AS covered,
           software.maintenance_product_id IS NOT NULL AND deployment.is_subscription IS NOT TRUE
           AND (content.warranty_end_date IS NULL OR content.warranty_end_date < %(day)s) AS coverable,
           software.maintenance_rate
      FROM content LEFT JOIN pemba_software software ON software.id = content.software_id
 LEFT JOIN pemba_deployment_type deployment ON deployment.id = content.deployment_type_id
     WHERE content.usage = 'production' AND content.product IS NOT NULL
), invoiced AS (
    SELECT CASE WHEN lead.won_status = 'won' THEN lead.customer_id
                ELSE COALESCE(sale_order.end_customer_id, sale_order.partner_id) END AS partner,
           CASE WHEN lead.won_status = 'won' THEN sold.product_id ELSE line.product_id END AS product,
           CASE WHEN invoice_line.currency_id = CASE WHEN lead.won_status = 'won' THEN lead.deal_currency_id
                                                     ELSE sale_order.currency_id END
                THEN CASE WHEN invoice.move_type = 'out_refund' THEN -1 ELSE 1 END
                     * invoice_line.price_subtotal / CASE WHEN lead.won_status = 'won' THEN lead.deal_rate
                         WHEN deal.deal_currency_id = sale_order.currency_id
                              AND COALESCE(deal.company_id, %(shared)s) = sale_order.company_id
                         THEN deal.deal_rate
                         ELSE sale_order.currency_rate END
                ELSE - invoice_line.balance END AS amount,
           - invoice_line.balance AS booked,
           CASE WHEN invoice.move_type = 'out_refund' THEN -1 ELSE 1 END * invoice_line.quantity
           * (SELECT factor FROM uom_uom WHERE id = invoice_line.product_uom_id) AS quantity
      FROM sale_order_line_invoice_rel rel
      JOIN account_move_line invoice_line ON invoice_line.id = rel.invoice_line_id
      JOIN account_move invoice ON invoice.id = invoice_line.move_id
      JOIN sale_order_line line ON line.id = rel.order_line_id
      JOIN sale_order ON sale_order.id = line.order_id
 LEFT JOIN pemba_opportunity_line sold ON sold.id = line.opportunity_line_id AND sold.active
 LEFT JOIN crm_lead lead ON lead.id = sold.lead_id
 LEFT JOIN crm_lead deal ON deal.id = sale_order.opportunity_id
     WHERE invoice_line.parent_state = 'posted' AND invoice_line.date <= %(day)s
       AND invoice_line.company_id = %(company)s AND NOT line.is_downpayment
), stray AS (
    SELECT in_force.partner, equipment.product_id AS product, in_force.quantity
      FROM in_force JOIN pemba_equipment equipment ON equipment.id = in_force.equipment_id
     WHERE NOT EXISTS (SELECT FROM content WHERE content.id = in_force.equipment_id
                          AND content.partner = in_force.partner)
), gap AS (
    SELECT won.partner, won.product, 
           (COALESCE(sums.amount, 0) - won.net_amount + COALESCE(won.rounding_amount, 0)) / won.deal_rate
               AS amount
      FROM won
 LEFT JOIN LATERAL (
        SELECT ROUND(SUM(CASE WHEN line.currency_id = won.deal_currency_id THEN line.price_subtotal
                              ELSE line.price_subtotal / sale_order.currency_rate * won.deal_rate END), 2)
               AS amount
          FROM sale_order_line line JOIN sale_order ON sale_order.id = line.order_id
         WHERE line.opportunity_line_id = won.id AND sale_order.state = 'sale') sums ON TRUE
     WHERE won.is_aligned OR sums.amount IS NOT NULL
), without_lines AS (
    SELECT lead.customer_id AS partner, NULL::int AS product,
           lead.expected_revenue - COALESCE(ROUND(of_lead.amount, 2), 0) AS amount
      FROM crm_lead lead
 LEFT JOIN LATERAL (
        SELECT SUM(sale_order.amount_untaxed
                   / CASE WHEN sale_order.currency_id = lead.deal_currency_id
                           AND COALESCE(lead.company_id, %(shared)s) = sale_order.company_id
                          THEN lead.deal_rate ELSE sale_order.currency_rate END)::numeric AS amount
          FROM sale_order
         WHERE opportunity_id = lead.id AND state = 'sale' AND company_id = %(company)s
           AND date_order::date <= %(day)s) of_lead ON TRUE
     WHERE lead.won_status = 'won' AND lead.type = 'opportunity' AND lead.close_date <= %(day)s
       AND COALESCE(lead.company_id, (
               SELECT MIN(company_id) FROM sale_order WHERE opportunity_id = lead.id AND state = 'sale'
           ), %(shared)s) = %(company)s
       AND NOT EXISTS (SELECT FROM pemba_opportunity_line line WHERE line.lead_id = lead.id AND line.active)
), key AS (
    SELECT partner, product
      FROM UNNEST(%(customers)s::int[] || NULL::int) partner, UNNEST(%(products)s::int[] || NULL::int) product
)
SELECT COALESCE(key.partner, 0) AS partner, COALESCE(key.product, 0) AS product,
       COALESCE((SELECT list_price FROM product_template template
                   JOIN product_product product ON product.product_tmpl_id = template.id
                  WHERE product.id = key.product), 0) AS list_price,
       {figures}
  FROM key
"""
ORDER_TERM = "is_recurring AND %(day)s < day + INTERVAL '1 year'"
OPENING_TERM = "is_recurring AND %(day)s BETWEEN date AND COALESCE(date_end, date + 364)"
# The sums of each figure: what is added up, from where, and where.
FIGURES = {
    "won_quantity": [("signed", "won"), ("quantity", "ordered"), ("quantity", "opening")],
    "counting": [
        ("signed", "won", "counts"),
        ("quantity", "ordered", f"NOT is_recurring OR {ORDER_TERM}"),
        ("quantity", "opening", f"NOT is_recurring OR {OPENING_TERM}"),
    ],
    "term": [
        ("signed", "won", "counts AND is_recurring"),
        ("quantity", "ordered", ORDER_TERM),
        ("quantity", "opening", OPENING_TERM),
    ],
    "based": [("1", "won", "based"), ("1", "ordered", "based"), ("1", "opening", "based")],
    "won_amount": [
        ("(net_amount - COALESCE(rounding_amount, 0)) / deal_rate", "won"),
        ("amount", "ordered"),
        ("amount", "opening"),
        ("amount", "without_lines"),
    ],
    "paid": [
        ("price_subtotal / deal_rate", "won", "counts"),
        ("amount", "ordered", f"NOT is_recurring OR {ORDER_TERM}"),
        ("amount", "opening", f"NOT is_recurring OR {OPENING_TERM}"),
    ],
    "priced": [
        ("signed", "won", "counts"),
        ("quantity", "ordered", f"NOT is_recurring OR {ORDER_TERM}"),
        ("quantity", "opening", f"amount != 0 AND (NOT is_recurring OR {OPENING_TERM})"),
    ],
    "invoiced_amount": [("amount", "invoiced"), ("amount", "opening")],
    "booked": [("booked", "invoiced"), ("amount", "opening")],
    "invoiced_quantity": [("quantity", "invoiced"), ("quantity", "opening")],
    "order_gap": [("amount", "gap")],
    "installed": [("quantity", "installed")],
    "attended": [("quantity", "installed", "covered")],
    "uncovered": [("quantity", "installed", "NOT covered AND coverable")],
    "uncovered_rate": [("quantity * maintenance_rate / 100", "installed", "NOT covered AND coverable")],
    "contracted": [("quantity", "in_force")],
    "stray": [("quantity", "stray")],
}


def get_sum(what, source, condition="TRUE"):
    """SQL for a sum over what is of a customer and product."""
    return (
        f"(SELECT COALESCE(SUM({what}), 0) FROM {source} one WHERE ({condition})"
        " AND (SELECT commercial_partner_id FROM res_partner WHERE id = one.partner)"
        " IS NOT DISTINCT FROM key.partner"
        " AND one.product IS NOT DISTINCT FROM key.product)"
    )


def get_plain():
    """SQL that has a row for each customer and product, with its figures."""
    figures = (f"{' + '.join(get_sum(*part) for part in parts)} AS {name}" for name, parts in FIGURES.items())
    return PLAIN.replace("{figures}", ", ".join(figures))
