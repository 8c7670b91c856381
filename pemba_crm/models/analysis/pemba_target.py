from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

# What a target may be narrowed to; what is empty counts all.
SCOPE = ("user_id", "team_id", "zone_id", "sale_type_id", "nature", "distributor_id")


class PembaTarget(models.Model):
    """What is to be won in a period, by whom, where and of what; and what of it is won by now.

    Amounts are before tax and in the currency of the company. What is achieved is what was won and closed in
    the period, of the whole company whoever looks; a zone's counts what was won in its sub-zones.
    """

    _name = "pemba.target"
    _description = "Target"
    _order = "date_start desc, date_end desc, id"
    _check_company_auto = True
    _allow_sudo_commands = False

    name = fields.Char(help="Empty: whose target it is, of what, and the period.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_start = fields.Date(string="From", required=True, default=lambda self: self._get_fiscal_year()[0])
    date_end = fields.Date(
        string="Until", required=True, index=True, default=lambda self: self._get_fiscal_year()[1]
    )
    metric = fields.Selection(
        selection=[("revenue", "Revenue"), ("margin", "Margin")], default="revenue", required=True
    )
    amount = fields.Monetary(string="Target", required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        domain="[('share', '=', False)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", index="btree_not_null", ondelete="restrict")
    sale_type_id = fields.Many2one("pemba.sale.type", index="btree_not_null", ondelete="restrict")
    nature = fields.Selection(
        selection=[("new", "New Business"), ("extension", "Extension"), ("renewal", "Renewal")]
    )
    distributor_id = fields.Many2one(
        "res.partner",
        domain="[('is_distributor', '=', True)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    parent_id = fields.Many2one(
        "pemba.target", string="Part of", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    child_ids = fields.One2many("pemba.target", "parent_id", string="Split Into")
    split_gap = fields.Monetary(
        string="Not Split",
        compute="_compute_split_gap",
        help="The target less what it is split into; nothing where it is not split.",
    )

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

    _period = models.Constraint("check(date_end >= date_start)", "A target ends before it begins.")
    _amount_positive = models.Constraint("check(amount > 0)", "The amount of a target must be above zero.")

    @api.depends("name", "metric", "date_start", "date_end", *SCOPE)
    @api.depends_context("lang")
    def _compute_display_name(self):
        for target in self:
            target.display_name = target.name or target._get_own_name()

    def _get_own_name(self):
        """Whose target it is, of what, and the period."""
        labels = [
            dict(self._fields["nature"]._description_selection(self.env))[self.nature]
            if name == "nature"
            else self[name].sudo().display_name  # a name is no secret
            for name in SCOPE
            if self[name]
        ]
        labels = labels or [self.env._("All sales")]
        if self.metric == "margin":
            labels.insert(0, self.env._("Margin"))
        period = " - ".join(format_date(self.env, day) for day in (self.date_start, self.date_end) if day)
        return ", ".join([*labels, period])

    @api.model
    def _get_fiscal_year(self):
        """The first and the last day of the fiscal year of today."""
        dates = self.env.company.compute_fiscalyear_dates(fields.Date.context_today(self))
        return dates["date_from"], dates["date_to"]

    # ------------------------------------------------------------
    # What is achieved
    # ------------------------------------------------------------

    @api.depends("amount", "child_ids.amount")
    def _compute_split_gap(self):
        for target in self:
            parts = target.child_ids
            target.split_gap = target.amount - sum(parts.mapped("amount")) if parts else 0.0

    @api.depends("company_id", "date_start", "date_end", "metric", "amount", *SCOPE)
    def _compute_achieved(self):
        today = fields.Date.context_today(self)
        sums = self._origin._get_sums()
        for target in self:
            achieved, forecast = sums.get(target._origin.id, (0.0, 0.0))
            target.achieved = achieved
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

        :return: ``{target's id: (won, weighted)}``, in each company's currency
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
                                FILTER (WHERE fact.won_status = 'pending'), 0)
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
                    for name in SCOPE
                    if name != "zone_id"
                ),
                targets=tuple(self.ids),
            )
        )
        return {target: (float(won), float(weighted)) for target, won, weighted in rows}

    def _get_sales_domain(self, start, end):
        """What was won of it from one day to another, in the sales analysis."""
        domain = Domain("won_status", "=", "won") & Domain("company_id", "=", self.company_id.id)
        domain &= Domain("date", ">=", start) & Domain("date", "<=", end)
        for name in SCOPE:
            if self[name]:
                value = self[name] if name == "nature" else self[name].id
                domain &= Domain(name, "child_of" if name == "zone_id" else "=", value)
        return domain

    def _get_last_year(self, periods):
        """What was won of it in the same periods a year before.

        :param periods: ``[(first day, last day)]``
        :return: an amount for each, none below zero
        """
        year, day = relativedelta(years=1), relativedelta(days=1)
        before = [(start - year, end + day - year - day) for start, end in periods]  # 29 February, too
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
        facts = self.env["pemba.sale.report"].sudo()  # see above
        return facts.with_company(facts._get_shared_company())

    def action_open_sales(self):
        """What was won of it."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_sale_report_action")
        domain = list(self._get_sales_domain(self.date_start, self.date_end))
        context = {"pivot_measures": [self.metric], "graph_measure": self.metric}
        return action | {"domain": domain, "context": context, "display_name": self.display_name}

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    @api.constrains("company_id", "date_start", "date_end", "metric", "active", *SCOPE)
    def _check_is_only_one(self):
        """One target for the same period and scope: what is imported twice is refused.

        In Python: the database refuses no merge of two distributors.
        """
        names = ("company_id", "date_start", "date_end", "metric", *SCOPE)
        days = [*self.mapped("date_start")]
        targets = self.sudo().search([("date_start", "in", days)])  # also of colleagues
        seen = {}
        for target in targets:
            key = tuple(target[name] for name in names)
            if key in seen and (target in self or seen[key] in self):
                raise ValidationError(
                    self.env._(
                        "%(target)s: there is a target for the same period and scope, of %(amount)s.",
                        target=target.display_name,
                        amount=target.currency_id.format(seen[key].amount),
                    )
                )
            seen[key] = target

    # ------------------------------------------------------------
    # Splitting
    # ------------------------------------------------------------

    def _split(self, periods):
        """Split into parts, which add up to it.

        :param periods: ``[(first day, last day, amount)]``
        :return: the parts
        """
        values = {name: self[name] if name == "nature" else self[name].id for name in SCOPE}
        return self.create(
            [
                {
                    **values,
                    "company_id": self.company_id.id,
                    "metric": self.metric,
                    "date_start": start,
                    "date_end": end,
                    "amount": amount,
                    "parent_id": self.id,
                }
                for start, end, amount in periods
            ]
        )

    def action_split(self):
        """Ask how to split it."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Split %s", self.display_name),
            "res_model": "pemba.target.split",
            "view_mode": "form",
            "target": "new",
            "context": {"default_target_id": self.id},
        }

    @api.model
    def get_import_templates(self):
        """A file to start from, on the import screen."""
        return [
            {
                "label": self.env._("Import Template for Targets"),
                "template": "/pemba_crm/static/csv/pemba_target.csv",
            }
        ]


def split_evenly(amount, weights, currency):
    """Share an amount out by weights; the rounded parts add up to it.

    :return: as many amounts as weights, equal ones where all weights are 0
    """
    if not any(weights):
        weights = [1] * len(weights)
    total, parts, given, until_here = sum(weights), [], 0.0, 0.0
    for weight in weights:
        until_here += weight
        part = currency.round(amount * until_here / total - given)
        parts.append(part)
        given = currency.round(given + part)
    return parts


def get_periods(start, end, months):
    """The periods of so many months from a first day to a last one: ``[(first day, last day)]``."""
    periods, day, count = [], start, 0
    while day <= end:
        count += months
        following = fields.Date.add(start, months=count)
        periods.append((day, min(end, following - timedelta(days=1))))
        day = following
    return periods
