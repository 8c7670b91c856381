"""Where the commands keep things, and how they run programs and tell what goes wrong."""

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
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


def extra_arguments():
    return shlex.split(os.environ.get("ARGS", ""))


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
    # Odoo goes on to tell how it ends.
    told = [line for line in output.splitlines() if line.strip() and " INFO " not in line]
    last_line = told[-1] if told else "it failed without a word"
    if downloads and any(sign in output for sign in NO_NETWORK):
        return f"A download failed, is the network up? {last_line}"
    return last_line


def free_megabytes():
    folder = next(folder for folder in (CACHE, *CACHE.parents) if folder.exists())
    return shutil.disk_usage(folder).free // 1024**2


@contextlib.contextmanager
def cache_lock():
    """One at a time may change what all copies of the project share in the cache folder."""
    if not TAG.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        if any(CACHE.iterdir()):
            raise Problem(f"{CACHE} holds other things: name an empty or a new folder in PEMBA_CACHE.")
        TAG.write_text(
            "Signature: 8a477f597d28d172789f06886806bc55\n# Made by PEMBA CRM's commands; may be deleted.\n"
        )
    with only_one(CACHE / "lock"):
        yield


@contextlib.contextmanager
def state_lock():
    """One at a time may make or update databases of this copy of the project; those of others may."""
    STATE.mkdir(parents=True, exist_ok=True)
    with only_one(STATE / "lock"):
        yield


@contextlib.contextmanager
def only_one(path):
    """A lock on a file, waited for; released by the system if its holder dies."""
    with path.open("w") as lock:
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


def fingerprint(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def temporary_folder():
    folder = CACHE / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
