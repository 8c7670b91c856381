"""The wheel beside an Odoo: built, installed by pip, installed in a database, and uninstalled from it."""

import json
import os
import subprocess
import sys
import sysconfig
import venv

import pytest
from databases import ADDON, Odoo, manifest
from packaging.requirements import Requirement

STAGES = "SELECT id, name, sequence, is_won, fold, color FROM crm_stage ORDER BY id"
FRENCH = "SELECT name->>'fr_FR' FROM crm_stage WHERE pemba_step IS NOT NULL ORDER BY sequence, id"
GROUPS = "SELECT gid, hid FROM res_groups_implied_rel ORDER BY 1, 2"
OURS = (
    "SELECT count(*) FROM ir_model_data WHERE module = 'pemba_crm'"
    " UNION ALL SELECT count(*) FROM information_schema.columns WHERE column_name LIKE 'pemba%'"
    " UNION ALL SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'pemba%'"
    " OR table_name IN ('crm_stage_gate_field_rel', 'crm_lead_plan_stage_rel')"
)
COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_name IN ('crm_lead', 'crm_stage', 'res_partner', 'res_users', 'crm_team')"
    " ORDER BY 1, 2"
)
LEADS = "SELECT row_to_json(lead) FROM (SELECT {columns} FROM crm_lead ORDER BY id) lead"
# What users have before they install: a stage of their own; open, won, lost and archived opportunities.
BEFORE = """
company = env.company
company.partner_id.tz = "Pacific/Auckland"
stages = {number: env.ref(f"crm.stage_lead{number}") for number in (1, 2, 3, 4)}
own = env["crm.stage"].create({"name": "Negotiation", "sequence": stages[3].sequence})
parent = env["res.partner"].create({"name": "Big One", "is_company": True})
contact = env["res.partner"].create({"name": "Contact", "parent_id": parent.id})
leads = env["crm.lead"].create([
    {"name": name, "type": "opportunity", "stage_id": stage.id, "expected_revenue": 1000.01,
     "partner_id": contact.id}
    for name, stage in (("open", stages[2]), ("own", own), ("lost", stages[3]), ("won", stages[4]))
])
leads |= env["crm.lead"].create({"name": "lead", "type": "lead", "expected_revenue": 5, "user_id": False})
leads[2].action_set_lost()
leads.flush_recordset()
env.cr.execute("UPDATE crm_lead SET date_closed = '2026-03-31 20:00' WHERE name IN ('won', 'lost')")
env.cr.commit()
"""
FILLED = (
    "SELECT lead.name, customer.name, pemba_step, lead.maturity::float, last_open_step, risk.code,"
    " deal_amount::float, deal_rate::float, is_rate_locked, close_date::text, weighted_revenue::float,"
    " nature, channel"
    " FROM crm_lead lead JOIN pemba_risk_level risk ON risk.id = risk_level_id"
    " LEFT JOIN res_partner customer ON customer.id = customer_id ORDER BY lead.id"
)
OPEN = ["low", 1000.01, 1, False, None]
CLOSED = ["low", 1000.01, 1, True, "2026-04-01"]  # the day in Auckland
# An open and a lost opportunity at Budgeting, and a stage that the user renames in French.
USE = """
budgeting = env.ref("pemba_crm.crm_stage_budgeting")
leads = env["crm.lead"].create([{"name": n, "type": "opportunity", "stage_id": budgeting.id} for n in "ab"])
leads[0].action_set_lost()
env.ref("crm.stage_lead2").with_context(lang="fr_FR").name = "À qualifier"
env.cr.commit()
"""


class WheelOdoo(Odoo):
    """An Odoo that has the add-on from its wheel alone."""

    def __init__(self, folder):
        super().__init__(programs=())
        self.configuration = folder / "odoo.conf"
        self.configuration.write_text(f"[options]\ndata_dir = {folder / 'data'}\n")
        venv.create(folder / "python", with_pip=False)
        [packages] = (folder / "python").glob("lib/python*/site-packages")
        (packages / "odoo.pth").write_text(
            f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
        )
        python = folder / "python/bin/python"
        # Odoo's own requirements are not pip's business here: psycopg2-binary does not count as psycopg2.
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ADDON],
            # The version of the manifest, without the count of commits since: git may be missing.
            env={**os.environ, "WHOOL_POST_VERSION_STRATEGY_OVERRIDE": "none"},
            check=True,
        )
        [wheel] = folder.glob("*.whl")
        subprocess.run(
            [*pip, "--python", python, "install", "-q", "--no-index", "--no-deps", wheel],
            check=True,
        )
        self.python = python

    def module(self, action, database, module="pemba_crm"):
        return self.run(
            *("module", action, "-c", self.configuration, "-d", database, module),
            log_name=f"wheel-{action}",
        )

    def shell(self, database, program):
        subprocess.run(
            self.command_line("shell", "-c", self.configuration, "-d", database, "--no-http"),
            input=program,
            text=True,
            check=True,
            env=self.variables,
            capture_output=True,
        )


@pytest.fixture(scope="module")
def wheel_odoo(tmp_path_factory):
    return WheelOdoo(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def database(wheel_odoo):
    with wheel_odoo.temporary(os.environ["PEMBA_STOCK_TEMPLATE"]) as name:
        yield name


def test_pip_knows_the_add_on_and_the_odoo_it_needs(wheel_odoo):
    program = (
        "import importlib.metadata as m, json, odoo.addons.pemba_crm as addon;"
        "found = m.metadata('odoo-addon-pemba_crm');"
        "print(json.dumps([found['Version'], found.get_all('Requires-Dist'), m.version('odoo'),"
        " addon.__path__[0]]))"
    )
    version, requirements, odoo_version, path = json.loads(wheel_odoo.output("-c", program))
    assert version == manifest()["version"]
    [requirement] = map(Requirement, requirements)
    assert requirement.name == "odoo"
    assert requirement.specifier.contains(odoo_version)
    assert path.startswith(str(wheel_odoo.python.parent.parent))


def test_installing_and_uninstalling_leaves_odoo_as_it_was(wheel_odoo, database):
    def query(statement):
        return wheel_odoo.postgres.query(statement, database)

    wheel_odoo.shell(database, BEFORE)
    stages, groups, columns = query(STAGES), query(GROUPS), query(COLUMNS)
    all_leads = LEADS.format(columns=", ".join(name for table, name in columns if table == "crm_lead"))
    leads = query(all_leads)
    log = wheel_odoo.module("install", database)
    assert not [line for line in log.read_text().splitlines() if "Prepare computation" in line]
    assert query(all_leads) == leads
    assert query(FILLED) == [
        ["open", "Big One", "E", 30, "E", *OPEN, 300, "new", "direct"],
        ["own", "Big One", None, 50, None, *OPEN, 500.01, "new", "direct"],
        ["lost", "Big One", "M", 50, "M", *CLOSED, 0, "new", "direct"],
        ["won", "Big One", "A", 100, None, *CLOSED, 1000.01, "new", "direct"],
        ["lead", None, "P", 10, "P", "low", 5, 1, False, None, 0, "new", "direct"],
    ]
    assert query("SELECT state FROM ir_module_module WHERE name = 'pemba_crm'") == [["installed"]]
    steps = query(
        "SELECT pemba_step, name->>'en_US' FROM crm_stage WHERE pemba_step IS NOT NULL ORDER BY sequence, id"
    )
    assert steps == [
        ["P", "Prospection"],
        ["E", "Evaluation"],
        ["M", "Maturation"],
        ["B", "Budgeting"],
        ["A", "Acquisition"],
    ]
    french = query(FRENCH)
    assert french == [["Prospection"], ["Évaluation"], ["Maturation"], ["Budgétisation"], ["Achat"]]

    # Odoo's terms are loaded before ours are there to keep the steps' names.
    wheel_odoo.module("upgrade", database, "crm")
    assert query(FRENCH) == french

    wheel_odoo.shell(database, USE)
    wheel_odoo.module("uninstall", database)
    expected = json.loads(json.dumps(stages).replace('"Qualifi\\u00e9"', '"\\u00c0 qualifier"'))
    assert query(STAGES) == expected
    assert query(GROUPS) == groups
    assert query(OURS) == [[0], [0], [0]]
    assert query(COLUMNS) == columns
    assert query(all_leads)[: len(leads)] == leads
    [[maturation]] = query("SELECT res_id FROM ir_model_data WHERE module = 'crm' AND name = 'stage_lead3'")
    assert query("SELECT name, stage_id, active FROM crm_lead WHERE name IN ('a', 'b') ORDER BY name") == [
        ["a", maturation, False],
        ["b", maturation, True],
    ]

    wheel_odoo.module("install", database)
    assert query("SELECT count(*) FROM crm_stage WHERE pemba_step IS NOT NULL") == [[5]]
