from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_date

from ..company_day import get_today
from ..public import VALUES, public
from .pemba_renewal_report import LAYERS


class PembaRenewalEstimate(models.Model):
    """What next year was expected to bring on a day, kept as it was to be compared with what came."""

    _name = "pemba.renewal.estimate"
    _description = "Revenue Estimate"
    _inherit = ["pemba.guarded"]
    _order = "date desc, id desc"

    name = fields.Char(required=True)
    date = fields.Date(required=True, default=get_today, readonly=True)
    date_start = fields.Date(string="First Month", required=True, readonly=True)
    date_end = fields.Date(string="Until", required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    line_ids = fields.One2many("pemba.renewal.estimate.line", "estimate_id", readonly=True)
    estimated = fields.Monetary(compute="_compute_amounts")
    actual = fields.Monetary(compute="_compute_amounts", help="What contracts bring by now.")

    @api.depends("line_ids.revenue")
    def _compute_amounts(self):
        comparison = self.env["pemba.renewal.comparison"]
        sums = {
            estimate.id: amounts
            for estimate, *amounts in comparison._read_group(
                [("estimate_id", "in", self.ids)], ["estimate_id"], ["estimated:sum", "actual:sum"]
            )
        }
        for estimate in self:
            estimate.estimated, estimate.actual = sums.get(estimate._origin.id, (0.0, 0.0))

    @public
    def action_freeze(self):
        """Freeze what next year is expected to bring, as of today, and show it."""
        return self._freeze().get_formview_action()

    @api.model
    def _freeze(self, year=None):
        """Freeze what a year is expected to bring.

        :param year: this one or the next; the next if not given
        """
        today = get_today(self.env.company)
        year = year or today.year + 1
        start, end = today.replace(year=year, month=1, day=1), today.replace(year=year, month=12, day=31)
        domain = [("date", ">=", start), ("date", "<=", end), ("company_id", "=", self.env.company.id)]
        groups = self.env["pemba.renewal.report"]._read_group(
            domain,
            [
                "date:month",
                "layer",
                "contract_id",
                "partner_id",
                "contract_type_id",
                "zone_id",
                "user_id",
                "distributor_id",
            ],
            ["revenue:sum"],
        )
        self.check_access("create")
        estimates = self.sudo()  # its lines are nobody's to write
        vals = {
            "name": self.env._(
                "Revenue %(year)s, as of %(date)s", year=year, date=format_date(self.env, today)
            ),
            "date_start": start,
            "date_end": end,
            "line_ids": [
                Command.create(
                    {
                        "month": month,
                        "layer": layer,
                        "contract_id": contract.id,
                        "contract_name": contract.display_name,
                        "partner_id": partner.id,
                        "contract_type_id": kind.id,
                        "zone_id": zone.id,
                        "user_id": user.id,
                        "distributor_id": distributor.id,
                        "revenue": revenue,
                    }
                )
                for month, layer, contract, partner, kind, zone, user, distributor, revenue in groups
            ],
        }
        return estimates._put([vals], lines=["line_ids"]).with_env(self.env)

    @public(one=True)
    def action_compare(self):
        """What was expected beside what contracts bring by now."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_renewal_comparison_action")
        return action | {"domain": [("estimate_id", "=", self.id)], "display_name": self.name}


class PembaRenewalEstimateLine(models.Model):
    """What a contract was expected to bring in a month."""

    _name = "pemba.renewal.estimate.line"
    _description = "Revenue Estimate Line"
    _inherit = ["pemba.guarded"]
    _order = "estimate_id, month, id"

    estimate_id = fields.Many2one("pemba.renewal.estimate", required=True, index=True, ondelete="cascade")
    month = fields.Date(required=True)
    layer = fields.Selection(
        selection=LAYERS,
        string="Certainty",
    )
    contract_id = fields.Many2one("pemba.contract", ondelete="set null")
    contract_name = fields.Char(string="Contract as It Was")
    partner_id = fields.Many2one("res.partner", string="Customer", ondelete="set null")
    contract_type_id = fields.Many2one("pemba.contract.type", ondelete="set null")
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", ondelete="set null")
    user_id = fields.Many2one("res.users", string="Salesperson", ondelete="set null")
    distributor_id = fields.Many2one("res.partner", ondelete="set null")
    currency_id = fields.Many2one(related="estimate_id.currency_id")
    # The days' share of a year, which adds up to the cent over the year and not in each month.
    revenue = fields.Float(digits=0)

    @public(vals=VALUES)
    def write(self, vals):
        if not self.env.su:
            raise UserError(self.env._("An estimate stays as it was."))
        return super().write(vals)


class PembaRenewalComparison(models.Model):
    """An estimate beside what contracts bring in its months by now: the difference, customer by customer."""

    _name = "pemba.renewal.comparison"
    _description = "Estimate and Actual Revenue"
    _auto = False
    _order = "date, partner_id"

    estimate_id = fields.Many2one("pemba.renewal.estimate", readonly=True)
    date = fields.Date(string="Month", readonly=True)
    contract_id = fields.Many2one("pemba.contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    contract_type_id = fields.Many2one("pemba.contract.type", readonly=True)
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    distributor_id = fields.Many2one("res.partner", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    estimated = fields.Monetary(readonly=True)
    actual = fields.Monetary(readonly=True)
    difference = fields.Monetary(readonly=True)

    @property
    def _table_query(self):
        [[first]] = self.env.execute_query(SQL("SELECT MIN(date_start) FROM pemba_renewal_estimate"))
        report = self.env["pemba.renewal.report"].with_context(pemba_first_day=first)
        return SQL(
            """
            SELECT line.id * 2::bigint AS id, line.estimate_id, line.month AS date, line.contract_id,
                   line.partner_id, line.contract_type_id, line.zone_id, line.user_id, line.distributor_id,
                   estimate.company_id, company.currency_id,
                   line.revenue AS estimated, 0.0 AS actual, - line.revenue AS difference
              FROM pemba_renewal_estimate_line line
              JOIN pemba_renewal_estimate estimate ON estimate.id = line.estimate_id
              JOIN res_company company ON company.id = estimate.company_id
             UNION ALL
            SELECT (report.id * 1000 + estimate.id %% 1000) * 2 + 1, estimate.id, report.date,
                   report.contract_id, report.partner_id, report.contract_type_id, report.zone_id,
                   report.user_id, report.distributor_id, report.company_id, report.currency_id,
                   0.0, report.certain_revenue, report.certain_revenue
              FROM (%s) report
              JOIN pemba_renewal_estimate estimate
                ON estimate.company_id = report.company_id
               AND report.date BETWEEN estimate.date_start AND estimate.date_end
             WHERE report.layer = 'contract'
            """,
            report._table_query,
        )
