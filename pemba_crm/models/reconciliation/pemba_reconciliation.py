from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..company_day import get_today
from ..public import public


class PembaReconciliation(models.Model):
    """What was sold by a day beside what is installed, under contract and invoiced: the accountants' check.

    Only differences and what was explained are kept as lines, of what matched the totals. How it is compared
    is in ``…_run``, what may be done to it in ``…_rule``, what is signed off in ``…_sign_off``. What is
    compared, and what is made of it, are services: ``….comparison``, ``….judgement``, ``….outcome``, and
    ``….summary`` and ``….workbook`` for those who read it.
    """

    _name = "pemba.reconciliation"
    _description = "Sales Reconciliation"
    _inherit = ["mail.thread", "mail.activity.mixin", "pemba.rules"]
    _order = "date desc, id desc"
    _rec_names_search = ("company_id", "zone_id")
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="As Of",
        required=True,
        default=get_today,
        tracking=True,
        help="Sales, equipment, contracts and invoices up to this day are compared.",
    )
    zone_id = fields.Many2one(
        "pemba.zone",
        string="Sales Zone",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Only customers who are of this zone or of one below it; empty for all, those without a zone"
        " included.",
    )
    quantity_tolerance = fields.Float(
        digits="Product Unit", help="Quantities that differ by no more than this match."
    )
    amount_tolerance = fields.Monetary(help="Amounts that differ by no more than this match, before tax.")
    state = fields.Selection(
        selection=[("draft", "To Compare"), ("compared", "To Explain"), ("signed", "Signed Off")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    closes_sales = fields.Boolean(
        string="Close Sales",
        tracking=True,
        help="Signing off closes sales of the company until its day: amount, day, result and customer of what"
        " was won or lost by then stay. Not for a zone.",
    )
    previous_id = fields.Many2one(
        "pemba.reconciliation",
        string="Run Before",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The newest earlier run of the same company and zone: explanations come from it.",
    )
    line_ids = fields.One2many(
        "pemba.reconciliation.line", "reconciliation_id", string="Lines", readonly=True
    )

    computed_date = fields.Datetime(string="Compared On", readonly=True, copy=False)
    last_opening = fields.Integer(
        readonly=True, copy=False, help="The number of the last opening sale that was compared."
    )
    signed_user_id = fields.Many2one(
        "res.users", string="Signed Off By", readonly=True, copy=False, ondelete="set null"
    )
    signed_name = fields.Char(string="Signed Off By (Name)", readonly=True, copy=False)
    signed_date = fields.Datetime(string="Signed Off On", readonly=True, copy=False)
    company_name = fields.Char(string="Company as It Was", readonly=True, copy=False)
    zone_name = fields.Char(string="Sales Zone as It Was", readonly=True, copy=False)

    # What matched: customers and products
    matched_count = fields.Integer(string="Matched", readonly=True, copy=False)
    matched_won_quantity = fields.Float(digits="Product Unit", readonly=True, copy=False)
    matched_installed_quantity = fields.Float(digits="Product Unit", readonly=True, copy=False)
    matched_covered_quantity = fields.Float(digits="Product Unit", readonly=True, copy=False)
    matched_invoiced_quantity = fields.Float(digits="Product Unit", readonly=True, copy=False)
    matched_won_amount = fields.Monetary(
        readonly=True, copy=False, help="In the company's currency, before tax."
    )
    matched_invoiced_amount = fields.Monetary(
        readonly=True, copy=False, help="In the company's currency, before tax."
    )
    # And what did not
    difference_count = fields.Integer(string="Differences", compute="_compute_counts")
    unexplained_count = fields.Integer(string="Without a Reason", compute="_compute_counts")
    changed_count = fields.Integer(
        string="Changed, with a Reason",
        compute="_compute_counts",
        help="Differences that changed since the run before and have a reason: does it still hold?",
    )
    settled_count = fields.Integer(
        string="Settled Since", readonly=True, copy=False, help="Differences of the run before that are gone."
    )
    twin_id = fields.Many2one(
        "pemba.reconciliation",
        string="Other Run of the Day",
        compute="_compute_twin_id",
        help="Of the same company, zone and day.",
    )
    summary = fields.Html(compute="_compute_summary", export_string_translation=False)

    _tolerances = models.Constraint(
        "check(quantity_tolerance >= 0 AND amount_tolerance >= 0)", "A tolerance cannot be negative."
    )

    @api.depends("date", "company_id", "zone_id", "company_name", "zone_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for run in self:
            company = run.company_name or run.company_id.sudo().name  # a name is no secret
            names = (format_date(self.env, run.date), company, run.zone_name or run.zone_id.name)
            run.display_name = ", ".join(filter(None, names))

    @api.depends("line_ids.result", "line_ids.reason_id")
    def _compute_counts(self):
        different = Domain("reconciliation_id", "in", self.ids) & Domain("result", "!=", "matched")
        counts = defaultdict(lambda: [0, 0, 0])
        for run, evolution, count, explained in self.env["pemba.reconciliation.line"]._read_group(
            different, ["reconciliation_id", "evolution"], ["__count", "reason_id:count"]
        ):
            changed = explained if evolution == "changed" else 0
            counts[run.id] = [
                known + one for known, one in zip(counts[run.id], (count, explained, changed), strict=True)
            ]
        for run in self:
            count, explained, run.changed_count = counts[run._origin.id]
            run.difference_count, run.unexplained_count = count, count - explained

    @api.depends("line_ids.result", "matched_count")
    @api.depends_context("lang")
    def _compute_summary(self):
        """The results with their numbers and amounts, as a table."""
        summary = self.env["pemba.reconciliation.summary"]
        for run in self:
            run.summary = run.state != "draft" and self.env["ir.qweb"]._render(
                "pemba_crm.pemba_reconciliation_summary",
                {"run": run, "summary": summary, "is_printed": False},
            )

    @api.depends("company_id", "zone_id", "date")
    def _compute_twin_id(self):
        """A form says so before the same is checked twice."""
        of_days = self.search(
            [("company_id", "in", self.company_id.ids), ("date", "in", self.mapped("date"))]
        )
        twins = of_days.grouped(lambda run: (run.company_id, run.zone_id, run.date))
        for run in self:
            same = twins.get((run.company_id._origin, run.zone_id._origin, run.date), of_days.browse())
            run.twin_id = (same - run._origin)[:1]

    @public(one=True)
    def action_open_lines(self):
        """Its differences; what was explained and matches now is one filter away."""
        return self._get_lines_action(search_default_difference=1)

    @public(one=True)
    def action_open_unexplained(self):
        """Its differences that have no reason yet."""
        return self._get_lines_action(search_default_unexplained=1)

    @public(one=True)
    def action_open_changed(self):
        """Its differences that have a reason and changed since the run before."""
        return self._get_lines_action(search_default_explained=1, search_default_changed=1)

    def _get_lines_action(self, **context):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_reconciliation_line_action")
        return action | {
            "display_name": self.env._("Differences, %s", self.display_name),
            "domain": [("reconciliation_id", "=", self.id)],
            "context": {"in_run": True, **context},
        }

    @public(one=True)
    def action_open_settled(self):
        """The differences of the run before that are none any more."""
        if not self.previous_id:
            raise UserError(self.env._("%s: there is no run before it.", self.display_name))
        return self.previous_id._get_lines_action() | {
            "display_name": self.env._("Settled Since %s", format_date(self.env, self.previous_id.date)),
            "domain": [("id", "in", self._get_settled_ids())],
            "context": {"in_run": True, "is_settled": True},
        }

    @public(one=True)
    def action_export_xlsx(self):
        """Download the run as a workbook."""
        return {
            "type": "ir.actions.act_url",
            "url": f"/pemba_crm/reconciliation/{self.id}/xlsx",
            "target": "download",
        }

    def _get_file_name(self):
        return self.env._("Reconciliation %s", self.display_name)
