"""What each make target does."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import server
from databases import ADDON, CONFIGURATION, Odoo, check_log
from environment import CACHE, LOGS, PROJECT, SCRIPTS, Problem, explain, say, set_up
from postgres import Postgres

ODOO_SUITES = ("crm", "sales_team", "sale_crm", "sale_management")
TEST_CACHE = CACHE / "pytest"


def main(arguments):
    """Run the command named by the first argument; a :class:`Problem` is told in one line."""
    commands = {
        "run": server.run,
        "stop": stop,
        "test": test,
        "test-odoo": test_odoo,
        "lint": lint,
        "shell": shell,
        "import-sales": import_sales,
        "translations": translations,
        "clean": clean,
        "distclean": distclean,
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        say(f"Usage: dev.py {' | '.join(commands)}")
        return 2
    try:
        return commands[arguments[0]]()
    except Problem as problem:
        say(f"\n✗ {problem}")
        return 1
    except OSError as error:
        say(f"\n✗ {explain(str(error))}")
        return 1
    except KeyboardInterrupt:
        say("\n✗ interrupted; the next start goes on from here")
        return 130


def extra_arguments():
    return shlex.split(os.environ.get("ARGS", ""))


def stop():
    server.stop_server()
    if (CACHE / "postgres").exists():
        python, variables = set_up(())
        Postgres(python, variables).stop()
    return 0


def test():
    """Lint, and the suite on a copy of a database with the add-on."""
    odoo = Odoo(programs=("wkhtmltopdf", "chromium"))
    lint_log = LOGS / "lint.log"
    with lint_log.open("w") as output:
        linting = subprocess.Popen(
            [sys.executable, SCRIPTS / "dev.py", "lint"],
            stdout=output,
            stderr=output,
            env={**os.environ, "ARGS": ""},
        )
    paths = [] if has_paths(extra_arguments()) else [ADDON, SCRIPTS / "tests"]
    result = run_tests(odoo, odoo.addon_template(), paths + extra_arguments())
    if linting.wait():
        say(lint_log.read_text())
        return 1
    return result


def has_paths(arguments):
    return any(os.path.exists(argument.split("::")[0]) for argument in arguments)


def run_tests(odoo, template, arguments):
    """Run pytest on a copy of a database and read the server's log of the run.

    :return: pytest's exit status
    """
    database = f"pemba_test_{os.getpid()}"
    log = LOGS / "test.log"
    log.unlink(missing_ok=True)
    odoo.copy(template, database)
    try:
        result = subprocess.run(
            [
                *(odoo.python, "-m", "pytest", "-c", SCRIPTS / "pytest.ini"),
                *("--rootdir", PROJECT, "-o", f"cache_dir={TEST_CACHE}"),
                *("--odoo-http", "--odoo-config", CONFIGURATION, "--odoo-database", database),
                *("--odoo-log-level", "info", "--odoo-extra", f"logfile={log}"),
                *arguments,
            ],
            env={**odoo.variables, "PEMBA_STOCK_TEMPLATE": odoo.stock_template()},
        ).returncode
    finally:
        odoo.drop(database)
    if result in (0, 1):  # pytest ran tests
        check_log(odoo, log)
    return result


def test_odoo():
    """Odoo's own suites with the add-on installed: they may fail only what they fail without it."""
    odoo = Odoo(programs=("wkhtmltopdf", "chromium"))
    addons = odoo.output("-c", "import odoo.addons.crm as crm; print(crm.__path__[0])").strip()
    suites = [os.path.join(os.path.dirname(addons), suite, "tests") for suite in ODOO_SUITES]
    failed_tests = TEST_CACHE / "v/cache/lastfailed"
    failed_tests.unlink(missing_ok=True)
    if not run_tests(odoo, odoo.addon_template(), suites + extra_arguments()):
        return 0
    failed_with = set(json.loads(failed_tests.read_text()))
    say("· what failed, again without pemba_crm …")
    run_tests(odoo, odoo.stock_template(), suites + ["--last-failed"])
    failed_without = set(json.loads(failed_tests.read_text())) if failed_tests.exists() else set()
    for name in sorted(failed_with & failed_without):
        say(f"  fails without pemba_crm too: {name}")
    for name in sorted(failed_with - failed_without):
        say(f"  fails only with pemba_crm: {name}")
    return 1 if failed_with - failed_without else 0


def lint():
    """Ruff, pylint-odoo and the XML files; says nothing of what is in order."""
    python, variables = set_up(())
    fix = extra_arguments() == ["--fix"]
    checks = [
        ["ruff", "check", *(["--fix"] if fix else []), "."],
        ["ruff", "format", *([] if fix else ["--check"]), "."],
        ["pylint", "--rcfile=.pylintrc", "pemba_crm"],
    ]
    failures = [
        check
        for check in checks
        if subprocess.run([python, "-m", *check], cwd=PROJECT, env=variables).returncode
    ]
    for path in sorted(ADDON.rglob("*.xml")):
        try:
            ElementTree.parse(path)
        except ElementTree.ParseError as error:
            say(f"{path.relative_to(PROJECT)}: {error}")
            failures.append(path)
    return 1 if failures else 0


def shell():
    """A Python shell on the served database, with ``env`` at hand."""
    server.serve()
    odoo = Odoo()
    return subprocess.run(
        odoo.command_line(
            "shell", "-c", CONFIGURATION, "-d", server.DATABASE, "--no-http", *extra_arguments()
        ),
        env=odoo.variables,
    ).returncode


def import_sales():
    """Load the files of the CRM Sales Opportunities data set into the served database."""
    folder = os.environ.get("DATA")
    if not folder or not os.path.isfile(os.path.join(folder, "sales_pipeline.csv")):
        raise Problem("Name the folder of sales_pipeline.csv: make import-sales DATA=folder")
    port = server.serve()
    odoo = Odoo()
    program = (
        f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        "from sales_import import ImportProblem, import_folder\n"
        f"try: import_folder(env, {os.path.abspath(folder)!r})\n"
        "except (ImportProblem, OSError) as problem: sys.exit(str(problem))\n"
    )
    imported = subprocess.run(
        odoo.command_line(
            *("shell", "-c", CONFIGURATION, "-d", server.DATABASE),
            *("--no-http", "--log-level", "warn"),
        ),
        input=program,
        text=True,
        env=odoo.variables,
    )
    if imported.returncode:
        raise Problem("Nothing was imported.")
    server.introduce(port)
    return 0


def translations():
    """Write the terms of the code to the .pot file and merge them into the French, which is kept."""
    odoo = Odoo()
    database = f"pemba_terms_{os.getpid()}"
    template = ADDON / "i18n/pemba_crm.pot"
    odoo.copy(odoo.addon_template(), database)
    try:
        odoo.run(
            *("i18n", "export", "-c", CONFIGURATION, "-d", database, "-o", template, "pemba_crm"),
            log_name="translations",
        )
    finally:
        odoo.drop(database)
    french = ADDON / "i18n/fr.po"
    merge = "import polib, sys; f = polib.pofile(sys.argv[1]); f.merge(polib.pofile(sys.argv[2])); f.save()"
    odoo.output("-c", merge, french, template)
    return 0


def clean():
    """Drop our databases and their files; what was downloaded stays."""
    server.stop_server()
    odoo = Odoo()
    for database in odoo.postgres.databases():
        if database == server.DATABASE or database.startswith("pemba_"):
            odoo.drop(database)
    odoo.postgres.stop()
    for name in ("data", "tmp", "log", "pycache", "served"):
        remove(CACHE / name)
    return 0


def distclean():
    """Remove all that the commands ever made; databases on a server of somebody else's are kept."""
    stop()
    remove(CACHE)
    return 0


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
