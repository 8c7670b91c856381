from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import PembaOfferCommon


@tagged("post_install", "-at_install")
class TestAnalysisTours(PembaOfferCommon, HttpCase):
    def test_a_manager_takes_a_snapshot_and_compares_it_with_the_last(self):
        lead = self._create_opportunity("E", expected_revenue=100, maturity=50)
        with freeze_time(fields.Datetime.now() - timedelta(days=7)):
            self.env["pemba.forecast.snapshot"]._take()
        lead.expected_revenue = 150
        self.start_tour(
            "/odoo/pemba-snapshots", "pemba_crm_take_and_compare_snapshots", login="pemba_manager"
        )
        rows = self.env["pemba.forecast.snapshot"].search([("lead_id", "=", lead.id)])
        self.assertEqual(rows.mapped("revenue"), [150, 100])

    def test_a_manager_sets_and_splits_a_target(self):
        self.start_tour("/odoo/pemba-targets", "pemba_crm_set_and_split_a_target", login="pemba_manager")
        whole = self.env["pemba.target"].search([("child_ids", "!=", False)])
        self.assertEqual((whole.amount, whole.child_ids.mapped("amount")), (120000, [30000] * 4))

    def test_a_figure_of_a_dashboard_opens_what_it_counts(self):
        today = fields.Date.today()
        for name, day in (("Won this year", today), ("Won before", today - timedelta(days=500))):
            lead = self._create_deal(self._line(), name=name)
            lead.with_user(self.manager).write({"stage_id": self.stages["A"][:1].id, "close_date": day})
        self._create_deal(self._line(), name="Still open", date_deadline=today)
        board = self.env.ref("pemba_crm.spreadsheet_dashboard_sales")
        self.start_tour(
            f"/odoo/dashboards?dashboard_id={board.id}",
            "pemba_crm_open_the_records_of_a_figure",
            login="pemba_manager",
        )
