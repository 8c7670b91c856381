import io

import xlsxwriter
from odoo import models
from odoo.exceptions import UserError

# How many lines are read at once.
BATCH = 2000
# The rows of a sheet, but for the heads and the totals.
LINES_OF_SHEET = 1_048_576 - 2
# Whatever a cell's text starts with, it is text.
PLAIN = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}


class PembaReconciliationWorkbook(models.AbstractModel):
    """A run as an XLSX file: its terms and results, then all its lines."""

    _name = "pemba.reconciliation.workbook"
    _description = "Workbook of a Reconciliation"

    def _get_columns(self):
        """The columns of lines with their widths, ``{field: width}``."""
        return {
            **dict.fromkeys(("partner_id", "product_id"), 32),
            "distributor_id": 22,
            "zone_id": 16,
            "sale_type_id": 18,
            "result": 22,
            **dict.fromkeys(("installed_result", "covered_result", "invoiced_result"), 20),
            "evolution": 12,
            **dict.fromkeys(("won_quantity", "due_quantity", "installed_quantity", "term_quantity"), 14),
            **dict.fromkeys(("covered_quantity", "uncovered_quantity", "invoiced_quantity"), 14),
            "deal_currency_id": 10,
            **dict.fromkeys(("won_amount", "invoiced_amount"), 16),
            **dict.fromkeys(("won_amount_company", "invoiced_amount_company", "gap_amount_company"), 16),
            **dict.fromkeys(("exchange_amount_company", "order_gap_company", "missed_amount_company"), 16),
            "reason_id": 32,
            "note": 48,
            "asked_user_id": 24,
            "answer": 48,
        }

    def _get_content(self, run):
        """:return: bytes
        :raise UserError: naming a run that has more lines than a sheet has rows
        """
        count = self.env["pemba.reconciliation.line"].search_count(self._get_domain(run))
        if count > LINES_OF_SHEET:
            raise UserError(
                self.env._(
                    "%(run)s has %(count)s lines, a sheet has room for %(room)s: compare its zones one by"
                    " one.",
                    run=run.display_name,
                    count=count,
                    room=LINES_OF_SHEET,
                )
            )
        output = io.BytesIO()
        with xlsxwriter.Workbook(output, {"constant_memory": True, **PLAIN}) as workbook:
            self._write_summary(run, workbook)
            self._write_lines(run, workbook)
        return output.getvalue()

    def _get_domain(self, run):
        return [("reconciliation_id", "=", run.id)]

    def _get_money_format(self, run):
        decimals = run.currency_id.decimal_places
        return "#,##0." + "0" * decimals if decimals else "#,##0"

    def _write_summary(self, run, workbook):
        summary = self.env["pemba.reconciliation.summary"]
        sheet = workbook.add_worksheet(self.env._("Summary"))
        bold = workbook.add_format({"bold": True})
        money = workbook.add_format({"num_format": self._get_money_format(run)})
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 7, 18)
        row = 0
        for label, value in summary._get_terms(run):
            sheet.write_string(row, 0, label, bold)
            sheet.write_string(row, 1, value)
            row += 1
        amounts = summary._get_amounts()
        heads = (self.env._("Result"), self.env._("Lines"), self.env._("With a Reason"))
        row += 1
        for column, label in enumerate((*heads, *amounts.values())):
            sheet.write_string(row, column, label, bold)
        for result in summary._get_rows(run):
            row += 1
            sheet.write_string(row, 0, result["label"])
            sheet.write_number(row, 1, result["count"])
            sheet.write_number(row, 2, result.get("explained", 0))
            for column, name in enumerate(amounts, 3):
                sheet.write_number(row, column, result.get(name, 0.0), money)

    def _write_lines(self, run, workbook):
        lines, columns = self.env["pemba.reconciliation.line"], self._get_columns()
        sheet = workbook.add_worksheet(self.env._("Differences"))
        heads = lines.fields_get(columns, ["string"])
        bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        formats = {
            "monetary": workbook.add_format({"num_format": self._get_money_format(run)}),
            "float": workbook.add_format({"num_format": "#,##0.##"}),
            "integer": workbook.add_format({"num_format": "#,##0"}),
        }
        for column, (name, width) in enumerate(columns.items()):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heads[name]["string"], bold)
        sheet.freeze_panes(1, 2)
        labels = {
            name: dict(lines._fields[name]._description_selection(self.env))
            for name in columns
            if lines._fields[name].type == "selection"
        }
        kept = lines._get_name_fields()
        row = 0
        for line in self._iterate_lines(run):
            row += 1
            for column, name in enumerate(columns):
                kind = lines._fields[name].type
                if kind in formats:
                    sheet.write_number(row, column, line[name], formats[kind])
                else:
                    sheet.write_string(row, column, self._get_text(line, name, labels, kept))
        sheet.autofilter(0, 0, row, len(columns) - 1)
        self._write_totals(run, workbook, sheet, row + 1)

    def _get_text(self, line, name, labels, kept):
        """What a cell says: the name as it was, where it is kept.

        :param labels: of selections, ``{field: {value: label}}``
        :param kept: where names are kept, ``{field: field of its name}``
        """
        value = line[name]
        if name in labels:
            value = labels[name].get(value)
        elif line._fields[name].relational:
            value = (name in kept and line[kept[name]]) or value.display_name
        return str(value or "")

    def _write_totals(self, run, workbook, sheet, row):
        """Below the lines: the sums of their amounts in company currency."""
        columns = list(self._get_columns())
        names = [name for name in columns if name.endswith("_company")]
        [sums] = self.env["pemba.reconciliation.line"]._read_group(
            self._get_domain(run), [], [f"{name}:sum" for name in names]
        )
        money = workbook.add_format({"num_format": self._get_money_format(run), "bold": True})
        sheet.write_string(row, 0, self.env._("Total"), workbook.add_format({"bold": True}))
        for name, total in zip(names, sums, strict=True):
            sheet.write_number(row, columns.index(name), total or 0.0, money)

    def _iterate_lines(self, run):
        """All lines, some at a time: there may be many."""
        last = 0
        while lines := self.env["pemba.reconciliation.line"].search(
            [*self._get_domain(run), ("id", ">", last)], order="id", limit=BATCH
        ):
            yield from lines.sudo()  # names of customers of other companies, too
            last = lines[-1].id
            lines.invalidate_recordset()
