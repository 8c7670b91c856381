from lxml import etree
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestCustomerSheet(PembaContractCommon):
    """All of a customer's story on one sheet, and a distributor's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create({"name": "Ada", "parent_id": cls.customer.id})
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})
        rival = cls.env["res.partner"].create({"name": "Rival", "is_company": True})
        cls.product = cls.env["pemba.competitor.product"].create(
            {"name": "Rival Geo", "competitor_id": rival.id}
        )

    def _sell(self, amount, result=None, day="2026-05-04", **vals):
        vals = {"partner_id": self.customer.id, "deal_amount": amount} | vals
        with freeze_time(day):
            lead = self._create_opportunity(**vals)
            if result == "won":
                lead.action_set_won()
            elif result == "lost":
                lead.action_set_lost(
                    lost_reason_id=self.reason.id, lost_competitor_product_id=self.product.id
                )
        return lead

    def test_sales_in_the_order_of_their_days(self):
        late = self._sell(100, date_deadline="2026-12-01")
        soon = self._sell(50, date_deadline="2026-10-01")
        first, last = self._sell(10, "won", "2026-01-02"), self._sell(20, "won", "2026-03-02")
        lost = self._sell(5, "lost")
        for partner in self.customer | self.contact:
            sheet = partner.with_user(self.salesperson)
            self.assertEqual(sheet.sheet_open_lead_ids.ids, [soon.id, late.id])
            self.assertEqual(sheet.sheet_won_lead_ids.ids, [last.id, first.id])
            self.assertEqual(sheet.sheet_lost_lead_ids.ids, lost.ids)
            self.assertEqual(
                (sheet.sheet_open_amount, sheet.sheet_won_amount, sheet.sheet_lost_amount), (150, 30, 5)
            )
            self.assertEqual(sheet.sheet_equipment_ids.ids, self.geo.ids)

    def test_totals_are_in_one_currency(self):
        _zone, dollar = self._create_dollar_zone(2)
        company = self.env["res.company"].create({"name": "Second", "currency_id": dollar.id})
        self.env["res.currency.rate"].create(
            {"currency_id": dollar.id, "rate": 2, "name": "2020-01-01", "company_id": self.env.company.id}
        )
        self._sell(100)
        self.env["crm.lead"].create(
            {
                "name": "There",
                "type": "opportunity",
                "partner_id": self.customer.id,
                "company_id": company.id,
                "expected_revenue": 100,
            }
        )
        self.assertEqual(self.customer.sheet_open_amount, 150)

    def test_the_history_by_its_days(self):
        won = self._sell(10, "won", "2026-02-02")
        self._sell(5, "lost", "2026-03-03")
        contract = self._create_contract({"price_unit": 100}, date_start="2025-01-01", date_end="2025-12-31")
        rows = self.env["pemba.customer.history"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(rows.ids, self.contact.sheet_history_ids.ids)
        found = {row.kind: (str(row.date), row.description) for row in rows if row.lead_id != won}
        self.assertEqual(found["contract_end"], ("2025-12-31", contract.display_name))
        self.assertEqual(found["lost"][0], "2026-03-03")
        self.assertIn("Too expensive, Rival Geo", found["lost"][1])
        self.assertEqual(found["competitor"][0], "2026-03-03")
        self.assertIn("Installation", found["equipment"][1])
        self.assertEqual(rows.sorted("date", reverse=True).mapped("date"), rows.mapped("date"))
        self.assertEqual(rows.filtered(lambda row: row.kind == "won").action_open_source()["res_id"], won.id)
        colleague = self._create_user("pemba_colleague", "sales_team.group_sale_salesman")
        kinds = set(rows.with_user(colleague).search([("id", "in", rows.ids)]).mapped("kind"))
        self.assertEqual(kinds & {"won", "lost", "opened"}, set())
        self.assertIn("equipment", kinds)
        kinds = set(rows.with_user(self.support).search([("id", "in", rows.ids)]).mapped("kind"))
        self.assertEqual(kinds & {"won", "lost", "opened"}, {"won", "opened"})
        self.assertEqual(rows.with_user(self.support).search([("kind", "=", "opened")]).lead_id, won)
        rows.with_user(self.support).search([("id", "in", rows.ids)]).mapped("description")

    def test_a_distributors_sheet(self):
        self.licence.standard_price = 100
        lines = [Command.create({"product_id": self.licence.id, "price_unit": 1000})]
        vals = {"distributor_id": self.distributor.id, "opportunity_line_ids": lines}
        won = self._create_opportunity(partner_id=self.customer.id, **vals)
        won.opportunity_line_ids.write({"distributor_margin_rate": 30})
        won.action_set_won()
        self._create_opportunity(partner_id=self.other.id, **vals).opportunity_line_ids.write(
            {"distributor_margin_rate": 10}
        )
        contract = self._create_contract({"price_unit": 100}, distributor_id=self.distributor.id)
        sheet = self.distributor.with_user(self.manager)
        self.assertEqual(sheet.distributed_customer_ids.ids, (self.customer | self.other).ids)
        self.assertEqual(sheet.distributed_contract_ids.ids, contract.ids)
        self.assertEqual(
            (sheet.distributed_won_amount, sheet.distributed_open_amount, sheet.distributed_margin),
            (700, 900, 300),
        )
        self.assertEqual(self.distributor.distributed_own_margin, 600)

    def _specify(self, partners, name):
        """What is read of a field: of those of the sheet all that their lists show."""
        field = partners._fields[name]
        if not field.relational:
            return {}
        shown = {"display_name": {}}
        if name.startswith("sheet_") and name.endswith("_ids"):
            records = partners.env[field.comodel_name]
            lists = {
                "crm.lead": "crm_lead_view_list_sheet",
                "pemba.equipment": "pemba_equipment_view_list_sheet",
                "pemba.contract": "pemba_contract_view_list_sheet",
                "pemba.customer.history": "pemba_customer_history_view_list",
                "pemba.competitor.installation": "pemba_competitor_installation_view_list",
            }
            view = self.env.ref(f"pemba_crm.{lists[field.comodel_name]}")
            arch = etree.fromstring(records.get_view(view.id, "list")["arch"])
            for node in arch.iter("field"):
                is_relation = records._fields[node.get("name")].relational
                shown[node.get("name")] = {"fields": {"display_name": {}}} if is_relation else {}
        return {"fields": shown, "limit": 40}

    def _read_form(self, user):
        """Open the form as the web client does.

        :return: how many queries it took
        """
        partners = self.env["res.partner"].with_user(user)
        [(_kind, view)] = partners.get_views([(False, "form")])["views"].items()
        names = {node.get("name") for node in etree.fromstring(view["arch"]).iter("field")}
        specification = {name: self._specify(partners, name) for name in names & set(partners._fields)}
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.customer.with_user(user).web_read(specification)
        return self.env.cr.sql_log_count - before

    def test_a_long_sheet_takes_no_more_queries(self):
        def add(leads, equipment, contracts):
            self.env["crm.lead"].create(
                [
                    {
                        "name": "One of many",
                        "type": "opportunity",
                        "partner_id": self.customer.id,
                        "user_id": self.salesperson.id,
                        "stage_id": self.stages["A" if rank % 3 == 0 else "P"][:1].id,
                    }
                    for rank in range(leads)
                ]
            )
            for rank in range(equipment):
                self._create_equipment(state="in_service", in_service_date=f"20{10 + rank % 10}-01-01")
            for _rank in range(contracts):
                self._create_contract({"price_unit": 100})

        add(5, 2, 2)
        self._read_form(self.salesperson)
        few = self._read_form(self.salesperson)
        add(60, 20, 10)
        self.assertLessEqual(self._read_form(self.salesperson), few)

    def test_a_long_window_takes_no_more_queries(self):
        view = self.env.ref("pemba_crm.res_partner_view_list_tracking")
        partners = self.env["res.partner"].with_user(self.salesperson)
        names = {node.get("name") for node in etree.fromstring(view.arch).iter("field")}
        specification = {
            name: {"fields": {"display_name": {}}} if partners._fields[name].relational else {}
            for name in names
        }

        def read(size):
            created = self.env["res.partner"].create(
                [{"name": f"One of many {rank}", "is_company": True} for rank in range(size)]
            )
            self.env["crm.lead"].create(
                [{"name": "Deal", "type": "opportunity", "partner_id": partner.id} for partner in created]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = partners.web_search_read([("id", "in", created.ids)], specification)
            self.assertEqual(found["length"], size)
            return self.env.cr.sql_log_count - before

        read(2)
        self.assertEqual(read(5), read(50))

    def test_everybody_opens_the_sheet(self):
        self._sell(10, "won")
        self._sell(10, "lost")
        self._sell(10)
        self._create_contract({"price_unit": 100})
        for user in (self.salesperson, self.manager, self.support, self.accountant):
            self._read_form(user)
        employee = self._create_user("pemba_employee", "base.group_user")
        self._read_form(employee)
