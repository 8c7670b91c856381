"""Contacts who come to belong to another company, or leave it: what goes along, and whose it is."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestMoves(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        cls.person = partners.create({"name": "Person"})
        cls.rival = cls.env["pemba.competitor.product"].create(
            {"name": "Rival", "competitor_id": cls.distributor.id}
        )
        cls.equipment = cls._create_equipment(
            partner_id=cls.person.id, state="in_service", in_service_date="2020-01-01"
        )
        cls.contract = cls._create_contract(
            {"price_unit": 100, "equipment_id": cls.equipment.id},
            partner_id=cls.person.id,
            contact_id=cls.person.id,
        )
        cls.installation = cls.env["pemba.competitor.installation"].create(
            {"partner_id": cls.person.id, "competitor_product_id": cls.rival.id}
        )
        cls.editor = cls._create_user("pemba_contact_editor", "base.group_partner_manager")
        cls.both = cls._create_user(
            "pemba_both", "pemba_crm.group_support,sales_team.group_sale_salesman_all_leads"
        )
        cls.both.group_ids |= cls.env.ref("base.group_partner_manager")
        cls.all = (cls.equipment, cls.contract, cls.installation)

    def _get_owners(self):
        self.env.invalidate_all()
        return [one.partner_id for one in self.all]

    def _get_events(self):
        return [(event.kind, event.partner_id.name) for event in self.equipment.event_ids.sorted("id")]

    def test_what_who_joins_has_goes_along_and_back(self):
        self.person.with_user(self.both).parent_id = self.customer
        self.assertEqual(self._get_owners(), [self.customer] * 3)
        self.assertEqual(self.equipment.site_id, self.person)
        self.assertEqual([one.came_with_id for one in self.all], [self.person] * 3)
        self.person.with_user(self.both).parent_id = False
        self.assertEqual(self._get_owners(), [self.person] * 3)
        self.assertFalse([one for one in self.all if one.came_with_id])
        self.assertEqual(
            self._get_events(),
            [("install", "Person"), ("transfer", "Customer"), ("transfer", "Person")],
        )
        self.assertEqual(self.equipment.coverage_state, "covered")

    def test_from_one_company_to_another(self):
        for company in (self.customer, self.other):
            self.person.with_user(self.both).parent_id = company
            self.assertEqual(self._get_owners(), [company] * 3)
        self.assertEqual(self.geo.partner_id, self.customer)  # what never was the person's stays

    def test_what_went_to_somebody_else_does_not_come_back(self):
        self.person.parent_id = self.customer
        self.equipment._transfer(self.other)
        self.person.parent_id = False
        self.assertEqual(self._get_owners(), [self.other, self.person, self.person])

    def test_what_the_user_may_not_write_stays_and_who_may_is_asked(self):
        """A contact editor, and a salesperson: equipment is moved by support."""
        self.contract.user_id = self.both
        for user in (self.editor, self.salesperson):
            person = self.person.with_user(user)
            person.parent_id = self.customer
            installed, contract, _known = self._get_owners()
            self.assertEqual(installed | contract, self.person)
            self.assertEqual(self._get_events(), [("install", "Person")])
            [asked] = self.person.activity_ids
            self.assertEqual(asked.user_id, self.both)
            self.assertIn("Did not go along: Equipment (1), Contract (1)", asked.note)
            self.assertNotIn(self.equipment.name, asked.note)  # the contact is seen by more people
            self.assertTrue(person.has_left_behind)
            with self._refused(UserError, "You may not move all that Person has"):
                person.action_take_along()
            self.assertEqual(person.sudo().check_right("hotline", self.equipment.id)["status"], "open")
            person.parent_id = False
            self.assertFalse(self.person.activity_ids)
            self.assertFalse(person.has_left_behind)
        self.person.with_user(self.salesperson).parent_id = self.customer
        self.person.with_user(self.both).action_take_along()
        self.assertEqual(self._get_owners(), [self.customer] * 3)
        self.assertFalse(self.person.activity_ids)
        self.assertFalse(self.person.has_left_behind)
        self.assertEqual(self.equipment.coverage_state, "covered")

    def test_who_moves_on_is_asked_about_anew(self):
        person = self.person.with_user(self.editor)
        for company in (self.customer, self.other):
            person.parent_id = company
            [asked] = self.person.activity_ids
            self.assertIn(f"belongs to {company.name} now", asked.note)

    def test_a_part_that_stays_is_said(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self._create_equipment(partner_id=self.person.id, company_id=elsewhere.id, state="in_service")
        self.person.with_user(self.editor).parent_id = self.customer
        message = self.person.with_user(self.both).action_take_along()["params"]["message"]
        self.assertIn("still there: Equipment (1).", message)
        self.assertEqual(self._get_owners(), [self.customer] * 3)

    def test_what_was_moved_meanwhile_leaves_too(self):
        """Its site and its host are of the company that is left, a contract's contact, too."""
        self.person.parent_id = self.customer
        server = self._create_equipment(
            kind="hardware", product_id=self.server.id, software_id=False, version_id=False
        )
        server.action_start()
        self.equipment._move(self.plant)
        self.equipment.parent_id = server
        colleague = self.env["res.partner"].create({"name": "Colleague", "parent_id": self.customer.id})
        self.contract.contact_id = colleague
        self.person.parent_id = False
        self.assertEqual(self._get_owners(), [self.person] * 3)
        self.assertEqual(self.equipment.site_id, self.person)
        self.assertFalse(self.equipment.parent_id)
        self.assertFalse(self.contract.contact_id)

    def test_what_a_contract_of_the_company_covers_stays_with_it(self):
        """Until somebody says what becomes of the contract."""
        self.person.parent_id = self.customer
        self.contract._set(came_with_id=False)  # as one that the company made
        self.person.parent_id = False
        self.assertEqual(self._get_owners()[:2], [self.customer, self.customer])
        self.assertTrue(self.person.activity_ids)
        self.assertEqual(self.equipment.coverage_state, "covered")
        with self._refused(UserError, "in a contract that stays"):
            self.person.with_user(self.both).action_take_along()

    def test_an_open_renewal_is_for_whom_the_contract_is(self):
        contract = self._create_contract({"price_unit": 100}, contact_id=self.plant.id)
        contract.contact_id = employee = self.env["res.partner"].create(
            {"name": "Employee", "parent_id": self.customer.id}
        )
        lead = contract._open_renewals()
        self.assertEqual((lead.partner_id, lead.customer_id), (employee, self.customer))
        employee.with_user(self.editor).parent_id = self.other
        self.assertEqual(lead.customer_id, self.customer)
        lead.partner_id = self.other  # a person says so, and it cannot be won then
        self.assertEqual(lead.customer_id, self.other)
        theirs = self.contract._open_renewals()
        self.person.parent_id = self.customer
        self.assertEqual((theirs.customer_id, self.contract.partner_id), (self.customer, self.customer))
        self.person.parent_id = False
        self.assertEqual((theirs.customer_id, self.contract.partner_id), (self.person, self.person))

    def test_what_is_written_again_is_not_forgotten(self):
        """By a second import of the customers, or the same company by its contact."""
        self.person.parent_id = self.customer
        for one in self.all:
            one.write({"partner_id": self.customer.id})
            one.write({"partner_id": self.plant.id})
        self.assertEqual([one.came_with_id for one in self.all], [self.person] * 3)
        self.person.parent_id = False
        self.assertEqual(self._get_owners(), [self.person] * 3)

    def test_a_contract_leaves_the_people_behind(self):
        self.person.parent_id = self.customer
        self.contract.write(
            {
                "invoice_partner_id": self.plant.id,
                "authorized_partner_ids": [Command.set((self.plant | self.distributor).ids)],
            }
        )
        self.person.parent_id = False
        self.assertFalse(self.contract.invoice_partner_id)
        self.assertEqual(self.contract.authorized_partner_ids, self.distributor)

    def test_what_went_along_is_told(self):
        self.person.with_user(self.both).parent_id = self.customer
        bodies = " ".join(self.person.message_ids.mapped("body"))
        self.assertIn("Went along to Customer: Equipment (1), Contract (1)", bodies)

    def test_what_stays_is_asked_about_each_time(self):
        """Also after it was done once, and where it came along by somebody else before."""
        person = self.person.with_user(self.editor)
        person.parent_id = self.customer
        self.person.with_user(self.both).action_take_along()
        person.parent_id = False
        self.assertEqual(self._get_owners(), [self.customer] * 3)
        self.env.invalidate_all()
        self.assertTrue(self.person.has_left_behind)
        [asked] = self.person.activity_ids
        self.assertIn("Equipment (1)", asked.note)
        self.person.with_user(self.both).action_take_along()
        self.assertEqual(self._get_owners(), [self.person] * 3)

    def test_the_next_term_goes_with_the_one_before(self):
        self.person.parent_id = self.customer
        successor = self.contract._renew()
        self.person.parent_id = False
        self.assertEqual((successor.partner_id, self.contract.partner_id), (self.person, self.person))

    def test_what_was_transferred_is_nobodys_any_more(self):
        self.person.parent_id = self.customer
        self.equipment._transfer(self.other)
        self.assertFalse(self.equipment.came_with_id)
        self.person.parent_id = self.other
        self.person.parent_id = False
        self.assertEqual(self.equipment.partner_id, self.other)

    def test_what_does_not_change_costs_nothing(self):
        self.env.flush_all()
        self.person.parent_id = self.customer
        self.env.flush_all()
        self.assertEqual(self.person.parent_id.name, "Customer")
        with self.assertQueryCount(12):  # Odoo's own 12
            self.person.write({"parent_id": self.customer.id, "is_company": False})
            self.env.flush_all()

    def test_a_manager_is_asked_where_nobody_in_charge_may(self):
        self.person.with_user(self.editor).parent_id = self.customer
        user = self.person.activity_ids.user_id
        self.assertTrue(user.has_group("pemba_crm.group_manager"))
        self.assertTrue(self.equipment.with_user(user).has_access("write"))

    def test_what_is_of_another_company_of_ours_stays(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self._create_equipment(
            partner_id=self.person.id, company_id=elsewhere.id, state="in_service"
        )
        there = self._create_user("pemba_elsewhere", "sales_team.group_sale_manager")
        there.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        self.person.with_user(self.both).parent_id = self.customer
        self.assertEqual(self._get_owners(), [self.customer] * 3)
        self.assertEqual(theirs.partner_id, self.person)
        [asked] = self.person.activity_ids
        self.assertIn(elsewhere, asked.user_id.company_ids)
        self.assertIn("along: Equipment (1).", asked.note)
        self.person.with_user(there).action_take_along()
        self.assertEqual(theirs.partner_id, self.customer)

    def test_what_is_over_stays_with_who_had_it(self):
        retired = self._create_equipment(
            partner_id=self.person.id, state="in_service", in_service_date="2020-01-01"
        )
        retired._retire()
        ended = self._create_contract(
            {"price_unit": 50}, partner_id=self.person.id, date_start="2020-01-01", date_end="2020-12-31"
        )
        events = retired.event_ids
        self.person.parent_id = self.customer
        self.assertEqual((retired.partner_id, ended.partner_id), (self.person, self.person))
        self.assertEqual(retired.event_ids, events)
        self.assertFalse(self.person.has_left_behind)

    def test_a_closed_sale_stays_with_the_company_that_it_was_made_with(self):
        employee = self.env["res.partner"].create({"name": "Employee", "parent_id": self.customer.id})
        won, lost, opened = (self._create_opportunity(partner_id=employee.id) for _one in range(3))
        won.action_set_won()
        lost.action_set_lost()
        employee.with_user(self.salesperson).parent_id = self.other
        self.assertEqual((won | lost).customer_id, self.customer)
        self.assertEqual(opened.customer_id, self.other)
        self.assertEqual(self.customer.pemba_status, "customer")
        won.partner_id = employee  # as an import that brings it again
        self.assertEqual(won.customer_id, self.customer)
        with Form(won) as form:
            form.partner_id = self.plant
            form.partner_id = employee
        self.assertEqual(won.customer_id, self.customer)
        won.stage_id = self.stages["M"][:1]  # opened again
        self.assertEqual(won.customer_id, self.other)
        won.action_set_won()
        employee.parent_id = False
        self.assertEqual(won.customer_id, self.other)
        won.partner_id = self.plant  # a person says that it was another's
        self.assertEqual(won.customer_id, self.customer)

    def test_merged_contacts_take_their_closed_sales_along(self):
        double = self.env["res.partner"].create({"name": "Double"})
        employee = self.env["res.partner"].create({"name": "Employee", "parent_id": self.customer.id})
        sale, before = (self._create_opportunity(partner_id=double.id) for _one in range(2))
        before.partner_id = employee
        (sale | before).action_set_won()
        employee.parent_id = self.other
        merging = self.env["base.partner.merge.automatic.wizard"]
        merging._merge((double | employee).ids, employee)
        self.assertEqual(sale.customer_id, self.other)
        self.assertEqual(before.customer_id, self.customer)  # it was made before

    def test_merging_asks_too(self):
        """Odoo has moved the references; what the user may not write is of the contact alone."""
        employee = self.env["res.partner"].create({"name": "Employee", "parent_id": self.customer.id})
        for group in ("base.group_erp_manager", "account.group_account_invoice"):
            self.editor.group_ids |= self.env.ref(group)
        merging = self.env["base.partner.merge.automatic.wizard"].with_user(self.editor)
        merging._merge((self.person | employee).ids, employee)
        self.assertEqual(self.equipment.partner_id, employee)
        self.assertTrue(employee.activity_ids)
        employee.with_user(self.both).action_take_along()
        self.assertEqual(self._get_owners(), [self.customer] * 3)

    def test_nobody_takes_along_what_is_not_theirs(self):
        self.person.with_user(self.editor).parent_id = self.customer
        portal = self.env["res.users"].create(
            {
                "name": "P",
                "login": "pemba_portal_moves",
                "partner_id": self.person.id,
                "group_ids": self.env.ref("base.group_portal").ids,
            }
        )
        with self.assertRaises(UserError):
            self.person.with_user(portal).action_take_along()
        self.assertEqual(self.equipment.partner_id, self.person)
