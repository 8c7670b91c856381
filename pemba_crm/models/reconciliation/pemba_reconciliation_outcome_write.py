from odoo import fields, models
from odoo.tools import SQL


class PembaReconciliationOutcome(models.AbstractModel):
    """How the lines of a run are written: in one statement, the gravest differences first."""

    _inherit = "pemba.reconciliation.outcome"

    def _get_telling_fields(self):
        """What makes a difference another one than that of the run before."""
        return [
            *("result", "due_quantity", "installed_quantity", "term_quantity", "covered_quantity"),
            *("gap_amount_company", "order_gap_company"),
        ]

    def _write_lines(self, run, previous):
        """Compare, and write the lines of a run in place of those that it has.

        :param previous: the run before
        :return: the totals of the run, ``{field: value}``
        """
        cr = self.env.cr
        cr.execute("SELECT COALESCE(MAX(id), 0) FROM pemba_reconciliation_line")
        [last_line] = cr.fetchone()
        cr.execute("DROP TABLE IF EXISTS pg_temp.pemba_compared")
        # A table of its own: several workers compute what is read, but not what is read and written at once.
        cr.execute(SQL("CREATE TEMPORARY TABLE pemba_compared ON COMMIT DROP AS %s", run._get_query()))
        cr.execute(self._get_statement(run, previous))
        totals = cr.dictfetchone()
        cr.execute(
            SQL(
                "DELETE FROM pemba_reconciliation_line WHERE reconciliation_id = %s AND id <= %s",
                *(run.id, last_line),
            )
        )
        return totals

    def _get_statement(self, run, previous):
        """Write the lines of what was compared and add up what matched, all at once.

        What is matched now is kept where it was explained when it was a difference.
        """
        judgement = self.env["pemba.reconciliation.judgement"]
        found = self._get_found(run._get_scope())
        values = self._get_values(run, found)
        telling = self._get_telling_fields()
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
                            WHEN (%(now_telling)s) IS NOT DISTINCT FROM (%(prior_telling)s) THEN 'unchanged'
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
            own=self._get_lines_of(run),
            found=self._as_columns(found),
            matched=judgement._get_numbers()["matched"],
            values=self._as_columns(values),
            names=SQL(", ").join(map(SQL.identifier, values)),
            figures=judgement._get_figures(),
            now_telling=SQL(", ").join(SQL.identifier("now", name) for name in telling),
            prior_telling=SQL(", ").join(SQL.identifier("prior", name) for name in telling),
            moment=fields.Datetime.now(),
            run=run.id,
            date=run.date,
            totals=self._add_up(),
        )

    def _get_values(self, run, found):
        """What is written to lines, ``{name: SQL}``: what was found, and what people said of it already.

        Nobody writes these lines; who explains one is its last editor, and what nobody edited here is as in
        the run before.
        """
        is_as_before = SQL(
            "own.write_uid IS NULL AND prior.reason_id IS NOT NULL AND prior.result != 'matched'"
        )
        values = {name: SQL.identifier("now", name) for name in found}
        values["exchange_amount_company"] = SQL(
            "ROUND(now.won_amount_company - now.invoiced_amount_company, %s) - now.gap_amount_company",
            run.currency_id.decimal_places,
        )
        for name in self.env["pemba.reconciliation.line"]._get_said_fields():
            values[name] = SQL(
                "CASE WHEN NOT (%(is_as_before)s) AND own.id IS NOT NULL THEN"
                " CASE WHEN now.result = 'matched' OR own.result != 'matched' THEN own.%(name)s END"
                " WHEN prior.result != 'matched' THEN prior.%(name)s END",
                is_as_before=is_as_before,
                name=SQL.identifier(name),
            )
        values["write_uid"] = SQL(
            "CASE WHEN now.result = 'matched' OR own.result != 'matched' THEN own.write_uid END"
        )
        return values

    def _get_lines_of(self, run):
        """The lines of a run by customer and product; where customers were merged, one of theirs."""
        said = self.env["pemba.reconciliation.line"]._get_said_fields()
        return SQL(
            """
            SELECT DISTINCT ON (partner_key, product_key)
                   COALESCE(partner_id, 0) AS partner_key, COALESCE(product_id, 0) AS product_key, id, %s
              FROM pemba_reconciliation_line
             WHERE reconciliation_id = %s
             ORDER BY partner_key, product_key, result = 'matched', reason_id NULLS LAST, id
            """,
            SQL(", ").join(map(SQL.identifier, (*self._get_telling_fields(), *said, "write_uid"))),
            run.id or 0,
        )

    def _as_columns(self, values):
        return SQL(", ").join(SQL("%s AS %s", value, SQL.identifier(name)) for name, value in values.items())
