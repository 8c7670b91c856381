from odoo import fields, models
from odoo.tools import SQL


class PembaCompetitorReport(models.Model):
    """How often we win against a competitor: one row for each competitor's product in a sale.

    The win rate is what was won of what is closed; what is open counts in neither.
    """

    _name = "pemba.competitor.report"
    _description = "Sales against Competitors"
    _auto = False
    _follows = ("lead_id",)
    _order = "lead_id desc"
    _rec_name = "lead_id"
    _depends = {
        "crm.lead": [
            "type",
            "active",
            "customer_id",
            "zone_id",
            "user_id",
            "company_id",
            "close_date",
            "won_status",
            "expected_revenue",
            "competitor_product_ids",
            "lost_competitor_product_id",
        ],
        "pemba.competitor.product": ["competitor_id", "kind"],
    }

    lead_id = fields.Many2one("crm.lead", string="Opportunity", readonly=True)
    competitor_product_id = fields.Many2one(
        "pemba.competitor.product", string="Competitor's Product", readonly=True
    )
    competitor_id = fields.Many2one("res.partner", readonly=True)
    kind = fields.Selection(selection=[("product", "Product"), ("service", "Service")], readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)
    close_date = fields.Date(string="Closed on", readonly=True)
    won_status = fields.Selection(
        selection=[("won", "Won"), ("lost", "Lost"), ("pending", "Pending")], string="Result", readonly=True
    )
    won_count = fields.Integer(string="Won", readonly=True)
    lost_count = fields.Integer(string="Lost", readonly=True)
    lost_to_count = fields.Integer(string="Lost to It", readonly=True)
    win_rate = fields.Float(string="Win Rate (%)", readonly=True, aggregator="avg", digits=(16, 1))
    amount = fields.Monetary(
        readonly=True, aggregator=None, help="Of the whole sale, in the company's currency."
    )

    def _read_group_select(self, aggregate_spec, query):
        # A sale with several products of a competitor is one sale.
        counts = {
            name: SQL(
                "COUNT(DISTINCT %s) FILTER (WHERE %s > 0)",
                self._field_to_sql(self._table, "lead_id", query),
                self._field_to_sql(self._table, name, query),
            )
            for name in ("won_count", "lost_count", "lost_to_count")
        }
        if aggregate_spec == "win_rate:avg":
            won, lost = counts["won_count"], counts["lost_count"]
            return SQL("100.0 * %s / NULLIF(%s + %s, 0)", won, won, lost)
        name, _separator, function = aggregate_spec.partition(":")
        if name in counts and function == "sum":
            return counts[name]
        return super()._read_group_select(aggregate_spec, query)

    @property
    def _table_query(self):
        return SQL(
            """SELECT lead.id * 2097152::bigint + product.id AS id,
                      lead.id AS lead_id, product.id AS competitor_product_id, product.competitor_id,
                      product.kind, lead.customer_id AS partner_id, lead.zone_id, lead.user_id,
                      lead.company_id, company.currency_id, lead.close_date, lead.won_status,
                      (lead.won_status = 'won')::int AS won_count,
                      (lead.won_status = 'lost')::int AS lost_count,
                      (lead.won_status = 'lost' AND lead.lost_competitor_product_id = product.id)::int
                          AS lost_to_count,
                      CASE lead.won_status WHEN 'won' THEN 100.0 WHEN 'lost' THEN 0.0 END AS win_rate,
                      lead.expected_revenue AS amount
                 FROM crm_lead lead
                 JOIN crm_lead_pemba_competitor_product_rel rel ON rel.crm_lead_id = lead.id
                 JOIN pemba_competitor_product product ON product.id = rel.pemba_competitor_product_id
                 JOIN res_company company ON company.id = COALESCE(lead.company_id, %s)
                WHERE lead.type = 'opportunity' AND (lead.active OR lead.won_status IN ('won', 'lost'))""",
            self.env.company.id,
        )
