from odoo import api, fields, models
from odoo.tools import SQL

from ..public import public

SAME_KEY = SQL(
    "b.lead_key = a.lead_key AND b.company_id = a.company_id"
    " AND COALESCE(b.sale_type_id, 0) = COALESCE(a.sale_type_id, 0)"
)
KINDS = [
    ("opening", "Opening"),
    ("new", "New"),
    ("reopened", "Reopened"),
    ("up", "Amount Up"),
    ("down", "Amount Down"),
    ("rate", "Conversion Rate"),
    ("maturity", "Maturity"),
    ("risk", "Risk"),
    ("slipped", "Expected Closing Moved"),
    ("moved", "Moved"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("removed", "Removed"),
]


class PembaForecastMovement(models.Model):
    """How the pipeline came from one snapshot to another.

    What was open at first (*opening*) and all movements add up to what is open at last, to the cent, for
    revenue and weighted revenue: in all, and by month of expected closing, sale type, company and each axis
    of the mixin. What changes its place (one of the axes) or its month leaves the one (negative) and comes
    to the other.

    An opportunity that changed in several ways changed in this order: place, month, amount, conversion
    rate, maturity, risk; each effect is what it makes of the weighted revenue at the values before it.

    The days of the snapshots are ``pemba_from`` and ``pemba_until`` of the context; the last two there
    are if none are given.
    """

    _name = "pemba.forecast.movement"
    _description = "Forecast Movement"
    _inherit = ["pemba.sale.axis.mixin"]
    _auto = False
    _follows = ("lead_id",)
    _order = "kind, weighted_revenue desc, id"
    _rec_name = "lead_name"
    _depends = {"pemba.forecast.snapshot": ["outcome"]}

    kind = fields.Selection(selection=KINDS, string="Movement", readonly=True)
    date_from = fields.Date(string="From", readonly=True, help="The day of the first snapshot.")
    date_until = fields.Date(string="Until", readonly=True, help="The day of the last snapshot.")
    lead_id = fields.Many2one("crm.lead", string="Opportunity", readonly=True)
    lead_name = fields.Char(string="Opportunity as It Was", readonly=True)
    lead_key = fields.Integer(string="Opportunity Number", readonly=True, aggregator=None)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)
    sale_type_id = fields.Many2one("pemba.sale.type", readonly=True)
    date_deadline = fields.Date(string="Expected Closing", readonly=True)
    revenue = fields.Monetary(readonly=True, help="In the company's currency, before tax.")
    weighted_revenue = fields.Monetary(readonly=True, help="Revenue × maturity × risk.")

    @public(one=True)
    def action_open_opportunity(self):
        """The opportunity, as it is now."""
        return (
            self.env["pemba.forecast.snapshot"]
            .search([("lead_key", "=", self.lead_key)], limit=1)
            .action_open_opportunity()
        )

    @api.model
    def _get_ordered_selections(self):
        return [*super()._get_ordered_selections(), "kind"]

    @api.model
    def _get_days(self):
        """The days of the two snapshots: ``(from, until)``, none where there are not two."""
        context = self.env.context
        first, last = (fields.Date.to_date(context.get(name)) for name in ("pemba_from", "pemba_until"))
        if not (first and last):
            rows = self.env.execute_query(
                SQL("SELECT DISTINCT date FROM pemba_forecast_snapshot ORDER BY date DESC LIMIT 2")
            )
            days = [day for (day,) in rows]
            last, first = days if len(days) == 2 else (None, None)
        return first, last

    @property
    def _table_query(self):
        """Rows of all opportunities: the rules hold for each place that one comes from or goes to."""
        first, last = self._get_days()
        snapshot = "(SELECT * FROM pemba_forecast_snapshot WHERE date = %s)"
        sides = {"a": SQL(snapshot, first), "b": SQL(snapshot, last)}
        return SQL(
            """
            SELECT movement.*, %(day_from)s::date AS date_from, %(day_until)s::date AS date_until,
                   place.lead_id, place.lead_name, place.lead_key, place.company_id,
                   place.currency_id, place.sale_type_id, %(places)s
              FROM (SELECT a.id::bigint * 16 AS id, 'opening' AS kind, a.id AS place_id, a.date_deadline,
                           a.revenue, a.weighted_revenue
                      FROM %(first)s a
                     UNION ALL
                    %(gone)s
                     UNION ALL
                    %(come)s
                     UNION ALL
                    %(changed)s) movement
              JOIN pemba_forecast_snapshot place ON place.id = movement.place_id
            """,
            day_from=first,
            day_until=last,
            first=sides["a"],
            gone=self._get_gone(sides, first, last),
            come=self._get_come(sides, first),
            changed=self._get_changed(sides),
            places=self._get_places("place"),
        )

    @api.model
    def _get_pairs(self, sides):
        """What is in both, with its values after each step: 0 at first, 4 at last.

        :param sides: the rows of the snapshots: ``a`` at first, ``b`` at last
        """
        return SQL(
            """
            SELECT a.id AS a_id, b.id AS b_id, a.date_deadline AS a_deadline, b.date_deadline AS b_deadline,
                   (%(a_places)s) IS DISTINCT FROM (%(b_places)s) AS is_moved,
                   a.revenue AS revenue_0, amount.revenue_1, b.revenue AS revenue_2,
                   a.weighted_revenue AS weighted_0, one.weighted_1, two.weighted_2, three.weighted_3,
                   b.weighted_revenue AS weighted_4
              FROM %(a)s a
              JOIN %(b)s b ON %(same_key)s
              JOIN res_currency currency ON currency.id = b.currency_id
        CROSS JOIN LATERAL (
                    SELECT CASE WHEN a.deal_currency_id IS DISTINCT FROM b.deal_currency_id THEN b.revenue
                                WHEN a.deal_amount = b.deal_amount THEN a.revenue
                                WHEN a.deal_rate = b.deal_rate THEN b.revenue
                                ELSE COALESCE(
                                    ROUND(b.deal_amount / NULLIF(a.deal_rate, 0)::numeric / currency.rounding)
                                        * currency.rounding, b.revenue)
                           END AS revenue_1) amount
        CROSS JOIN LATERAL (
                    SELECT a.maturity = b.maturity AS same_maturity,
                           a.risk_factor = b.risk_factor AS same_risk,
                           b.revenue = amount.revenue_1 AS same_rate,
                           a.maturity::numeric / 100 * a.risk_factor::numeric AS weight_a,
                           b.maturity::numeric / 100 * a.risk_factor::numeric AS weight_b) same
        CROSS JOIN LATERAL (
                    SELECT CASE WHEN same.same_rate AND same.same_maturity AND same.same_risk
                                THEN b.weighted_revenue
                                WHEN amount.revenue_1 = a.revenue THEN a.weighted_revenue
                                ELSE ROUND(amount.revenue_1 * same.weight_a / currency.rounding)
                                    * currency.rounding
                           END AS weighted_1) one
        CROSS JOIN LATERAL (
                    SELECT CASE WHEN same.same_maturity AND same.same_risk THEN b.weighted_revenue
                                WHEN same.same_rate THEN one.weighted_1
                                ELSE ROUND(b.revenue * same.weight_a / currency.rounding)
                                    * currency.rounding
                           END AS weighted_2) two
        CROSS JOIN LATERAL (
                    SELECT CASE WHEN same.same_risk THEN b.weighted_revenue
                                WHEN same.same_maturity THEN two.weighted_2
                                ELSE ROUND(b.revenue * same.weight_b / currency.rounding)
                                    * currency.rounding
                           END AS weighted_3) three
            """,
            **sides,
            same_key=SAME_KEY,
            a_places=self._get_places("a"),
            b_places=self._get_places("b"),
        )

    @api.model
    def _get_places(self, side):
        """Where an opportunity is: what of it moves it from one place to another when it changes."""
        return SQL(", ").join(SQL.identifier(side, name) for name in self._get_axes())

    @api.model
    def _get_changed(self, sides):
        """What became of the values of what is in both."""
        return SQL(
            """
            SELECT pair.b_id::bigint * 16 + step.number, step.kind, step.place_id, step.date_deadline,
                   step.revenue, step.weighted_revenue
              FROM (%s) pair
        CROSS JOIN LATERAL (VALUES
                (3, 'moved', a_id, a_deadline, - revenue_0, - weighted_0, is_moved),
                (4, 'moved', b_id, a_deadline, revenue_0, weighted_0, is_moved),
                (5, 'slipped', b_id, a_deadline, - revenue_0, - weighted_0,
                 a_deadline IS DISTINCT FROM b_deadline),
                (6, 'slipped', b_id, b_deadline, revenue_0, weighted_0,
                 a_deadline IS DISTINCT FROM b_deadline),
                (7, CASE WHEN (revenue_1, weighted_1) > (revenue_0, weighted_0) THEN 'up' ELSE 'down' END,
                 b_id, b_deadline, revenue_1 - revenue_0, weighted_1 - weighted_0, TRUE),
                (8, 'rate', b_id, b_deadline, revenue_2 - revenue_1, weighted_2 - weighted_1, TRUE),
                (9, 'maturity', b_id, b_deadline, 0, weighted_3 - weighted_2, TRUE),
                (10, 'risk', b_id, b_deadline, 0, weighted_4 - weighted_3, TRUE)
            ) step (number, kind, place_id, date_deadline, revenue, weighted_revenue, is_there)
             WHERE step.is_there AND (step.revenue != 0 OR step.weighted_revenue != 0)
            """,
            self._get_pairs(sides),
        )

    @api.model
    def _get_gone(self, sides, first, last):
        """What is not there any more: closed or removed, or of another type or company."""
        return SQL(
            """
            SELECT a.id::bigint * 16 + 1,
                   CASE WHEN other.lead_key IS NOT NULL THEN %(change)s
                        ELSE COALESCE((
                            SELECT last_row.outcome FROM pemba_forecast_snapshot last_row
                             WHERE last_row.lead_key = a.lead_key
                               AND last_row.date >= %(first)s AND last_row.date < %(last)s
                             ORDER BY last_row.date DESC LIMIT 1), 'removed') END,
                   a.id, a.date_deadline, - a.revenue, - a.weighted_revenue
              FROM %(a)s a
         LEFT JOIN %(b)s b ON %(same_key)s
         LEFT JOIN %(own_leads)s own ON own.lead_key = a.lead_key
         LEFT JOIN %(other_leads)s other ON other.lead_key = a.lead_key
             WHERE b.id IS NULL
            """,
            **sides,
            same_key=SAME_KEY,
            change=self._get_change("a", "down"),
            own_leads=self._get_leads(sides["a"]),
            other_leads=self._get_leads(sides["b"]),
            first=first,
            last=last,
        )

    @api.model
    def _get_come(self, sides, first):
        """What was not there at first: new, opened again, or of another type or company."""
        return SQL(
            """
            SELECT b.id::bigint * 16 + 2,
                   CASE WHEN other.lead_key IS NOT NULL THEN %(change)s
                        WHEN b.open_date < (SELECT MAX(create_date) FROM pemba_forecast_snapshot
                                             WHERE date = %(first)s) THEN 'reopened'
                        ELSE 'new' END,
                   b.id, b.date_deadline, b.revenue, b.weighted_revenue
              FROM %(b)s b
         LEFT JOIN %(a)s a ON %(same_key)s
         LEFT JOIN %(own_leads)s own ON own.lead_key = b.lead_key
         LEFT JOIN %(other_leads)s other ON other.lead_key = b.lead_key
             WHERE a.id IS NULL
            """,
            **sides,
            same_key=SAME_KEY,
            change=self._get_change("b", "up"),
            own_leads=self._get_leads(sides["b"]),
            other_leads=self._get_leads(sides["a"]),
            first=first,
        )

    @api.model
    def _get_leads(self, side):
        """The opportunities of a snapshot: what each is worth in all its types, and in which companies."""
        return SQL(
            """(SELECT lead_key, SUM(deal_amount) AS deal_amount, ARRAY_AGG(company_id) AS company_ids
                  FROM %s side GROUP BY lead_key)""",
            side,
        )

    @api.model
    def _get_change(self, side, change):
        """Of an opportunity that is open on both days: it changed, or went to another type or company."""
        return SQL(
            """CASE WHEN %s = ANY(other.company_ids) AND own.deal_amount != other.deal_amount
                    THEN %s ELSE 'moved' END""",
            SQL.identifier(side, "company_id"),
            change,
        )
