import io
from unittest.mock import patch

import openpyxl
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .reconciliation_common import WorkbookCommon


@tagged("post_install", "-at_install")
class TestReconciliationWorkbook(WorkbookCommon, HttpCase):
    """The workbook, and the printed run."""

    def test_the_workbook(self):
        book = self._assert_no_formula(self._get_content(self.run_), (*self.NAMES, "=HYPERLINK(1)"))
        self.assertEqual(book.sheetnames, ["Summary", "Differences"])
        sheet = book["Differences"]
        head = [cell.value for cell in sheet[1]]
        self.assertEqual(sheet.max_row, 1 + 4 + 1)
        gap = head.index("Left to Invoice")
        self.assertEqual([row[gap].value for row in sheet.iter_rows(min_row=2)], [700.25] * 4 + [2801])
        texts = [cell.value for row in book["Summary"].iter_rows() for cell in row]
        self.assertIn(2801, texts)
        self.assertIn("Checked", texts)

    def test_the_workbook_is_downloaded_by_who_may(self):
        self.accountant.password = self.salesperson.password = "long enough"
        self.authenticate(self.accountant.login, "long enough")
        url = self.run_.action_export_xlsx()["url"]
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        self._assert_no_formula(answer.content, self.NAMES)
        self.assertIn("xlsx", answer.headers["Content-Disposition"])
        self.assertEqual(self.url_open("/pemba_crm/reconciliation/999999/xlsx").status_code, 404)
        self.authenticate(self.salesperson.login, "long enough")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)

    def test_in_french(self):
        self.env["res.lang"]._activate_and_install_lang("fr_FR")
        book = openpyxl.load_workbook(io.BytesIO(self._get_content(self.run_.with_context(lang="fr_FR"))))
        self.assertEqual(book.sheetnames, ["Synthèse", "Écarts"])

    def test_more_lines_than_a_sheet_has_rows_are_told(self):
        module = "odoo.addons.pemba_crm.models.reconciliation.pemba_reconciliation_workbook"
        with patch(f"{module}.LINES_OF_SHEET", 3), self._refused(UserError, "has 4 lines, .* room for 3"):
            self._get_content(self.run_)

    def test_many_lines_are_read_some_at_a_time(self):
        module = "odoo.addons.pemba_crm.models.reconciliation.pemba_reconciliation_workbook"
        with patch(f"{module}.BATCH", 3):
            self.assertEqual(
                list(self.env["pemba.reconciliation.workbook"]._iterate_lines(self.run_)),
                list(self.run_.line_ids),
            )
        self._win(self._customer("Other"), {"product_id": self.study.id})
        run = self._run()
        self._get_content(run)
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            self._get_content(run)

    def test_the_printed_run(self):
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("pemba_crm.pemba_reconciliation_document", self.run_.ids)[0]
            .decode()
        )
        for text in ("@SUM(A1), Training", "Delivery under way", "Not Invoiced", "2,801.00"):
            self.assertIn(text, html)
