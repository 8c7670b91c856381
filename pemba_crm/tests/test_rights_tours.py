from odoo.tests import HttpCase, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestRightTours(PembaContractCommon, HttpCase):
    def test_support_checks_what_a_caller_is_entitled_to(self):
        self.geo.serial_number = "SN-4711"
        self._create_contract()
        self.start_tour("/odoo/pemba-hotline", "pemba_crm_check_rights", login="pemba_support")
        self.start_tour(
            f"/odoo/res.partner/{self.customer.id}",
            "pemba_crm_see_rights_of_a_contact",
            login="pemba_support",
        )
