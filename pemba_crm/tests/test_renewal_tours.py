from odoo.tests import HttpCase, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestRenewalTours(PembaContractCommon, HttpCase):
    def test_a_salesperson_renews_a_contract(self):
        start = self._day(-300).replace(day=1)
        index = self._create_index({"2020-01": 293.9, f"{start:%Y-%m}": 307.0})
        contract = self._create_contract(
            date_start=start, index_id=index.id, index_base_month="2020-01-01", user_id=self.salesperson.id
        )
        self.start_tour("/odoo/pemba-contracts", "pemba_crm_renew_a_contract", login="pemba_sales")
        successor = contract.successor_id
        self.assertEqual((contract.state, successor.state), ("renewed", "running"))
        self.assertEqual((successor.amount_annual, successor.line_ids.equipment_id), (1253.49, self.geo))
