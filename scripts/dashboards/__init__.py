"""What is on the four dashboards, written to the add-on as Odoo's spreadsheets have it: ``make dashboards``.

``sheet`` knows the format and where things are put; a module for each dashboard says what is on it.
"""

import json
from pathlib import Path

from . import installed_base, maintenance, margins, sales

FILES = Path(__file__).parent.parent.parent / "pemba_crm/data/analysis/files"
BOARDS = {
    "sales": sales,
    "margins": margins,
    "maintenance": maintenance,
    "installed_base": installed_base,
}


def write():
    """Write the files of all dashboards."""
    for name, text in get_texts().items():
        (FILES / name).write_text(text)


def get_texts():
    """``{file name: what is in it}``"""
    texts = {}
    for name, module in BOARDS.items():
        board = module.get_board()
        texts[f"{name}_dashboard.json"] = to_text(board.build())
        texts[f"{name}_sample_dashboard.json"] = to_text(board.build_sample())
    return texts


def to_text(content):
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
