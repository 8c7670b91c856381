"""What copies of the project share on a machine and what each has of its own: two copies, real processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
import server
from databases import ADDON
from environment import SCRIPTS

SECONDS = 120  # for what takes some of them on an idle machine
BEGIN = "from databases import Odoo, PREFIX; odoo = Odoo(programs=())\n"
INSTALL = BEGIN + "print(odoo._template('tiny', 'base', (), ('-i', 'web', '--skip-auto-install')))\n"
OWN_DATABASE = BEGIN + (
    "from environment import state_lock\n"
    "with state_lock(): odoo.postgres.query(f'CREATE DATABASE {PREFIX}_own')\n"
)
DUPLICATE = BEGIN + "with odoo.temporary({template!r}) as name: print(name, flush=True); input()\n"
SERVE = BEGIN + (
    "import server\nodoo.copy({template!r}, server.DATABASE)\nserver.start_server(odoo, {port})\n"
)
IDLE = BEGIN + "print('ready', flush=True); input()\n"


class Copy:
    """A copy of the project in a folder of its own; it shares a cache folder with others."""

    def __init__(self, folder, cache):
        self.scripts = folder / "scripts"
        shutil.copytree(SCRIPTS, self.scripts, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        shutil.copytree(ADDON, folder / ADDON.name, ignore=shutil.ignore_patterns("tests"))
        self.variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "PEMBA_CACHE": str(cache),
            "ODOO_PYTHON": sys.executable,
        }

    @contextmanager
    def running(self, program):
        """A command of the copy's, as a process, for as long as the block lasts at most."""
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=self.scripts,
            env=self.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def run(self, program):
        """Run a command of the copy's to its end, and return what it says."""
        with self.running(program) as process:
            return end(process)

    def stop(self):
        return subprocess.run(
            [sys.executable, "dev.py", "stop"],
            cwd=self.scripts,
            env=self.variables,
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        ).stdout


def end(process):
    """Let a process go on to its end, and return the rest of what it says."""
    said, _errors = process.communicate("\n", timeout=SECONDS)
    assert process.returncode == 0, said
    return said


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
    copies = [Copy(tmp_path_factory.mktemp("copy"), cache) for _copy in range(2)]
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
        assert one.stdout.readline() != other.stdout.readline()
        end(one)
        end(other)


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
