from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..company_day import get_today
from ..marks import FOLLOWING
from ..public import VALUES, VALUES_LIST, public


class PembaReconciliation(models.Model):
    """What may be done to a run: what is signed off stays, results are never written by people."""

    _inherit = "pemba.reconciliation"

    @api.model
    def _get_term_fields(self):
        """What a comparison depends on: see ``_get_scope``."""
        return ["date", "company_id", "zone_id", "quantity_tolerance", "amount_tolerance"]

    @api.model
    def _get_result_fields(self):
        """What follows from what is done to a run."""
        return {
            *super()._get_result_fields(),
            *("state", "previous_id", "computed_date", "last_opening", "settled_count", "matched_count"),
            *self.env["pemba.reconciliation.outcome"]._get_totals(),
            *("signed_user_id", "signed_name", "signed_date", "company_name", "zone_name"),
        }

    @api.model
    def _stays_open(self, name):
        """Whether people write a field of what is signed off: what is said about any record of Odoo's."""
        return name.startswith(("message_", "activity_", "website_message_", "rating_"))

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        """A run starts without results, whatever the values or the context say."""
        none = dict.fromkeys(self._get_result_fields(), False) | {"state": "draft"}
        return super().create([vals | none for vals in vals_list])

    @public(vals=VALUES)
    def write(self, vals):
        """What is signed off stays; another day, zone or tolerance is to be compared again."""
        if self._take_write(vals) == FOLLOWING:
            return super().write(vals)
        vals = self._as_sent([vals])[0]
        if not all(self._stays_open(name) for name in vals):
            self._check_is_open()
        if "company_id" in vals:
            self.filtered(lambda run: run.company_id.id != vals["company_id"])._check_is_empty()
        terms = [name for name in self._get_term_fields() if name in vals]
        if terms:
            self._check_is_last()
        before = {run: [run[name] for name in terms] for run in self}
        result = super().write(vals)
        changed = self.filtered(lambda run: before[run] != [run[name] for name in terms])
        changed.filtered(lambda run: run.state == "compared")._set(state="draft")
        return result

    def _check_is_empty(self):
        """:raise UserError: naming a run of which there are lines: they are their company's"""
        lines = self.env["pemba.reconciliation.line"]
        for run in lines.search([("reconciliation_id", "in", self.ids)], limit=1).reconciliation_id:
            raise UserError(
                self.env._(
                    "%s, Company: it has lines of this one. Compare another company in another run.",
                    run.display_name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self._check_is_open()
        self._check_is_last()

    def _check_is_last(self):
        """:raise UserError: naming a run that one which is signed off was compared with"""
        runs = self.sudo()  # whoever signed it off
        for following in runs.search([("previous_id", "in", self.ids), ("state", "=", "signed")]):
            raise UserError(
                self.env._(
                    "%(run)s: %(following)s, which is signed off, says what was settled since. It stays.",
                    run=following.previous_id.display_name,
                    following=following.display_name,
                )
            )

    def _check_is_open(self):
        """:raise UserError: naming a run that is signed off"""
        for run in self:
            if run.state == "signed":
                raise UserError(
                    self.env._(
                        "%(run)s was signed off by %(name)s on %(date)s: it stays as it is.",
                        run=run.display_name,
                        name=run.signed_name,
                        date=format_date(self.env, run.signed_date),
                    )
                )

    @public(default=VALUES)
    def copy_data(self, default=None):
        """The next check: as of today, unless said otherwise."""
        default = {"date": get_today(self)} | (default or {})
        return super().copy_data(default)

    def _check_is_compared(self):
        """:raise UserError: naming a run that is signed off, or that is to be compared"""
        self._check_is_open()
        for run in self:
            if run.state != "compared":
                raise UserError(self.env._("%s: compare it first.", run.display_name))
