"""A suite that passes, fails and warns on purpose, and tells where it runs: test_sharing.py runs it."""

import json
import logging
import os

from odoo.tests import HttpCase, tagged
from odoo.tools import config

_logger = logging.getLogger("odoo.addons.base")


def tell(test):
    line = {"test": test, "process": os.getpid(), "port": config["http_port"], "log": config["logfile"]}
    _logger.warning("%s was here", test)
    with open(os.environ["TOLD"], "a") as file:
        file.write(json.dumps({**line, "database": config["db_name"]}) + "\n")


@tagged("post_install", "-at_install")
class TestQuick(HttpCase):
    def test_fails(self):
        tell("fails")
        self.fail("on purpose")

    def test_passes(self):
        tell("passes")

    def test_subtests(self):
        with self.subTest("fails"):
            self.fail("on purpose")
        with self.subTest("passes"):
            tell("subtests")


@tagged("post_install", "-at_install")
class TestSlow(HttpCase):
    def test_one(self):
        tell("slow")

    def test_other(self):
        tell("slow too")


def test_of_no_class():
    tell("no class")
