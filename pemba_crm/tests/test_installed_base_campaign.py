from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PembaEquipmentCommon


@tagged("post_install", "-at_install")
class TestCampaign(PembaEquipmentCommon):
    """Who is behind is asked to upgrade."""

    def test_a_campaign_asks_who_is_behind_to_upgrade(self):
        behind = self._create_equipment(state="in_service") | self._create_equipment(state="in_service")
        elsewhere = self._create_equipment(partner_id=self.other.id, state="in_service")
        current = self._create_equipment(version_id=self.new.id, state="in_service")
        planned = self._create_equipment()
        selected = behind | elsewhere | current | planned
        context = {"active_model": "pemba.equipment", "active_ids": selected.ids}
        campaigns = self.env["pemba.equipment.campaign"].with_context(**context)
        by_support = campaigns.with_user(self.support).create({})
        self.assertEqual((by_support.equipment_ids, by_support.version_id), (behind | elsewhere, self.new))
        by_support.action_launch()
        for one in selected:
            summaries = one.activity_ids.mapped("summary")
            self.assertEqual(summaries, ["Upgrade to Geo 5.0"] if one in behind | elsewhere else [])
        action = campaigns.with_user(self.manager).create({"kind": "opportunity"}).action_launch()
        leads = self.env["crm.lead"].search(action["domain"], order="id")
        self.assertEqual(leads.mapped("partner_id"), self.customer | self.other)
        self.assertEqual(leads.mapped("nature"), ["extension", "extension"])
        configurations = leads.opportunity_configuration_ids
        self.assertEqual(configurations.equipment_id, behind | elsewhere)
        self.assertEqual(configurations.version_id, self.new)
        self.assertEqual(configurations.mapped("seat_count"), [10, 10, 10])
        for chosen, vals, message in (
            (current, {}, "is behind"),
            (planned, {}, "is behind"),
            (behind, {}, "asked for already"),
            (behind, {"kind": "opportunity"}, "asked for already"),
        ):
            with self._refused(UserError, message):
                campaigns.with_context(active_ids=chosen.ids).create(vals).action_launch()
        behind[0].action_upgrade(self.new)
        behind[1]._retire()
        self.assertFalse(behind.activity_ids)
        self.assertTrue(elsewhere.activity_ids)

    def test_a_campaign_takes_several_software(self):
        geo = self._create_equipment(state="in_service")
        payroll = self._create_software("Payroll")
        versions = [self._create_version(payroll, name, -9, sequence=int(name)) for name in "12"]
        other = self._create_equipment(
            software_id=payroll.id, version_id=versions[0].id, deployment_type_id=False, state="in_service"
        )
        campaigns = self.env["pemba.equipment.campaign"].with_user(self.support)
        campaign = campaigns.create({"equipment_ids": [Command.set((geo | other).ids)]})
        self.assertEqual(
            (campaign.version_id.ids, campaign.equipment_count, campaign.may_sell), ([], 2, False)
        )
        campaign.action_launch()
        self.assertEqual(
            (geo | other).activity_ids.mapped("summary"), ["Upgrade to Geo 5.0", "Upgrade to Payroll 2"]
        )

    def test_a_hundred_upgrades_cost_no_query_each(self):
        def count(size):
            equipment = self.env["pemba.equipment"].create(
                [
                    {"partner_id": self.customer.id, "software_id": self.software.id, "state": "in_service"}
                    | {"version_id": self.old.id, "in_service_date": self._day(-5)}
                    for _rank in range(size)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            equipment.action_upgrade(self.new)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(100) - count(5), 5)
