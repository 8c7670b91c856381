from odoo import api, fields, models
from odoo.exceptions import UserError

from ..public import VALUES, VALUES_LIST, public

# What is found, the gravest first: see ``pemba.reconciliation.judgement._get_gravity``.
RESULTS = [
    ("not_sold", "Not Sold"),
    ("not_installed", "Not Installed"),
    ("quantity_gap", "Quantity Differs"),
    ("covered_not_installed", "Covered, Not Installed"),
    ("not_covered", "Not Covered"),
    ("invoiced_not_won", "Invoiced, Not Won"),
    ("not_invoiced", "Not Invoiced"),
    ("amount_gap", "Amount Differs"),
    ("matched", "Matched"),
]


class PembaReconciliationLine(models.Model):
    """A customer and a product of which what was sold differs from what is there.

    Written by the run alone; people add a reason and a note. Quantities are in the product's unit, amounts
    before tax and net of distributors. The records behind it are in ``…_line_source``, what is done about it
    in ``…_line_fix``, what was done in ``…_line_settlement``.
    """

    _name = "pemba.reconciliation.line"
    _description = "Reconciliation Line"
    _inherit = ["pemba.report.mixin", "pemba.guarded"]
    # They are written in the order of gravity.
    _order = "date desc, id"
    _rec_names_search = ("partner_id", "product_id")

    reconciliation_id = fields.Many2one(
        "pemba.reconciliation", string="Run", required=True, readonly=True, ondelete="cascade"
    )
    # As of the run: to store what is the same on a million lines, and to check it, takes long.
    company_id = fields.Many2one(related="reconciliation_id.company_id")
    company_currency_id = fields.Many2one(related="reconciliation_id.company_id.currency_id")
    date = fields.Date(string="As Of", readonly=True)
    state = fields.Selection(related="reconciliation_id.state", string="Run's State")

    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null", ondelete="set null"
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="set null"
    )
    distributor_id = fields.Many2one(
        "res.partner",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Through whom it was sold; empty where there are several.",
    )
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", readonly=True, ondelete="set null")
    sale_type_id = fields.Many2one("pemba.sale.type", readonly=True, ondelete="set null")
    partner_name = fields.Char(string="Customer as It Was", readonly=True)
    product_name = fields.Char(string="Product as It Was", readonly=True)
    distributor_name = fields.Char(string="Distributor as It Was", readonly=True)
    zone_name = fields.Char(string="Sales Zone as It Was", readonly=True)
    sale_type_name = fields.Char(string="Sale Type as It Was", readonly=True)
    reason_name = fields.Char(string="Reason as It Was", readonly=True)
    asked_name = fields.Char(string="Asked as It Was", readonly=True)
    answer_text = fields.Text(string="Answer as It Was", readonly=True)

    # Results
    result = fields.Selection(
        selection=RESULTS, required=True, readonly=True, help="The gravest of the three."
    )
    installed_result = fields.Selection(selection=RESULTS, string="Installed Base", readonly=True)
    covered_result = fields.Selection(selection=RESULTS, string="Contracts", readonly=True)
    invoiced_result = fields.Selection(selection=RESULTS, string="Invoices", readonly=True)
    previous_result = fields.Selection(selection=RESULTS, string="Before", readonly=True)
    evolution = fields.Selection(
        selection=[
            ("new", "New"),
            ("changed", "Changed"),
            ("unchanged", "As Before"),
            ("settled", "Settled"),
        ],
        string="Since Before",
        readonly=True,
        help="Compared with the run before.",
    )

    # Quantities
    won_quantity = fields.Float(
        string="Sold", digits="Product Unit", readonly=True, help="All that was ever won."
    )
    due_quantity = fields.Float(
        string="To Be Installed",
        digits="Product Unit",
        readonly=True,
        help="What was won for good, and what recurs on the day.",
    )
    installed_quantity = fields.Float(
        string="Installed",
        digits="Product Unit",
        readonly=True,
        help="In production, in service or suspended on the day.",
    )
    term_quantity = fields.Float(
        string="To Be Covered",
        digits="Product Unit",
        readonly=True,
        help="What was won, recurs, and whose term contains the day.",
    )
    covered_quantity = fields.Float(
        string="Covered", digits="Product Unit", readonly=True, help="By contracts in force on the day."
    )
    uncovered_quantity = fields.Float(
        string="Without Maintenance",
        digits="Product Unit",
        readonly=True,
        help="Installed software that could be under maintenance, is out of warranty, and is not covered.",
    )
    invoiced_quantity = fields.Float(
        string="Invoiced", digits="Product Unit", readonly=True, help="Less what was credited."
    )

    # Amounts in the deals' currency, where there is one
    deal_currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    won_amount = fields.Monetary(
        string="Won (Deal Currency)",
        currency_field="deal_currency_id",
        readonly=True,
        aggregator=None,
        help="In the deals' currency; nothing where there are several.",
    )
    invoiced_amount = fields.Monetary(
        string="Invoiced (Deal Currency)",
        currency_field="deal_currency_id",
        readonly=True,
        aggregator=None,
        help="In the deals' currency; nothing where there are several. Down payments apart.",
    )
    # In the company's
    won_amount_company = fields.Monetary(
        string="Won Amount",
        currency_field="company_currency_id",
        readonly=True,
        help="At the rates of the deals.",
    )
    invoiced_amount_company = fields.Monetary(
        string="Invoiced Amount",
        currency_field="company_currency_id",
        readonly=True,
        help="As it was posted, less credit notes; down payments apart.",
    )
    gap_amount_company = fields.Monetary(
        string="Left to Invoice",
        currency_field="company_currency_id",
        readonly=True,
        help="Won less invoiced, both at the rates of the deals.",
    )
    exchange_amount_company = fields.Monetary(
        string="Exchange Difference",
        currency_field="company_currency_id",
        readonly=True,
        help="Won less invoiced less what is left to invoice: the rates of the books differ from the deals'.",
    )
    order_gap_company = fields.Monetary(
        string="Ordered Beyond the Sale",
        currency_field="company_currency_id",
        readonly=True,
        help="Confirmed orders less what was won: a sale that is closed does not follow them any more.",
    )
    missed_amount_company = fields.Monetary(
        string="Missed a Year",
        currency_field="company_currency_id",
        readonly=True,
        help="What maintenance of what is not covered would bring a year: its rate of what the customer paid,"
        " else of the list price.",
    )

    # What people say of it
    reason_id = fields.Many2one(
        "pemba.reconciliation.reason",
        index="btree_not_null",
        ondelete="restrict",
        help="Why it differs; the next run takes it over.",
    )
    note = fields.Char()

    _run_idx = models.Index("(reconciliation_id, date DESC, id)")
    _result_idx = models.Index("(reconciliation_id, result)")

    @api.model
    def _get_ordered_selections(self):
        results = ["result", "installed_result", "covered_result", "invoiced_result"]
        return [*super()._get_ordered_selections(), *results]

    @api.depends("partner_id", "product_id", "partner_name", "product_name")
    def _compute_display_name(self):
        for line in self:
            known = line.sudo()  # names of customers of other companies, too
            partner = known.partner_name or known.partner_id.display_name or self.env._("No customer")
            product = known.product_name or known.product_id.display_name or self.env._("No product")
            line.display_name = f"{partner}, {product}"

    @api.model
    def _get_said_fields(self):
        """What people say of a difference: it stays with that until it matches once."""
        return ["reason_id", "note"]

    @api.model
    def _get_name_fields(self):
        """What is kept as text once the run is signed off, ``{field: field of its name}``."""
        return {
            "partner_id": "partner_name",
            "product_id": "product_name",
            "distributor_id": "distributor_name",
            "zone_id": "zone_name",
            "sale_type_id": "sale_type_name",
            "reason_id": "reason_name",
            "asked_user_id": "asked_name",
        }

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("Differences are found, not written: use Compare."))

    @public(vals=VALUES)
    def write(self, vals):
        """Only a reason and a note are said of it, until the run is signed off."""
        self.reconciliation_id._check_is_open()
        said = self._get_said_fields()
        refused = [name for name in vals if name in self._fields and name not in said]
        if refused:
            labels = self.fields_get(refused, ["string"])
            raise UserError(
                self.env._(
                    "%(line)s, %(fields)s: stays as it was compared; add a reason or a note.",
                    line=self[:1].display_name,
                    fields=", ".join(labels[name]["string"] for name in refused if name in labels),
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("%s: differences go once they are settled: use Compare.", self[:1].display_name)
        )

    @public
    def action_explain(self):
        """Ask for the reason of all of them."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give a Reason"),
            "res_model": "pemba.reconciliation.explanation",
            "view_mode": "form",
            "target": "new",
            "context": {"active_ids": self.ids},
        }
