"""What each make target does."""

import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import postgres
import server
import suites
import updates
from databases import ADDON, CONFIGURATION, Odoo
from environment import (
    CACHE,
    PROJECT,
    STATE,
    TAG,
    Problem,
    cache_lock,
    explain,
    extra_arguments,
    say,
)
from installation import set_up


def main(arguments):
    """Run the command named by the first argument; a :class:`Problem` is told in one line."""
    commands = {
        "run": server.run,
        "stop": stop,
        "test": suites.test,
        "test-prices": suites.test_prices,
        "test-year": suites.test_year,
        "test-update": updates.test_update,
        "test-odoo": suites.test_odoo,
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


def stop():
    server.stop_server()
    postgres.stop_server()
    return 0


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
        "import sys\n"
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
        "import sys\nfrom sales_compare import compare\nsys.exit(compare(env, {folder!r}) and 1)\n",
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
    if not Odoo().shell(server.DATABASE, program.format(folder=os.path.abspath(folder))):
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
    return subprocess.run([sys.executable, "-m", "dashboards"], cwd=ADDON).returncode


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
