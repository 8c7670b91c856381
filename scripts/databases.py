"""Odoo's databases: made by Odoo's own command line, copied from templates where one will do."""

import ast
import contextlib
import hashlib
import os
import re
import subprocess

from environment import (
    LOGS,
    PROJECT,
    PROJECT_KEY,
    STATE,
    Problem,
    cache_lock,
    command,
    say,
    state_lock,
    step,
)
from installation import set_up
from postgres import Postgres

ADDON = PROJECT / "pemba_crm"
CONFIGURATION = STATE / "odoo.conf"
PREFIX = f"pemba_{PROJECT_KEY}"  # of all our databases: the server may have those of others
LANGUAGES = ("--load-language", "en_US,fr_FR")
LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")


class Odoo:
    """An Odoo with its databases, ready to run."""

    def __init__(self, programs=("wkhtmltopdf",)):
        with cache_lock():
            self.python, variables = set_up(programs)
        self.postgres = Postgres(self.python, variables)
        self.variables = self.postgres.variables
        self.release = self._check()
        with cache_lock():
            self.postgres.start()
        STATE.mkdir(parents=True, exist_ok=True)
        configuration = (
            "[options]\n"
            f"addons_path = {PROJECT}\n"
            f"data_dir = {STATE / 'data'}\n"
            "http_interface = 127.0.0.1\n"
            "max_cron_threads = 1\n"
            "admin_passwd = admin\n"
        )
        # Another command may be reading it.
        if not CONFIGURATION.exists() or CONFIGURATION.read_text() != configuration:
            CONFIGURATION.write_text(configuration)

    def _check(self):
        """Odoo's version, so that what was made with another is not taken for this one's."""
        program = "import odoo.release as release; print(release.version_info[0], release.version)"
        try:
            major, release = self.output("-c", program).split(" ", 1)
        except Problem as problem:
            raise Problem(f"{self.python} does not run Odoo: {problem}") from None
        if major != "19":
            raise Problem(f"{self.python} runs Odoo {release.strip()}; pemba_crm is for Odoo 19.")
        return release.strip()

    def output(self, *arguments):
        """What Python, with Odoo at hand, prints."""
        return command([self.python, *arguments], "python", env=self.variables)

    def command_line(self, *arguments):
        return [self.python, "-m", "odoo", *arguments]

    def run(self, *arguments, log_name, **options):
        """Run one of Odoo's commands to its end.

        :return: the path of its log
        """
        command(
            self.command_line(*arguments),
            log_name,
            progress=show_loading,
            env=self.variables,
            **options,
        )
        return LOGS / f"{log_name}.log"

    def copy(self, source, target):
        self.run("db", "-c", CONFIGURATION, "duplicate", "-f", source, target, log_name="duplicate")

    def drop(self, database):
        if database in self.postgres.databases():
            self.run("db", "-c", CONFIGURATION, "drop", database, log_name="drop")

    def make(self, database, *arguments, base=None):
        """Install modules in a new database, which bears its name only once it is whole.

        :param base: the database to start from, an empty one if not given
        :raise Problem: when the installation fails or logs a warning
        """
        unfinished = f"{database}_unfinished"
        self.drop(unfinished)
        if base:
            self.copy(base, unfinished)
        log = self.run(
            *("-c", CONFIGURATION, "-d", unfinished, "--no-http", "--stop-after-init", *arguments),
            log_name=f"install-{database}",
        )
        if not log_is_clean(self, log):
            raise Problem(f"Installing {database} was not clean.")
        self.run("db", "-c", CONFIGURATION, "rename", unfinished, database, log_name="rename")

    def stock_template(self):
        """A database with what the add-on stands on, in English and French, without demo data."""
        arguments = ("-i", ",".join(manifest()["depends"]), *LANGUAGES)
        return self._template("stock", "Odoo's own modules", (self.release,), arguments)

    def addon_template(self):
        """The same with the add-on as it stands in the project."""
        stock = self.stock_template()
        return self._template("addon", "pemba_crm", (stock, addon_digest()), ("-i", "pemba_crm"), stock)

    def _template(self, kind, what, depends_on, arguments, base=None):
        """The database made by an installation, from the last time if nothing it depends on has changed."""
        name = f"{PREFIX}_{kind}_{fingerprint(*depends_on, *arguments)}"
        with state_lock():
            databases = self.postgres.databases()
            if name not in databases:
                with step(f"installing {what}"):
                    for database in databases:
                        if database.startswith(f"{PREFIX}_{kind}_"):
                            self.drop(database)
                    self.make(name, *arguments, base=base)
        return name

    def our_databases(self):
        return [name for name in self.postgres.databases() if name.startswith(PREFIX)]

    @contextlib.contextmanager
    def temporary(self, template):
        """A copy of a database for as long as the block lasts; those of killed commands go too."""
        for database in self.our_databases():
            pid = database.rpartition("_temporary_")[2]
            if pid.isdecimal() and not os.path.exists(f"/proc/{pid}"):
                self.drop(database)
        name = f"{PREFIX}_temporary_{os.getpid()}"
        self.copy(template, name)
        try:
            yield name
        finally:
            self.drop(name)


def show_loading(line):
    found = LOADING.search(line)
    return found and "{} ({} of {})".format(*found.groups())


def log_is_clean(odoo, log):
    """Whether a log has no warning or error in it, save for what stock Odoo prints as well; shows those."""
    checked = subprocess.run(
        [odoo.python, "-m", "checklog_odoo", "-c", PROJECT / "scripts/checklog.cfg", log],
        env=odoo.variables,
        capture_output=True,
        text=True,
    )
    if checked.returncode:
        say(checked.stdout + checked.stderr)
        say(f"✗ The server's log has warnings or errors: {log}")
    return checked.returncode == 0


def manifest():
    return ast.literal_eval((ADDON / "__manifest__.py").read_text())


def fingerprint(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def addon_digest():
    """A digest of what an installation reads; tests are not part of it."""
    digest = hashlib.sha256()
    for path in sorted(ADDON.rglob("*")):
        if path.is_file() and not {"tests", "__pycache__"} & set(path.relative_to(ADDON).parts):
            digest.update(str(path.relative_to(ADDON)).encode() + path.read_bytes())
    return digest.hexdigest()
