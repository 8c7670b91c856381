import json
import re

from odoo.addons.pemba_crm.dashboards import SalesBoard
from odoo.addons.pemba_crm.dashboards.sales import ANALYSIS, LEAD, SALES, SALES_MENU, WON
from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
    odoo_charts,
)
from odoo.fields import Domain
from odoo.tests import tagged

from .test_analysis_sales import SaleReportCommon

BOARDS = ("sales", "margins", "maintenance", "installed_base")


class CountriesBoard(SalesBoard):
    """Our dashboard of sales, as another add-on has it that sells by country."""

    def get_filters(self):
        return super().get_filters() | {"country": ("Country", "res.country")}

    def get_axes(self):
        return super().get_axes() | {"country": "country_id"}

    def get_matching(self):
        matching = super().get_matching()
        matching[LEAD]["country"] = "country_id"
        return matching

    def get_cards(self):
        won = self.pivot(SALES, ["quantity"], WON, action=ANALYSIS)
        card = self.card("Quantity", won.value("quantity"), menu=SALES_MENU, large=False, sample=("12",))
        return [*super().get_cards(), card]

    def get_charts(self):
        sample = (("*France", "*Japan"), ("Revenue", 300, 200))
        chart = self.chart(
            "Countries", "odoo_pie", SALES, ["country_id"], "revenue", domain=WON, sample=sample
        )
        return [*super().get_charts(), chart]

    def get_tables(self):
        return [
            self.best(
                "Countries",
                SALES,
                "country_id",
                ["revenue"],
                headers=("Revenue",),
                domain=WON,
                sample=(("*France", "300"), ("*Japan", "200")),
            ),
            self.records(
                "Opportunities Won",
                LEAD,
                {"name": "Opportunity", "country_id": "Country", "expected_revenue": "Revenue"},
                domain=WON,
                order="-expected_revenue",
                sample=(("*Acme", "*France", "300"),),
            ),
            *super().get_tables(),
        ]


@tagged("post_install", "-at_install")
class TestDashboards(SaleReportCommon):
    """Each figure, chart and table of the dashboards is asked for as the browser asks for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boards = {name: cls.env.ref(f"pemba_crm.spreadsheet_dashboard_{name}") for name in BOARDS}
        cls.people = {
            "sales": cls.salesperson | cls.manager,
            "margins": cls.manager,
            "maintenance": cls.salesperson | cls.manager | cls.accountant,
            "installed_base": cls.salesperson | cls.manager | cls.accountant | cls.support,
        }

    def _get_data(self, name):
        return json.loads(self.boards[name].spreadsheet_data)

    def _get_sources(self, data):
        """``(what it is, model, domain, matching of filters, groups, measures, columns)`` of all there is."""
        for pivot in data["pivots"].values():
            groups = [row["fieldName"] for row in pivot["rows"]]
            yield self._get_source(pivot, "pivot", groups, pivot["measures"])
        for chart in odoo_charts(data):
            meta = chart["metaData"]
            definition = {"model": meta["resModel"], **chart["searchParams"], **chart}
            yield self._get_source(definition, "chart", meta["groupBy"], [{"fieldName": meta["measure"]}])
        for list_ in data["lists"].values():
            yield self._get_source(list_, "list", [], [])

    def _get_source(self, definition, what, groups, measures):
        columns = definition["columns"] if what == "list" else []
        matching = definition["fieldMatching"]
        return what, definition["model"], definition["domain"], matching, groups, measures, columns

    def _get_specification(self, model, measure):
        """The aggregate of a measure, as the client names it."""
        name = measure["fieldName"]
        if name == "__count":
            return name
        field = model._fields[name]
        own = "count_distinct" if field.type == "many2one" else field.aggregator
        return f"{name}:{measure.get('aggregator') or own}"

    def _read(self, env, source, domain=()):
        """What a source answers."""
        _what, model, own_domain, _matching, groups, measures, columns = source
        records = env[model]
        domain = Domain(own_domain) & Domain(domain)
        if columns:
            return records.search_read(domain, columns, limit=10)
        specifications = [self._get_specification(records, measure) for measure in measures]
        return records.formatted_read_grouping_sets(domain, [groups], specifications)[0]

    def test_everybody_sees_the_dashboards_of_their_groups(self):
        for user in (self.salesperson, self.manager, self.accountant, self.support):
            seen = self.env["spreadsheet.dashboard"].with_user(user).search([])
            mine = {name for name, people in self.people.items() if user in people}
            self.assertEqual({name for name, board in self.boards.items() if board in seen}, mine, user.login)

    def test_models_fields_and_menus_exist(self):
        for name in BOARDS:
            data = self._get_data(name)
            for model, chains in fields_in_spreadsheet(data).items():
                for chain in chains:
                    field_model = self.env[model]
                    for part in chain.split("."):
                        self.assertIn(part, field_model._fields, f"{name}: {model}, {chain}")
                        field = field_model._fields[part]
                        field_model = self.env[field.comodel_name] if field.relational else field_model
            for xml_id in menus_xml_ids_in_spreadsheet(data):
                self.assertTrue(self.env.ref(xml_id).action, xml_id)
            for source in (*data["pivots"].values(), *data["lists"].values(), *odoo_charts(data)):
                if source.get("actionXmlId"):
                    model = source.get("model") or source["metaData"]["resModel"]
                    self.assertEqual(self.env.ref(source["actionXmlId"]).res_model, model)
            for filter_ in data["globalFilters"]:
                self.assertIn(filter_.get("modelName", "res.partner"), self.env)

    def test_every_figure_and_chart_opens_its_records(self):
        for name in BOARDS:
            data = self._get_data(name)
            [sheet, _data] = data["sheets"]
            for figure in sheet["figures"]:
                if figure["data"]["type"] == "scorecard":
                    menu = self.env.ref(data["chartOdooMenusReferences"][figure["id"]])
                    for user in self.people[name]:
                        visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
                        self.assertIn(menu.id, visible, f"{name}: {user.login}, {menu.complete_name}")
                else:
                    self.assertTrue(self.env.ref(figure["data"]["actionXmlId"]))
                    self.assertTrue(figure["data"]["title"]["text"])
            self.assertFalse([cell for cell in sheet["cells"].values() if not cell.startswith("=")])

    def test_everything_answers_for_those_who_see_it(self):
        self._fill(7, [self.env.company])
        for name, people in self.people.items():
            data = self._get_data(name)
            for source in self._get_sources(data):
                for user in people:
                    with self.subTest(name, user=user.login, source=source):
                        self._read(self.env(user=user), source)

    def test_who_sees_margins_and_no_sales_sees_nothing_of_them(self):
        self._create_deal(self._line())
        auditor = self._create_user("pemba_auditor", "pemba_crm.group_margin")
        for source in self._get_sources(self._get_data("margins")):
            self._read(self.env(user=auditor), source)
        self.assertFalse(self.report.with_user(auditor).search([]))
        self.assertTrue(self.report.with_user(self.manager).search([]))

    def test_every_filter_is_understood(self):
        ids = {model: self.env[model].search([], limit=1).id for model in ("res.partner", "res.users")}
        for name in BOARDS:
            data = self._get_data(name)
            filters = {filter_["id"]: filter_ for filter_ in data["globalFilters"]}
            used = set()
            for source in self._get_sources(data):
                for key, match in source[3].items():
                    used.add(key)
                    if filters[key]["type"] == "date":
                        domain = [(match["chain"], ">=", "2026-01-01"), (match["chain"], "<=", "2026-12-31")]
                    else:
                        domain = [(match["chain"], "in", [ids.get(filters[key]["modelName"], 1)])]
                    with self.subTest(name, source=source, filter=key):
                        self._read(self.env(user=self.manager), source, domain)
            self.assertEqual(used, set(filters), name)

    def test_a_zone_counts_with_its_sub_zones(self):
        world = self._create_zone("World")
        self.zone.parent_id = world
        self._create_deal(self._line(price_unit=110), zone_id=self.zone.id)
        self._create_deal(self._line(price_unit=30))
        chart = next(source for source in self._get_sources(self._get_data("sales")) if source[0] == "chart")
        for zone in (world, self.zone):
            rows = self._read(self.env, chart, [(chart[3]["zone"]["chain"], "in", zone.ids)])
            self.assertEqual([row["revenue:sum"] for row in rows], [100])

    def test_figures_agree_with_the_opportunities_to_the_cent(self):
        companies = [self.env.company, self.second]
        for seed in (11, 12):
            self._fill(seed, companies)
        both = self.env.company | self.second
        pivots = {
            str(source[2]): source
            for source in self._get_sources(self._get_data("sales"))
            if source[0] == "pivot" and not source[4]
        }
        won, pending = (pivots[str([["won_status", "=", result]])] for result in ("won", "pending"))
        for user in (self.manager, self.salesperson):
            for allowed in (self.env.company, self.second, both):
                report = self._as(user, allowed)
                for result, source in (("won", won), ("pending", pending)):
                    with self.subTest(user.login, companies=allowed.mapped("name"), result=result):
                        [row] = self._read(report.env, source)
                        leads = self._leads_of(report, result)
                        for name, own in (("revenue", "expected_revenue"), ("weighted_revenue",) * 2):
                            figure = row[f"{name}:sum_currency"] or 0.0
                            self.assertAlmostEqual(figure, sum(leads.mapped(own)), 6)

    def test_another_add_on_adds_to_a_dashboard(self):
        """A filter, a figure, a chart and two tables answer, and so does what was there before."""
        board = CountriesBoard()
        self.boards["sales"].spreadsheet_data = json.dumps(board.build())
        france, japan = self.env.ref("base.fr"), self.env.ref("base.jp")
        for country, price in ((france, 300), (japan, 200)):
            lead = self._create_deal(self._line(price_unit=price, quantity=2), country_id=country.id)
            lead.action_set_won()

        data = self._get_data("sales")
        added = [
            source
            for source in self._get_sources(data)
            if "country_id" in source[4] + source[6] or "quantity" in str(source[5])
        ]
        self.assertEqual({source[3]["country"]["chain"] for source in added}, {"country_id"})
        in_japan = [("country_id", "in", japan.ids)]
        answers = [self._read(self.env(user=self.manager), source, in_japan) for source in added]
        [figure], [best], [chart], [record] = answers
        self.assertEqual((figure["quantity:sum"], record["id"]), (2, lead.id))
        self.assertEqual((best["revenue:sum"], chart["revenue:sum"]), (400, 400))
        self.assertEqual(data["globalFilters"][-1]["modelName"], "res.country")
        for content in (data, board.build_sample()):
            terms = list(self._get_terms(content))
            self.assertLessEqual({"Quantity", "Countries", "Opportunities Won", "Country"}, set(terms))

    def test_samples_look_the_same_without_records(self):
        for name in BOARDS:
            data, sample = self._get_data(name), self.boards[name]._get_sample_dashboard()
            self.assertFalse(sample["pivots"] or sample["lists"] or odoo_charts(sample))
            figures, sample_figures = (
                [(figure["id"], figure["row"], figure["width"]) for figure in board["sheets"][0]["figures"]]
                for board in (data, sample)
            )
            self.assertEqual(figures, sample_figures)
            self.assertEqual(data["globalFilters"], sample["globalFilters"])

    def test_an_empty_database_shows_the_sample(self):
        self.assertTrue(self.boards["installed_base"]._dashboard_is_empty())
        self._create_deal(self._line())
        for name in ("sales", "margins"):
            self.assertFalse(self.boards[name].with_user(self.manager)._dashboard_is_empty())

    def test_dashboards_are_in_french(self):
        """Names, titles, headers, filters and samples."""
        web = self.env["ir.http"]._get_translations_for_webclient(["pemba_crm"], "fr_FR")[0]
        translated = {message["id"] for message in web["pemba_crm"]["messages"] if message["string"]}
        for name in BOARDS:
            board = self.boards[name]
            if name != "margins":  # the same word
                self.assertNotEqual(board.with_context(lang="fr_FR").name, board.name)
            for content in (self._get_data(name), board._get_sample_dashboard()):
                missing = set(self._get_terms(content)) - translated
                self.assertFalse(missing, name)

    def _get_terms(self, content):
        """What people read in a dashboard's file."""
        for sheet in content["sheets"]:
            for cell in sheet["cells"].values():
                yield from re.findall(r'_t\("([^"]+)"\)', cell)
            for figure in sheet["figures"]:
                yield from filter(None, [figure["data"]["title"]["text"]])
                yield from figure["data"].get("baselineDescr", {}).values()
        yield from (filter_["label"] for filter_ in content["globalFilters"])
