"""The served database: made with demo data, updated when the add-on changed, served in the background."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from databases import CONFIGURATION, LANGUAGES, PREFIX, Odoo, addon_digest
from environment import LOGS, STATE, Problem, say, state_lock, step

DATABASE = f"{PREFIX}_served"
PROCESS = STATE / "server.pid"
SERVED = STATE / "served"  # the digest of the add-on that the served database has
START_TIME = 120  # seconds; half of one is usual


def run():
    """Serve the add-on and say where."""
    introduce(serve())
    return 0


def serve():
    """Have the add-on served as it stands in the project; a server that does so is left running.

    :return: the port
    """
    pid, running_port = running_process()
    wanted = os.environ.get("PORT") or running_port or 8069
    if not str(wanted).isdecimal() or not 0 < int(wanted) < 65536:
        raise Problem(f"PORT={wanted} is not a port.")
    port = int(wanted)
    if port == running_port and is_up_to_date() and answers(port):
        return port
    if port != running_port:
        check_port(port)
    if pid:
        stop_server()
    odoo = Odoo()
    with state_lock():
        prepare_database(odoo)
    with step("starting the server"):
        start_server(odoo, port)
    return port


def is_up_to_date():
    return SERVED.exists() and SERVED.read_text() == addon_digest()


def check_port(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Problem(
                f"Port {port} is in use by another program: choose one with 'make run PORT={port + 1}'."
            ) from None


def prepare_database(odoo):
    if DATABASE not in odoo.postgres.databases():
        with step("installing pemba_crm and its demo data, in English and French"):
            odoo.make(DATABASE, "-i", "pemba_crm", "--with-demo", *LANGUAGES)
    elif not is_up_to_date():
        with step("updating pemba_crm"):
            odoo.update(DATABASE)
    SERVED.write_text(addon_digest())


def start_server(odoo, port):
    log = LOGS / "server.log"
    with log.open("a") as output:
        process = subprocess.Popen(
            odoo.command_line(
                *("-c", CONFIGURATION, "-d", DATABASE, "--db-filter", f"^{DATABASE}$"),
                *("--http-port", str(port)),
            ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=odoo.variables,
            start_new_session=True,
            pass_fds=odoo.postgres.claims,
        )
    PROCESS.write_text(f"{process.pid} {port}")
    deadline = time.monotonic() + START_TIME
    while not answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            stop_server()
            raise Problem(f"The server did not start (see {log}).")
        time.sleep(0.3)


def answers(port):
    try:
        # No proxy leads to this machine itself.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/web/login", timeout=30) as page:
            return page.status == 200
    except (urllib.error.URLError, OSError):
        return False


def running_process():
    """The server's process and port, where it runs."""
    try:
        pid, port = map(int, PROCESS.read_text().split())
        with open(f"/proc/{pid}/cmdline") as command_line:
            if str(CONFIGURATION) in command_line.read():
                return pid, port
    except (OSError, ValueError):
        pass
    return None, None


def stop_server():
    pid, _port = running_process()
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while running_process()[0] and time.monotonic() < deadline:
            time.sleep(0.1)
        if running_process()[0]:
            os.kill(pid, signal.SIGKILL)
    PROCESS.unlink(missing_ok=True)


def introduce(port):
    say(f"""
PEMBA CRM is served at  http://localhost:{port}

  login        password     who
  sales        sales        salesperson
  commercial   commercial   salesperson, in French
  manager      manager      sales manager
  support      support      customer support
  accountant   accountant   accountant
  admin        admin        administrator

Open the PEMBA menu first: its pipeline shows the opportunities from Prospection to Acquisition.
'make stop' ends it; 'make import-sales DATA=folder' loads 8,800 real opportunities.
The server's log is {LOGS / "server.log"}
""")
