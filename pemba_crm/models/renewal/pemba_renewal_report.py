from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL

from ..company_day import get_today
from ..public import public
from .pemba_contract import MISSED_MONTHS

LAYERS = [("contract", "Under Contract"), ("draft", "Draft Contracts"), ("renewal", "Renewals Expected")]


class PembaRenewalReport(models.Model):
    """What contracts bring, month by month, until the end of next year, renewals that are expected included.

    A month has its share of the annual amount by the days of the contract year: all months of a full year
    are exactly the amount of that. Each period counts once: a term of its own contract; what comes after it
    of the successor, and as long as there is none as the renewal that is expected: the annual amount × the
    rise of the index that is expected × the likelihood. Net of distributors, in the currency of the company
    at the zones' rates of today.
    """

    _name = "pemba.renewal.report"
    _description = "Recurring Revenue"
    _auto = False
    _order = "date, partner_id"
    _rec_name = "contract_id"

    date = fields.Date(string="Month", readonly=True)
    layer = fields.Selection(
        selection=LAYERS,
        string="Certainty",
        readonly=True,
    )
    contract_id = fields.Many2one("pemba.contract", readonly=True)
    contract_line_id = fields.Many2one("pemba.contract.line", readonly=True)
    contract_type_id = fields.Many2one("pemba.contract.type", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    distributor_id = fields.Many2one("res.partner", readonly=True)
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)
    revenue = fields.Monetary(readonly=True, help="In the company's currency, before tax.")
    certain_revenue = fields.Monetary(
        string="Revenue Under Contract", readonly=True, help="Without drafts and renewals that are expected."
    )

    @property
    def _table_query(self):
        """The rows of all companies that the user works for; see the class."""
        return SQL(
            """
            SELECT (line_id::bigint * 2 + CASE WHEN layer = 'renewal' THEN 1 ELSE 0 END) * 1000
                       + (EXTRACT(YEAR FROM month)::int - 2000) * 12 + EXTRACT(MONTH FROM month)::int AS id,
                   month AS date, layer, contract_id, line_id AS contract_line_id, contract_type_id,
                   partner_id, distributor_id, zone_id, user_id, product_id, company_id, currency_id,
                   SUM(revenue) AS revenue,
                   SUM(CASE WHEN layer = 'contract' THEN revenue ELSE 0 END) AS certain_revenue
              FROM (%s) segment
             GROUP BY line_id, layer, month, contract_id, contract_type_id, partner_id, distributor_id,
                      zone_id, user_id, product_id, company_id, currency_id
            """,
            self._get_segments(),
        )

    @api.model
    def _get_segments(self):
        """Parts of terms that are within one month and one year of the contract."""
        today = get_today(self.env.company)
        first = self.env.context.get("pemba_first_day")  # the comparison looks further back
        return SQL(
            """
            WITH rate(zone_id, currency_id, company_id, rate) AS (%(rates)s),
            term AS (
                SELECT line.id AS line_id,
                       CASE WHEN contract.state = 'draft' THEN 'draft' ELSE 'contract' END AS layer,
                       contract.anchor_date AS anchor, line.date_start, line.date_end,
                       0.0 AS expected_rate, 1 AS duration,
                       CASE WHEN contract.state = 'draft' AND before.id IS NOT NULL
                            THEN before.renewal_likelihood / 100 ELSE 1 END AS likelihood
                  FROM pemba_contract_line line
                  JOIN pemba_contract contract ON contract.id = line.contract_id
             LEFT JOIN pemba_contract before ON before.id = contract.predecessor_id
                 WHERE line.date_end >= %(first)s AND line.date_start <= %(last)s
                 UNION ALL
                SELECT line.id, 'renewal', contract.date_end + 1, contract.date_end + 1, %(last)s,
                       COALESCE(index.expected_rate, 0), kind.duration_months,
                       contract.renewal_likelihood / 100
                  FROM pemba_contract_line line
                  JOIN pemba_contract contract ON contract.id = line.contract_id
                  JOIN pemba_contract_type kind ON kind.id = contract.contract_type_id
             LEFT JOIN pemba_price_index index ON index.id = contract.index_id
                 WHERE contract.state IN ('draft', 'running', 'expired')
                   AND contract.close_reason IS NULL
                   AND contract.successor_id IS NULL
                   AND line.is_offered
                   AND contract.date_end < %(last)s
                   AND (contract.state != 'expired' OR contract.date_end >= %(oldest)s)
            ), year AS (
                SELECT term.*, (anchor + k * INTERVAL '1 year')::date AS year_start,
                       (anchor + (k + 1) * INTERVAL '1 year')::date - 1 AS year_end
                  FROM term
                  JOIN generate_series(
                           0, EXTRACT(YEAR FROM %(last)s::date)::int
                               - (SELECT EXTRACT(YEAR FROM MIN(anchor))::int FROM term)) k ON TRUE
            )
            SELECT year.line_id, year.layer, month.start::date AS month, contract.id AS contract_id,
                   contract.contract_type_id, contract.partner_id, contract.distributor_id, partner.zone_id,
                   contract.user_id, line.product_id, contract.company_id, company.currency_id,
                   line.amount_annual / COALESCE(rate.rate, 1)
                       * (LEAST(year.date_end, year.year_end, (month.start + INTERVAL '1 month')::date - 1)
                           - GREATEST(year.date_start, year.year_start, month.start::date) + 1)
                       / (year.year_end - year.year_start + 1)
                       * year.likelihood
                       * POWER(1 + year.expected_rate / 100, year.duration / 12.0 * (1 + FLOOR((
                            (EXTRACT(YEAR FROM GREATEST(year.year_start, month.start::date))
                                - EXTRACT(YEAR FROM year.anchor)) * 12
                            + EXTRACT(MONTH FROM GREATEST(year.year_start, month.start::date))
                            - EXTRACT(MONTH FROM year.anchor)
                            - CASE WHEN EXTRACT(DAY FROM GREATEST(year.year_start, month.start::date))
                                < EXTRACT(DAY FROM year.anchor) THEN 1 ELSE 0 END
                            ) / year.duration))) AS revenue
              FROM year
              JOIN pemba_contract_line line ON line.id = year.line_id
              JOIN pemba_contract contract ON contract.id = line.contract_id
              JOIN res_company company ON company.id = contract.company_id
              JOIN res_partner partner ON partner.id = contract.partner_id
         LEFT JOIN rate ON rate.zone_id IS NOT DISTINCT FROM partner.zone_id
                       AND rate.currency_id = contract.currency_id
                       AND rate.company_id = contract.company_id
              JOIN generate_series(
                       DATE_TRUNC('month', GREATEST(year.date_start, year.year_start, %(first)s)::timestamp),
                       LEAST(year.date_end, year.year_end, %(last)s)::timestamp,
                       INTERVAL '1 month') AS month(start) ON TRUE
             WHERE contract.company_id = ANY(%(companies)s)
               AND year.year_start <= year.date_end AND year.year_end >= year.date_start
            """,
            rates=self._get_rates(),
            first=fields.Date.to_date(first) or today.replace(month=1, day=1),
            last=today.replace(year=today.year + 1, month=12, day=31),
            oldest=today - relativedelta(months=MISSED_MONTHS),
            companies=list(self.env.companies.ids),
        )

    @api.model
    def _get_rates(self):
        """The zones' rates of today for all contracts, as rows."""
        self.env.flush_all()
        keys = self.env.execute_query(
            SQL(
                """SELECT DISTINCT partner.zone_id, contract.currency_id, contract.company_id
                     FROM pemba_contract contract
                     JOIN res_partner partner ON partner.id = contract.partner_id"""
            )
        )
        rates = self.env["pemba.zone"]._get_rates(
            [(zone or False, currency, company) for zone, currency, company in keys],
            get_today(self.env.company),
        )
        rows = [
            SQL("(%s::int, %s::int, %s::int, %s::double precision)", zone or None, currency, company, rate)
            for (zone, currency, company), rate in rates.items()
        ]
        nothing = SQL("SELECT NULL::int, NULL::int, NULL::int, 1::double precision WHERE FALSE")
        return SQL("VALUES %s", SQL(", ").join(rows)) if rows else nothing

    @public(one=True)
    def action_open_contract(self):
        """The contract behind a figure."""
        return self.contract_id.get_formview_action()
