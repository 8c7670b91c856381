from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..company_day import get_today
from ..public import public


class PembaTarget(models.Model):
    """What of a target is won by now, and whether it goes fast enough."""

    _inherit = "pemba.target"

    achieved = fields.Monetary(
        compute="_compute_achieved", help="What was won and closed in the period, in the company's currency."
    )
    attainment = fields.Float(string="Attainment (%)", compute="_compute_achieved", help="Achieved ÷ target.")
    due_amount = fields.Monetary(
        string="Due by Now",
        compute="_compute_achieved",
        help="The target × the days of the period that have begun ÷ all its days.",
    )
    pace = fields.Float(
        string="Pace (%)",
        compute="_compute_achieved",
        help="Achieved ÷ what is due by now: at 100 % the target is met on its last day if it goes on so. "
        "0 before the period begins.",
    )
    forecast_amount = fields.Monetary(
        string="Outlook",
        compute="_compute_achieved",
        help="What is achieved and the weighted amounts of open opportunities that are expected to close "
        "in the period.",
    )

    uncosted_amount = fields.Monetary(
        string="Won at Unknown Cost",
        compute="_compute_achieved",
        help="Revenue won of which no cost is known: a target of margin has nothing of it.",
    )

    @api.depends(lambda self: ["amount", *self._get_key_fields()])
    def _compute_achieved(self):
        today = get_today(self)
        sums = self._origin._get_sums()
        for target in self:
            achieved, forecast, uncosted = sums.get(target._origin.id, (0.0, 0.0, 0.0))
            target.achieved = achieved
            target.uncosted_amount = uncosted
            target.forecast_amount = achieved + forecast
            target.attainment = achieved / target.amount * 100 if target.amount else 0.0
            due = target.amount * target._get_elapsed_share(today)
            target.due_amount = due
            target.pace = achieved / due * 100 if due else 0.0

    def _get_elapsed_share(self, day):
        """How much of the period has passed at the end of a day, between 0 and 1."""
        if not (self.date_start and self.date_end) or day < self.date_start:
            return 0.0
        days = (self.date_end - self.date_start).days + 1
        return min((day - self.date_start).days + 1, days) / days

    def _get_sums(self):
        """What is won and what is forecast for saved targets, in one statement.

        :return: ``{target's id: (won, weighted, won of a margin's without a known cost)}``, in each company's
            currency
        """
        if not self.ids:
            return {}
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT target.id,
                       COALESCE(SUM(CASE target.metric WHEN 'margin' THEN fact.margin ELSE fact.revenue END)
                                FILTER (WHERE fact.won_status = 'won'), 0),
                       COALESCE(SUM(CASE target.metric WHEN 'margin' THEN fact.weighted_margin
                                                       ELSE fact.weighted_revenue END)
                                FILTER (WHERE fact.won_status = 'pending'), 0),
                       COALESCE(SUM(fact.uncosted_revenue)
                                FILTER (WHERE fact.won_status = 'won' AND target.metric = 'margin'), 0)
                  FROM pemba_target target
             LEFT JOIN pemba_zone place ON place.id = target.zone_id
                  JOIN %(facts)s fact
                    ON fact.company_id = target.company_id
                   AND fact.won_status IN ('won', 'pending')
                   AND fact.date BETWEEN target.date_start AND target.date_end
                   AND %(scope)s
             LEFT JOIN pemba_zone zone ON zone.id = fact.zone_id
                 WHERE target.id IN %(targets)s
                   AND (target.zone_id IS NULL OR zone.parent_path LIKE place.parent_path || '%%')
                 GROUP BY target.id
                """,
                facts=self._get_facts()._table_sql,
                scope=SQL(" AND ").join(
                    SQL(
                        "(target.%(name)s IS NULL OR target.%(name)s = fact.%(name)s)",
                        name=SQL.identifier(name),
                    )
                    for name in self._get_scope()
                    if name != "zone_id"
                ),
                targets=tuple(self.ids),
            )
        )
        return {target: tuple(map(float, sums)) for target, *sums in rows}

    def _get_sales_domain(self, start, end):
        """What was won of it from one day to another, in the sales analysis."""
        domain = Domain("won_status", "=", "won") & Domain("company_id", "=", self.company_id.id)
        domain &= Domain("date", ">=", start) & Domain("date", "<=", end)
        for name, value in self._get_scope_values().items():
            if value:
                domain &= Domain(name, "child_of" if name == "zone_id" else "=", value)
        return domain

    def _get_last_year(self, periods):
        """What was won of it in the same periods a year before.

        :param periods: ``[(first day, last day)]``
        :return: an amount for each, none below zero
        """
        year, day = relativedelta(years=1), relativedelta(days=1)
        # Until the day before the next period, so that 29 February counts.
        before = [(start - year, end + day - year - day) for start, end in periods]
        by_day = self._get_facts()._read_group(
            self._get_sales_domain(before[0][0], before[-1][1]), ["date:day"], [f"{self.metric}:sum"]
        )
        return [
            max(0.0, sum(amount for won_on, amount in by_day if start <= won_on <= end))
            for start, end in before
        ]

    @api.model
    def _get_facts(self):
        """The sales analysis of the whole company, whoever looks."""
        facts = self.env["pemba.sale.report"].sudo()  # what is achieved is the same for everybody
        return facts.with_company(self.env["crm.lead"]._get_shared_company())

    @public(one=True)
    def action_open_sales(self):
        """What was won of it."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_sale_report_action")
        domain = list(self._get_sales_domain(self.date_start, self.date_end))
        context = {"pivot_measures": [self.metric], "graph_measure": self.metric}
        return action | {"domain": domain, "context": context, "display_name": self.display_name}
