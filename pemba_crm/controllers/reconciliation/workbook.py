from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReconciliationExport(http.Controller):
    """A run as a workbook."""

    @http.route("/pemba_crm/reconciliation/<int:run_id>/xlsx", type="http", auth="user", readonly=True)
    def reconciliation_xlsx(self, run_id):
        """:raise AccessError: for who may not read the run"""
        run = request.env["pemba.reconciliation"].browse(run_id).exists()
        if not run:
            raise request.not_found()
        run.check_access("read")
        return request.make_response(
            request.env["pemba.reconciliation.workbook"]._get_content(run),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(f"{run._get_file_name()}.xlsx")),
            ],
        )
