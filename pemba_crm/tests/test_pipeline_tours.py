from odoo.tests import HttpCase, tagged

from .common import PembaCommon


@tagged("post_install", "-at_install")
class TestPipelineTours(PembaCommon, HttpCase):
    def test_an_opportunity_moves_through_the_steps(self):
        self.start_tour("/odoo", "pemba_crm_pipeline", login="pemba_sales")
        opportunity = self.env["crm.lead"].search([("name", "=", "Tour opportunity")])
        self.assertEqual((opportunity.won_status, opportunity.last_open_step), ("won", "B"))
        self.assertEqual(opportunity.user_id, self.salesperson)

    def test_reassigning_is_one_click(self):
        deal = self._create_opportunity("M")
        self.start_tour("/odoo/pemba-pipeline", "pemba_crm_reassign", login="pemba_manager")
        self.assertEqual(deal.user_id, self.manager)

    def test_a_portfolio_is_moved(self):
        successor = self._create_user("pemba_successor", "sales_team.group_sale_salesman")
        deals = self._create_opportunity("M") | self._create_opportunity("P")
        self.start_tour("/odoo/pemba-pipeline", "pemba_crm_portfolio", login="pemba_manager")
        self.assertEqual(deals.user_id, successor)

    def test_the_steps_are_french_for_french_people(self):
        self.salesperson.lang = "fr_FR"
        self._create_opportunity("B")
        self.start_tour("/odoo/pemba-pipeline", "pemba_crm_pipeline_french", login="pemba_sales")
