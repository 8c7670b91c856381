import io

import xlsxwriter
from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .pemba_reconciliation import AMOUNTS

# How many lines are read at once, and how many are printed.
BATCH = 2000
PRINTED = 1000
# The rows of a sheet, but for the heads and the totals.
LINES_OF_SHEET = 1_048_576 - 2
# The columns of the workbook with their widths.
COLUMNS = {
    "partner_id": 32,
    "product_id": 32,
    "distributor_id": 22,
    "zone_id": 16,
    "sale_type_id": 18,
    "result": 22,
    "installed_result": 20,
    "covered_result": 20,
    "invoiced_result": 20,
    "evolution": 12,
    **dict.fromkeys(("won_quantity", "due_quantity", "installed_quantity", "term_quantity"), 14),
    **dict.fromkeys(("covered_quantity", "uncovered_quantity", "invoiced_quantity"), 14),
    "deal_currency_id": 10,
    **dict.fromkeys(("won_amount", "invoiced_amount", "won_amount_company", "invoiced_amount_company"), 16),
    **dict.fromkeys(("gap_amount_company", "exchange_amount_company", "order_gap_company"), 16),
    "missed_amount_company": 16,
    "reason_id": 32,
    "note": 48,
    "asked_user_id": 24,
    "answer": 48,
}
# Names as they were, on runs that are signed off.
NAMES = {
    "partner_id": "partner_name",
    "product_id": "product_name",
    "distributor_id": "distributor_name",
    "zone_id": "zone_name",
    "sale_type_id": "sale_type_name",
    "reason_id": "reason_name",
    "asked_user_id": "asked_name",
}
# Whatever a cell's text starts with, it is text.
PLAIN = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}


class PembaReconciliation(models.Model):
    """A run as a workbook, and as it is printed."""

    _inherit = "pemba.reconciliation"

    def _get_file_name(self):
        return self.env._("Reconciliation %s", self.display_name)

    def _get_printed_lines(self):
        """The gravest differences; the others are in the workbook."""
        return self.env["pemba.reconciliation.line"].search(self._get_differences_domain(), limit=PRINTED)

    def _get_differences_domain(self):
        return [("reconciliation_id", "=", self.id), ("result", "!=", "matched")]

    def _get_amount_totals(self, names=AMOUNTS, domain=None):
        """The sums of its differences, or of other lines, in company currency: one for each name."""
        domain = domain or self._get_differences_domain()
        [sums] = self.env["pemba.reconciliation.line"]._read_group(
            domain, [], [f"{name}:sum" for name in names]
        )
        return [total or 0.0 for total in sums]

    def _get_xlsx(self):
        """The run as an XLSX file: its terms and results, then all its lines.

        :return: bytes
        :raise UserError: naming a run that has more lines than a sheet has rows
        """
        self.ensure_one()
        count = self.env["pemba.reconciliation.line"].search_count([("reconciliation_id", "=", self.id)])
        if count > LINES_OF_SHEET:
            raise UserError(
                self.env._(
                    "%(run)s has %(count)s lines, a sheet has room for %(room)s: compare its zones one by"
                    " one.",
                    run=self.display_name,
                    count=count,
                    room=LINES_OF_SHEET,
                )
            )
        output = io.BytesIO()
        with xlsxwriter.Workbook(output, {"constant_memory": True, **PLAIN}) as workbook:
            self._write_summary(workbook)
            self._write_lines(workbook)
        return output.getvalue()

    def _write_summary(self, workbook):
        sheet = workbook.add_worksheet(self.env._("Summary"))
        bold = workbook.add_format({"bold": True})
        money = workbook.add_format({"num_format": self._get_money_format()})
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 7, 18)
        row = 0
        for label, value in self._get_terms():
            sheet.write_string(row, 0, label, bold)
            sheet.write_string(row, 1, value)
            row += 1
        of_fields = self.env["pemba.reconciliation.line"].fields_get(AMOUNTS, ["string"])
        labels = {name: of_fields[name]["string"] for name in AMOUNTS}
        heads = (self.env._("Result"), self.env._("Lines"), self.env._("With a Reason"))
        row += 1
        for column, label in enumerate((*heads, *labels.values())):
            sheet.write_string(row, column, label, bold)
        matched = {
            "label": self.env._("Matched"),
            "count": self.matched_count,
            "explained": 0,
            "won_amount_company": self.matched_won_amount,
            "invoiced_amount_company": self.matched_invoiced_amount,
            "exchange_amount_company": self.matched_won_amount - self.matched_invoiced_amount,
        }
        results = [*self._get_result_rows(), matched]
        total = {
            name: sum(result.get(name, 0.0) for result in results) for name in ("count", "explained", *labels)
        }
        for result in (*results, total | {"label": self.env._("Total")}):
            row += 1
            sheet.write_string(row, 0, result["label"])
            sheet.write_number(row, 1, result["count"])
            sheet.write_number(row, 2, result["explained"])
            for column, name in enumerate(labels, 3):
                sheet.write_number(row, column, result.get(name, 0.0), money)

    def _get_terms(self):
        """What the run is, for who reads it elsewhere: ``[(label, text)]``."""
        names = ["date", "company_id", "currency_id", "zone_id", "state"]
        names += ["quantity_tolerance", "amount_tolerance", "computed_date", "signed_name", "signed_date"]
        labels = self.fields_get(names, ["string"])
        texts = {
            "date": format_date(self.env, self.date),
            "company_id": self.company_name or self.company_id.sudo().name,  # a name is no secret
            "currency_id": self.currency_id.name,
            "zone_id": self.zone_name or self.zone_id.name or self.env._("All zones"),
            "state": dict(self._fields["state"]._description_selection(self.env))[self.state],
            "quantity_tolerance": f"{self.quantity_tolerance:g}",
            "amount_tolerance": self.currency_id.format(self.amount_tolerance),
            "computed_date": self._format_moment(self.computed_date),
            "signed_name": self.signed_name,
            "signed_date": self._format_moment(self.signed_date),
        }
        return [(labels[name]["string"], texts[name]) for name in names if texts[name]]

    def _format_moment(self, moment):
        return moment and self.env["ir.qweb.field.datetime"].value_to_html(moment, {})

    def _get_money_format(self):
        decimals = self.currency_id.decimal_places
        return "#,##0." + "0" * decimals if decimals else "#,##0"

    def _write_lines(self, workbook):
        lines = self.env["pemba.reconciliation.line"]
        sheet = workbook.add_worksheet(self.env._("Differences"))
        labels = lines.fields_get(COLUMNS, ["string"])
        selections = {
            name: dict(field._description_selection(self.env))
            for name, field in lines._fields.items()
            if name in COLUMNS and field.type == "selection"
        }
        bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        formats = {
            "monetary": workbook.add_format({"num_format": self._get_money_format()}),
            "float": workbook.add_format({"num_format": "#,##0.##"}),
        }
        for column, (name, width) in enumerate(COLUMNS.items()):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, labels[name]["string"], bold)
        sheet.freeze_panes(1, 2)
        row = 0
        for line in self._iterate_lines():
            row += 1
            for column, name in enumerate(COLUMNS):
                field, value = lines._fields[name], line[name]
                if field.type in formats:
                    sheet.write_number(row, column, value, formats[field.type])
                    continue
                if field.type == "selection":
                    value = selections[name].get(value)
                elif field.relational:
                    value = (name in NAMES and line[NAMES[name]]) or value.display_name
                sheet.write_string(row, column, value or "")
        sheet.autofilter(0, 0, row, len(COLUMNS) - 1)
        self._write_totals(workbook, sheet, row + 1)

    def _write_totals(self, workbook, sheet, row):
        """Below the lines: the sums of their amounts in company currency."""
        names = [name for name in COLUMNS if name.endswith("_company")]
        of_run = [("reconciliation_id", "=", self.id)]
        money = workbook.add_format({"num_format": self._get_money_format(), "bold": True})
        sheet.write_string(row, 0, self.env._("Total"), workbook.add_format({"bold": True}))
        for name, total in zip(names, self._get_amount_totals(names, of_run), strict=True):
            sheet.write_number(row, list(COLUMNS).index(name), total, money)

    def _iterate_lines(self):
        """All lines, some at a time: there may be many."""
        last = 0
        of_run = [("reconciliation_id", "=", self.id)]
        while lines := self.env["pemba.reconciliation.line"].search(
            [*of_run, ("id", ">", last)], order="id", limit=BATCH
        ):
            yield from lines.sudo()  # names of customers of other companies, too
            last = lines[-1].id
            lines.invalidate_recordset()
