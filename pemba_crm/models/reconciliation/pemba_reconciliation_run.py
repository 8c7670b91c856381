from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..public import public
from .pemba_reconciliation_scope import Scope

# More lines than this come with new statistics.
MANY = 5000


class PembaReconciliation(models.Model):
    """A run is compared, and compared with the one before.

    What is compared is in ``pemba.reconciliation.comparison``, what is kept of it in ``….outcome``.
    """

    _inherit = "pemba.reconciliation"

    @public
    def action_compute(self):
        """Compare as of the run's day; once more replaces what was compared, and keeps what was explained.

        :raise UserError: naming a run that is signed off
        :raise LockError: where somebody else compares it at the moment
        """
        self.check_access("write")
        self._check_is_open()
        self._check_is_last()
        self.lock_for_update()
        for run in self:
            run._compare()
        return True

    def _get_scope(self):
        """What the run compares."""
        return Scope(
            company=self.company_id,
            date=self.date,
            zone=self.zone_id,
            quantity_tolerance=self.quantity_tolerance,
            amount_tolerance=self.amount_tolerance,
        )

    def _get_query(self):
        """What the run compares, one row for each customer and product: SQL."""
        return self.env["pemba.reconciliation.comparison"]._get_query(self._get_scope())

    def _compare(self):
        self.env.flush_all()
        previous = self._find_previous()
        totals = self.env["pemba.reconciliation.outcome"]._write_lines(self, previous)
        self.env.invalidate_all(flush=False)
        self.env["pemba.reconciliation.settlement"]._end(self)
        if self.difference_count > MANY:  # without new statistics, reading them would take long
            self.env.cr.execute(SQL("ANALYZE pemba_reconciliation_line"))
        openings = self.env["pemba.opening.sale"].sudo()  # of whatever company: it is a number
        self._set(
            state="compared",
            previous_id=previous.id,
            computed_date=fields.Datetime.now(),
            last_opening=openings.search([], order="id desc", limit=1).id,
            **totals,
        )

    # ------------------------------------------------------------
    # The run before
    # ------------------------------------------------------------

    def _find_previous(self):
        """The newest run of the same company and zone as of an earlier day, or of the same day before it."""
        earlier = Domain("date", "<", self.date) | (
            Domain("date", "=", self.date) & Domain("id", "<", self.id)
        )
        of_same = Domain("company_id", "=", self.company_id.id) & Domain("zone_id", "=", self.zone_id.id)
        runs = self.sudo()  # also those of colleagues
        return runs.search(earlier & of_same & Domain("state", "!=", "draft"), limit=1).with_env(self.env)

    def _get_settled_ids(self):
        """Lines of the run before: what differed then, and does not now."""
        return [
            line
            for (line,) in self.env.execute_query(
                SQL(
                    """
                    SELECT before.id FROM pemba_reconciliation_line before
                     WHERE before.reconciliation_id = %s AND before.result != 'matched'
                       AND NOT EXISTS (
                           SELECT FROM pemba_reconciliation_line now
                            WHERE now.reconciliation_id = %s AND now.result != 'matched'
                              AND now.partner_id IS NOT DISTINCT FROM before.partner_id
                              AND now.product_id IS NOT DISTINCT FROM before.product_id)
                    """,
                    *(self.previous_id.id or 0, self.id),
                )
            )
        ]
