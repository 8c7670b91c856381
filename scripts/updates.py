"""Updating from the version before: whatever that one recorded and reported stays as it was."""

import json
import os
import shutil
import subprocess

from databases import ADDON, CONFIGURATION, LANGUAGES, Odoo, configure, log_is_clean, manifest, read_manifest
from environment import PROJECT, SCRIPTS, STATE, Problem, provide, say, step

# What a migration changes on purpose: ``{model or "model.field": why}``.
MEANT = {}
SHOWN = 20  # of the differences
SOURCE = STATE / "before"
MANIFEST = f"./{ADDON.name}/__manifest__.py"


def test_update():
    """Make a database with the version before, update it, and compare what it says before and after."""
    commit = find_commit()
    if not commit:
        say("· git knows no version before this one: nothing to update from")
        return 0
    odoo = Odoo()
    provide(SOURCE, commit, 50, lambda folder: export(commit, folder))
    before = configure(STATE / "before.conf", SOURCE)
    with odoo.temporary(make_template(odoo, commit, before)) as database:
        with step("reading its figures"):
            old = read_figures(odoo, database, before)
        with step(f"updating to {manifest()['version']}"):
            log = odoo.update(database)
        with step("reading its figures again"):
            new = read_figures(odoo, database, CONFIGURATION)
    for name, reason in MEANT.items():
        say(f"  {name} is meant to differ: {reason}")
    differences = list(get_differences(old, new))
    for difference in differences[:SHOWN]:
        say(f"  {difference}")
    count = sum(len(values) for records in old.values() for values in records.values())
    say(f"{count:,} figures of {len(old)} tables and sums, {len(differences):,} differ")
    return 0 if log_is_clean(odoo, log) and not differences else 1


# Versions that cannot be installed beside Odoo's demo data, so that nothing is updated from them there.
NOT_INSTALLED = {"19.0.1.6.0"}


def find_commit():
    """The commit named by ``BEFORE``, else the newest whose manifest has another version; None without.

    :raise Problem: when ``BEFORE`` names none
    """
    named = os.environ.get("BEFORE")
    if named:
        commit = git("rev-parse", "--verify", "--quiet", f"{named}^{{commit}}")
        if not commit:
            raise Problem(f"BEFORE={named} is no commit that git knows.")
        return commit
    raised = git("log", "--first-parent", "-m", "--format=%H", '-G"version":', "--", MANIFEST).split()
    for name in ("HEAD", *(f"{commit}^" for commit in raised)):
        text = git("show", f"{name}:{MANIFEST}")
        if text and read_manifest(text)["version"] not in {manifest()["version"], *NOT_INSTALLED}:
            return git("rev-parse", name)
    return None


def git(*arguments):
    """What git says of the project; nothing where there is no git, no history or no such thing."""
    try:
        result = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def export(commit, folder):
    archive = folder / "before.tar"
    git("archive", "--output", str(archive), commit, ADDON.name)
    shutil.unpack_archive(archive, folder)
    archive.unlink()


def make_template(odoo, commit, configuration):
    """A database with the version before, its demo data and a company's records, kept for the next time."""
    world = (SCRIPTS / "update_world.py").read_text()

    def fill(database):
        if not odoo.shell(database, "from update_world import make_world; make_world(env)", configuration):
            raise Problem("What the version before should record could not be made.")

    return odoo.template(
        "before",
        f"the version before ({commit[:10]}) and what it records",
        (odoo.release, commit, world),
        ("-i", ADDON.name, "--with-demo", *LANGUAGES),
        configuration=configuration,
        fill=fill,
    )


def read_figures(odoo, database, configuration):
    path = STATE / "figures.json"
    program = f"from update_figures import write_figures; write_figures(env, {str(path)!r})"
    if not odoo.shell(database, program, configuration):
        raise Problem("The figures could not be read.")
    return json.loads(path.read_text())


def get_differences(old, new):
    """What differs, record by record, of what there was and still is; what is meant to differ is left out."""
    for what in sorted(old.keys() & new.keys() - MEANT.keys()):
        for record in sorted(old[what].keys() | new[what].keys()):
            if record not in new[what]:
                yield f"{what} {record} is gone"
            elif record not in old[what]:
                yield f"{what} {record} is new"
            else:
                before, after = old[what][record], new[what][record]
                for field in sorted(before.keys() & after.keys()):
                    if before[field] != after[field] and f"{what}.{field}" not in MEANT:
                        yield f"{what} {record}: {field} was {before[field]} and is {after[field]}"
