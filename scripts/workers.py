"""Pytest on several workers, by pytest-xdist: what each has of its own, and what it is given first.

``python workers.py`` is pytest, with this folder on the path of its workers as well.
"""

import os
import sys
from collections import Counter

import pytest
from databases import numbered
from environment import LOGS

DURATIONS = "pemba/durations"  # in pytest's cache: the seconds of each test


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config):
    """Lead a worker to its own database and log; pytest-odoo reads the options next."""
    if hasattr(config, "workerinput"):
        # Else pytest-odoo makes a copy of the database by itself, on a filestore that all workers share.
        number = int(os.environ.pop("PYTEST_XDIST_WORKER").removeprefix("gw"))
        config.option.odoo_database = numbered(config.option.odoo_database, number)
        config.option.odoo_extra.append(f"logfile={LOGS / numbered('test', number)}.log")
    return (yield)


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Memory(config))


def pytest_collection_modifyitems(config, items):
    """Have what takes longest begin first, so that the workers end together; a class is never divided."""
    if not hasattr(config, "workerinput"):
        return
    durations = config.workerinput["durations"]
    totals = Counter()
    for item in items:
        totals[scope(item)] += durations.get(item.nodeid, 1)
    items.sort(key=lambda item: -totals[scope(item)])


def scope(item):
    """What pytest-xdist gives to one worker as a whole: a class, or the functions of a file."""
    return item.nodeid.rpartition("::")[0]


class Memory:
    """What is remembered of a run: how long tests took, and that a subtest failed, which pytest forgets."""

    def __init__(self, config):
        self.config = config
        self.known = config.cache.get(DURATIONS, {})
        self.new = Counter()
        self.failed = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        # By word of mouth: workers that each read the file might not agree on the order.
        node.workerinput["durations"] = self.known

    def pytest_runtest_logreport(self, report):
        self.new[report.nodeid] += report.duration
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)  # pytest writes its own next
    def pytest_sessionfinish(self):
        self.config.cache.set(DURATIONS, self.known | self.new)
        self.config.pluginmanager.get_plugin("lfplugin").lastfailed.update(dict.fromkeys(self.failed, True))


if __name__ == "__main__":
    sys.exit(pytest.main())
