from random import Random

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestCustomerStatus(PembaContractCommon):
    """Customer, customer-prospect, prospect, lost prospect, unqualified: every way from one to another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"]
        cls.company = cls.partners.create({"name": "Nova", "is_company": True})
        cls.person = cls.partners.create({"name": "Ada", "parent_id": cls.company.id})
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})

    def _check(self, status, partners=None):
        """The status of companies and their contacts, the same as what the daily job would give."""
        partners = partners or self.company | self.person
        self.assertEqual(set(partners.mapped("pemba_status")), {status})
        self.assertEqual(self.partners._cron_follow_status(), 0)

    def _open(self, **vals):
        return self._create_opportunity(partner_id=self.person.id, **vals)

    def test_sales(self):
        self._check("unqualified")
        lead = self._open(type="lead")
        self._check("unqualified")
        lead.convert_opportunity(self.person)
        self._check("prospect")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self._check("lost_prospect")
        lead.action_unarchive()
        self._check("prospect")
        lead.action_set_won()
        self._check("customer")
        more = self._open()
        self._check("customer_prospect")
        more.action_set_lost(lost_reason_id=self.reason.id)
        self._check("customer")
        lead.stage_id = self.stages["M"][:1]
        self._check("prospect")
        lead.action_archive()
        self._check("lost_prospect")
        (lead | more).unlink()
        self._check("unqualified")

    def test_a_sale_changes_its_customer(self):
        other = self.partners.create({"name": "Other company", "is_company": True})
        lead = self._open()
        lead.partner_id = other
        self._check("unqualified")
        self._check("prospect", other)
        alone = self.partners.create({"name": "Alone"})
        lead.partner_id = alone
        self._check("prospect", alone)
        alone.parent_id = self.company
        self._check("prospect", self.company | self.person | alone)
        self._check("unqualified", other)
        alone.parent_id = other
        self._check("unqualified")
        self._check("prospect", other | alone)

    def test_what_is_archived(self):
        lead = self._open()
        lead.active = False
        self._check("lost_prospect")
        lead.active = True
        self._check("prospect")
        self.person.active = False
        self._check("prospect")
        newcomer = self.partners.create({"name": "Newcomer", "parent_id": self.company.id})
        self._check("prospect", newcomer)

    def test_equipment(self):
        geo = self._create_equipment(partner_id=self.person.id)
        self._check("unqualified")
        geo.action_start()
        self._check("customer")
        self._open()
        self._check("customer_prospect")
        geo.action_suspend()
        self._check("customer_prospect")
        geo._retire()
        self._check("prospect")

    def test_contracts_by_their_days(self):
        today = fields.Date.to_date("2026-06-15")
        with freeze_time(today):
            contract = self._create_contract(
                {"price_unit": 100}, partner_id=self.company.id, date_start="2026-07-01", state="draft"
            )
            contract.action_start()
            self._check("unqualified")
        with freeze_time("2026-07-01"):
            self.partners._cron_follow_status()
            self._check("customer")
            self.assertEqual(self.person.pemba_status_date, fields.Date.to_date("2026-07-01"))
        with freeze_time("2027-05-15"):
            renewal = contract._open_renewals()
            self.partners._cron_follow_status()
            self._check("customer")  # a due renewal is no new business
            extension = self._open()
            self._check("customer_prospect")
            extension.action_set_lost(lost_reason_id=self.reason.id)
        with freeze_time("2027-07-02"):
            self.partners._cron_follow_status()
            self._check("prospect")  # all that is left is the renewal
            renewal.action_set_won()
            self._check("customer")

    def test_the_day_is_that_of_the_change(self):
        with freeze_time("2026-03-01"):
            lead = self._open()
            self._check("prospect")
        with freeze_time("2026-04-01"):
            lead.expected_revenue = 10
            self._open()
            self._check("prospect")
            self.assertEqual(self.company.pemba_status_date, fields.Date.to_date("2026-03-01"))
            lead.action_set_won()
            self._check("customer_prospect")
        for partner in self.company | self.person:
            self.assertEqual(partner.pemba_status_date, fields.Date.to_date("2026-04-01"))

    def test_merged_opportunities(self):
        won = self._open()
        won.action_set_won()
        leads = self._open(name="One") | self._open(name="Two")
        leads.merge_opportunity()
        self._check("customer_prospect")

    def _merge(self, *partners):
        """The last one stays."""
        everyone = self.partners.browse(partner.id for partner in partners)
        self.env["base.partner.merge.automatic.wizard"]._merge(everyone.ids, partners[-1])

    def test_merged_companies(self):
        double = self.partners.create({"name": "Nova Ltd", "is_company": True})
        lead = self._create_opportunity(
            partner_id=double.id,
            opportunity_line_ids=[Command.create({"product_id": self.licence.id, "quantity": 3})],
        )
        lead.action_set_won()
        self._open()
        geo = self._create_equipment(partner_id=double.id, state="in_service", in_service_date="2020-01-01")
        contract = self._create_contract({"price_unit": 100}, partner_id=double.id)
        product = self.env["pemba.competitor.product"].create(
            {"name": "Rival", "competitor_id": self.other.id}
        )
        installation = self.env["pemba.competitor.installation"].create(
            {"partner_id": double.id, "competitor_product_id": product.id}
        )
        events = len(geo.event_ids)
        self._merge(double, self.company)
        self.assertEqual(lead.customer_id | geo.partner_id | contract.partner_id, self.company)
        self.assertEqual((geo.event_ids.partner_id, len(geo.event_ids)), (self.company, events))
        self.assertEqual(installation.partner_id, self.company)
        self.assertEqual(lead.opportunity_line_ids.quantity, 3)
        self._check("customer_prospect")

    def test_merged_contacts_of_two_companies(self):
        other = self.partners.create({"name": "Other company", "is_company": True})
        colleague = self.partners.create({"name": "Ada L.", "parent_id": other.id})
        lead = self._create_opportunity(partner_id=colleague.id)
        self._check("prospect", other | colleague)
        self._merge(colleague, self.person)
        self.assertEqual(lead.customer_id, self.company)
        self._check("prospect")
        self._check("unqualified", other)

    def test_somebody_merged_into_a_companys_contact(self):
        double = self.partners.create({"name": "Ada"})
        geo = self._create_equipment(partner_id=double.id, state="in_service", in_service_date="2020-01-01")
        contract = self._create_contract({"price_unit": 100}, partner_id=double.id)
        self._merge(double, self.person)
        self.assertEqual(geo.partner_id | contract.partner_id, self.company)
        self._check("customer")

    def test_former_customers(self):
        lead = self._open()
        lead.action_set_won()
        former = [("is_former_customer", "=", True)]
        ours = [("id", "in", (self.company | self.person).ids)]
        self.assertEqual(self.partners.search(former + ours), self.company | self.person)
        self.assertTrue(self.person.is_former_customer)
        geo = self._create_equipment(
            partner_id=self.company.id, state="in_service", in_service_date="2020-01-01"
        )
        self.assertFalse(self.partners.search(former + ours))
        self.env.invalidate_all()
        self.assertFalse(self.company.is_former_customer)
        geo._retire()
        self.assertTrue(self.partners.search(former + ours))
        self._create_contract({"price_unit": 100}, partner_id=self.company.id)
        self.assertFalse(self.partners.search(former + ours))

    def test_who_is_tracked(self):
        publisher = self.partners.create({"name": "Publisher", "is_company": True})
        self.software.publisher_id = publisher
        tracked = self.partners.search([("is_tracked", "=", True)])
        for partner in (self.person, self.distributor, publisher, self.env.company.partner_id):
            self.assertNotIn(partner, tracked)
        self.assertNotIn(self.salesperson.partner_id, tracked)
        self.assertIn(self.company, tracked)
        self.assertTrue(self.company.is_tracked)
        employee = self._create_user("pemba_employee", "base.group_user")
        self.assertTrue(self.company.with_user(employee).is_tracked)
        theirs = self.company.with_user(employee)
        theirs.read(
            [name for name in theirs.fields_get() if "pemba_crm" in self.partners._fields[name]._modules]
        )

    def test_customers_are_found_by_their_distributor(self):
        lead = self._open(distributor_id=self.distributor.id)
        self.assertEqual(self.person.distributor_ids, self.distributor)
        self.assertEqual(
            self.partners.search([("distributor_ids", "in", self.distributor.ids)]),
            self.company | self.person,
        )
        self.assertTrue(self.partners.search([("distributor_ids", "ilike", "Distrib")]))
        lead.distributor_id = False
        self.assertFalse(self.partners.search([("distributor_ids", "in", self.distributor.ids)]))

    def test_all_companies_count(self):
        company = self.env["res.company"].create({"name": "Second"})
        self.env["crm.lead"].create(
            {"name": "There", "type": "opportunity", "partner_id": self.company.id, "company_id": company.id}
        )
        self._check("prospect")
        self.assertEqual(self.company.with_user(self.salesperson).pemba_status, "prospect")

    def test_the_panel_counts(self):
        self._open()
        tracked = self.partners.with_user(self.manager)
        domain = [("is_tracked", "=", True), ("id", "in", (self.company | self.customer).ids)]
        panel = tracked.search_panel_select_range(
            "pemba_status", enable_counters=True, search_domain=domain, expand=False
        )
        counts = {value["id"]: value["__count"] for value in panel["values"]}
        self.assertEqual(counts, {"prospect": 1, "customer": 1})
        distributors = tracked.search_panel_select_multi_range("distributor_ids", expand=True)
        offered = [value["id"] for value in distributors["values"]]
        self.assertIn(self.distributor.id, offered)
        self.assertNotIn(self.company.id, offered)

    def test_many_are_created_without_a_query_each(self):
        def count(size):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.partners.create([{"name": f"Many {rank}"} for rank in range(size)])
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLess(count(40) - count(20), 10)

    def test_whatever_happens_the_status_is_what_is_recorded(self):
        for seed in range(4):
            with self.subTest(seed=seed):
                self._live_through(Random(seed))

    def _live_through(self, random):
        """Thirty random things happen to three companies and their contacts."""
        companies = self.partners.create(
            [{"name": f"Company {rank}", "is_company": True} for rank in range(3)]
        )
        contacts = self.partners.create(
            [{"name": f"Contact {rank}", "parent_id": company.id} for rank, company in enumerate(companies)]
        )
        everybody = companies | contacts
        leads = self.env["crm.lead"].with_context(active_test=False)
        equipment = self.env["pemba.equipment"]
        done = []
        for _step in range(30):
            partner, lead = random.choice(everybody), random.choice(leads or [leads])
            piece = random.choice(equipment or [equipment])
            action = random.choice(("open", "win", "lose", "reopen", "give", "delete", "move", "install"))
            done.append(action)
            if action == "open":
                kind = random.choice(("lead", "opportunity"))
                leads |= self._create_opportunity(type=kind, partner_id=partner.id)
            elif action == "win" and lead.won_status == "pending":
                lead.action_set_won()
            elif action == "lose" and lead.won_status != "lost":
                lead.action_set_lost(lost_reason_id=self.reason.id)
            elif action == "reopen" and lead.won_status == "lost":
                lead.action_unarchive()
            elif action == "give":
                lead.partner_id = partner
            elif action == "delete":
                leads -= lead
                lead.unlink()
            elif action == "move":
                random.choice(contacts).parent_id = random.choice(companies)
            elif action == "install":
                equipment |= self._create_equipment(
                    partner_id=partner.id, state="in_service", in_service_date="2020-01-01"
                )
                if piece.state == "in_service":
                    piece._retire()
            self.assertEqual(self.partners._cron_follow_status(), 0, done)
            for contact in contacts:
                self.assertEqual(contact.pemba_status, contact.parent_id.pemba_status, done)
