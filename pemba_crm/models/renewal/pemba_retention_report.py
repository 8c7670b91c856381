from odoo import fields, models
from odoo.tools import SQL

from ..company_day import get_today

# What contracts that ended brought a year, and of what the rest is a share.
RATES = {"gross_retention": "gross_amount", "net_retention": "new_amount"}


class PembaRetentionReport(models.Model):
    """What of the contracts that ended was kept: price apart from volume.

    What ended is what the term began with. A line that was renewed changes by its price, (new − old) × the
    new quantity, and by its volume, (new − old quantity) × the old price; one that was not is lost; one that
    the successor adds is an extension. What was added of a product within the term is an extension too, and
    what was given up is volume. Gross retention is what was kept without rises and extensions, by product at
    most what the term began with; net retention is all that came, each as a share of what ended. Amounts of a
    year, net of distributors, in the company's currency at the zones' rates of today.
    """

    _name = "pemba.retention.report"
    _description = "Retention"
    _auto = False
    _order = "date desc, contract_id"
    _rec_name = "contract_id"

    date = fields.Date(string="Ended", readonly=True)
    contract_id = fields.Many2one("pemba.contract", readonly=True)
    contract_type_id = fields.Many2one("pemba.contract.type", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    distributor_id = fields.Many2one("res.partner", readonly=True)
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)
    old_amount = fields.Monetary(string="Ended Amount", readonly=True)
    price_effect = fields.Monetary(readonly=True)
    volume_effect = fields.Monetary(readonly=True)
    extension_amount = fields.Monetary(string="Extensions", readonly=True)
    lost_amount = fields.Monetary(readonly=True)
    new_amount = fields.Monetary(string="Renewed Amount", readonly=True)
    gross_amount = fields.Monetary(string="Kept", readonly=True)
    gross_retention = fields.Float(
        string="Gross Retention (%)", readonly=True, aggregator="avg", digits=(16, 1)
    )
    net_retention = fields.Float(string="Net Retention (%)", readonly=True, aggregator="avg", digits=(16, 1))

    def _read_group_select(self, aggregate_spec, query):
        # Of many contracts: the sum kept ÷ the sum that ended, and not the mean of percentages.
        name, _separator, function = aggregate_spec.partition(":")
        if name in RATES and function == "avg":
            return SQL(
                "100 * SUM(%s) / NULLIF(SUM(%s), 0)",
                self._field_to_sql(self._table, RATES[name], query),
                self._field_to_sql(self._table, "old_amount", query),
            )
        return super()._read_group_select(aggregate_spec, query)

    @property
    def _table_query(self):
        today = get_today(self.env.company)
        return SQL(
            """
            WITH rate(zone_id, currency_id, company_id, rate) AS (%(rates)s),
            ended AS (
                SELECT contract.*, partner.zone_id, company.currency_id AS company_currency_id,
                       COALESCE(rate.rate, 1) AS rate,
                       CASE WHEN next.state = 'draft' THEN NULL ELSE next.id END AS next_id
                  FROM pemba_contract contract
                  JOIN res_company company ON company.id = contract.company_id
                  JOIN res_partner partner ON partner.id = contract.partner_id
             LEFT JOIN pemba_contract next ON next.id = contract.successor_id
             LEFT JOIN rate ON rate.zone_id IS NOT DISTINCT FROM partner.zone_id
                           AND rate.currency_id = contract.currency_id
                           AND rate.company_id = contract.company_id
                 WHERE contract.company_id = ANY(%(companies)s)
                   AND contract.state IN ('renewed', 'terminated', 'expired')
                   AND contract.date_end < %(today)s
            ), change AS (
                SELECT ended.id, old.product_id, old.amount_annual AS old_amount,
                       COALESCE(new.amount_annual, 0) AS new_amount,
                       CASE WHEN new.id IS NULL THEN 0
                            ELSE new.amount_annual - old.amount_annual / old.quantity * new.quantity
                       END AS price,
                       CASE WHEN new.id IS NULL THEN 0
                            ELSE (new.quantity - old.quantity) * old.amount_annual / old.quantity
                       END AS volume,
                       0.0 AS extension,
                       CASE WHEN new.id IS NULL THEN old.amount_annual ELSE 0 END AS lost
                  FROM ended
                  JOIN pemba_contract_line old
                    ON old.contract_id = ended.id AND old.date_end = ended.date_end
             LEFT JOIN LATERAL (
                    SELECT MIN(line.id) AS id, SUM(line.amount_annual) AS amount_annual,
                           SUM(line.quantity) AS quantity
                      FROM pemba_contract_line line
                      JOIN pemba_contract next ON next.id = line.contract_id
                     WHERE line.contract_id = ended.next_id AND line.predecessor_id = old.id
                       AND line.date_start = next.date_start
                    HAVING COUNT(*) > 0) new ON TRUE
                 UNION ALL
                SELECT ended.id, NULL, 0, new.amount_annual, 0, 0, new.amount_annual, 0
                  FROM ended
                  JOIN pemba_contract_line new
                    ON new.contract_id = ended.next_id AND new.predecessor_id IS NULL
                   AND new.date_start = (SELECT date_start FROM pemba_contract WHERE id = ended.next_id)
            ), began AS (
                SELECT ended.id, line.product_id, SUM(line.amount_annual) AS amount
                  FROM ended
                  JOIN (SELECT contract_id, MIN(date_start) AS date_start
                          FROM pemba_contract_line
                         GROUP BY contract_id) first ON first.contract_id = ended.id
                  JOIN pemba_contract_line line
                    ON line.contract_id = ended.id AND line.date_start = first.date_start
                 GROUP BY ended.id, line.product_id
            ), went_on AS (
                SELECT id, product_id, SUM(old_amount) AS amount,
                       SUM(old_amount + LEAST(price, 0) + LEAST(volume, 0) - lost) AS kept
                  FROM change
                 WHERE product_id IS NOT NULL
                 GROUP BY id, product_id
            ), within AS (
                SELECT id, SUM(began.amount) AS began,
                       SUM(LEAST(COALESCE(went_on.amount, 0) - COALESCE(began.amount, 0), 0)) AS given_up,
                       SUM(GREATEST(COALESCE(went_on.amount, 0) - COALESCE(began.amount, 0), 0)) AS added,
                       SUM(LEAST(COALESCE(began.amount, 0), COALESCE(went_on.kept, 0))) AS gross
                  FROM began
             FULL JOIN went_on USING (id, product_id)
                 GROUP BY id
            ), total AS (
                SELECT within.id, within.began AS old_amount, SUM(new_amount) AS new_amount,
                       SUM(price) AS price, SUM(volume) + within.given_up AS volume,
                       SUM(extension) + within.added AS extension, SUM(lost) AS lost, within.gross
                  FROM within
             LEFT JOIN change ON change.id = within.id
                 GROUP BY within.id, within.began, within.given_up, within.added, within.gross
            )
            SELECT ended.id, ended.date_end AS date, ended.id AS contract_id, ended.contract_type_id,
                   ended.partner_id, ended.distributor_id, ended.zone_id, ended.user_id, ended.company_id,
                   ended.company_currency_id AS currency_id,
                   total.old_amount / ended.rate AS old_amount,
                   total.price / ended.rate AS price_effect,
                   total.volume / ended.rate AS volume_effect,
                   total.extension / ended.rate AS extension_amount,
                   total.lost / ended.rate AS lost_amount,
                   total.new_amount / ended.rate AS new_amount,
                   total.gross / ended.rate AS gross_amount,
                   100 * total.gross / NULLIF(total.old_amount, 0) AS gross_retention,
                   100 * total.new_amount / NULLIF(total.old_amount, 0) AS net_retention
              FROM ended
              JOIN total ON total.id = ended.id
            """,
            rates=self.env["pemba.renewal.report"]._get_rates(),
            companies=list(self.env.companies.ids),
            today=today,
        )
