from odoo.tests import HttpCase, tagged

from .common import PembaCommon


@tagged("post_install", "-at_install")
class TestCatalogueTours(PembaCommon, HttpCase):
    def test_a_software_is_put_into_the_catalogue(self):
        self.start_tour("/odoo/pemba-software", "pemba_crm_catalogue", login="pemba_manager")
        software = self.env["pemba.software"].search([("name", "=", "Tour software")])
        ledger, assets = software.module_ids.sorted("name", reverse=True)
        self.assertEqual((ledger.name, assets.name), ("Tour ledger", "Tour assets"))
        self.assertEqual(assets.requires_ids, ledger)
        self.assertEqual(
            software.version_ids.mapped(lambda version: (version.name, version.sequence)), [("1.0", 10)]
        )
