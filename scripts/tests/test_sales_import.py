"""The import of the sales files, on a few untidy rows of the same form."""

import pytest
from odoo.tests import TransactionCase, tagged
from sales_compare import compare
from sales_import import ImportProblem, SalesImport

FILES = {
    "accounts.csv": (
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        "Small One,technolgy,1996,1.5,2,Philipines,Big One\n"
        "Big One,finance,1990,9.5,20,United States,\n"
    ),
    "products.csv": "product,series,sales_price\nGTX Pro,GTX,4821\nMG Special,MG,55\n",
    "sales_teams.csv": "sales_agent,manager,regional_office\nAda Byron,Mary Shelley,East\n",
    "sales_pipeline.csv": (
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
        "W1,Ada Byron,GTXPro,Small One,Won,10/20/2016,3/1/2017,4514\n"
        "L1,Ada Byron,MG Special,Big One,Lost,10/20/2016,12/31/2017,0\n"
        "E1,Ada Byron,GTXPro,,Engaging,10/20/2016,,\n"
        "P1,Ada Byron,MG Special,Big One,Prospecting,,,\n"
    ),
}


@tagged("post_install", "-at_install")
class TestSalesImport(TransactionCase):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path):
        for name, text in FILES.items():
            (tmp_path / name).write_text(text)
        self.folder = tmp_path

    def _import(self):
        said = []
        SalesImport(self.env, self.folder, say=said.append).run()
        return said

    def _opportunity(self, reference):
        return self.env.ref(f"crm_sales_opportunities.opportunity_{reference}")

    def test_opportunities_stand_at_their_steps(self):
        self._import()
        self.assertEqual(
            [self._opportunity(reference).stage_id.pemba_step for reference in ("p1", "e1", "w1")],
            ["P", "E", "A"],
        )
        self.assertEqual(
            [self._opportunity(reference).won_status for reference in ("p1", "e1", "w1", "l1")],
            ["pending", "pending", "won", "lost"],
        )
        self.assertFalse(self._opportunity("l1").active)

    def test_names_people_amounts_and_days_are_those_of_the_files(self):
        self._import()
        won = self._opportunity("w1")
        self.assertEqual(won.name, "GTX Pro - Small One")
        self.assertEqual(won.partner_id.name, "Small One")
        self.assertEqual(won.user_id.name, "Ada Byron")
        self.assertTrue(won.user_id.has_group("sales_team.group_sale_salesman"))
        self.assertEqual(won.expected_revenue, 4514)
        self.assertEqual(str(won.date_closed), "2017-03-01 12:00:00")
        self.assertEqual(str(won.date_open), "2016-10-20 12:00:00")
        self.assertEqual(str(self._opportunity("l1").date_closed), "2017-12-31 12:00:00")
        self.assertEqual(self._opportunity("l1").expected_revenue, 0)

    def test_offices_are_zones_and_managers_lead_teams(self):
        self._import()
        won = self._opportunity("w1")
        self.assertEqual(won.zone_id.name, "East")
        self.assertEqual(won.team_id.user_id.name, "Mary Shelley")
        self.assertEqual(won.team_id.member_ids.name, "Ada Byron")
        self.assertTrue(won.team_id.user_id.has_group("sales_team.group_sale_manager"))
        self.assertEqual(won.sale_type_id.code, "software")

    def test_deals_weigh_what_their_steps_say(self):
        self._import()
        won, lost, engaging = (self._opportunity(reference) for reference in ("w1", "l1", "e1"))
        self.assertEqual((won.weighted_revenue, lost.weighted_revenue), (4514, 0))
        self.assertEqual(engaging.weighted_revenue, round(4821 * engaging.stage_id.maturity / 100, 2))
        self.assertEqual((str(won.close_date), str(lost.close_date)), ("2017-03-01", "2017-12-31"))
        self.assertEqual(won.deal_amount, 4514)

    def test_untidy_values_are_mended_and_told(self):
        said = self._import()
        account = self._opportunity("w1").partner_id
        self.assertEqual(account.country_id.code, "PH")
        self.assertEqual(account.industry_id.name, "Technology")
        self.assertEqual(account.parent_id.name, "Big One")
        self.assertFalse(self._opportunity("e1").partner_id)
        self.assertEqual(self._opportunity("e1").expected_revenue, 4821)
        for line in (
            "  product: GTXPro → GTX Pro, 2 times",
            "  country: Philipines → Philippines, 1 times",
            "  sector: technolgy → technology, 1 times",
            "  account: (empty) → an opportunity without a customer, 1 times",
            "  amount of an open opportunity: (empty) → its product's list price, 2 times",
        ):
            self.assertIn(line, said)
        self.assertIn("won: 1 opportunities for 4,514", said)

    def test_a_second_import_adds_nothing(self):
        self._import()
        models = ("crm.lead", "res.partner", "res.users", "res.partner.industry")
        counts = [self.env[model].with_context(active_test=False).search_count([]) for model in models]
        said = self._import()
        self.assertEqual(
            [self.env[model].with_context(active_test=False).search_count([]) for model in models], counts
        )
        self.assertIn("res.partner: 0 added, 2 there already", said)
        self.assertEqual(str(self._opportunity("w1").date_closed), "2017-03-01 12:00:00")

    def test_a_row_that_odoo_refuses_is_named(self):
        text = FILES["sales_pipeline.csv"].replace("MG Special,Big One,Lost", "MG Special,Nobody,Lost")
        (self.folder / "sales_pipeline.csv").write_text(text)
        with self.assertRaisesRegex(ImportProblem, r"crm.lead, \S+opportunity_l1 .*Nobody.*account_nobody"):
            self._import()

    def test_what_cannot_be_read_is_named(self):
        for told, meant, message in (
            ("Engaging", "Dreaming", "E1: there is no stage 'Dreaming'"),
            ("12/31/2017", "31/12/2017", "'31/12/2017' is not a day written month/day/year"),
            ("GTXPro,,Engaging", "Nothing,,Engaging", "E1: products.csv has no 'Nothing'"),
            ("close_value", "amount", "sales_pipeline.csv has no column close_value"),
        ):
            with self.subTest(meant):
                text = FILES["sales_pipeline.csv"].replace(told, meant)
                (self.folder / "sales_pipeline.csv").write_text(text)
                with self.assertRaisesRegex(ImportProblem, message):
                    self._import()

    def test_the_analysis_says_what_the_files_say(self):
        self._import()
        said = []
        self.assertEqual(compare(self.env, self.folder, say=said.append), 0)
        self.assertIn("regional office: 1 values, 4,514.00 in all, 0 differ", said)
        text = FILES["sales_pipeline.csv"].replace("3/1/2017,4514", "4/1/2017,4515")
        (self.folder / "sales_pipeline.csv").write_text(text)
        self.assertEqual(compare(self.env, self.folder, say=said.append), 5)
        self.assertIn("  2017 Q2: 4,515.00 in the files, 0.00 in the report", said)
