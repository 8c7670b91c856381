from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .reconciliation_common import ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationFixes(ReconciliationCommon):
    """A difference is settled in one click by who has the right; others ask who is in charge."""

    def test_what_is_not_installed_is_delivered(self):
        customer = self._customer("Waiting")
        deal = self._win(customer, {"product_id": self.server.id})
        line = self._run().line_ids
        action = line.with_user(self.manager).action_fix()
        self.assertEqual(action["res_model"], "pemba.equipment.proposal")
        self.assertEqual(action["context"]["default_lead_id"], deal.id)
        message = line.with_user(self.accountant).action_fix()
        self.assertEqual(message["params"]["message"], f"Asked: {self.support.name}.")
        self.assertEqual(self._asked(deal), [(self.support, "Server: Not Installed")])
        note = deal.activity_ids.filtered(lambda one: one.summary == "Server: Not Installed").note
        self.assertIn("To Be Installed: 1.00", note)
        line.with_user(self.accountant).action_fix()
        self.assertEqual(len(self._asked(deal)), 1, "nobody is asked twice")
        deal._create_equipment().action_start("2026-06-01")
        self.assertEqual(self._results(self._run()), {("Waiting", "Server"): "not_invoiced"})

    def test_what_was_delivered_and_is_not_in_service_is_looked_at(self):
        deal = self._win(self._customer("Waiting"), {"product_id": self.server.id})
        equipment = deal._create_equipment()
        line = self._run().line_ids
        action = line.with_user(self.manager).action_fix()
        self.assertEqual(self.env["pemba.equipment"].search(action["domain"]), equipment)

    def test_no_more_is_delivered_than_differs(self):
        """Where some of it was put into the base by hand."""
        customer = self._customer("Partly")
        deal = self._win(customer, {"product_id": self.server.id, "quantity": 4})
        self._place(customer, 3)
        line = self._run().line_ids
        self.assertEqual(line.result, "quantity_gap")
        action = line.with_user(self.manager).action_fix()
        delivery = self.env[action["res_model"]].with_user(self.manager)
        delivery = delivery.with_context(**action["context"]).create({})
        self.assertEqual(delivery.lead_id, deal)
        self.assertEqual(sorted(delivery.line_ids.mapped("is_delivered_now")), [False, False, False, True])

    def test_a_sale_is_opened_for_what_runs_unsold_once(self):
        customer = self._customer("Unsold", user_id=self.salesperson.id)
        self._place(customer, 3)
        line = self._line_of(self._run(), customer)
        action = line.with_user(self.manager).action_fix()
        lead = self.env["crm.lead"].browse(action["res_id"])
        self.assertEqual(
            (lead.partner_id, lead.user_id, lead.nature), (customer, self.salesperson, "extension")
        )
        self.assertEqual(
            [(one.product_id, one.quantity) for one in lead.opportunity_line_ids], [(self.server, 3)]
        )
        self.assertEqual(line.with_user(self.manager).action_fix()["res_id"], lead.id)
        self.assertEqual(len(lead.opportunity_line_ids), 1)
        again = self._line_of(self._run("2026-07-31"), customer)
        self.assertEqual(again.fix_lead_id, lead, "the next run knows it")
        self.assertEqual(again.with_user(self.manager).action_fix()["res_id"], lead.id)
        by_accountant = line.with_user(self.accountant)
        by_accountant.action_fix()
        self.assertEqual(self._asked(customer), [(self.salesperson, "Server: Not Sold")])
        with self.assertRaises(AccessError):
            by_accountant.env["crm.lead"].create({"name": "By hand"})

    def test_missing_maintenance_is_offered_at_what_is_missed(self):
        zone, dollar = self._create_dollar_zone(2)
        customer = self._customer("Bare", zone_id=zone.id)
        self._invoice(self._order(customer, self._line(quantity=4, price_unit=900), deal_rate=2))
        self._install(customer, 4)
        line = self._run().line_ids
        self.assertEqual((line.result, line.missed_amount_company), ("not_covered", 324))
        lead = self.env["crm.lead"].browse(line.with_user(self.manager).action_fix()["res_id"])
        [offered] = lead.opportunity_line_ids
        self.assertEqual((offered.product_id, lead.deal_currency_id), (self.maintenance, dollar))
        # 324 euros at 2 dollars a euro
        self.assertEqual((offered.price_unit, lead.deal_amount, lead.expected_revenue), (648, 648, 324))

    def test_maintenance_that_was_sold_is_not_offered_again(self):
        customer = self._customer("Sold twice")
        self._invoice(self._order(customer, self._line(quantity=4, price_unit=900)))
        self._install(customer, 4)
        year = {"date_start": "2026-01-01", "date_end": "2026-12-31"}
        self._order(customer, {"product_id": self.maintenance.id, "price_unit": 648, **year})
        contract = self.env["pemba.contract"].search([("partner_id", "=", customer.id)])
        self.assertEqual(contract.state, "draft")
        line = self._line_of(self._run(), customer, self.licence)
        self.assertEqual(line.result, "not_covered")
        self.assertEqual(line.with_user(self.manager).action_fix()["res_id"], contract.id)

    def test_a_contract_that_did_not_start_is_opened(self):
        customer = self._customer("Draft")
        vals = {"product_id": self.maintenance.id, "date_start": "2026-01-01", "date_end": "2026-12-31"}
        self._invoice(self._order(customer, {**vals, "price_unit": 300}))
        contract = self.env["pemba.contract"].search([("partner_id", "=", customer.id)])
        line = self._run().line_ids
        action = line.with_user(self.manager).action_fix()
        self.assertEqual((action["res_model"], action["res_id"]), ("pemba.contract", contract.id))
        line.with_user(self.accountant).action_fix()
        self.assertEqual(self._asked(contract), [(self.salesperson, "Maintenance: Not Covered")])

    def test_invoices_are_asked_for_or_made(self):
        order = self._order(self._customer("Slow"), {"product_id": self.study.id, "price_unit": 100})
        line = self._run().line_ids
        line.with_user(self.accountant).action_fix()
        self.assertEqual(self._asked(order), [(order.user_id, "Study: Not Invoiced")])
        self.accountant.group_ids += self.env.ref("account.group_account_invoice")
        action = line.with_user(self.accountant).action_fix()
        self.assertEqual(self.env["sale.order"].search(action["domain"]), order)

    def test_the_base_is_corrected_with_a_reason(self):
        customer = self._customer("Wrong")
        self._invoice(self._order(customer, {"product_id": self.server.id, "quantity": 2, "price_unit": 1}))
        server = self._place(customer, 3)
        line = self._run().line_ids
        action = line.with_user(self.manager).action_correct()
        change = self.env[action["res_model"]].with_context(**action["context"]).create({})
        self.assertEqual((change.equipment_ids, change.quantity), (server, 2))
        self.assertIn("06/30/2026", change.note)
        line.with_user(self.accountant).action_correct()
        self.assertEqual(self._asked(customer), [(self.support, "Server: correct the installed base")])

    def test_each_check_by_itself(self):
        """The gravest is settled first; the others have buttons of their own."""
        customer = self._customer("Both")
        deal = self._win(customer, {"product_id": self.server.id})
        line = self._run().line_ids
        self.assertEqual((line.installed_result, line.invoiced_result), ("not_installed", "not_invoiced"))
        line.with_user(self.accountant).action_fix_invoiced()
        self.assertEqual(self._asked(deal), [(self.salesperson, "Server: Not Invoiced")])
        with self._refused(UserError, "matches: there is nothing to settle"):
            line.action_fix_covered()

    def test_one_sale_for_two_checks_is_known_to_each(self):
        customer = self._customer("Both", user_id=self.salesperson.id)
        equipment = self._install(customer, 2)
        line = self._run().line_ids.with_user(self.manager)
        self.assertEqual((line.installed_result, line.covered_result), ("not_sold", "not_covered"))
        lead = line.action_fix_installed()["res_id"]
        self.assertEqual(line.action_fix_covered()["res_id"], lead)
        self.env["pemba.opening.sale"].create(
            {
                "partner_id": customer.id,
                "product_id": equipment.product_id.id,
                "quantity": 2,
                "date": "2020-01-01",
            }
        )
        later = self._run("2026-07-31").line_ids
        self.assertEqual((later.result, later.fix_lead_id.id), ("not_covered", lead))

    def test_two_runs_settle_a_difference_once(self):
        customer = self._customer("Twice", user_id=self.salesperson.id)
        server = self._place(customer, 5)
        first, second = self._run(), self._run("2026-07-31")
        lead = first.line_ids.with_user(self.manager).action_fix()["res_id"]
        self.assertEqual(second.line_ids.with_user(self.manager).action_fix()["res_id"], lead)
        with self._refused(UserError, "it is being sold"):
            first.line_ids.with_user(self.accountant).action_record_opening()
        settlement = self._settlements(first.line_ids)
        settlement.lead_id = False
        first.line_ids.with_user(self.accountant).action_record_opening()
        with self._refused(UserError, "recorded already"):
            second.line_ids.with_user(self.accountant).action_record_opening()
        settlement.lead_id = lead
        self.env["crm.lead"].browse(lead).action_set_won()
        with self._refused(UserError, "was won since: compare again"):
            second.line_ids.with_user(self.manager).action_fix()
        self.env["crm.lead"].browse(lead).date_closed = "2026-01-01 00:00:00"
        server.quantity = 19
        third = self._line_of(self._run(self.today), customer, self.server)
        self.assertTrue(third._is_unsold())
        self.assertNotEqual(third.with_user(self.manager).action_fix()["res_id"], lead)

    def test_what_was_done_from_another_run_is_not_done_again(self):
        customer = self._customer("Twice", user_id=self.salesperson.id)
        self._place(customer, 5)
        first, second = self._run(), self._run("2026-07-31")
        by_accountant = second.line_ids.with_user(self.accountant)
        lead = self.env["crm.lead"].browse(first.line_ids.with_user(self.manager).action_fix()["res_id"])
        with self._refused(UserError, "it is being sold"):
            by_accountant.action_record_opening()
        lead.action_set_won()
        with self._refused(UserError, "was won since: compare again"):
            by_accountant.action_record_opening()
        self.assertFalse(self.env["pemba.opening.sale"].search([("partner_id", "=", customer.id)]))

    def test_what_was_recorded_since_is_not_sold(self):
        self._place(self._customer("Old", user_id=self.salesperson.id), 5)
        first, second = self._run(), self._run("2026-07-31")
        first.line_ids.with_user(self.accountant).action_record_opening()
        with self._refused(UserError, "Old, Server: opening sales were recorded since: compare again"):
            second.line_ids.with_user(self.manager).action_fix()

    def test_who_sells_own_customers_asks_for_those_of_colleagues(self):
        customer = self._customer("Theirs", user_id=self.manager.id)
        self._place(customer)
        line = self._line_of(self._run(), customer)
        self.accountant.group_ids += self.env.ref("sales_team.group_sale_salesman")
        line.with_user(self.accountant).action_fix()
        self.assertEqual(self._asked(customer), [(self.manager, "Server: Not Sold")])
        self.assertFalse(line.fix_lead_id)
