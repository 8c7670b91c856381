import csv
import io
import json

import openpyxl
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .reconciliation_common import DAY, WorkbookCommon


@tagged("post_install", "-at_install")
class TestExports(WorkbookCommon, HttpCase):
    """Lists and pivots of our records, as users export them, have no formulas."""

    def _post(self, url, data, is_file=False):
        """What a client downloads; it sends pivots as a file."""
        form, content = {"csrf_token": Request.csrf_token(self)}, json.dumps(data)
        if is_file:
            answer = self.url_open(url, data=form, files={"data": ("blob", content, "application/json")})
        else:
            answer = self.url_open(url, data={**form, "data": content})
        self.assertEqual(answer.status_code, 200, answer.text[:2000])
        return answer.content

    def _log_in_to_export(self):
        self.accountant.password = "long enough"
        self.accountant.group_ids += self.env.ref("base.group_allow_export")
        self.authenticate(self.accountant.login, "long enough")

    def _export(self, records, names, as_file="xlsx", groupby=(), **more):
        """What the list's export gives; the headers, which users type in translations, are unsafe too."""
        fields = [{"name": name, "label": f"={name}", "type": "char"} for name in names]
        data = {
            "model": records._name,
            "fields": fields,
            "ids": records.ids,
            "domain": [],
            "groupby": groupby,
            "import_compat": False,
            "context": {"allowed_company_ids": self.env.company.ids},
            **more,
        }
        return self._post(f"/web/export/{as_file}", data)

    def _create_opening_sales(self):
        """Sold to a partner, of a product and with a note that start like a formula, each of them once."""
        return self.env["pemba.opening.sale"].create(
            [
                {
                    "partner_id": self._customer(name).id,
                    "product_id": self._create_product(name, "study").id,
                    "date": DAY,
                    "note": name,
                }
                for name in self.NAMES
            ]
        )

    def test_a_list_that_is_exported_has_no_formula(self):
        self._log_in_to_export()
        names = ["partner_id/name", "note", "gap_amount_company"]
        content = self._export(self.run_.line_ids, names)
        book = self._assert_no_formula(content, (*self.NAMES, "=HYPERLINK(1)", "=note"))
        self.assertEqual([cell.value for cell in book.active["C"][1:]], [700.25] * 4)

    def test_a_grouped_list_that_is_exported_has_no_formula(self):
        self._log_in_to_export()
        for line, name in zip(self.run_.line_ids, self.NAMES, strict=True):
            line.note = name
        for groupby in (["partner_id"], ["note"], ["note", "partner_id"]):
            with self.subTest(groupby=groupby):
                content = self._export(self.run_.line_ids, ["note", "partner_id/name"], groupby=groupby)
                heads = [f"{name} (1)" for name in self.NAMES]
                self._assert_no_formula(content, (*heads, *self.NAMES, "=note"))

    def test_lines_that_are_exported_with_their_run_have_no_formula(self):
        self._log_in_to_export()
        names = ["date", "line_ids/partner_id/name", "line_ids/note"]
        self._assert_no_formula(self._export(self.run_, names), (*self.NAMES, "=HYPERLINK(1)"))
        content = self._export(self.run_, names, groupby=["company_id"])
        self._assert_no_formula(content, (*self.NAMES, "=HYPERLINK(1)", "Checked (1)"))

    def test_opening_sales_that_are_exported_have_no_formula(self):
        self._log_in_to_export()
        sales = self._create_opening_sales()
        names = ["partner_id", "product_id", "note"]
        for more in ({}, {"import_compat": True}):
            book = self._assert_no_formula(self._export(sales, names, **more), self.NAMES)
            for column in "ABC":
                texts = [cell.value for cell in book.active[column][1:]]
                self.assertEqual(set(texts), set(self.NAMES))

    def test_text_is_not_taken_for_a_link_either(self):
        self._log_in_to_export()
        note = "internal:Sheet2!A1"
        self.run_.line_ids.write({"note": note})
        self._assert_no_formula(self._export(self.run_.line_ids, ["note"]), [note])

    def test_csv_files_are_safe(self):
        self._log_in_to_export()
        sales = self._create_opening_sales()
        sales[0].note, sales[1].note = "\t=1+1", "\r=1+1"
        content = self._export(sales, ["partner_id", "note", "quantity"], "csv")
        head, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        self.assertEqual(head, ["'=partner_id", "'=note", "'=quantity"])
        self.assertEqual([row[0] for row in rows], [f"'{name}" for name in self.NAMES])
        self.assertEqual([row[1] for row in rows], ["'\t=1+1", "'\r=1+1", "'-2", "'@SUM(A1)"])
        self.assertEqual([row[2] for row in rows], ["1.0"] * 4)

    def _get_pivot(self, model):
        """What the client sends of a pivot whose rows, columns and measures are called like formulas."""
        head = {"width": 1, "height": 1, "is_bold": False}
        values = [{"is_bold": False, "value": value} for value in (700.25, "", "=2+2", "{=3+3}")]
        return {
            "model": model,
            "title": "Lines",
            "col_group_headers": [[{**head, "title": name} for name in self.NAMES]],
            "measure_headers": [{**head, "title": f"{name} measured"} for name in self.NAMES],
            "measure_count": 1,
            "rows": [
                {"indent": 0, "title": f"{name} in total", "values": values} for name in (*self.NAMES, "é<&>")
            ],
        }

    def test_a_pivot_that_is_exported_has_no_formula(self):
        self._log_in_to_export()
        pivot = self._get_pivot("pemba.reconciliation.line")
        content = self._post("/web/pivot/export_xlsx", pivot, is_file=True)
        texts = [f"{name}{end}" for name in self.NAMES for end in ("", " measured", " in total")]
        book = self._assert_no_formula(content, [*texts, "=2+2", "{=3+3}", "é<&> in total"])
        self.assertEqual(book.sheetnames, ["Lines"])
        self.assertEqual([cell.value for cell in book.active["B"][2:]], [700.25] * 5)

    def test_other_models_are_exported_as_ever(self):
        """By Odoo's own writers, which is no concern of ours."""
        self._log_in_to_export()
        partners = self._customer("=1+1") | self._customer("@SUM(A1)")
        for content in (
            self._export(partners, ["name"]),
            self._export(partners, ["name"], groupby=["name"]),
            self._post("/web/pivot/export_xlsx", self._get_pivot("res.partner"), is_file=True),
        ):
            cells = [cell for row in openpyxl.load_workbook(io.BytesIO(content)).active for cell in row]
            self.assertTrue([cell for cell in cells if cell.data_type == "f"])
        content = self._export(partners, ["name"], "csv")
        rows = list(csv.reader(io.StringIO(content.decode())))
        self.assertEqual(rows, [["=name"], ["'=1+1"], ["@SUM(A1)"]])
