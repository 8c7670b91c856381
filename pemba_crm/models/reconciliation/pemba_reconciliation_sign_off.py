from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date, format_datetime

from ..company_day import get_today
from ..public import public


class PembaReconciliation(models.Model):
    """A run that is signed off: locked as it is, with names as text, and sales closed where it says so."""

    _inherit = "pemba.reconciliation"

    @public
    def action_sign_off(self):
        """Lock the run as it is, with names as text; close sales until its day where it says so.

        :raise AccessError: for who is no accountant
        :raise UserError: naming a run that is signed off already, is not compared yet, is of a day to come,
            has differences without a reason, or would not find the same now
        """
        if not self.env.user.has_group("pemba_crm.group_accountant"):
            raise AccessError(self.env._("Only accountants sign off."))
        self.check_access("write")
        self.lock_for_update()
        for run in self:
            run._check_can_sign_off()
            run._check_is_current()
            run._write_names()
            run._set(
                state="signed",
                signed_user_id=self.env.uid,
                signed_name=self.env.user.name,
                signed_date=fields.Datetime.now(),
                company_name=run.company_id.name,
                zone_name=run.zone_id.name,
            )
            if run.closes_sales and not run.zone_id:
                run._close_sales()
        return True

    def _check_can_sign_off(self):
        self._check_is_compared()
        if self._is_to_come():
            raise UserError(self.env._("%s: its day has not come yet.", self.display_name))
        if self.unexplained_count:
            first = self.env["pemba.reconciliation.line"].search(self._get_unexplained_domain(), limit=3)
            raise UserError(
                self.env._(
                    "%(run)s, differences without a reason: %(count)s, such as %(examples)s.",
                    run=self.display_name,
                    count=self.unexplained_count,
                    examples="; ".join(first.mapped("display_name")),
                )
            )

    def _is_to_come(self):
        at_company = self.with_context(tz=self._get_scope().clock)
        return self.date > get_today(at_company)

    def _check_is_current(self):
        """What is signed off is what there is: it is compared once more.

        :raise UserError: naming a run that finds something else now; it stays as it was
        """
        known, moment = self._get_findings(), self.computed_date
        self._compare()
        if self._get_findings() != known:
            raise UserError(
                self.env._(
                    "%(run)s: what it found has changed since %(moment)s. Compare again, and look at it.",
                    run=self.display_name,
                    moment=format_datetime(self.env, moment),
                )
            )

    def _get_findings(self):
        """What tells what a run says from what another says: what matched, and a checksum of its lines."""
        self.env.flush_all()
        outcome = self.env["pemba.reconciliation.outcome"]
        found = outcome._get_found(self._get_scope())
        said = self.env["pemba.reconciliation.line"]._get_said_fields()
        [lines] = self.env.execute_query(
            SQL(
                "SELECT COUNT(*), SUM(HASHTEXTEXTENDED(ROW(%s)::text, 0)::numeric)"
                " FROM pemba_reconciliation_line WHERE reconciliation_id = %s",
                SQL(", ").join(map(SQL.identifier, (*found, *said))),
                self.id,
            )
        )
        return self.matched_count, *(self[name] for name in outcome._get_totals()), *lines

    def _get_unexplained_domain(self):
        return [
            ("reconciliation_id", "in", self.ids),
            ("result", "!=", "matched"),
            ("reason_id", "=", False),
        ]

    def _close_sales(self):
        """Sales of the company are closed until its day, unless they are until a later one."""
        company = self.company_id.sudo()  # accountants who sign off close what they checked
        if not company.pemba_sales_closed_date or company.pemba_sales_closed_date < self.date:
            company.pemba_sales_closed_date = self.date
            self._message_log(body=self.env._("Sales are closed until %s.", format_date(self.env, self.date)))

    def _write_names(self):
        """Lines keep the names of what they are of as text, whatever becomes of it."""
        lines = self.env["pemba.reconciliation.line"].sudo()  # whatever it is of
        for name, text in lines._get_name_fields().items():
            if not lines._fields[name].store:
                continue
            of_run = [("reconciliation_id", "=", self.id), (name, "!=", False)]
            named = self.env[lines._fields[name].comodel_name].sudo()  # as above
            records = named.browse(record.id for (record,) in lines._read_group(of_run, [name]))
            self._write_text(name, text, records.ids, records.mapped("display_name"))
        asked = lines.search([("reconciliation_id", "=", self.id), ("asked_user_id", "!=", False)])
        self._write_text("id", "asked_name", asked.ids, [line.asked_user_id.name for line in asked])
        self._write_text("id", "answer_text", asked.ids, [line.answer or None for line in asked])
        lines.invalidate_model(flush=False)

    def _write_text(self, name, text, values, texts):
        """Write texts to a column of lines, by the values of another.

        :param name: the column that has the values
        :param text: the column that gets the texts
        """
        self.env.cr.execute(
            SQL(
                "UPDATE pemba_reconciliation_line line SET %s = named.name"
                " FROM (SELECT UNNEST(%s::int[]) AS id, UNNEST(%s::varchar[]) AS name) named"
                " WHERE line.reconciliation_id = %s AND line.%s = named.id",
                SQL.identifier(text),
                values,
                texts,
                self.id,
                SQL.identifier(name),
            )
        )
