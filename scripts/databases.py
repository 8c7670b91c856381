"""Odoo's databases, each with its files: made by Odoo, or copied from a template where one will do."""

import ast
import contextlib
import hashlib
import os
import re
import shutil
import subprocess

from environment import (
    LOGS,
    PROJECT,
    PROJECT_KEY,
    SCRIPTS,
    STATE,
    Problem,
    cache_lock,
    command,
    fingerprint,
    say,
    state_lock,
    step,
)
from installation import set_up
from postgres import Postgres

ADDON = PROJECT / "pemba_crm"
EXAMPLE = PROJECT / "examples" / "pemba_crm_example"
CONFIGURATION = STATE / "odoo.conf"
FILES = STATE / "data/filestore"
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
        folders = [folder for folder in (PROJECT, EXAMPLE.parent) if folder.exists()]
        configure(CONFIGURATION, ",".join(map(str, folders)))

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

    def shell(self, database, program, configuration=None):
        """Run a program with a database's ``env`` at hand, and this folder on its path.

        :return: whether it came to its end
        """
        ended = subprocess.run(
            self.command_line(
                *("shell", "-c", configuration or CONFIGURATION, "-d", database),
                *("--no-http", "--log-level", "warn"),
            ),
            input=f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n{program}",
            text=True,
            env=self.variables,
        )
        return ended.returncode == 0

    def copy(self, source, target):
        """Copy a database that nobody is connected to, with its files, and drop what bears the name."""
        self.drop(target)
        self.postgres.query(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
        if (FILES / source).exists():
            shutil.copytree(FILES / source, FILES / target)

    def drop(self, database):
        """Drop a database, whoever is connected to it, with its files; nothing where there is none."""
        self.postgres.query(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        shutil.rmtree(FILES / database, ignore_errors=True)

    def rename(self, source, target):
        """Rename a database with its files; files of a database that got lost do not stand in the way."""
        self.postgres.query(f'ALTER DATABASE "{source}" RENAME TO "{target}"')
        shutil.rmtree(FILES / target, ignore_errors=True)
        if (FILES / source).exists():
            (FILES / source).rename(FILES / target)

    def make(self, database, *arguments, base=None, configuration=CONFIGURATION, fill=None):
        """Install modules in a new database, which bears its name only once it is whole.

        :param base: the database to start from, an empty one if not given
        :param fill: what else is done with it once all is installed, given its name
        :raise Problem: when the installation fails or logs a warning
        """
        unfinished = f"{database}_unfinished"
        self.drop(unfinished)
        if base:
            self.copy(base, unfinished)
        log = self.run(
            *("-c", configuration, "-d", unfinished, "--no-http", "--stop-after-init", *arguments),
            log_name=f"install-{database}",
        )
        if not log_is_clean(self, log):
            raise Problem(f"Installing {database} was not clean.")
        if fill:
            fill(unfinished)
        self.rename(unfinished, database)

    def update(self, database):
        """Update the add-on in a database to what stands in the project.

        :return: the path of the log
        """
        arguments = ("-c", CONFIGURATION, "-d", database, "--no-http", "--stop-after-init")
        return self.run(*arguments, "-u", "pemba_crm", log_name="update")

    def stock_template(self):
        """A database with what the add-on stands on, in English and French, without demo data."""
        arguments = ("-i", ",".join(manifest()["depends"]), *LANGUAGES)
        return self.template("stock", "Odoo's own modules", (self.release,), arguments)

    def addon_template(self):
        """The same with the add-on as it stands in the project."""
        stock = self.stock_template()
        return self.template("addon", "pemba_crm", (stock, addon_digest()), ("-i", "pemba_crm"), stock)

    def template_beside(self, others):
        """The same with other modules of Odoo.

        :param others: their names, with commas between them
        """
        addon = self.addon_template()
        return self.template("beside", f"{others} beside it", (addon,), ("-i", others), addon)

    def example_template(self):
        """The same with the example of an add-on that extends it, and Odoo's automation rules."""
        addon = self.addon_template()
        arguments = ("-i", EXAMPLE.name)
        return self.template("example", EXAMPLE.name, (addon, folder_digest(EXAMPLE)), arguments, addon)

    def template(self, kind, what, depends_on, arguments, base=None, **making):
        """The database made by an installation, from the last time if nothing it depends on has changed."""
        name = f"{PREFIX}_{kind}_{fingerprint(*depends_on, *arguments)}"
        with state_lock():
            databases = self.postgres.databases()
            if name not in databases:
                with step(f"installing {what}"):
                    for database in databases:
                        if database.startswith(f"{PREFIX}_{kind}_"):
                            self.drop(database)
                    self.make(name, *arguments, base=base, **making)
        return name

    def our_databases(self):
        return [name for name in self.postgres.databases() if name.startswith(PREFIX)]

    @contextlib.contextmanager
    def temporary(self, template, count=1):
        """Numbered copies of a database for as long as the block lasts; those of killed commands go too.

        :return: the name of the first
        """
        for database in self.our_databases():
            pid = database.rpartition("_temporary_")[2].partition("_")[0]
            if pid.isdecimal() and not os.path.exists(f"/proc/{pid}"):
                self.drop(database)
        name = f"{PREFIX}_temporary_{os.getpid()}"
        names = [numbered(name, number) for number in range(count)]
        try:
            for database in names:
                self.copy(template, database)
            yield name
        finally:
            for database in names:
                self.drop(database)


def configure(path, addons):
    """Write a configuration of Odoo with a folder of add-ons, unless it is there: somebody may be reading it.

    :return: its path
    """
    text = (
        "[options]\n"
        f"addons_path = {addons}\n"
        f"data_dir = {FILES.parent}\n"
        "http_interface = 127.0.0.1\n"
        "max_cron_threads = 1\n"
        "admin_passwd = admin\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path


def numbered(name, number):
    """The name of one of several databases or logs; that of the first is the plain name."""
    return f"{name}_{number}" if number else name


def show_loading(line):
    found = LOADING.search(line)
    return found and "{} ({} of {})".format(*found.groups())


def log_is_clean(odoo, log):
    """Whether a log has no warning or error in it, save for what stock Odoo prints as well; shows those."""
    checked = subprocess.run(
        [odoo.python, "-m", "checklog_odoo", "-c", SCRIPTS / "checklog.cfg", log],
        env=odoo.variables,
        capture_output=True,
        text=True,
    )
    if checked.returncode:
        say(checked.stdout + checked.stderr)
        say(f"✗ The server's log has warnings or errors: {log}")
    return checked.returncode == 0


def manifest():
    return read_manifest((ADDON / "__manifest__.py").read_text())


def read_manifest(text):
    return ast.literal_eval(text)


def addon_digest():
    """A digest of what an installation reads; tests are not part of it."""
    return folder_digest(ADDON)


def folder_digest(folder):
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {"tests", "__pycache__"} & set(path.relative_to(folder).parts):
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()
