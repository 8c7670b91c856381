from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from .common import PembaCommon


class TestReassigning(PembaCommon):
    def test_taking_over_is_one_click(self):
        deal = self._create_opportunity(user_id=False)
        deal.with_user(self.salesperson).action_assign_to_me()
        self.assertEqual(deal.user_id, self.salesperson)

    def test_a_portfolio_moves_with_its_activities(self):
        successor = self._create_user("pemba_successor", "sales_team.group_sale_salesman")
        here, other = self._create_opportunity(), self._create_opportunity(user_id=self.manager.id)
        lost, won = self._create_opportunity(), self._create_opportunity("A")
        lost.action_set_lost()
        to_call, of_another = (
            here.activity_schedule("mail.mail_activity_data_call", user_id=user.id)
            for user in (self.salesperson, self.manager)
        )
        with Form(self.env["pemba.portfolio.transfer"].with_user(self.manager)) as form:
            form.user_id = self.salesperson
            form.new_user_id = successor
        transfer = form.save()
        self.assertEqual(transfer.lead_ids, here)
        transfer.action_transfer()
        self.assertEqual(here.user_id, successor)
        self.assertEqual(to_call.user_id, successor)
        self.assertEqual(of_another.user_id, self.manager)
        self.assertEqual(other.user_id, self.manager)
        self.assertEqual((lost | won).user_id, self.salesperson)

    def test_a_part_of_a_portfolio(self):
        zone = self._create_zone("East")
        below = self._create_zone("North East", parent_id=zone.id)
        east = self._create_opportunity(zone_id=below.id)
        self._create_opportunity()
        transfer = self.env["pemba.portfolio.transfer"].create(
            {"user_id": self.salesperson.id, "zone_id": zone.id, "new_user_id": self.manager.id}
        )
        self.assertEqual(transfer.lead_ids, east)

    def test_what_is_selected_in_a_list(self):
        selected, won = self._create_opportunity(), self._create_opportunity("A")
        self._create_opportunity()
        transfer = (
            self.env["pemba.portfolio.transfer"]
            .with_context(active_model="crm.lead", active_ids=(selected | won).ids)
            .create({"new_user_id": self.manager.id})
        )
        self.assertEqual((transfer.lead_ids, transfer.user_id), (selected, self.salesperson))

    def test_moving_nothing_says_so(self):
        transfer = self.env["pemba.portfolio.transfer"].create({"new_user_id": self.manager.id})
        with self._refused(UserError, "nothing to move"):
            transfer.action_transfer()

    def test_it_is_for_managers(self):
        with self.assertRaises(AccessError):
            self.env["pemba.portfolio.transfer"].with_user(self.salesperson).create(
                {"new_user_id": self.salesperson.id}
            )


class TestMerging(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls._currency("CHF")
        cls.zone = cls._create_zone("Alps", currency_id=cls.foreign.id)

    def test_the_amount_is_kept_in_its_currency(self):
        head = self._create_opportunity("M")
        tail = self._create_opportunity("P", zone_id=self.zone.id, deal_amount=500, deal_rate=2)
        merged = (head | tail).merge_opportunity()
        self.assertEqual(merged, head)
        self.assertEqual((merged.deal_currency_id, merged.deal_amount), (self.foreign, 500))
        self.assertEqual(merged.zone_id, self.zone)

    def test_a_zone_is_kept_where_it_was_chosen_by_hand(self):
        america = self._create_zone("America", self.env.ref("base.us"))
        head = self._create_opportunity("M", country_id=self.env.ref("base.us").id)
        merged = (head | self._create_opportunity("P")).merge_opportunity()
        self.assertEqual((merged.zone_id, merged.is_zone_manual), (america, False))

    def test_two_currencies_are_refused(self):
        deals = self._create_opportunity(zone_id=self.zone.id, deal_amount=500)
        deals |= self._create_opportunity("M", expected_revenue=500)
        with self._refused(UserError, "Opportunity at .*different currencies"):
            deals.merge_opportunity()

    def test_automatic_assignment_leaves_these_unmerged(self):
        team = self.env["crm.team"].create({"name": "Team"})
        vals = {"type": "lead", "user_id": False, "team_id": False, "email_from": "same@example.org"}
        foreign = self._create_opportunity(zone_id=self.zone.id, deal_amount=500, **vals)
        leads = foreign | self._create_opportunity(expected_revenue=500, **vals)
        team._allocate_leads_deduplicate(leads)
        self.assertEqual(leads.exists(), leads)
        self.assertEqual(leads.team_id, team)
        foreign.deal_amount = 0
        team._allocate_leads_deduplicate(leads)
        self.assertEqual(len(leads.exists()), 2)  # the caller deletes what was merged
        self.assertEqual(set(leads.mapped("deal_amount")), {0, 500})


class TestSettings(PembaCommon):
    def test_settings_show_and_map_the_stages(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.pemba_maturation_stage_ids, self.stages["M"])
        self.assertFalse(settings.pemba_unmapped_steps)
        stage = self.env["crm.stage"].create({"name": "Negotiation", "sequence": 4})
        settings.write(
            {
                "pemba_maturation_stage_ids": [(4, stage.id)],
                "pemba_evaluation_stage_ids": [(5,)],
            }
        )
        settings.execute()
        self.assertEqual(stage.pemba_step, "M")
        self.assertFalse(self.stages["E"].pemba_step)
        self.assertEqual(self.stages["M"].pemba_step, "M")

    def test_a_stage_at_two_steps_is_refused(self):
        settings = self.env["res.config.settings"].create(
            {"pemba_budgeting_stage_ids": [(6, 0, self.stages["M"].ids)]}
        )
        with self._refused(UserError, "Maturation.*two steps: Maturation and Budgeting"):
            settings.set_values()
