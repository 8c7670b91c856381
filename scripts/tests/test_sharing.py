"""What copies of the project share on a machine and what each has of its own: two copies, real processes."""

import json
import os
import re
import shutil
import signal
import socket
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import server
from copies import SECONDS, Copy, end

BEGIN = "from databases import Odoo, PREFIX; odoo = Odoo(programs=())\n"
INSTALL = BEGIN + "print(odoo.template('tiny', 'base', (), ('-i', 'web', '--skip-auto-install')))\n"
OWN_DATABASE = BEGIN + (
    "from environment import state_lock\n"
    "with state_lock(): odoo.postgres.query(f'CREATE DATABASE {PREFIX}_own')\n"
)
DUPLICATE = BEGIN + "with odoo.temporary({template!r}) as name: print(name, flush=True); input()\n"
LOSE = BEGIN + (
    "from databases import FILES\n"
    "lost, made = PREFIX + '_lost', PREFIX + '_made'\n"
    "odoo.copy({template!r}, lost)\n"
    "odoo.postgres.query('DROP DATABASE ' + lost)\n"
    "(FILES / lost / 'old').touch()\n"
    "odoo.copy({template!r}, made)\n"
    "odoo.rename(made, lost)\n"
    "print(lost in odoo.postgres.databases(), sorted(map(str, (FILES / lost).glob('old'))))\n"
    "odoo.drop(lost)\n"
)
SERVE = BEGIN + (
    "import server\nodoo.copy({template!r}, server.DATABASE)\nserver.start_server(odoo, {port})\n"
)
IDLE = BEGIN + "print('ready', flush=True); input()\n"
RUN_SUITE = BEGIN + (
    "from suites import run_tests\n"
    "print(run_tests(odoo, {template!r}, [{suite!r}], TOLD={told!r}), odoo.our_databases())\n"
)
REMEMBER = (
    "from suites import TEST_CACHE\n"
    "path = TEST_CACHE / 'v/pemba/durations'\n"
    "path.parent.mkdir(parents=True)\n"
    "path.write_text({durations!r})\n"
)


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def cache():
    folder = Path(tempfile.mkdtemp())  # short, for the socket in it
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def copies(cache, tmp_path_factory):
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    variables["PEMBA_CACHE"] = str(cache)
    copies = [Copy(tmp_path_factory.mktemp("copy"), variables) for _copy in range(2)]
    yield copies
    for copy in copies:
        copy.stop()
    assert not (cache / "postgres/postmaster.pid").exists()


@pytest.fixture(scope="module")
def template(cache, copies):
    """A database of the first copy's, made while other commands go on."""
    one, other = copies
    with one.running(INSTALL) as installing:
        wait_for(lambda: any("Loading module" in log.read_text() for log in cache.rglob("install-*.log")))
        os.killpg(installing.pid, signal.SIGSTOP)
        other.run(OWN_DATABASE)
        with one.running(INSTALL) as waiting:
            assert waiting.stdout.readline().startswith("· waiting for another command")
            os.killpg(installing.pid, signal.SIGCONT)
            name = end(installing).splitlines()[-1]
            assert end(waiting).splitlines() == [name]
    return name


def is_running(cache):
    return (cache / "postgres/postmaster.pid").exists()


def test_one_copy_installs_while_another_makes_a_database(template):
    assert template


def test_two_commands_copy_a_database_at_a_time(copies, template):
    program = DUPLICATE.format(template=template)
    with copies[0].running(program) as one, copies[0].running(program) as other:
        # One waits for the other; both do, where the server has not yet seen a command before end.
        said = one.stdout.readline(), other.stdout.readline()
        assert any(line.startswith("· waiting for another command") for line in said)
        end(one)
        end(other)


def test_a_database_takes_the_place_of_one_whose_files_alone_are_left(copies, template):
    assert copies[0].run(LOSE.format(template=template)) == "True []\n"


def test_postgresql_goes_on_for_a_command_of_another_copy(cache, copies):
    with copies[0].running(IDLE) as command:
        assert command.stdout.readline() == "ready\n"
        assert "others use it" in copies[1].stop()
        assert is_running(cache)
        end(command)
    assert copies[1].stop() == ""
    assert not is_running(cache)


def test_postgresql_goes_on_for_a_server_of_another_copy(cache, copies, template):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    copies[0].run(SERVE.format(template=template, port=port))
    assert "others use it" in copies[1].stop()
    assert server.answers(port)
    assert copies[0].stop() == ""
    assert not server.answers(port)
    assert not is_running(cache)


def test_postgresql_goes_on_for_a_visitor(cache, copies):
    copies[0].run(BEGIN)
    with closing(psycopg2.connect(host=cache / "socket", port=5432, user="odoo", dbname="postgres")):
        assert "others use it" in copies[0].stop()
        assert is_running(cache)
    assert copies[0].stop() == ""
    assert not is_running(cache)


class SuiteRun:
    """A run of the small suite on a database: what it says, and what its tests tell."""

    def __init__(self, copy, template, folder, **variables):
        told = folder / "told"
        told.unlink(missing_ok=True)
        suite = copy.scripts / "tests/small_suite.py"
        program = RUN_SUITE.format(template=template, suite=str(suite), told=str(told))
        self.said = copy.run(program, **variables)
        self.told = [json.loads(line) for line in told.read_text().splitlines()]
        [self.outcome] = re.findall(r"^(\d.*) in \d+\.\d+s", self.said, re.MULTILINE)

    def __getitem__(self, key):
        """Each test's value of something: ``{test: value}``."""
        return {line["test"]: str(line[key]) for line in self.told}


def test_two_workers_share_a_suite(copies, template, tmp_path):
    longest = {"scripts/tests/small_suite.py::test_of_no_class": 9}
    copies[0].run(REMEMBER.format(durations=json.dumps(longest)))
    run = SuiteRun(copies[0], template, tmp_path, WORKERS="2", ARGS="")
    names = [line["test"] for line in run.told]
    assert sorted(names) == ["fails", "no class", "passes", "slow", "slow too", "subtests"]
    assert names.index("no class") < names.index("slow"), "what takes longest begins"
    for key in ("process", "port", "log", "database"):
        values = run[key]
        assert len(set(values.values())) == 2, key
        assert values["slow"] == values["slow too"] != values["fails"] == values["passes"]
    assert run.outcome == "2 failed, 5 passed, 1 subtests passed"
    assert "slow was here" in run.said and "passes was here" in run.said, "both logs are read"
    result = run.said.splitlines()[-1]
    assert result.startswith("False")
    assert template in result and "_temporary_" not in result, "what was copied is gone"

    again = SuiteRun(copies[0], template, tmp_path, WORKERS="1", ARGS="--last-failed")
    assert [line["test"] for line in again.told] == ["fails", "subtests"]
    assert len(set(again["process"].values())) == 1
