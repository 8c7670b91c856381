from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..ir_rule import search_seen
from ..offer.crm_lead import MARGIN
from ..pipeline.crm_lead import CLOSED
from ..pipeline.crm_stage import STEPS
from ..public import public


class PembaSaleReport(models.Model):
    """What was won, is open and was lost: one row for each line of an opportunity.

    An opportunity without lines is one row. Its rows add up to the amounts of the opportunity, to the cent.
    They are those of the opportunities that the user sees. Amounts are before tax and in the currency of
    the company; those of several companies are converted by Odoo where they are summed, not here.
    """

    _name = "pemba.sale.report"
    _description = "Sales Analysis"
    _inherit = ["pemba.sale.axis.mixin"]
    _auto = False
    _order = "date desc, lead_id desc, id"
    _rec_name = "lead_id"
    # Without what of the opportunity is a column as it is: that says itself what is written first.
    _depends = {
        "crm.lead": [
            *("active", "type", "company_id", "expected_revenue", "weighted_revenue", "margin"),
            *("distributor_margin", "sale_type_id", "deal_currency_id", "deal_rate"),
        ],
        "pemba.opportunity.line": [
            *("lead_id", "active", "sale_type_id", "product_id", "software_id", "module_id"),
            *("configuration_id", "quantity", "is_returned", "is_aligned", "net_amount_company"),
            *("cost_company", "margin_company", "distributor_margin_company", "is_cost_unknown"),
        ],
        "pemba.opportunity.configuration": ["version_id", "deployment_type_id"],
        "pemba.software": ["suite_id"],
        "pemba.sale.type": ["family"],
        "pemba.zone": ["parent_path"],
        "pemba.risk.level": ["factor"],
        "res.company": ["currency_id"],
        "sale.order": [
            *("opportunity_id", "state", "company_id", "amount_untaxed", "currency_id", "currency_rate"),
        ],
        "sale.order.line": ["order_id", "opportunity_line_id", "is_downpayment", "invoice_lines"],
        "account.move.line": ["balance", "parent_state"],
    }

    lead_id = fields.Many2one("crm.lead", string="Opportunity", readonly=True)
    opportunity_line_id = fields.Many2one("pemba.opportunity.line", string="Line", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)

    won_status = fields.Selection(
        selection=[("won", "Won"), ("lost", "Lost"), ("pending", "Open")], string="Result", readonly=True
    )
    date = fields.Date(
        string="Period", readonly=True, help="The day of closing; while open, the day it is expected on."
    )
    close_date = fields.Date(string="Closed On", readonly=True)
    date_deadline = fields.Date(string="Expected Closing", readonly=True)
    pemba_step = fields.Selection(selection=STEPS, string="PEMBA Step", readonly=True)
    stage_id = fields.Many2one("crm.stage", readonly=True)
    maturity = fields.Float(string="Maturity (%)", readonly=True, aggregator="avg", digits=(16, 1))
    risk_level_id = fields.Many2one("pemba.risk.level", string="Risk", readonly=True)
    lost_reason_id = fields.Many2one("crm.lost.reason", readonly=True)

    sale_type_id = fields.Many2one("pemba.sale.type", readonly=True)
    family = fields.Selection(selection=[("product", "Product"), ("service", "Service")], readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    suite_id = fields.Many2one("pemba.software.suite", readonly=True)
    software_id = fields.Many2one("pemba.software", readonly=True)
    module_id = fields.Many2one("pemba.software.module", readonly=True)
    version_id = fields.Many2one("pemba.software.version", readonly=True)
    deployment_type_id = fields.Many2one("pemba.deployment.type", readonly=True)

    zone_root_id = fields.Many2one("pemba.zone", string="Top Zone", readonly=True)

    quantity = fields.Float(readonly=True, help="Of the lines; what was taken back counts negatively.")
    revenue = fields.Monetary(readonly=True, help="What we invoice, net of the distributor.")
    weighted_revenue = fields.Monetary(
        readonly=True, help="Revenue × maturity × risk while open, all of it once won, nothing once lost."
    )
    distributor_margin = fields.Monetary(readonly=True, help="What distributors keep.")
    ordered_amount = fields.Monetary(
        string="Ordered", readonly=True, help="What of the revenue customers have ordered: confirmed orders."
    )
    invoiced = fields.Monetary(
        readonly=True,
        help="Posted invoices of what was sold, less credit notes, without down payments.",
    )
    cost = fields.Monetary(readonly=True, groups=MARGIN)
    margin = fields.Monetary(readonly=True, groups=MARGIN)
    weighted_margin = fields.Monetary(
        readonly=True,
        groups=MARGIN,
        help="Margin × maturity × risk while open, all of it once won, nothing once lost.",
    )
    margin_percent = fields.Float(
        string="Margin (%)",
        readonly=True,
        aggregator="avg",
        groups=MARGIN,
        help="Margin ÷ revenue, of lines of which a cost is known.",
    )
    uncosted_revenue = fields.Monetary(
        string="Revenue of Unknown Cost",
        readonly=True,
        groups=MARGIN,
        help="Without a cost, or without lines: no margin is counted for it.",
    )
    opportunity_count = fields.Integer(string="Opportunities", readonly=True)
    won_count = fields.Integer(string="Opportunities Won", readonly=True)
    lost_count = fields.Integer(string="Opportunities Lost", readonly=True)
    win_rate = fields.Float(
        string="Win Rate (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Opportunities won ÷ opportunities closed.",
    )

    @api.model
    def _get_ordered_selections(self):
        return [*super()._get_ordered_selections(), "pemba_step"]

    @api.model
    def _get_opportunity_counts(self):
        """``{field: the condition on the rows that count}``; an add-on may add its own."""
        return {
            "opportunity_count": SQL("TRUE"),
            "won_count": SQL("won_status = 'won'"),
            "lost_count": SQL("won_status = 'lost'"),
        }

    def _read_group_select(self, aggregate_spec, query):
        name, _separator, function = aggregate_spec.partition(":")
        if function == "sum" and name in self._get_opportunity_counts():
            return self._get_count_sql(name, query)
        if aggregate_spec == "win_rate:avg":
            won, lost = (self._get_count_sql(name, query) for name in ("won_count", "lost_count"))
            return SQL("100.0 * %s / NULLIF(%s + %s, 0)", won, won, lost)
        if aggregate_spec == "margin_percent:avg":
            margin, cost = (self._field_to_sql(self._table, name, query) for name in ("margin", "cost"))
            return SQL("SUM(%s) / NULLIF(SUM(%s) + SUM(%s), 0)", margin, margin, cost)
        return super()._read_group_select(aggregate_spec, query)

    def _get_count_sql(self, name, query):
        """Opportunities, each of which counts once, however many lines it has."""
        return SQL(
            "COUNT(DISTINCT %s) FILTER (WHERE %s > 0)",
            self._field_to_sql(self._table, "lead_id", query),
            self._field_to_sql(self._table, name, query),
        )

    # ------------------------------------------------------------
    # The query
    # ------------------------------------------------------------

    @property
    def _table_query(self):
        """The lines of the opportunities that the user sees; see the class."""
        query = search_seen(self.env["crm.lead"], self._get_lead_domain())
        return SQL(
            "SELECT %s FROM %s %s WHERE %s",
            SQL(", ").join(
                SQL("%s AS %s", expression, SQL.identifier(name))
                for name, expression in self._get_columns().items()
            ),
            query.from_clause,
            self._get_joins(),
            query.where_clause or SQL("TRUE"),
        )

    def _get_lead_domain(self):
        """The opportunities that count: not those that are archived but not lost."""
        return Domain("type", "=", "opportunity") & (
            Domain("active", "=", True) | Domain("won_status", "in", CLOSED)
        )

    def _get_columns(self):
        """``{column: expression}``; an add-on may add its own."""
        leads = self.env["crm.lead"]
        own = ["won_status", "close_date", "date_deadline", "pemba_step", "stage_id", "maturity"]
        own += ["risk_level_id", "lost_reason_id", *self._get_axes()]
        amounts = {"revenue": "net_amount", "distributor_margin": "distributor_margin", "margin": "margin"}
        of_lead = {"revenue": "expected_revenue"}
        return {
            "id": SQL("COALESCE(line.id, -crm_lead.id)"),
            "lead_id": SQL("crm_lead.id"),
            "opportunity_line_id": SQL("line.id"),
            "company_id": SQL("COALESCE(crm_lead.company_id, %s)", self.env.company.id),
            "currency_id": SQL("company.currency_id"),
            **{name: leads._fields[name].to_sql(leads, "crm_lead") for name in own},
            "date": SQL(
                "CASE WHEN crm_lead.won_status IN ('won', 'lost') THEN crm_lead.close_date"
                " ELSE crm_lead.date_deadline END"
            ),
            "sale_type_id": SQL("COALESCE(line.sale_type_id, crm_lead.sale_type_id)"),
            "family": SQL("sale_type.family"),
            "product_id": SQL("line.product_id"),
            "software_id": SQL("line.software_id"),
            "suite_id": SQL("software.suite_id"),
            "module_id": SQL("line.module_id"),
            "version_id": SQL("configuration.version_id"),
            "deployment_type_id": SQL("configuration.deployment_type_id"),
            "zone_root_id": SQL("SPLIT_PART(zone.parent_path, '/', 1)::int"),
            "quantity": SQL("CASE WHEN line.is_returned THEN - line.quantity ELSE line.quantity END"),
            **{
                name: SQL(
                    "COALESCE(%s, %s, 0)",
                    SQL.identifier("line", f"{column}_company"),
                    SQL.identifier("crm_lead", of_lead.get(name, column)),
                )
                for name, column in amounts.items()
            },
            # The line's share of the opportunity's, so that all lines add up to it.
            "weighted_revenue": SQL(
                "CASE WHEN line.id IS NULL THEN COALESCE(crm_lead.weighted_revenue, 0)"
                " ELSE COALESCE(line.net_amount_company * crm_lead.weighted_revenue"
                " / NULLIF(crm_lead.expected_revenue, 0), 0) END"
            ),
            "weighted_margin": SQL(
                "COALESCE(line.margin_company, 0) * CASE crm_lead.won_status"
                " WHEN 'won' THEN 1 WHEN 'lost' THEN 0"
                " ELSE crm_lead.maturity::numeric / 100 * COALESCE(risk.factor, 1)::numeric END"
            ),
            "cost": SQL("COALESCE(line.cost_company, 0)"),
            "margin_percent": SQL("line.margin_company / NULLIF(line.margin_company + line.cost_company, 0)"),
            "uncosted_revenue": SQL(
                "CASE WHEN line.id IS NULL THEN COALESCE(crm_lead.expected_revenue, 0)"
                " WHEN line.is_cost_unknown THEN line.net_amount_company ELSE 0 END"
            ),
            "ordered_amount": SQL(
                "CASE WHEN line.is_aligned THEN line.net_amount_company"
                " WHEN line.id IS NULL THEN COALESCE(ordered.amount, 0) ELSE 0 END"
            ),
            "invoiced": SQL(
                "COALESCE(CASE WHEN line.id IS NULL THEN invoiced.amount ELSE invoiced_line.amount END, 0)"
            ),
            **{
                name: SQL("(%s)::int", condition)
                for name, condition in self._get_opportunity_counts().items()
            },
            "win_rate": SQL("CASE crm_lead.won_status WHEN 'won' THEN 100.0 WHEN 'lost' THEN 0.0 END"),
        }

    def _get_joins(self):
        """All of them outer, and each on a key: the database leaves out those that are not asked for."""
        return SQL(
            """
            LEFT JOIN pemba_opportunity_line line ON line.lead_id = crm_lead.id AND line.active
            LEFT JOIN pemba_sale_type sale_type
                   ON sale_type.id = COALESCE(line.sale_type_id, crm_lead.sale_type_id)
            LEFT JOIN pemba_software software ON software.id = line.software_id
            LEFT JOIN pemba_opportunity_configuration configuration
                   ON configuration.id = line.configuration_id
            LEFT JOIN pemba_risk_level risk ON risk.id = crm_lead.risk_level_id
            LEFT JOIN pemba_zone zone ON zone.id = crm_lead.zone_id
            LEFT JOIN res_company company ON company.id = COALESCE(crm_lead.company_id, %(company)s)
            LEFT JOIN (
                SELECT sale_order.opportunity_id,
                       SUM(sale_order.amount_untaxed / (%(rate)s)::numeric) AS amount
                  FROM sale_order
                  JOIN crm_lead deal ON deal.id = sale_order.opportunity_id
                 WHERE sale_order.state = 'sale'
                 GROUP BY sale_order.opportunity_id) ordered ON ordered.opportunity_id = crm_lead.id
            LEFT JOIN (%(by_line)s) invoiced_line ON invoiced_line.key = line.id
            LEFT JOIN (%(by_lead)s) invoiced ON invoiced.key = crm_lead.id
            """,
            company=self.env.company.id,
            rate=self.env["sale.order"]._get_rate_sql(),
            by_line=self._get_invoiced(SQL("order_line.opportunity_line_id")),
            by_lead=self._get_invoiced(SQL("sale_order.opportunity_id")),
        )

    def _get_invoiced(self, key):
        """What posted invoices and credit notes say of the lines of orders, summed up by a key."""
        return SQL(
            """SELECT %(key)s AS key, SUM(- invoice_line.balance) AS amount
                 FROM sale_order_line order_line
                 JOIN sale_order ON sale_order.id = order_line.order_id
                 JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = order_line.id
                 JOIN account_move_line invoice_line ON invoice_line.id = rel.invoice_line_id
                WHERE invoice_line.parent_state = 'posted' AND order_line.is_downpayment IS NOT TRUE
                  AND %(key)s IS NOT NULL
                GROUP BY %(key)s""",
            key=key,
        )

    @public(one=True)
    def action_open_opportunity(self):
        """The opportunity behind a figure."""
        return self.lead_id.get_formview_action()
