from odoo.tests import HttpCase, tagged

from .common import PembaCommon


@tagged("post_install", "-at_install")
class TestPipelineTours(PembaCommon, HttpCase):
    def test_an_opportunity_moves_through_the_steps(self):
        self.start_tour("/odoo", "pemba_crm_pipeline", login="pemba_sales")
        opportunity = self.env["crm.lead"].search([("name", "=", "Tour opportunity")])
        self.assertEqual(opportunity.stage_id.pemba_step, "B")
        self.assertEqual(opportunity.user_id, self.salesperson)

    def test_the_steps_are_french_for_french_people(self):
        self.salesperson.lang = "fr_FR"
        self._create_opportunity("B")
        self.start_tour("/odoo/pemba-pipeline", "pemba_crm_pipeline_french", login="pemba_sales")
