"""Updating from the version before: a small add-on with a history, and what is said of it."""

import os
import shutil
import subprocess
import sys

import pytest
import updates
from copies import Copy

MANIFEST = """{{
    "name": "Small", "author": "Somebody", "license": "LGPL-3", "version": "{version}",
    "data": ["ir.model.access.csv"],
}}
"""
ACCESS = (
    "id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink\n"
    "thing,thing,model_pemba_thing,base.group_user,1,1,1,1\n"
    "report,report,model_pemba_report,base.group_user,1,0,0,0\n"
)
MODELS = """
from odoo import fields, models
from odoo.tools import SQL


class PembaThing(models.Model):
    _name = "pemba.thing"
    _description = "Thing"

    name = fields.Char()
    amount = fields.Float()
    partner_ids = fields.Many2many("res.partner")


class PembaReport(models.Model):
    _name = "pemba.report"
    _description = "Report"
    _auto = False

    partner_id = fields.Many2one("res.partner", readonly=True)
    amount = fields.Float(readonly=True)

    @property
    def _table_query(self):
        return SQL("SELECT id, 1 AS partner_id, amount FROM pemba_thing")


class ResPartner(models.Model):
    _inherit = "res.partner"

    pemba_note = fields.Char(default="as it was")
"""
WORLD = """
def make_world(env):
    env["pemba.thing"].create([
        {"name": name, "amount": amount, "partner_ids": env.ref("base.main_partner")}
        for name, amount in (("one", 1), ("two", 2), ("three", 3))
    ])
    env.cr.commit()
"""
MIGRATION = """
def migrate(cr, version):
    cr.execute("UPDATE pemba_thing SET amount = 2.5 WHERE name = 'two'")
    cr.execute("DELETE FROM pemba_thing_res_partner_rel WHERE pemba_thing_id = 3")
    cr.execute("UPDATE res_partner SET pemba_note = 'changed', comment = 'not ours' WHERE id = 1")
"""
KEPT = (
    "import updates; from databases import Odoo; odoo = Odoo(programs=())\n"
    "print(updates.make_template(odoo, updates.find_commit(), updates.STATE / 'before.conf'))\n"
)


class SmallProject:
    """A copy of the project with another add-on, in git from its first version on."""

    def __init__(self, folder):
        # Odoo alone, without the modules that it installs by itself.
        self.copy = Copy(folder, {**os.environ, "ODOO_SKIP_AUTO_INSTALL": "1"})
        self.folder, self.addon = folder, folder / "pemba_crm"
        (self.copy.scripts / "update_world.py").write_text(WORLD)
        shutil.rmtree(self.addon)
        self.write("__init__.py", MODELS)
        self.write("ir.model.access.csv", ACCESS)
        self.git("init", "-q")
        self.commit("19.0.1.0.0")

    def write(self, name, text):
        path = self.addon / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, version):
        self.write("__manifest__.py", MANIFEST.format(version=version))
        self.git("add", "-A")
        self.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", version)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments):
        command = ["git", "-C", self.folder, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def update(self, **variables):
        """``make test-update``: how it ends, and what it says."""
        result = subprocess.run(
            [sys.executable, "dev.py", "test-update"],
            cwd=self.copy.scripts,
            env={**self.copy.variables, "BEFORE": "", **variables},
            capture_output=True,
            text=True,
        )
        return result.returncode, result.stdout + result.stderr


@pytest.fixture
def project(tmp_path):
    project = SmallProject(tmp_path)
    yield project
    project.copy.run("import commands; commands.clean()")


def test_what_an_update_changes_is_told_record_by_record(project):
    project.write("migrations/19.0.1.1.0/post-change.py", MIGRATION)
    project.commit("19.0.1.1.0")
    code, said = project.update()
    assert code == 1
    for difference in (
        "pemba.report by partner_id 1: amount was 6.0 and is 6.5",
        "pemba.thing 2: amount was 2 and is 2.5",
        "pemba.thing 3: partner_ids was {1} and is None",
        "res.partner 1: pemba_note was as it was and is changed",
    ):
        assert f"  {difference}\n" in said
    assert "4 differ" in said
    assert "installing" not in project.copy.run(KEPT)


def test_the_version_before_is_found_where_git_knows_one(project):
    assert project.update() == (0, "· git knows no version before this one: nothing to update from\n")
    project.write("data.txt", "a commit of the same version")
    first = project.commit("19.0.1.0.0")
    project.commit("19.0.1.1.0")
    project.write("data.txt", "another of the new version")
    project.commit("19.0.1.1.0")
    program = "import updates; print(updates.find_commit())"
    assert project.copy.run(program, BEFORE="") == f"{first}\n"
    assert project.copy.run(program, BEFORE="HEAD^") == f"{project.git('rev-parse', 'HEAD^')}\n"
    code, said = project.update(BEFORE="nothing")
    assert code == 1 and "BEFORE=nothing is no commit that git knows" in said
    shutil.rmtree(project.folder / ".git")
    assert project.update()[0] == 0


def test_what_is_new_gone_or_meant(monkeypatch):
    old = {
        "thing": {"1": {"a": "x", "left out": "y"}, "2": {}},
        "gone": {"1": {}},
        "by axis": {"6": {"rows": 1}},
    }
    new = {"thing": {"1": {"a": "z", "added": "y"}, "3": {}}, "by axis": {"6": {"rows": 2}}}
    told = [
        "by axis 6: rows was 1 and is 2",
        "thing 1: a was x and is z",
        "thing 2 is gone",
        "thing 3 is new",
    ]
    assert list(updates.get_differences(old, new)) == told
    monkeypatch.setattr(updates, "MEANT", {"by axis": "why", "thing.a": "why"})
    assert list(updates.get_differences(old, new)) == told[2:]
