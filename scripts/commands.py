"""What each make target does."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import dashboards
import postgres
import server
from databases import ADDON, CONFIGURATION, Odoo, log_is_clean
from environment import (
    CACHE,
    LOGS,
    PROJECT,
    SCRIPTS,
    STATE,
    TAG,
    Problem,
    cache_lock,
    explain,
    say,
)
from installation import set_up

ODOO_SUITES = ("crm", "sales_team", "sale_crm", "sale_management")
TEST_CACHE = STATE / "pytest"
LAST_FAILED = "v/cache/lastfailed"


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
        "compare-sales": compare_sales,
        "dashboards": write_dashboards,
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
    postgres.stop_server()
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
    try:
        passed = run_tests(odoo, odoo.addon_template(), [ADDON, SCRIPTS / "tests"])
    finally:
        is_clean = linting.wait() == 0
        if not is_clean:
            say(lint_log.read_text())
    return 0 if passed and is_clean else 1


def run_tests(odoo, template, paths):
    """Run pytest on a copy of a database and read the server's log of the run.

    Paths among the extra arguments take the place of those given.

    :return: whether all tests passed and nothing was logged that should not be
    """
    log = LOGS / "test.log"
    log.unlink(missing_ok=True)
    extra = extra_arguments()
    named = [argument.split("::")[0] for argument in extra]
    if any(os.path.isdir(name) or (os.sep in name and os.path.exists(name)) for name in named):
        paths = []
    with odoo.temporary(template) as database:
        result = subprocess.run(
            [
                *(odoo.python, "-m", "pytest", "-c", SCRIPTS / "pytest.ini"),
                *("--rootdir", PROJECT, "-o", f"cache_dir={TEST_CACHE}"),
                *("--odoo-http", "--odoo-config", CONFIGURATION, "--odoo-database", database),
                *("--odoo-log-level", "info", "--odoo-extra", f"logfile={log}"),
                *(*paths, *extra),
            ],
            env={**odoo.variables, "PEMBA_STOCK_TEMPLATE": odoo.stock_template()},
        ).returncode
    if result not in (0, 1):  # interrupted, wrong options, nothing to run
        raise Problem("pytest did not come to an end.")
    return log_is_clean(odoo, log) and result == 0


def test_odoo():
    """Odoo's own suites with the add-on installed: they may fail only what they fail without it.

    A browser tour of Odoo's can miss its moment on a busy machine, so that what failed has to fail again.
    """
    odoo = Odoo(programs=("wkhtmltopdf", "chromium"))
    suites = odoo.output("-c", SUITE_PATHS, CONFIGURATION, *ODOO_SUITES).split()
    (TEST_CACHE / LAST_FAILED).unlink(missing_ok=True)
    if run_tests(odoo, odoo.addon_template(), suites):
        return 0
    failed_once = last_failed()
    if not failed_once:
        return 1  # the log's
    say("· what failed, once more …")
    run_tests(odoo, odoo.addon_template(), [*suites, "--last-failed"])
    failed_with = last_failed()
    for name in sorted(failed_once - failed_with):
        say(f"  passes when run again: {name}")
    if not failed_with:
        return 0
    say("· what failed twice, without pemba_crm …")
    run_tests(odoo, odoo.stock_template(), [*suites, "--last-failed"])
    failed_without = last_failed()
    for name in sorted(failed_with & failed_without):
        say(f"  fails without pemba_crm too: {name}")
    for name in sorted(failed_with - failed_without):
        say(f"  fails only with pemba_crm: {name}")
    return 1 if failed_with - failed_without else 0


def last_failed():
    """:return: the names of the tests that pytest remembers as failed"""
    path = TEST_CACHE / LAST_FAILED
    return set(json.loads(path.read_text())) if path.exists() else set()


def lint():
    """Ruff, pylint-odoo and the XML files; says nothing of what is in order."""
    with cache_lock():
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
    port = run_on_sales_files(
        "from sales_import import ImportProblem, import_folder\n"
        "try: import_folder(env, {folder!r})\n"
        "except (ImportProblem, OSError) as problem: sys.exit(str(problem))\n",
        "Nothing was imported.",
    )
    server.introduce(port)
    return 0


def compare_sales():
    """Compare the won revenue of the imported files with what the sales analysis says of it."""
    run_on_sales_files(
        "from sales_compare import compare\nsys.exit(compare(env, {folder!r}) and 1)\n",
        "The files and the report differ.",
    )
    return 0


def run_on_sales_files(program, failure):
    """Run a program on the served database and the folder named by ``DATA``.

    :return: the port of the server
    :raise Problem: when there are no files, or with ``failure``
    """
    folder = os.environ.get("DATA")
    if not folder or not os.path.isfile(os.path.join(folder, "sales_pipeline.csv")):
        raise Problem("Name the folder of sales_pipeline.csv: DATA=folder")
    port = server.serve()
    odoo = Odoo()
    ended = subprocess.run(
        odoo.command_line(
            *("shell", "-c", CONFIGURATION, "-d", server.DATABASE),
            *("--no-http", "--log-level", "warn"),
        ),
        input=f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        + program.format(folder=os.path.abspath(folder)),
        text=True,
        env=odoo.variables,
    )
    if ended.returncode:
        raise Problem(failure)
    return port


def translations():
    """Write the terms of the code to the .pot file and merge them into the French, which is kept."""
    odoo = Odoo()
    template = ADDON / "i18n/pemba_crm.pot"
    with odoo.temporary(odoo.addon_template()) as database:
        odoo.run(
            *("i18n", "export", "-c", CONFIGURATION, "-d", database, "-o", template, "pemba_crm"),
            log_name="translations",
        )
    french = ADDON / "i18n/fr.po"
    merge = "import polib, sys; f = polib.pofile(sys.argv[1]); f.merge(polib.pofile(sys.argv[2])); f.save()"
    odoo.output("-c", merge, french, template)
    return 0


def write_dashboards():
    """Write the dashboards' files, as Odoo's spreadsheets have them."""
    dashboards.write()
    return 0


def clean():
    """Drop our databases and their files; what was downloaded stays."""
    server.stop_server()
    odoo = Odoo()
    for database in odoo.our_databases():
        odoo.drop(database)
    remove(STATE)
    return 0


def distclean():
    """Remove the cache folder, the embedded PostgreSQL in it; databases on another server are kept."""
    stop()
    if postgres.running_server():
        raise Problem(f"{CACHE} is in use: end the other commands and servers first.")
    if CACHE.exists() and not TAG.exists():
        raise Problem(f"{CACHE} was not made by these commands: remove it yourself.")
    remove(CACHE)
    return 0


def remove(folder):
    if folder.exists():
        shutil.rmtree(folder)


SUITE_PATHS = """
import sys
from odoo.modules.module import get_module_path, initialize_sys_path
from odoo.tools import config
config.parse_config(["-c", sys.argv[1]], setup_logging=False)
initialize_sys_path()
for name in sys.argv[2:]:
    print(get_module_path(name) + "/tests")
"""
