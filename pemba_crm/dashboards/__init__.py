"""Dashboards, described in Python and written as the files that Odoo's spreadsheets are loaded from.

Those of this add-on and of others; none of it needs Odoo to run. ``board`` is what there is to put on a
dashboard and where to extend one, ``page`` where it stands, a module for each of ours what is on it.
docs/dashboards.md of the project says how to build one in an add-on of one's own.
"""

import json

from .board import Board
from .installed_base import InstalledBaseBoard
from .maintenance import MaintenanceBoard
from .margins import MarginsBoard
from .sale_report import SaleReportBoard
from .sales import SalesBoard


def get_boards():
    """:return: our dashboards"""
    return [SalesBoard(), MarginsBoard(), MaintenanceBoard(), InstalledBaseBoard()]


def write(boards, folder):
    """Write the files of dashboards.

    :param folder: a :class:`pathlib.Path`, below an add-on's folder ``data``, where Odoo finds words
    """
    for name, text in get_texts(boards).items():
        (folder / name).write_text(text)


def get_texts(boards):
    """:return: ``{file name: what is in it}`` of each dashboard and its sample"""
    texts = {}
    for board in boards:
        texts[f"{board.name}_dashboard.json"] = to_text(board.build())
        texts[f"{board.name}_sample_dashboard.json"] = to_text(board.build_sample())
    return texts


def to_text(content):
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
