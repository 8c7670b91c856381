"""The suites: ours, and Odoo's own with the add-on installed."""

import json
import os
import re
import subprocess
import sys
from collections import Counter

from databases import ADDON, CONFIGURATION, EXAMPLE, Odoo, log_is_clean, numbered
from environment import LOGS, PROJECT, SCRIPTS, STATE, Problem, extra_arguments, say

ODOO_SUITES = ("crm", "sales_team", "sale_crm", "sale_management")
TEST_CACHE = STATE / "pytest"
LAST_FAILED = "v/cache/lastfailed"
# Whole classes, in the order of workers.py; a worker that dies is a failure.
DISTRIBUTION = ("--dist", "loadscope", "--no-loadscope-reorder", "--max-worker-restart", "0")


def test():
    """Lint, the suite on a database with the add-on, the example's tests on one with that as well.

    ``WITH`` names modules of Odoo that are installed beside it.
    """
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
        stock = {"PEMBA_STOCK_TEMPLATE": odoo.stock_template()}
        is_example = any(EXAMPLE.name in argument for argument in extra_arguments())
        beside = os.environ.get("WITH")
        passed = True
        if not is_example:
            template = odoo.template_beside(beside) if beside else odoo.addon_template()
            passed = run_tests(odoo, template, [SCRIPTS / "tests", ADDON], **stock)
        if is_example or not (extra_arguments() or beside):
            passed = run_tests(odoo, odoo.example_template(), [EXAMPLE / "tests"]) and passed
    finally:
        is_clean = linting.wait() == 0
        if not is_clean:
            say(lint_log.read_text())
    return 0 if passed and is_clean else 1


def run_tests(odoo, template, paths, **variables):
    """Run pytest on copies of a database, one for each worker, and read the servers' logs of the run.

    Paths among the extra arguments take the place of those given.

    :param variables: of the environment, for the tests
    :return: whether all tests passed and nothing was logged that should not be
    """
    workers = count_workers()
    logs = [LOGS / f"{numbered('test', number)}.log" for number in range(workers)]
    for path in logs:
        path.unlink(missing_ok=True)
    extra = extra_arguments()
    named = [argument.split("::")[0] for argument in extra]
    if any(os.path.isdir(name) or (os.sep in name and os.path.exists(name)) for name in named):
        paths = []
    with odoo.temporary(template, workers) as database:
        result = subprocess.run(
            [
                *(odoo.python, SCRIPTS / "workers.py", "-p", "workers", "-c", SCRIPTS / "pytest.ini"),
                *("--rootdir", PROJECT, "-o", f"cache_dir={TEST_CACHE}"),
                *("--odoo-http", "--odoo-config", CONFIGURATION, "--odoo-database", database),
                *("--odoo-log-level", "info", "--odoo-extra", f"logfile={logs[0]}"),
                *(("-n", str(workers), *DISTRIBUTION) if workers > 1 else ()),
                *(*paths, *extra),
            ],
            env={**odoo.variables, **variables},
        ).returncode
    if result not in (0, 1):  # interrupted, wrong options, nothing to run
        raise Problem("pytest did not come to an end.")
    with logs[0].open("a") as whole:
        for log in logs[1:]:
            if log.exists():
                whole.write(log.read_text())
    return log_is_clean(odoo, logs[0]) and result == 0


def test_prices():
    """Random offers, ``OFFERS`` of them, each taken to a posted invoice, a contract and its renewal."""
    told = read_number("OFFERS", 5000, "offers")
    odoo = Odoo()
    suite = ADDON / "tests/test_prices_random.py"
    passed = run_tests(odoo, odoo.addon_template(), [suite], PEMBA_OFFERS=told)
    counts = {}
    for currency, parts in re.findall(r"Prices in (\w+): (.*)", (LOGS / "test.log").read_text()):
        for number, what in re.findall(r"(\d+) ([^,]+)", parts):
            counts.setdefault(currency, Counter())[what] += int(number)
    for currency, of_currency in counts.items():
        say(f"{currency}: {', '.join(f'{number} {what}' for what, number in sorted(of_currency.items()))}")
    return 0 if passed else 1


def test_year():
    """Years at random, ``SEEDS`` of them from ``FIRST`` on, each compared with a plain ledger."""
    variables = {
        "PEMBA_SEEDS": read_number("SEEDS", 300, "seeds"),
        "PEMBA_FIRST_SEED": read_number("FIRST", 0, "seeds"),
    }
    odoo = Odoo()
    passed = run_tests(odoo, odoo.addon_template(), [ADDON / "tests/test_year.py"], **variables)
    counts = Counter()
    for parts in re.findall(r"Years: (.*)", (LOGS / "test.log").read_text()):
        for number, what in re.findall(r"(\d+) ([^,]+)", parts):
            counts[what.strip()] += int(number)
    say(", ".join(f"{number} {what}" for what, number in counts.items()))
    return 0 if passed else 1


def count_workers():
    """How many processes share the tests: ``WORKERS``, else two."""
    return int(read_number("WORKERS", 2, "workers"))


def read_number(name, usual, what):
    """:return: a number of the environment, as text

    :raise Problem: naming what is none
    """
    told = os.environ.get(name) or str(usual)
    if not told.isdecimal() or not (int(told) or usual == 0):
        raise Problem(f"{name}={told} is not a number of {what}.")
    return told


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


SUITE_PATHS = """
import sys
from odoo.modules.module import get_module_path, initialize_sys_path
from odoo.tools import config
config.parse_config(["-c", sys.argv[1]], setup_logging=False)
initialize_sys_path()
for name in sys.argv[2:]:
    print(get_module_path(name) + "/tests")
"""
