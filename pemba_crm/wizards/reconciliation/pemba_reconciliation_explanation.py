from odoo import fields, models

from ...models.public import get_active_ids, public


class PembaReconciliationExplanation(models.TransientModel):
    """The same reason for many differences in one go."""

    _name = "pemba.reconciliation.explanation"
    _description = "Give a Reason"
    _inherit = ["pemba.values"]

    reason_id = fields.Many2one("pemba.reconciliation.reason", required=True, ondelete="cascade")
    note = fields.Char(help="Empty: each keeps its own.")

    @public
    def action_explain(self):
        """Give it to the selected differences.

        :raise UserError: naming a run that is signed off
        """
        lines = self.env["pemba.reconciliation.line"].browse(get_active_ids(self.env))
        vals = {"reason_id": self.reason_id.id} | ({"note": self.note} if self.note else {})
        lines.filtered(lambda line: line.result != "matched").write(vals)
        return {"type": "ir.actions.act_window_close"}
