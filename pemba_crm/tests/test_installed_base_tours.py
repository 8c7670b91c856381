from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import PembaEquipmentCommon


@tagged("post_install", "-at_install")
class TestInstalledBaseTours(PembaEquipmentCommon, HttpCase):
    def test_support_delivers_and_upgrades(self):
        deal = self._create_opportunity("E", name="Geo for the customer", partner_id=self.customer.id)
        self.env["pemba.opportunity.configuration"].create(
            {
                "lead_id": deal.id,
                "software_id": self.software.id,
                "version_id": self.old.id,
                "deployment_type_id": self.on_premise.id,
                "module_ids": [Command.set(self.maps.ids)],
                "seat_count": 10,
            }
        ).action_apply()
        deal.action_set_won()
        self.start_tour("/odoo/pemba-deliveries", "pemba_crm_deliver_and_upgrade", login="pemba_support")
        equipment = deal.equipment_ids
        self.assertEqual((equipment.serial_number, equipment.version_id), ("GEO-0001", self.new))
        self.assertEqual(equipment.event_ids.sorted("id").mapped("kind"), ["install", "upgrade"])
        self.assertFalse(deal.is_to_deliver)
