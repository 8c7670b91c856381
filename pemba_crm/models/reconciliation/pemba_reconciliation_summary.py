from odoo import models
from odoo.tools import format_date

# How many lines are printed.
PRINTED = 1000


class PembaReconciliationSummary(models.AbstractModel):
    """What a run says as a whole, on the screen, on paper and in its workbook."""

    _name = "pemba.reconciliation.summary"
    _description = "Summary of a Reconciliation"

    def _get_amount_fields(self):
        """What of lines is added up for each result: in company currency."""
        return [
            *("won_amount_company", "invoiced_amount_company", "exchange_amount_company"),
            *("gap_amount_company", "missed_amount_company"),
        ]

    def _get_amounts(self):
        """The fields with their labels, ``{name: label}``."""
        labels = self.env["pemba.reconciliation.line"].fields_get(self._get_amount_fields(), ["string"])
        return {name: labels[name]["string"] for name in self._get_amount_fields()}

    def _get_rows(self, run):
        """What a run says by result, the gravest first; then what matched, and the total.

        :return: ``[{code, label, count, explained, and amounts}]``; what there is none of is left out
        """
        rows = [*self._get_differences(run), self._get_matched(run)]
        total = {
            name: sum(row.get(name, 0) for row in rows)
            for name in ("count", "explained", *self._get_amount_fields())
        }
        return [*rows, {"code": "total", "label": self.env._("Total"), **total}]

    def _get_differences(self, run):
        """The rows of what differs; see ``_get_rows``."""
        lines = self.env["pemba.reconciliation.line"]
        labels = dict(lines._fields["result"]._description_selection(self.env))
        amounts = self._get_amount_fields()
        groups = lines._read_group(
            self._get_differences_domain(run),
            ["result"],
            ["__count", "reason_id:count", *(f"{name}:sum" for name in amounts)],
        )
        return [
            {"code": code, "label": labels[code], "count": count, "explained": explained}
            | dict(zip(amounts, sums, strict=True))
            for code, count, explained, *sums in groups
        ]

    def _get_matched(self, run):
        """The row of what matched, of which there are no lines; see ``_get_rows``."""
        return {
            "code": "matched",
            "label": self.env._("Matched"),
            "count": run.matched_count,
            "won_amount_company": run.matched_won_amount,
            "invoiced_amount_company": run.matched_invoiced_amount,
            "exchange_amount_company": run.matched_won_amount - run.matched_invoiced_amount,
        }

    def _get_differences_domain(self, run):
        return [("reconciliation_id", "=", run._origin.id), ("result", "!=", "matched")]

    def _get_printed_lines(self, run):
        """The gravest differences; the others are in the workbook."""
        lines = self.env["pemba.reconciliation.line"]
        return lines.search(self._get_differences_domain(run), limit=PRINTED)

    def _get_terms(self, run):
        """What a run is, for who reads it elsewhere: ``[(label, text)]``."""
        texts = self._get_term_texts(run)
        labels = run.fields_get(texts, ["string"])
        return [(labels[name]["string"], text) for name, text in texts.items() if text]

    def _get_term_texts(self, run):
        return {
            "date": format_date(self.env, run.date),
            "company_id": run.company_name or run.company_id.sudo().name,  # a name is no secret
            "currency_id": run.currency_id.name,
            "zone_id": run.zone_name or run.zone_id.name or self.env._("All zones"),
            "state": dict(run._fields["state"]._description_selection(self.env))[run.state],
            "quantity_tolerance": f"{run.quantity_tolerance:g}",
            "amount_tolerance": run.currency_id.format(run.amount_tolerance),
            "computed_date": self._format_moment(run.computed_date),
            "signed_name": run.signed_name,
            "signed_date": self._format_moment(run.signed_date),
        }

    def _format_moment(self, moment):
        return moment and self.env["ir.qweb.field.datetime"].value_to_html(moment, {})
