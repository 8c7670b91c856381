"""The commands' own rules: what is refused, and in which words."""

import os
import socket
import subprocess
import sys

import environment
import pytest
from databases import ADDON, Odoo, log_is_clean
from environment import SCRIPTS, Problem

LOG_LINE = "2026-01-02 03:04:05,678 1 {level} pemba {logger}: {message}\n"


@pytest.fixture(scope="module")
def odoo():
    return Odoo(programs=())


def run_command(name, **variables):
    return subprocess.run(
        [sys.executable, SCRIPTS / "dev.py", name],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def write_log(folder, *records):
    log = folder / "server.log"
    lines = [LOG_LINE.format(level=level, logger=logger, message=text) for level, logger, text in records]
    log.write_text("".join(lines))
    return log


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_a_log_with_a_warning_is_refused(odoo, tmp_path, level):
    log = write_log(tmp_path, (level, "odoo.addons.pemba_crm.models", "Something is wrong"))
    assert not log_is_clean(odoo, log)


@pytest.mark.parametrize("folder", [ADDON, "/x/site-packages/odoo/addons/pemba_crm"])
def test_our_own_deprecations_are_refused(odoo, tmp_path, folder):
    message = f"{folder}/models/pipeline/crm_stage.py:3: DeprecationWarning: old"
    assert not log_is_clean(odoo, write_log(tmp_path, ("WARNING", "py.warnings", message)))


@pytest.mark.parametrize(
    "path", ["/x/pemba_crm/odoo/addons/mail/models/x.py", "/x/site-packages/werkzeug/urls.py"]
)
def test_a_log_like_stock_odoo_s_passes(odoo, tmp_path, path):
    message = f"{path}:3: DeprecationWarning: old"
    log = write_log(tmp_path, ("INFO", "odoo.modules", "loaded"), ("WARNING", "py.warnings", message))
    assert log_is_clean(odoo, log)


def test_a_port_in_use_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run_command("run", PORT=str(port))
    assert result.returncode == 1
    assert f"Port {port} is in use" in result.stdout
    assert f"make run PORT={port + 1}" in result.stdout


def test_an_interpreter_without_odoo_is_named(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'No module named odoo' >&2; exit 1\n")
    python.chmod(0o755)
    result = run_command("translations", ODOO_PYTHON=str(python))
    assert result.returncode == 1
    assert f"{python} does not run Odoo: No module named odoo" in result.stdout


def test_a_server_that_does_not_answer_is_named(tmp_path):
    result = run_command("translations", PGHOST=str(tmp_path))
    assert result.returncode == 1
    assert f"PostgreSQL at {tmp_path}" in result.stdout


def test_a_port_that_is_none_is_refused():
    result = run_command("run", PORT="eighty")
    assert result.returncode == 1
    assert "PORT=eighty is not a port" in result.stdout


def test_a_folder_of_others_is_neither_used_nor_removed(tmp_path):
    (tmp_path / "thesis.txt").touch()
    for name in ("lint", "distclean"):
        result = run_command(name, PEMBA_CACHE=str(tmp_path))
        assert result.returncode == 1
        assert str(tmp_path) in result.stdout
    assert (tmp_path / "thesis.txt").exists()


def test_files_that_are_not_there_are_asked_for():
    result = run_command("import-sales", DATA="/nowhere")
    assert result.returncode == 1
    assert "DATA=folder" in result.stdout


def test_a_half_finished_part_is_built_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "CACHE", tmp_path)
    target = tmp_path / "part"
    target.mkdir()
    (target / "leftover").touch()
    built = []

    def build(folder):
        built.append(sorted(folder.iterdir()))
        (folder / "whole").touch()

    for _attempt in range(2):
        environment.provide(target, "recipe", 1, build)
    assert built == [[]]
    environment.provide(target, "another recipe", 1, build)
    assert len(built) == 2


def test_too_little_room_is_told_before_anything_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "CACHE", tmp_path)
    with pytest.raises(Problem, match=r"part needs 900000000 MB and the disk has \d+ MB free"):
        environment.provide(tmp_path / "part", "recipe", 900_000_000, pytest.fail)


@pytest.mark.parametrize(
    ("output", "downloads", "told"),
    [
        (
            "Err:1\nE: Failed to fetch x  Temporary failure resolving 'mirror'\n",
            True,
            "is the network up? E: Failed",
        ),
        ("psycopg2.OperationalError: Connection refused", False, "Connection refused"),
        ("OSError: [Errno 28] No space left on device: '/x'\n", False, "is full: make room"),
        ("initdb: creating\ninitdb: error: something else\n", False, "initdb: error: something else"),
        ("ValueError: no\n2026-01-02 03:04:05,678 1 INFO x odoo.sql_db: Closed\n", False, "ValueError: no"),
        ("", False, "it failed without a word"),
    ],
)
def test_failures_are_told_in_one_line(output, downloads, told):
    message = environment.explain(output, downloads)
    assert told in message
    assert "\n" not in message
