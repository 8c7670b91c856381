from odoo import api, fields, models

from ..public import VALUES, VALUES_LIST, public


class PembaReconciliationSettlement(models.Model):
    """What was done about a difference: somebody was asked, or a sale was opened.

    Lines come and go with their runs; this is of a company, a customer and a product, whatever run found that
    they differ. Written by what is done with lines alone. What is asked again as of an earlier day is one
    request, with a settlement for each day. What is under way is found in ``…_settlement_under_way``, what
    ends them is in ``…_settlement_end``.
    """

    _name = "pemba.reconciliation.settlement"
    _description = "Settlement of a Difference"
    _inherit = ["pemba.guarded"]
    _order = "id desc"
    _rec_name = "product_id"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", ondelete="cascade")
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="cascade")
    check = fields.Selection(
        selection=[
            ("installed", "Installed Base"),
            ("covered", "Contracts"),
            ("invoiced", "Invoices"),
            ("correction", "Correction of the Installed Base"),
        ],
        required=True,
    )
    date = fields.Date(string="As Of", required=True, help="The day of the run it was done from.")
    ended_date = fields.Date(
        string="Ended",
        help="The day of the run that did not find the difference, or from which it was asked again.",
    )
    reconciliation_id = fields.Many2one(
        "pemba.reconciliation", string="Run", index="btree_not_null", ondelete="set null"
    )
    activity_id = fields.Many2one(
        "mail.activity", string="Request", index="btree_not_null", ondelete="set null"
    )
    lead_id = fields.Many2one("crm.lead", string="Sale Opened", index="btree_not_null", ondelete="set null")

    _key_idx = models.Index("(partner_id, product_id, company_id)")

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        settlements = super().create(vals_list)
        self._refresh_lines()
        return settlements

    @public(vals=VALUES)
    def write(self, vals):
        result = super().write(vals)
        self._refresh_lines()
        return result

    def _refresh_lines(self):
        """Lines say what was done: it is read again."""
        self.env["pemba.reconciliation.line"].invalidate_model(
            ["asked_user_id", "answered_date", "answer", "fix_lead_id"], flush=False
        )

    def _get_key(self):
        """What it is of; of a customer that became part of another, the other."""
        return self.company_id, self.partner_id.commercial_partner_id, self.product_id

    def _holds_on(self, day):
        return self.date <= day and not (self.ended_date and self.ended_date <= day)
