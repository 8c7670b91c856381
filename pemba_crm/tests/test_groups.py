from odoo.exceptions import AccessError

from .common import PembaCommon


class TestGroups(PembaCommon):
    def test_sales_rights_bring_ours(self):
        self.assertTrue(self.salesperson.has_group("pemba_crm.group_user"))
        self.assertFalse(self.salesperson.has_group("pemba_crm.group_margin"))
        self.assertFalse(self.salesperson.has_group("pemba_crm.group_manager"))
        self.assertTrue(self.manager.has_group("pemba_crm.group_manager"))
        self.assertTrue(self.manager.has_group("pemba_crm.group_margin"))

    def test_accountant_reads_accounting(self):
        self.assertTrue(self.accountant.has_group("account.group_account_readonly"))
        self.assertFalse(self.accountant.has_group("account.group_account_invoice"))

    def test_support_and_accountants_sell_nothing(self):
        opportunity = self._create_opportunity()
        for user in (self.support, self.accountant):
            self.assertFalse(user.has_group("pemba_crm.group_user"))
            with self.assertRaises(AccessError):
                opportunity.with_user(user).write({"name": "Changed"})

    def test_salespeople_see_their_own_opportunities_as_in_odoo(self):
        own = self._create_opportunity()
        other = self._create_opportunity(user_id=self.manager.id)
        seen = self.env["crm.lead"].with_user(self.salesperson).search([("id", "in", (own | other).ids)])
        self.assertEqual(seen, own)
        seen = self.env["crm.lead"].with_user(self.manager).search([("id", "in", (own | other).ids)])
        self.assertEqual(seen, own | other)

    def test_the_menu_is_for_those_who_work_in_it(self):
        menu = self.env.ref("pemba_crm.pemba_crm_menu_root")
        employee = self._create_user("pemba_employee", "base.group_user")
        for user in (self.salesperson, self.manager, self.support, self.accountant):
            self.assertIn(menu.id, self.env["ir.ui.menu"].with_user(user)._visible_menu_ids(), user.login)
        self.assertNotIn(menu.id, self.env["ir.ui.menu"].with_user(employee)._visible_menu_ids())

    def test_only_managers_map_stages(self):
        stage = self.stages["P"][:1]
        with self.assertRaises(AccessError):
            stage.with_user(self.salesperson).pemba_step = "E"
        stage.with_user(self.manager).pemba_step = "E"
        self.assertEqual(stage.pemba_step, "E")

    def test_managers_see_and_set_what_a_stage_requires(self):
        stage = self.stages["B"][:1].with_user(self.manager)
        field = self.env["ir.model.fields"]._get("crm.lead", "date_deadline")
        stage.gate_field_ids = field.ids
        stage.invalidate_recordset()
        specification = {"gate_field_ids": {"fields": {"display_name": {}}}}
        [read] = stage.web_read(specification)
        self.assertEqual([gate["id"] for gate in read["gate_field_ids"]], field.ids)
