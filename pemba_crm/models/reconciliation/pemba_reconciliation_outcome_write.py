from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .pemba_reconciliation_results import GRAVITY

# What makes a difference another one than that of the run before.
FIGURES = (
    *("result", "due_quantity", "installed_quantity", "term_quantity", "covered_quantity"),
    *("gap_amount_company", "order_gap_company"),
)
# What people say of a difference: it stays with that until it matches once.
CARRIED = ("reason_id", "note")
# More lines than this come with new statistics.
MANY = 5000


class PembaReconciliation(models.Model):
    """How a run is written: its lines in one statement, the gravest differences first."""

    _inherit = "pemba.reconciliation"

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

    def _compare(self):
        self.env.flush_all()
        previous = self._find_previous()
        cr = self.env.cr
        cr.execute("SELECT COALESCE(MAX(id), 0) FROM pemba_reconciliation_line")
        [last_line] = cr.fetchone()
        cr.execute("DROP TABLE IF EXISTS pg_temp.pemba_compared")
        # A table of its own: several workers compute what is read, but not what is read and written at once.
        cr.execute(SQL("CREATE TEMPORARY TABLE pemba_compared ON COMMIT DROP AS %s", self._get_query()))
        cr.execute(self._get_statement(previous))
        totals = cr.dictfetchone()
        cr.execute(
            SQL(
                "DELETE FROM pemba_reconciliation_line WHERE reconciliation_id = %s AND id <= %s",
                *(self.id, last_line),
            )
        )
        self.env.invalidate_all(flush=False)
        self.env["pemba.reconciliation.settlement"]._end(self)
        if self.difference_count > MANY:  # without new statistics, reading them would take long
            cr.execute(SQL("ANALYZE pemba_reconciliation_line"))
        openings = self.env["pemba.opening.sale"].sudo()  # of whatever company: it is a number
        self._set(
            state="compared",
            previous_id=previous.id,
            computed_date=fields.Datetime.now(),
            last_opening=openings.search([], order="id desc", limit=1).id,
            **totals,
        )

    def _find_previous(self):
        """The newest run of the same company and zone as of an earlier day, or of the same day before it."""
        earlier = Domain("date", "<", self.date) | (
            Domain("date", "=", self.date) & Domain("id", "<", self.id)
        )
        of_same = Domain("company_id", "=", self.company_id.id) & Domain("zone_id", "=", self.zone_id.id)
        runs = self.sudo()  # also those of colleagues
        return runs.search(earlier & of_same & Domain("state", "!=", "draft"), limit=1).with_env(self.env)

    def _get_statement(self, previous):
        """Write the lines of what was compared and add up what matched, all at once.

        What is matched now is kept where it was explained when it was a difference. Nobody writes these
        lines; who explains one is its last editor, and what nobody edited here is as in the run before.
        """
        found = self._get_found()
        names = (*found, "exchange_amount_company", *CARRIED, "write_uid")
        is_as_before = SQL(
            "own.write_uid IS NULL AND prior.reason_id IS NOT NULL AND prior.result != 'matched'"
        )
        values = {name: SQL.identifier("now", name) for name in names} | {
            "exchange_amount_company": SQL(
                "ROUND(now.won_amount_company - now.invoiced_amount_company, %s) - now.gap_amount_company",
                self.currency_id.decimal_places,
            ),
            **{
                name: SQL(
                    "CASE WHEN NOT (%(is_as_before)s) AND own.id IS NOT NULL THEN"
                    " CASE WHEN now.result = 'matched' OR own.result != 'matched' THEN own.%(name)s END"
                    " WHEN prior.result != 'matched' THEN prior.%(name)s END",
                    is_as_before=is_as_before,
                    name=SQL.identifier(name),
                )
                for name in CARRIED
            },
            "write_uid": SQL(
                "CASE WHEN now.result = 'matched' OR own.result != 'matched' THEN own.write_uid END"
            ),
        }
        now_figures = SQL(", ").join(SQL.identifier("now", name) for name in FIGURES)
        prior_figures = SQL(", ").join(SQL.identifier("prior", name) for name in FIGURES)
        return SQL(
            """
            WITH prior AS (%(prior)s),
            own AS (%(own)s),
            now AS (
                SELECT compared.partner_key, compared.product_key, compared.gravity, %(found)s
                  FROM (
                    SELECT COALESCE(partner_id, 0) AS partner_key, COALESCE(product_id, 0) AS product_key, *
                      FROM pemba_compared) compared
            CROSS JOIN LATERAL (%(figures)s) figure
             LEFT JOIN res_partner customer ON customer.id = compared.partner_id
             LEFT JOIN product_product product ON product.id = compared.product_id
             LEFT JOIN product_template template ON template.id = product.product_tmpl_id
                 WHERE compared.gravity != %(matched)s
                    OR (compared.partner_key, compared.product_key) IN (
                       SELECT partner_key, product_key FROM own WHERE reason_id IS NOT NULL
                        UNION
                       SELECT partner_key, product_key FROM prior
                        WHERE reason_id IS NOT NULL AND result != 'matched')),
            line AS (
                SELECT %(values)s, prior.result AS previous_result,
                       CASE WHEN now.result = 'matched' THEN 'settled'
                            WHEN COALESCE(prior.result, 'matched') = 'matched' THEN 'new'
                            WHEN (%(now_figures)s) IS NOT DISTINCT FROM (%(prior_figures)s) THEN 'unchanged'
                            ELSE 'changed' END AS evolution,
                       now.gravity
                  FROM now
             LEFT JOIN prior USING (partner_key, product_key)
             LEFT JOIN own USING (partner_key, product_key)),
            stored AS (
                INSERT INTO pemba_reconciliation_line (
                       create_date, write_date, reconciliation_id, date,
                       previous_result, evolution, %(names)s)
                SELECT %(moment)s, %(moment)s, %(run)s, %(date)s, previous_result, evolution, %(names)s
                  FROM line
                 ORDER BY gravity, ABS(gap_amount_company) + missed_amount_company DESC,
                          partner_id, product_id
                RETURNING previous_result, result)
            SELECT %(totals)s, COUNT(*) AS matched_count,
                   (SELECT COUNT(*) FROM prior WHERE result != 'matched')
                   - (SELECT COUNT(*) FROM stored WHERE result != 'matched' AND previous_result != 'matched')
                   AS settled_count
              FROM pemba_compared compared, LATERAL (%(figures)s) figure
             WHERE compared.gravity = %(matched)s
            """,
            prior=self._get_lines_of(previous),
            own=self._get_lines_of(self),
            found=SQL(", ").join(
                SQL("%s AS %s", value, SQL.identifier(name)) for name, value in found.items()
            ),
            matched=GRAVITY["matched"],
            values=SQL(", ").join(
                SQL("%s AS %s", value, SQL.identifier(name)) for name, value in values.items()
            ),
            names=SQL(", ").join(map(SQL.identifier, names)),
            figures=self._get_figures(),
            now_figures=now_figures,
            prior_figures=prior_figures,
            moment=fields.Datetime.now(),
            run=self.id,
            date=self.date,
            totals=self._get_totals(),
        )

    def _get_lines_of(self, run):
        """The lines of a run by customer and product; where customers were merged, one of theirs."""
        return SQL(
            """
            SELECT DISTINCT ON (partner_key, product_key)
                   COALESCE(partner_id, 0) AS partner_key, COALESCE(product_id, 0) AS product_key, id, %s
              FROM pemba_reconciliation_line
             WHERE reconciliation_id = %s
             ORDER BY partner_key, product_key, result = 'matched', reason_id NULLS LAST, id
            """,
            SQL(", ").join(map(SQL.identifier, (*FIGURES, *CARRIED, "write_uid"))),
            run.id or 0,
        )

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
