import io
import json
import zipfile

from odoo import http
from odoo.addons.web.controllers.export import (
    CSVExport,
    ExcelExport,
    ExportXlsxWriter,
    GroupExportXlsxWriter,
)
from odoo.addons.web.controllers.pivot import TableExporter
from odoo.http import request
from werkzeug.datastructures import FileStorage

# Spreadsheet programs take text of a CSV file that starts with one of these for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What text starts with while a pivot is written: for private use, so that it stands in no name.
MARK = "\ue000"


def _is_ours(model):
    """Whether what is exported is of this add-on; others are exported as Odoo does."""
    return model.startswith("pemba.")


class TextWriter(ExportXlsxWriter):
    """Whatever text starts with, it is text: neither a formula nor a link."""

    def write(self, row, column, cell_value, style=None):
        if cell_value and isinstance(cell_value, str):
            return self.worksheet.write_string(row, column, cell_value, style)
        return super().write(row, column, cell_value, style)


class GroupTextWriter(TextWriter, GroupExportXlsxWriter):
    pass


class TextExport:
    """What the exports of lists have in common: they are told the model beforehand alone."""

    def base(self, data):
        request.update_context(pemba_exports_text=_is_ours(json.loads(data)["model"]))
        return super().base(data)

    def _is_text(self):
        return request.env.context.get("pemba_exports_text")


class TextExcelExport(TextExport, ExcelExport):
    """Lists of our records as XLSX. Odoo's methods name their writer: they are written anew for another."""

    def from_data(self, fields, columns_headers, rows):
        if not self._is_text():
            return super().from_data(fields, columns_headers, rows)
        with TextWriter(fields, columns_headers, len(rows)) as writer:
            for row, values in enumerate(rows, 1):
                for column, value in enumerate(values):
                    writer.write_cell(row, column, value)
        return writer.value

    def from_group_data(self, fields, columns_headers, groups):
        if not self._is_text():
            return super().from_group_data(fields, columns_headers, groups)
        with GroupTextWriter(fields, columns_headers, groups.count) as writer:
            row, column = 1, 0
            for name, group in groups.children.items():
                row, column = writer.write_group(row, column, name, group)
        return writer.value


class TextCsvExport(TextExport, CSVExport):
    """Lists of our records as CSV: Odoo quotes what starts with =, + and - alone, and no headers."""

    def from_data(self, fields, columns_headers, rows):
        if self._is_text():
            columns_headers = self._quote(columns_headers)
            rows = [self._quote(values) for values in rows]
        return super().from_data(fields, columns_headers, rows)

    def _quote(self, values):
        return [
            f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
            for value in values
        ]


class TextPivotExport(TableExporter):
    """Pivots of our records.

    Odoo writes them in one go: their text is marked before, so that it starts like no formula, and the marks
    are taken out of the file.
    """

    @http.route()
    def export_xlsx(self, data, **kw):
        content = data.read() if isinstance(data, FileStorage) else data
        table = json.loads(content)
        if not table or not _is_ours(table["model"]):
            return super().export_xlsx(content, **kw)
        # What the file and the sheet are called is no cell.
        marked = {
            name: value if isinstance(value, str) else self._mark(value) for name, value in table.items()
        }
        response = super().export_xlsx(json.dumps(marked), **kw)
        response.data = self._without_marks(response.data)
        return response

    def _mark(self, value):
        """Any value of a table, with all text in it marked."""
        if isinstance(value, dict):
            return {name: self._mark(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._mark(one) for one in value]
        # What starts with a blank is no formula, and keeps it.
        return MARK + value if isinstance(value, str) and value[:1].strip() else value

    def _without_marks(self, content):
        output = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(content)) as marked,
            zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as plain,
        ):
            for part in marked.infolist():
                plain.writestr(part, marked.read(part).replace(MARK.encode(), b""))
        return output.getvalue()
