import json

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestCustomerTours(PembaContractCommon, HttpCase):
    def test_a_salesperson_finds_a_lost_prospect_and_reopens_the_sale(self):
        company = self.env["res.partner"].create({"name": "Nova", "is_company": True})
        lead = self._create_opportunity(name="Geo for Nova", partner_id=company.id)
        lead.action_set_lost(lost_reason_id=self.env["crm.lost.reason"].create({"name": "Price"}).id)
        self.start_tour("/odoo/pemba-customers", "pemba_crm_reopen_a_lost_sale", login="pemba_sales")
        self.assertEqual((lead.won_status, company.pemba_status), ("pending", "prospect"))

    def test_a_salesperson_records_a_competitors_product(self):
        rival = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        product = self.env["pemba.competitor.product"].create(
            {
                "name": "Rival Geo",
                "competitor_id": rival.id,
                "replaced_by_ids": [Command.set(self.software.ids)],
            }
        )
        self.start_tour(
            f"/odoo/res.partner/{self.customer.id}", "pemba_crm_record_a_competitor", login="pemba_sales"
        )
        self.assertEqual(
            (product.installation_ids.partner_id, product.installation_ids.version), (self.customer, "7")
        )

    def test_a_program_loses_a_sale_to_a_competitor(self):
        rival = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        product = self.env["pemba.competitor.product"].create(
            {"name": "Rival Geo", "competitor_id": rival.id}
        )
        lead = self._create_opportunity(partner_id=self.customer.id)
        keys = self.env["res.users.apikeys"].with_user(self.salesperson)
        key = keys._generate(None, "tests", fields.Datetime.add(fields.Datetime.now(), days=1))
        response = self.url_open(
            "/json/2/crm.lead/action_set_lost",
            data=json.dumps({"ids": lead.ids, "lost_competitor_product_id": product.id}),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        self.assertEqual(response.status_code, 200)
        self.assertEqual((lead.won_status, product.installation_ids.partner_id), ("lost", self.customer))

    def test_a_manager_sees_a_distributor(self):
        lead = self._create_opportunity(
            partner_id=self.customer.id,
            distributor_id=self.distributor.id,
            opportunity_line_ids=[Command.create({"product_id": self.licence.id, "price_unit": 1000})],
        )
        lead.opportunity_line_ids.distributor_margin_rate = 30
        lead.action_set_won()
        self._create_contract({"price_unit": 100}, distributor_id=self.distributor.id)
        self.start_tour("/odoo/pemba-distributors", "pemba_crm_see_a_distributor", login="pemba_manager")
