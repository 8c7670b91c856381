from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestCompetitors(PembaContractCommon):
    """What customers have of competitors, what we lose to them, and how often we win."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rival = cls.env["res.partner"].create({"name": "Rival", "is_company": True})
        cls.product, cls.second = cls.env["pemba.competitor.product"].create(
            [
                {
                    "name": "Rival Geo",
                    "competitor_id": rival.id,
                    "replaced_by_ids": [Command.set(cls.software.ids)],
                },
                {"name": "Rival Plan", "competitor_id": rival.id, "kind": "service"},
            ]
        )
        cls.known = cls.env["pemba.competitor.installation"]
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})
        cls.contact = cls.env["res.partner"].create({"name": "Ada", "parent_id": cls.customer.id})

    def _get_known(self, **vals):
        domain = [("partner_id", "=", self.customer.id), *((name, "=", one) for name, one in vals.items())]
        return self.known.with_context(active_test=False).search(domain)

    def test_what_a_sale_was_lost_to_is_what_the_customer_has(self):
        lead = self._create_opportunity(partner_id=self.contact.id)
        with freeze_time("2026-05-04"):
            wizard = self.env["crm.lead.lost"].with_user(self.salesperson)
            with Form(wizard.with_context(default_lead_ids=lead.ids)) as form:
                form.lost_reason_id = self.reason
                form.lost_competitor_product_id = self.product
            form.record.action_lost_reason_apply()
        installation = self._get_known()
        self.assertEqual(
            (installation.competitor_product_id, installation.lead_id, installation.seen_date),
            (self.product, lead, date(2026, 5, 4)),
        )
        self.assertEqual(lead.competitor_product_ids, self.product)
        # another sale lost to it is seen again, not recorded again
        again = self._create_opportunity(partner_id=self.customer.id)
        with freeze_time("2026-06-04"):
            again.action_set_lost(lost_reason_id=self.reason.id, lost_competitor_product_id=self.product.id)
        self.assertEqual(self._get_known(), installation)
        self.assertEqual(installation.seen_date, date(2026, 6, 4))

    def test_it_is_corrected_and_taken_back(self):
        lead = self._create_opportunity(partner_id=self.customer.id)
        lead.action_set_lost(lost_competitor_product_id=self.product.id)
        lead.lost_competitor_product_id = self.second
        self.assertEqual(self._get_known(active=True).competitor_product_id, self.second)
        lead.action_unarchive()
        self.assertFalse(self._get_known())
        self.assertFalse(lead.lost_competitor_product_id)
        lead.action_set_lost(lost_competitor_product_id=self.product.id)
        self.assertEqual(len(self._get_known(active=True)), 1)
        self._get_known().version = "7"
        lead.action_unarchive()
        self.assertEqual((self._get_known().version, self._get_known().lead_id.id), ("7", False))

    def test_what_people_know_stays(self):
        lead = self._create_opportunity(partner_id=self.customer.id)
        lead.action_set_lost(lost_competitor_product_id=self.product.id)
        installation = self._get_known()
        installation.write({"active": False, "seen_date": "2030-01-01"})
        lead.write({"user_id": self.manager.id})
        lead.action_set_lost(lost_reason_id=self.reason.id)
        lead.action_set_lost(lost_competitor_product_id=self.product.id)
        self.assertEqual(self._get_known(), installation)
        self.assertEqual((installation.active, str(installation.seen_date)), (False, "2030-01-01"))

    def test_what_people_changed_is_theirs(self):
        lead = self._create_opportunity(partner_id=self.customer.id)
        lead.action_set_lost(lost_competitor_product_id=self.product.id)
        installation = self._get_known()
        installation.write({"competitor_product_id": self.second.id, "quantity": 9})
        lead.lost_competitor_product_id = self.product
        self.assertEqual(installation.quantity, 9)
        self.assertEqual(len(self._get_known()), 2)
        (self._get_known() - installation).active = False
        lead.action_unarchive()
        lead.action_set_lost(lost_competitor_product_id=self.product.id)
        self.assertEqual(len(self._get_known(active=True)), 2)

    def test_two_sales_lost_to_it(self):
        leads = self._create_opportunity(partner_id=self.customer.id)
        leads |= self._create_opportunity(partner_id=self.customer.id)
        leads.action_set_lost(lost_competitor_product_id=self.product.id)
        installation = self._get_known()
        self.assertEqual(len(installation), 1)
        installation.lead_id.action_unarchive()
        self.assertEqual((installation.active, installation.lead_id.won_status), (True, "lost"))

    def test_lost_sales_are_merged(self):
        leads = self._create_opportunity(partner_id=self.customer.id)
        leads |= self._create_opportunity(partner_id=self.customer.id)
        leads.action_set_lost(lost_reason_id=self.reason.id)
        leads[1].lost_competitor_product_id = self.product
        merged = leads.merge_opportunity()
        merged.expected_revenue = 3
        installation = self._get_known()
        self.assertEqual(
            (merged.lost_competitor_product_id, installation.lead_id, installation.active),
            (self.product, merged, True),
        )

    def test_imported_as_lost(self):
        result = (
            self.env["crm.lead"]
            .with_user(self.manager)
            .with_context(import_file=True)
            .load(
                ["name", "type", "partner_id/.id", "active", "probability", "lost_competitor_product_id/.id"],
                [["Old", "Opportunity", str(self.customer.id), "0", "0", str(self.product.id)]],
            )
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self._get_known().lead_id.ids, result["ids"])

    def test_many_are_lost_without_a_query_each(self):
        def count(size):
            partners = self.env["res.partner"].create(
                [{"name": f"Many {rank}", "is_company": True} for rank in range(size)]
            )
            leads = self.env["crm.lead"].create(
                [
                    {
                        "name": "Lost",
                        "type": "opportunity",
                        "partner_id": partner.id,
                        "lost_competitor_product_id": self.product.id,
                        "active": False,
                        "probability": 0,
                    }
                    for partner in partners
                ]
            )
            known = self.known.search([("partner_id", "in", partners.ids)])
            self.assertEqual(len(known), size)
            known.unlink()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            leads._record_lost()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(3), count(9))

    def test_a_campaign_before_their_contracts_end(self):
        other = self.env["res.partner"].create(
            {"name": "Second", "is_company": True, "user_id": self.manager.id}
        )
        installations = self.known.create(
            [
                {
                    "partner_id": self.contact.id,
                    "competitor_product_id": self.product.id,
                    "quantity": 7,
                    "contract_end_date": "2027-06-30",
                },
                {"partner_id": self.customer.id, "competitor_product_id": self.second.id},
                {
                    "partner_id": other.id,
                    "competitor_product_id": self.product.id,
                    "contract_end_date": "2026-10-01",
                },
            ]
        )
        self.assertEqual(installations[0].partner_id, self.customer)
        campaigns = self.env["pemba.competitor.campaign"].with_context(
            active_model="pemba.competitor.installation", active_ids=installations.ids
        )
        with freeze_time("2026-09-01"):
            campaign = campaigns.create({"name": "Autumn", "months_before": 3})
            self.assertEqual((campaign.customer_count, campaign.asked_count), (2, 0))
            campaign.action_launch()
            first, third = installations[0].opportunity_id, installations[2].opportunity_id
            self.assertEqual(installations[1].opportunity_id, first)
            self.assertEqual(
                (first.partner_id, first.date_deadline, third.date_deadline, third.user_id),
                (self.customer, date(2027, 3, 30), date(2026, 9, 1), self.manager),
            )
            configuration = first.opportunity_configuration_ids
            self.assertEqual((configuration.software_id, configuration.seat_count), (self.software, 7))
            self.assertEqual(first.competitor_product_ids, self.product | self.second)
            with self._refused(UserError, "already"):
                campaigns.create({"name": "Again"}).action_launch()
            third.action_set_lost(lost_reason_id=self.reason.id)
            self.assertEqual(campaigns.create({"name": "Again"}).customer_count, 1)

    def test_how_often_we_win(self):
        zone = self._create_zone("North")
        for result in ("won", "won", "lost", "open"):
            lead = self._create_opportunity(
                partner_id=self.customer.id,
                zone_id=zone.id,
                competitor_product_ids=[Command.set((self.product | self.second).ids)],
            )
            if result == "won":
                lead.action_set_won()
            elif result == "lost":
                lead.action_set_lost(lost_competitor_product_id=self.second.id)
        report = self.env["pemba.competitor.report"]
        groups = report._read_group(
            [("zone_id", "=", zone.id)],
            ["competitor_product_id"],
            ["won_count:sum", "lost_count:sum", "lost_to_count:sum", "win_rate:avg", "__count"],
        )
        self.assertEqual(
            {product: (*counts, round(rate, 2), rows) for product, *counts, rate, rows in groups},
            {self.product: (2, 1, 0, 66.67, 4), self.second: (2, 1, 1, 66.67, 4)},
        )
        [(_competitor, won, rate)] = report._read_group(
            [("zone_id", "=", zone.id)], ["competitor_id"], ["won_count:sum", "win_rate:avg"]
        )
        self.assertEqual((won, round(rate, 2)), (2, 66.67))
        colleague = self._create_user("pemba_colleague", "sales_team.group_sale_salesman")
        self.assertFalse(report.with_user(colleague).search([("zone_id", "=", zone.id)]))
        self.assertEqual(len(report.with_user(self.salesperson).search([("zone_id", "=", zone.id)])), 8)

    def test_merged_opportunities_keep_what_is_known(self):
        one, two = (
            self._create_opportunity(
                partner_id=self.customer.id, competitor_product_ids=[Command.set(product.ids)]
            )
            for product in (self.product, self.second)
        )
        installation = self.known.create(
            {
                "partner_id": self.customer.id,
                "competitor_product_id": self.second.id,
                "opportunity_id": two.id,
            }
        )
        merged = (one | two).merge_opportunity()
        self.assertEqual(merged.competitor_product_ids, self.product | self.second)
        self.assertEqual(installation.opportunity_id, merged)

    def test_who_joins_a_company(self):
        alone = self.env["res.partner"].create({"name": "Alone"})
        installation = self.known.create({"partner_id": alone.id, "competitor_product_id": self.product.id})
        alone.parent_id = self.customer
        self.assertEqual(installation.partner_id, self.customer)

    def test_who_may_do_what(self):
        vals = {"partner_id": self.customer.id, "competitor_product_id": self.product.id}
        installation = self.known.with_user(self.support).create(vals)
        with self._refused(AccessError, "."):
            installation.unlink()
        with self._refused(AccessError, "."):
            self.known.with_user(self.accountant).create(vals)
        with self._refused(AccessError, "."):
            self.product.with_user(self.support).name = "Theirs"
        self.product.with_user(self.salesperson).note = "Slow"
        employee = self._create_user("pemba_employee", "base.group_user")
        with self._refused(AccessError, "."):
            installation.with_user(employee).read(["version"])
        company = self.env["res.company"].create({"name": "Second"})
        self.customer.company_id = company
        with self._refused(AccessError, "."):
            installation.with_user(self.salesperson).read(["version"])
