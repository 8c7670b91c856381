from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.company_day import get_today
from ...models.public import public


class PembaContractChange(models.TransientModel):
    """A contract that runs is reduced, put on hold or terminated."""

    _name = "pemba.contract.change"
    _description = "Amend a Contract"
    _inherit = ["pemba.values"]

    contract_id = fields.Many2one("pemba.contract", required=True)
    kind = fields.Selection(
        selection=[
            ("reduce", "Reduce a Line"),
            ("hold", "Put on Hold"),
            ("terminate", "Terminate"),
        ],
        required=True,
    )
    kinds = fields.Json(compute="_compute_kinds", export_string_translation=False)
    date = fields.Date(compute="_compute_date", store=True, readonly=False)
    line_id = fields.Many2one("pemba.contract.line", domain="[('contract_id', '=', contract_id)]")
    quantity = fields.Float(digits="Product Unit", default=1.0)
    reason = fields.Char()

    @api.depends_context("uid")
    @api.depends("contract_id")
    def _compute_kinds(self):
        """What the user may do with it."""
        writes = self.env["pemba.contract"].has_access("write")
        holds = any(
            self.env.user.has_group(group)
            for group in ("pemba_crm.group_accountant", "pemba_crm.group_manager")
        )
        self.kinds = (["reduce", "terminate"] if writes else []) + (["hold"] if holds else [])

    @api.depends("kind", "contract_id", "line_id")
    def _compute_date(self):
        """The end for terminating, else today, or the first day of a line that is to come."""
        for change in self:
            contract, line = change.contract_id, change.line_id
            if (
                change.kind == "reduce"
                and line
                and change.date
                and line.date_start <= change.date <= line.date_end
            ):
                continue  # a day of it
            today = get_today(contract)
            change.date = (
                contract.date_end if change.kind == "terminate" else max(today, line.date_start or today)
            )

    @public(one=True)
    def action_apply(self):
        """Do it.

        :raise UserError: naming what is missing, or why it cannot be done
        """
        contract = self.contract_id
        if self.kind == "reduce":
            if not self.line_id:
                raise UserError(self.env._("Choose the line that is reduced."))
            contract._reduce(self.line_id, self.quantity, self.date)
        elif self.kind == "hold":
            contract._hold(self.reason)
        else:
            contract._terminate(self.date, self.reason)
        return {"type": "ir.actions.act_window_close"}
