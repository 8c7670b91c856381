"""What the commands stand on: an interpreter that runs Odoo, a browser and a PDF printer.

Each is the machine's own where it has one, else a part of the cache folder. A part counts as there once its
marker is written, at the very end: a set-up that was cut short leaves nothing that the next one could
mistake for finished.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from debian import ODOO_PACKAGES, download_odoo, download_pip, download_program
from environment import (
    CACHE,
    SCRIPTS,
    command,
    fingerprint,
    provide,
    say,
    step,
    temporary_folder,
)

REQUIREMENTS = (SCRIPTS / "requirements-odoo.txt", SCRIPTS / "requirements-dev.txt")


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


def find_python():
    """``ODOO_PYTHON``, else a virtualenv on the Odoo of ``ODOO_PATH``, else one on Debian's Odoo."""
    if os.environ.get("ODOO_PYTHON"):
        return Path(os.environ["ODOO_PYTHON"]).absolute()
    if os.environ.get("ODOO_PATH"):
        odoo_folder = Path(os.environ["ODOO_PATH"]).absolute()
    else:
        provide(CACHE / "odoo", " ".join(ODOO_PACKAGES), 1900, download_odoo)
        odoo_folder = CACHE / "odoo/usr/lib/python3/dist-packages"
    recipe = "".join([str(odoo_folder), *(file.read_text() for file in REQUIREMENTS)])
    # Another copy of the project may be running on one with other packages.
    virtualenv = CACHE / "python-{}.{}-{}".format(*sys.version_info[:2], fingerprint(recipe))
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
