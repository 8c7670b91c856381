from odoo import api, fields, models

from .spreadsheet_dashboard import MANAGER


class SpreadsheetDashboardGroup(models.Model):
    _inherit = "spreadsheet.dashboard.group"

    pemba_not_taken_count = fields.Integer(
        string="Updates Not Taken",
        compute="_compute_pemba_not_taken_count",
        groups=MANAGER,
        help="How many dashboards did not take an update of their add-on, because they were edited.",
    )

    @api.depends("dashboard_ids.pemba_not_taken")
    def _compute_pemba_not_taken_count(self):
        for group in self:
            group.pemba_not_taken_count = len(group.dashboard_ids.filtered("pemba_not_taken"))
