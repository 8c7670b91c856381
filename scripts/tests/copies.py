"""Copies of the project in folders of their own, for tests of what several share and of whole commands."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

from databases import ADDON
from environment import SCRIPTS

SECONDS = 300  # for what takes some on an idle machine


class Copy:
    """A copy of the project in a folder of its own, but for its tests."""

    def __init__(self, folder, variables):
        self.scripts = folder / "scripts"
        shutil.copytree(SCRIPTS, self.scripts, ignore=shutil.ignore_patterns("test_*", "__pycache__"))
        shutil.copytree(ADDON, folder / ADDON.name, ignore=shutil.ignore_patterns("tests"))
        self.variables = {**variables, "ODOO_PYTHON": sys.executable}

    @contextmanager
    def running(self, program, **variables):
        """A command of the copy's, as a process, for as long as the block lasts at most."""
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=self.scripts,
            env={**self.variables, **variables},
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

    def run(self, program, **variables):
        """Run a command of the copy's to its end, and return what it says."""
        with self.running(program, **variables) as process:
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
