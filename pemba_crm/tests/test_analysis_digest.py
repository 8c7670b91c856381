from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import PembaCommon


@tagged("post_install", "-at_install")
class TestDigest(PembaCommon):
    """The figures of the weekly e-mail."""

    def test_won_renewed_lost_and_new_revenue(self):
        won = self._create_opportunity("M", expected_revenue=100)
        renewed = self._create_opportunity("M", expected_revenue=30, nature="renewal")
        lost = self._create_opportunity("M", expected_revenue=7)
        (won | renewed).action_set_won()
        lost.action_set_lost()
        names = ("won", "renewed", "lost", "new")
        digest = self.env["digest.digest"].create(
            {
                "name": "Weekly",
                "periodicity": "weekly",
                "user_ids": [Command.set(self.salesperson.ids)],
                **{f"kpi_pemba_{name}_revenue": True for name in names},
            }
        )
        now = fields.Datetime.now()
        week = {"start_datetime": now - timedelta(days=7), "end_datetime": now + timedelta(days=1)}
        own = digest.with_user(self.salesperson).with_context(**week)
        values = [own[f"kpi_pemba_{name}_revenue_value"] for name in names]
        self.assertEqual(values, [130, 30, 7, 137])
        (won | renewed).with_user(self.manager).close_date = fields.Date.today() - timedelta(days=3)
        shown = {kpi["kpi_name"]: kpi for kpi in digest._compute_kpis(self.env.company, self.salesperson)}
        self.assertIn("130", shown["kpi_pemba_won_revenue"]["kpi_col2"]["value"])  # the last 7 days
        self.assertIn("pemba_sale_report_action", shown["kpi_pemba_won_revenue"]["kpi_action"])
        self.assertFalse(digest._compute_kpis(self.env.company, self.support))

    def test_odoos_own_digest_has_them(self):
        digest = self.env.ref("digest.digest_digest_default")
        self.assertTrue(digest.kpi_pemba_won_revenue and digest.kpi_pemba_new_revenue)
