"""Import of the public *CRM Sales Opportunities* data set (Maven Analytics): 8,800 real opportunities.

It goes through ``load``, as the files of a customer would through the import screen. What is there
already, by its external id, is left as it is, so that a second run adds nothing.
"""

import csv
import datetime
from collections import Counter
from pathlib import Path

MODULE = "crm_sales_opportunities"  # of the external ids
CLOSING_HOUR = "12:00:00"  # the files give days; noon stays the same day in the time zones of most people

COLUMNS = {
    "accounts.csv": {"account", "sector", "office_location", "subsidiary_of"},
    "products.csv": {"product", "sales_price"},
    "sales_teams.csv": {"sales_agent", "manager", "regional_office"},
    "sales_pipeline.csv": {
        *("opportunity_id", "sales_agent", "product", "account"),
        *("deal_stage", "engage_date", "close_date", "close_value"),
    },
}

# The files' own untidiness: what they say, and what is meant.
PRODUCTS = {"GTXPro": "GTX Pro"}
SECTORS = {"technolgy": "technology"}
COUNTRIES = {"Philipines": "Philippines", "Korea": "South Korea"}


class ImportProblem(Exception):
    """What cannot be imported: the model, the row and why."""


def import_folder(env, folder):
    """Import the files of a folder into the database of an environment, and say what was done.

    :raise ImportProblem: before anything is kept
    """
    SalesImport(env, Path(folder)).run()
    env.cr.commit()


class SalesImport:
    def __init__(self, env, folder, say=print):
        # As the import screen does it; and people who are made here get no invitation by mail.
        self.env = env(
            context={
                **env.context,
                "import_file": True,
                "tracking_disable": True,
                "mail_create_nolog": True,
                "mail_create_nosubscribe": True,
                "no_reset_password": True,
                "tz": "UTC",
                "lang": "en_US",
            }
        )
        self.folder = folder
        self.say = say
        self.mended = Counter()

    def run(self):
        accounts = self._read("accounts.csv")
        products = {row["product"]: float(row["sales_price"]) for row in self._read("products.csv")}
        agents = self._read("sales_teams.csv")
        opportunities = self._read("sales_pipeline.csv")
        self._load("res.partner.industry", ("id", "name"), self._industry_rows(accounts))
        self._load("res.partner", *self._customer_rows(accounts))
        self._load("res.users", *self._leader_rows(agents))
        self._load("res.users", *self._salesperson_rows(agents))
        self._load("crm.team", *self._team_rows(agents))
        self._load("crm.team.member", *self._member_rows(agents))
        self._load("pemba.zone", *self._zone_rows(agents))
        self._load("product.product", *self._product_rows(products))
        self.agents = {row["sales_agent"]: row for row in agents}
        for columns, rows in self._opportunity_rows(opportunities, products):
            self._load("crm.lead", columns, rows)
        for (what, told, meant), count in sorted(self.mended.items()):
            self.say(f"  {what}: {told or '(empty)'} → {meant}, {count} times")
        self.say("Left out: the accounts' year, revenue and employees; the series of the products.")
        self._say_totals()

    # --- the rows of each model ---

    def _industry_rows(self, accounts):
        sectors = sorted({self._mend("sector", SECTORS, row["sector"]) for row in accounts})
        return [(self._id("sector", sector), sector.capitalize()) for sector in sectors]

    def _customer_rows(self, accounts):
        columns = ("id", "name", "is_company", "industry_id/id", "country_id", "parent_id/id", "type")
        rows = [
            (
                self._id("account", row["account"]),
                row["account"],
                "1",
                self._id("sector", SECTORS.get(row["sector"], row["sector"])),
                self._mend("country", COUNTRIES, row["office_location"]),
                row["subsidiary_of"] and self._id("account", row["subsidiary_of"]),
                # A contact takes its parent's address; a subsidiary has its own.
                "other" if row["subsidiary_of"] else "contact",
            )
            for row in accounts
        ]
        # A company is made before its subsidiaries.
        return columns, sorted(rows, key=lambda row: bool(row[-2]))

    def _salesperson_rows(self, agents):
        names = (row["sales_agent"] for row in agents)
        return self._user_rows("agent", names, "sales_team.group_sale_salesman")

    def _leader_rows(self, agents):
        names = sorted({row["manager"] for row in agents})
        return self._user_rows("manager", names, "sales_team.group_sale_manager")

    def _user_rows(self, kind, names, group):
        columns = ("id", "name", "login", "email", "group_ids/id")
        return columns, [
            (
                self._id(kind, name),
                name,
                self._slug(name),
                f"{self._slug(name)}@example.com",
                f"base.group_user,{group}",
            )
            for name in names
        ]

    def _team_rows(self, agents):
        offices = {row["manager"]: row["regional_office"] for row in agents}
        return ("id", "name", "user_id/id", "use_opportunities"), [
            (self._id("team", manager), f"{office} - {manager}", self._id("manager", manager), "1")
            for manager, office in sorted(offices.items())
        ]

    def _member_rows(self, agents):
        return ("id", "crm_team_id/id", "user_id/id"), [
            (
                self._id("member", row["sales_agent"]),
                self._id("team", row["manager"]),
                self._id("agent", row["sales_agent"]),
            )
            for row in agents
        ]

    def _zone_rows(self, agents):
        """The regional offices. Their customers are all over the world: they have no countries."""
        offices = sorted({row["regional_office"] for row in agents})
        currency = self.env.company.currency_id.name  # the files know one
        return ("id", "name", "code", "currency_id"), [
            (self._id("zone", office), office, office.upper(), currency) for office in offices
        ]

    def _product_rows(self, products):
        columns = ("id", "name", "type", "list_price", "pemba_sale_type_id/id")
        return columns, [
            # All seven are software.
            (self._id("product", name), name, "service", str(price), "pemba_crm.sale_type_software")
            for name, price in products.items()
        ]

    def _opportunity_rows(self, opportunities, products):
        """Open, won and lost opportunities have different columns: a closed one has its day."""
        shared = self.env["crm.stage"].search([("pemba_step", "!=", False), ("team_ids", "=", False)])
        stages = {step: rows[0] for step, rows in shared.grouped("pemba_step").items()}
        missing = set("PEA") - stages.keys()
        if missing:
            raise ImportProblem(
                f"No stage of all teams is at step {', '.join(sorted(missing))}: see PEMBA's settings."
            )
        common = (
            *("id", "name", "type", "partner_id/id", "user_id/id", "team_id/id", "zone_id/id"),
            *("date_open", "opportunity_line_ids/product_id/id", "opportunity_line_ids/price_unit"),
        )
        extra = {
            "Prospecting": {"stage_id/.id": stages["P"].id},
            "Engaging": {"stage_id/.id": stages["E"].id},
            "Won": {"stage_id/.id": stages["A"].id, "date_closed": None},
            # Lost in the files has no step; all of them had been engaged.
            "Lost": {
                "stage_id/.id": stages["E"].id,
                "date_closed": None,
                "active": "0",
                "probability": "0",
            },
        }
        rows_by_stage = {stage: [] for stage in extra}
        for row in opportunities:
            stage = row["deal_stage"]
            if stage not in extra:
                raise ImportProblem(f"{row['opportunity_id']}: there is no stage {stage!r}.")
            closed = self._moment(row["close_date"]) if row["close_date"] else ""
            values = [value if value is not None else closed for value in extra[stage].values()]
            rows_by_stage[stage].append((*self._common_values(row, products), *map(str, values)))
        for stage, rows in rows_by_stage.items():
            yield (*common, *extra[stage]), rows

    def _common_values(self, row, products):
        product = self._mend("product", PRODUCTS, row["product"])
        account = row["account"]
        amount = row["close_value"]
        agent = self.agents.get(row["sales_agent"])
        if not agent:
            raise ImportProblem(f"{row['opportunity_id']}: sales_teams.csv has no {row['sales_agent']!r}.")
        if product not in products:
            raise ImportProblem(f"{row['opportunity_id']}: products.csv has no {product!r}.")
        if not account:
            self.mended["account", "", "an opportunity without a customer"] += 1
        if not amount:
            self.mended["amount of an open opportunity", "", "its product's list price"] += 1
            amount = products[product]
        return (
            self._id("opportunity", row["opportunity_id"]),
            f"{product} - {account}" if account else product,
            "opportunity",
            account and self._id("account", account),
            self._id("agent", row["sales_agent"]),
            self._id("team", agent["manager"]),
            self._id("zone", agent["regional_office"]),
            self._moment(row["engage_date"]) if row["engage_date"] else "",
            self._id("product", product),
            str(amount),
        )

    # --- the means ---

    def _load(self, model, columns, rows):
        """Load the rows that are not in the database yet.

        :raise ImportProblem: naming the first row that Odoo refuses
        """
        known = set(
            self.env["ir.model.data"]
            .search([("module", "=", MODULE), ("model", "=", model)])
            .mapped("complete_name")
        )
        new = [row for row in rows if row[0] not in known]
        if new:
            result = self.env[model].load(columns, [list(row) for row in new])
            if not result["ids"]:
                message = result["messages"][0]
                row = new[message.get("record", 0)]
                raise ImportProblem(f"{model}, {row[0]} ({row[1]}): {message['message']}")
        self.say(f"{model}: {len(new)} added, {len(rows) - len(new)} there already")

    def _read(self, name):
        """The rows of a file, trimmed.

        :raise ImportProblem: when a column is missing
        """
        with (self.folder / name).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = COLUMNS[name] - set(reader.fieldnames or ())
            if missing:
                raise ImportProblem(f"{name} has no column {', '.join(sorted(missing))}.")
            return [{column: (row[column] or "").strip() for column in COLUMNS[name]} for row in reader]

    def _mend(self, what, meanings, told):
        meant = meanings.get(told, told)
        if meant != told:
            self.mended[what, told, meant] += 1
        return meant

    def _moment(self, day):
        """Noon of a day written the American way, as Odoo writes moments."""
        try:
            return f"{datetime.datetime.strptime(day, '%m/%d/%Y').date()} {CLOSING_HOUR}"
        except ValueError:
            raise ImportProblem(f"{day!r} is not a day written month/day/year.") from None

    def _id(self, kind, name):
        return f"{MODULE}.{kind}_{self._slug(name)}"

    def _slug(self, name):
        return "".join(letter if letter.isalnum() else "." for letter in name.lower()).replace(".", "_")

    def _say_totals(self):
        opportunities = self.env["crm.lead"].with_context(active_test=False)
        known = self.env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "crm.lead")])
        totals = opportunities._read_group(
            [("id", "in", known.mapped("res_id"))], ["won_status"], ["__count", "expected_revenue:sum"]
        )
        for status, count, revenue in totals:
            self.say(f"{status}: {count:,} opportunities for {revenue:,.0f}")
