from odoo.tests import HttpCase, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestToDoTours(PembaContractCommon, HttpCase):
    def test_a_salesperson_settles_what_waits(self):
        contract = self._create_contract(state="draft", date_start=self._day(-3), user_id=self.salesperson.id)
        self.licence.pemba_equipment_policy = "per_line"
        deal = self._create_deal(self._line(), partner_id=self.customer.id)
        deal.action_set_won()
        deal._create_equipment()
        self.start_tour("/odoo/pemba-to-do", "pemba_crm_settle_what_waits", login="pemba_sales")
        self.assertEqual(contract.state, "running")
