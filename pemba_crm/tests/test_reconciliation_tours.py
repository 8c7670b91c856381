from odoo.tests import HttpCase, tagged

from .common import PembaOfferCommon


@tagged("post_install", "-at_install")
class TestReconciliationTours(PembaOfferCommon, HttpCase):
    def test_an_accountant_signs_off_what_differs(self):
        deal = self._create_deal(
            {"product_id": self._create_product("Course", "training", 700).id},
            partner_id=self.env["res.partner"].create({"name": "Buyer", "is_company": True}).id,
        )
        deal.action_set_won()
        self.start_tour(
            "/odoo/pemba-reconciliation", "pemba_crm_sign_off_a_reconciliation", login="pemba_accountant"
        )
        run = self.env["pemba.reconciliation"].search([])
        self.assertEqual((run.state, run.signed_user_id), ("signed", self.accountant))
        self.assertEqual(run.line_ids.reason_name, "To be invoiced later")
        self.assertEqual(self.env.company.pemba_sales_closed_date, run.date)
        self.assertIn("Course: Not Invoiced", deal.activity_ids.mapped("summary"))
