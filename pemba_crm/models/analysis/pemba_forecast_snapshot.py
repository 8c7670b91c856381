from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..offer.crm_lead import MARGIN
from ..pipeline.crm_stage import STEPS
from ..public import VALUES, VALUES_LIST, public

MONTHS_KEPT = "pemba_crm.snapshot_months"
MOST_MONTHS = 1200


class PembaForecastSnapshot(models.Model):
    """What was open on a day: one row for each opportunity and sale type, kept as it was.

    The rows of an opportunity add up to its expected and its weighted revenue, to the cent. They are
    written by ``_take`` alone, always as of today.
    """

    _name = "pemba.forecast.snapshot"
    _description = "Forecast Snapshot"
    _inherit = ["pemba.sale.axis.mixin", "pemba.guarded"]
    _follows = ("lead_id",)
    _order = "date desc, date_deadline, lead_name, id"
    _rec_name = "lead_name"

    date = fields.Date(string="Snapshot", required=True, readonly=True)
    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", readonly=True, index="btree_not_null", ondelete="set null"
    )
    lead_name = fields.Char(string="Opportunity as It Was", readonly=True)
    lead_key = fields.Integer(
        string="Opportunity Number",
        required=True,
        readonly=True,
        aggregator=None,
        help="Of the opportunity, also once it is gone.",
    )
    open_date = fields.Datetime(
        string="Opportunity Since", readonly=True, help="When it was created, or made of a lead."
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    sale_type_id = fields.Many2one("pemba.sale.type", readonly=True, ondelete="restrict")
    stage_id = fields.Many2one("crm.stage", readonly=True, ondelete="set null")
    pemba_step = fields.Selection(selection=STEPS, string="PEMBA Step", readonly=True)
    maturity = fields.Float(string="Maturity (%)", readonly=True, aggregator="avg", digits=(16, 1))
    risk_level_id = fields.Many2one("pemba.risk.level", string="Risk", readonly=True, ondelete="set null")
    risk_factor = fields.Float(readonly=True, digits=0, aggregator=None)
    date_deadline = fields.Date(string="Expected Closing", readonly=True)
    deal_currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    deal_rate = fields.Float(string="Conversion Rate", digits=0, readonly=True, aggregator=None)
    deal_amount = fields.Monetary(
        currency_field="deal_currency_id",
        readonly=True,
        aggregator=None,
        help="In the deal's currency, before tax.",
    )
    revenue = fields.Monetary(readonly=True, help="In the company's currency, before tax.")
    weighted_revenue = fields.Monetary(readonly=True, help="Revenue × maturity × risk.")
    margin = fields.Monetary(readonly=True, groups=MARGIN)
    outcome = fields.Selection(
        selection=[("won", "Won"), ("lost", "Lost"), ("removed", "Removed")],
        readonly=True,
        help="What became of it before the next snapshot; empty while it stays open.",
    )

    _row_uniq = models.UniqueIndex(
        "(date, lead_key, company_id, COALESCE(sale_type_id, 0))",
        "There is one row for each opportunity, sale type and day.",
    )
    _lead_key_date_idx = models.Index("(lead_key, date)")

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("Snapshots are taken, not written: use Take Snapshot."))

    @public(vals=VALUES)
    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("%s: a snapshot stays as it was.", self[:1].display_name))

    @public(one=True)
    def action_open_opportunity(self):
        """The opportunity, as it is now.

        :raise UserError: naming one that is gone
        """
        if not self.lead_id:
            raise UserError(self.env._("%s does not exist any more.", self.lead_name))
        return self.lead_id.get_formview_action()

    # ------------------------------------------------------------
    # Taking
    # ------------------------------------------------------------

    @public
    def action_take(self):
        """For managers: freeze what is open today in all companies, and say how much it is."""
        self.check_access("create")
        self._take()
        snapshots = self.sudo()  # of all companies, as what is taken
        today = [("date", "=", fields.Date.today())]
        [(count,)] = snapshots._read_group(today, [], ["lead_key:count_distinct"])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s opportunities of all companies are kept as they are today.", count),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_take(self):
        """Every week: a snapshot, and those that are older than wanted go."""
        self._take()
        settings = self.env["ir.config_parameter"].sudo()  # only administrators read them
        months = settings.get_param(MONTHS_KEPT) or ""
        months = int(months) if months.isdecimal() else 0  # of what is none, all are kept
        if 0 < months <= MOST_MONTHS:
            oldest = fields.Date.today() - relativedelta(months=months)
            self.env.cr.execute(SQL("DELETE FROM pemba_forecast_snapshot WHERE date < %s", oldest))
            self.env.invalidate_all(flush=False)

    @api.model
    def _take(self):
        """Freeze the open opportunities of all companies, as of today; once more replaces today's.

        Today is the same for everybody: the day in UTC. Opportunities without a company are of the one that
        ``_get_shared_company`` gives.

        :return: today's rows
        """
        today = fields.Date.today()
        self.env.flush_all()
        self.env.cr.execute(SQL("DELETE FROM pemba_forecast_snapshot WHERE date = %s", today))
        copied = self._get_copied()
        self.env.cr.execute(
            SQL(
                """
                WITH part AS (%(parts)s)
                INSERT INTO pemba_forecast_snapshot (
                       create_uid, create_date, write_uid, write_date,
                       date, lead_id, lead_name, lead_key, open_date, company_id, currency_id, sale_type_id,
                       risk_factor, deal_amount, revenue, weighted_revenue, margin, %(copied)s)
                SELECT %(user)s, %(now)s, %(user)s, %(now)s,
                       %(today)s, part.lead_id, lead.name, part.lead_id,
                       COALESCE(lead.date_conversion, lead.create_date), company.id, currency.id,
                       part.sale_type_id, COALESCE(risk.factor, 1), part.deal_amount, part.revenue,
                       COALESCE(
                           ROUND(part.until_here * lead.weighted_revenue / NULLIF(lead.expected_revenue, 0)
                                 / currency.rounding)
                           - ROUND((part.until_here - part.revenue) * lead.weighted_revenue
                                   / NULLIF(lead.expected_revenue, 0) / currency.rounding), 0)
                           * currency.rounding,
                       part.margin, %(from_lead)s
                  FROM part
                  JOIN crm_lead lead ON lead.id = part.lead_id
                  JOIN res_company company ON company.id = COALESCE(lead.company_id, %(company)s)
                  JOIN res_currency currency ON currency.id = company.currency_id
             LEFT JOIN pemba_risk_level risk ON risk.id = lead.risk_level_id
                """,
                parts=self._get_parts(),
                copied=SQL(", ").join(map(SQL.identifier, copied)),
                from_lead=SQL(", ").join(SQL.identifier("lead", name) for name in copied),
                user=self.env.uid,
                now=fields.Datetime.now(),
                today=today,
                company=self.env["crm.lead"]._get_shared_company().id,
            )
        )
        self._follow_outcomes(today)
        # Many rows came at once: without new statistics, comparing them would take minutes.
        self.env.cr.execute(SQL("ANALYZE pemba_forecast_snapshot"))
        self.env.invalidate_all(flush=False)
        return self.search([("date", "=", today)])

    @api.model
    def _get_copied(self):
        """The fields that a row copies from its opportunity: the axes, and what it is worth by."""
        own = ["stage_id", "pemba_step", "maturity", "risk_level_id", "date_deadline"]
        own += ["deal_currency_id", "deal_rate"]
        return own + [name for name in self._get_axes() if name not in own]

    @api.model
    def _get_parts(self):
        """Open opportunities by sale type; ``until_here`` adds up what comes before, to share cents out."""
        return SQL(
            """
            SELECT part.*, SUM(revenue) OVER (PARTITION BY lead_id ORDER BY sale_type_id) AS until_here
              FROM (
                SELECT lead.id AS lead_id, COALESCE(line.sale_type_id, lead.sale_type_id) AS sale_type_id,
                       SUM(COALESCE(line.net_amount, lead.deal_amount, lead.expected_revenue, 0))
                           AS deal_amount,
                       SUM(COALESCE(line.net_amount_company, lead.expected_revenue, 0)) AS revenue,
                       SUM(COALESCE(line.margin_company, 0)) AS margin
                  FROM crm_lead lead
             LEFT JOIN pemba_opportunity_line line ON line.lead_id = lead.id AND line.active
                 WHERE %s
                 GROUP BY lead.id, COALESCE(line.sale_type_id, lead.sale_type_id)) part
            """,
            self.env["crm.lead"]._get_open_sql(),
        )

    @api.model
    def _follow_outcomes(self, today):
        """What became of the opportunities of the snapshot before, in one statement."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE pemba_forecast_snapshot prior
                   SET outcome = CASE
                       WHEN EXISTS (SELECT FROM pemba_forecast_snapshot now
                                     WHERE now.lead_key = prior.lead_key AND now.date = %(today)s) THEN NULL
                       ELSE COALESCE((SELECT lead.won_status FROM crm_lead lead
                                       WHERE lead.id = prior.lead_id AND lead.type = 'opportunity'
                                         AND lead.won_status IN ('won', 'lost')), 'removed') END
                 WHERE date = (SELECT MAX(date) FROM pemba_forecast_snapshot WHERE date < %(today)s)
                """,
                today=today,
            )
        )
