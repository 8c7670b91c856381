"""What the commands stand on: Odoo, its Python packages, a browser, a PDF printer; all in a cache folder.

A part counts as there once its marker is written, at the very end: a set-up that was cut short leaves
nothing that the next one could mistake for finished.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SCRIPTS = PROJECT / "scripts"
CACHE = Path(
    os.environ.get("PEMBA_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pemba_crm"
).absolute()
# Downloads are shared by all copies of the project on a machine; each has its own databases and servers.
PROJECT_KEY = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:8]
STATE = CACHE / "projects" / PROJECT_KEY
LOGS = STATE / "log"
TAG = CACHE / "CACHEDIR.TAG"

ODOO_PACKAGES = (
    "odoo-19",
    # Odoo's files are links into these.
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
)
# Left out by Debian (camera background blur); without the file every page logs an error in the browser.
ODOO_MISSING_FILE = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
REQUIREMENTS = (SCRIPTS / "requirements-odoo.txt", SCRIPTS / "requirements-dev.txt")
NO_NETWORK = (
    "Temporary failure resolving",
    "Could not resolve",
    "Could not connect",
    "Failed to establish a new connection",
    "Connection refused",
    "Connection timed out",
    "Network is unreachable",
    "Unable to connect",
    "Unable to locate package",
    "Failed to fetch",
)


class Problem(Exception):
    """Something a person has to mend; its text is the one line they read."""


def say(text=""):
    print(text, flush=True)


@contextlib.contextmanager
def step(text):
    """Say what is going on and, when it is done, how long it took."""
    say(f"· {text} …")
    start = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - start:.0f} s")


def command(arguments, log_name, progress=None, downloads=False, **options):
    """Run a command with its output in a log file, showing what ``progress`` makes of its lines.

    :param downloads: whether a failure may be the network's
    :return: what it printed
    :raise Problem: when it fails, with the reason where it is a known one, else its last line
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{log_name}.log"
    last_shown = time.monotonic()
    lines = []
    with log.open("w") as log_file:
        process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            **options,
        )
        for line in process.stdout:
            log_file.write(line)
            lines.append(line)
            shown = progress(line) if progress else None
            if shown and time.monotonic() - last_shown > 2:
                say(f"  {shown}")
                last_shown = time.monotonic()
    output = "".join(lines)
    if process.wait():
        raise Problem(f"{explain(output, downloads)} (see {log})")
    return output


def explain(output, downloads=False):
    """The reason of a failure in one line."""
    if "No space left" in output or free_megabytes() < 50:
        return f"The disk that holds {CACHE} is full: make room and start again."
    last_line = output.strip().rpartition("\n")[2] or "it failed without a word"
    if downloads and any(sign in output for sign in NO_NETWORK):
        return f"A download failed, is the network up? {last_line}"
    return last_line


def free_megabytes():
    folder = next(folder for folder in (CACHE, *CACHE.parents) if folder.exists())
    return shutil.disk_usage(folder).free // 1024**2


@contextlib.contextmanager
def cache_lock():
    """One at a time may change what is in the cache folder; released by the system if it dies."""
    if not TAG.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        if any(CACHE.iterdir()):
            raise Problem(f"{CACHE} holds other things: name an empty or a new folder in PEMBA_CACHE.")
        TAG.write_text(
            "Signature: 8a477f597d28d172789f06886806bc55\n# Made by PEMBA CRM's commands; may be deleted.\n"
        )
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("· waiting for another command to end …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def provide(target, recipe, megabytes, build):
    """Build a folder of the cache unless it stands there already, made by the same recipe."""
    marker = target / ".complete"
    if marker.exists() and marker.read_text() == recipe:
        return
    shutil.rmtree(target, ignore_errors=True)
    if free_megabytes() < megabytes:
        raise Problem(
            f"{target} needs {megabytes} MB and the disk has {free_megabytes()} MB free: "
            "make room, or name a folder on another disk in PEMBA_CACHE."
        )
    target.mkdir(parents=True)
    build(target)
    marker.write_text(recipe)


# --- Debian's packages, unpacked into a folder: nothing is installed on the machine ---


def apt_environment(folder, sources=None):
    """An apt with its own lists and cache, on the machine's sources or on those given."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings = [
        f'Dir::State::lists "{folder}/lists";',
        f'Dir::Cache "{folder}/cache";',
        'Debug::NoLocking "true";',
        'APT::Sandbox::User "root";' if os.geteuid() == 0 else "",
    ]
    if sources:
        (folder / "sources.list").write_text(sources)
        settings += [
            f'Dir::Etc::sourcelist "{folder}/sources.list";',
            'Dir::Etc::sourceparts "-";',
        ]
    (folder / "apt.conf").write_text("\n".join(settings) + "\n")
    return {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}


def apt(arguments, environment, log_name, **options):
    if not shutil.which("apt-get"):
        raise Problem(
            "apt-get was not found, so this is not a Debian system: name an Odoo 19 in ODOO_PYTHON or "
            "ODOO_PATH, and put chromium and wkhtmltopdf on the PATH (see README.md)."
        )
    command(
        ["apt-get", "-q", "-y", *arguments],
        log_name,
        progress=lambda line: line.strip() if line.startswith("Get:") else None,
        downloads=True,
        env=environment,
        **options,
    )


def unpack(archives, target):
    for archive in sorted(archives):
        command(["dpkg-deb", "-x", archive, target], "unpack")
        archive.unlink()


def debian_mirror(folder):
    """The address this machine takes Debian from, out of its own apt configuration."""
    environment = apt_environment(folder)
    apt(["update"], environment, "apt-update")
    addresses = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Label: Debian"],
        env=environment,
        capture_output=True,
        text=True,
    ).stdout.split()
    if not addresses:
        raise Problem("apt knows no Debian mirror: is the network up?")
    return addresses[0]


def download_odoo(target):
    with step("downloading Odoo 19"):
        keyrings = sorted(Path("/usr/share/keyrings").glob("debian-archive-keyring.*"))
        if not keyrings:
            raise Problem("Debian's archive keyring is missing: install debian-archive-keyring.")
        mirror = debian_mirror(target / "mirror")
        environment = apt_environment(
            target / "apt", f"deb [signed-by={keyrings[0]}] {mirror} unstable main\n"
        )
        apt(["update"], environment, "apt-update-odoo")
        apt(["download", *ODOO_PACKAGES], environment, "apt-odoo", cwd=target / "apt")
        unpack((target / "apt").glob("*.deb"), target)
        shutil.rmtree(target / "apt")
        shutil.rmtree(target / "mirror")
        missing = target / "usr/lib/python3/dist-packages" / ODOO_MISSING_FILE
        missing.parent.mkdir(parents=True, exist_ok=True)
        missing.touch()


def download_program(target):
    """Unpack a program with what the machine lacks for it; ``target`` bears the program's name.

    What this Debian does not have is told and done without.
    """
    name = target.name
    with step(f"downloading {name}"):
        environment = apt_environment(target / "apt")
        apt(["update"], environment, f"apt-update-{name}")
        if subprocess.run(["apt-get", "indextargets"], env=environment, capture_output=True).stdout and (
            subprocess.run(["apt-cache", "show", name], env=environment, capture_output=True).returncode
        ):
            say(f"  this Debian has no {name}: what needs it is done without")
            return
        apt(
            ["install", "--download-only", "--no-install-recommends", name, "fonts-dejavu-core"],
            environment,
            f"apt-{name}",
        )
        unpack((target / "apt/cache/archives").glob("*.deb"), target)
        shutil.rmtree(target / "apt")
        write_launcher(target)


def write_launcher(target):
    """A script that starts a program with the libraries and fonts it was unpacked with."""
    name = target.name
    libraries = {str(library.parent) for library in target.rglob("*.so*")}
    program = next(
        path for path in (target / f"usr/lib/{name}/{name}", target / f"usr/bin/{name}") if path.is_file()
    )
    (target / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{target}/usr/share/fonts</dir><dir>/usr/share/fonts</dir>"
        f"<cachedir>{target}/fontconfig</cachedir></fontconfig>\n"
    )
    launcher = target / "launcher" / name
    launcher.parent.mkdir()
    launcher.write_text(
        "#!/bin/sh\n"
        f"export LD_LIBRARY_PATH={shlex.quote(':'.join(sorted(libraries)))}\n"
        f"export FONTCONFIG_FILE={shlex.quote(str(target / 'fonts.conf'))}\n"
        f'exec {shlex.quote(str(program))} "$@"\n'
    )
    launcher.chmod(0o755)


# --- Python ---


def create_virtualenv(target, odoo_folder):
    with step("installing the Python packages"):
        python = target / "bin/python"
        install = [python, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"]
        environment = {**os.environ, "TMPDIR": str(temporary_folder())}
        if importlib.util.find_spec("ensurepip"):
            command([sys.executable, "-m", "venv", target], "venv")
        else:
            command([sys.executable, "-m", "venv", "--without-pip", target], "venv")
            pip = download_pip(target / "pip")
            command([*install, pip], "pip", env={**environment, "PYTHONPATH": str(pip)})
        command(
            [*install, "-r", REQUIREMENTS[0], "-r", REQUIREMENTS[1]],
            "pip",
            progress=lambda line: line.strip() if line.startswith("Collecting") else None,
            downloads=True,
            env=environment,
        )
        # Python finds Odoo through this file, and pip the distribution "odoo".
        [packages] = target.glob("lib/python*/site-packages")
        (packages / "odoo.pth").write_text(f"{odoo_folder}\n")


def download_pip(target):
    """Pip's wheel out of Debian's package, for a Debian whose Python came without ``ensurepip``."""
    environment = apt_environment(target)
    apt(["update"], environment, "apt-update-pip")
    apt(["download", "python3-pip-whl"], environment, "apt-pip", cwd=target)
    unpack(target.glob("*.deb"), target)
    return next(target.glob("usr/share/python-wheels/pip-*.whl"))


def temporary_folder():
    folder = CACHE / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def find_python():
    """``ODOO_PYTHON``, else a virtualenv on the Odoo of ``ODOO_PATH``, else one on Debian's Odoo."""
    if os.environ.get("ODOO_PYTHON"):
        return Path(os.environ["ODOO_PYTHON"]).absolute()
    if os.environ.get("ODOO_PATH"):
        odoo_folder = Path(os.environ["ODOO_PATH"]).absolute()
    else:
        provide(CACHE / "odoo", " ".join(ODOO_PACKAGES), 1900, download_odoo)
        odoo_folder = CACHE / "odoo/usr/lib/python3/dist-packages"
    name = "python-{}.{}".format(*sys.version_info)
    if os.environ.get("ODOO_PATH"):
        name += f"-{PROJECT_KEY}"
    virtualenv = CACHE / name
    recipe = "".join([str(odoo_folder), *(file.read_text() for file in REQUIREMENTS)])
    provide(virtualenv, recipe, 900, lambda target: create_virtualenv(target, odoo_folder))
    return virtualenv / "bin/python"


def set_up(programs):
    """Prepare all that the commands need.

    :param programs: Debian programs wanted on the PATH
    :return: the interpreter that runs Odoo, and the environment variables to run it with
    """
    path = [os.environ.get("PATH", os.defpath)]
    python = find_python()
    for name in programs:
        if shutil.which(name):
            continue
        if os.environ.get("ODOO_PYTHON"):
            say(f"· no {name} on the PATH, and with ODOO_PYTHON none is downloaded")
            continue
        provide(CACHE / name, name, 900, download_program)
        path.insert(0, str(CACHE / name / "launcher"))
    variables = {
        **os.environ,
        "PEMBA_CACHE": str(CACHE),
        "PATH": os.pathsep.join(path),
        # Odoo, Python and Chromium leave files here and there: all of them in the cache folder.
        "TMPDIR": str(temporary_folder()),
        "XDG_CACHE_HOME": str(temporary_folder()),
        "XDG_CONFIG_HOME": str(temporary_folder()),
        "PYTHONPYCACHEPREFIX": str(CACHE / "pycache"),
    }
    return python, variables
