"""A board as Odoo's spreadsheets have it: where its figures, charts and tables stand on the sheet."""

from .chart import get_chart, get_static_chart
from .look import (
    BACKGROUNDS,
    BAR_COLORS,
    BELOW_CARDS,
    BORDERS,
    CARD_GAP,
    CARD_HEIGHT,
    CARD_WIDTH,
    CARDS_IN_ROW,
    CHART_HEIGHT,
    COLUMNS,
    FORMATS,
    HEADER,
    LEFT,
    LOCALE,
    NUMBER,
    NUMBER_HEADER,
    PERCENT,
    RIGHT,
    STYLES,
    TABLE_CONFIGURATION,
    TABLE_ROWS,
    TEXT,
    TITLE,
    TOP,
    in_rows,
)
from .parts import get_figure, get_filter, get_formula, get_sheet, quote, translated

VERSION = "18.5.10"  # of the format, as Odoo 19's own dashboards have it
DATA = "Data"  # the sheet that the figures on top, and the charts of a sample, are taken from


class Page:
    """Built once; rows are counted from the top as things are added.

    :param is_sample: with the samples in place of what records say
    """

    def __init__(self, board, is_sample):
        self.board = board
        self.is_sample = is_sample
        self.cells, self.styles, self.figures, self.tables, self.rules = {}, {}, [], [], []
        self.data_cells, self.data_formats = {}, {}
        self.menus, self.data_row = {}, 1
        self.borders, self.heights, self.formats = {}, {}, {}

    def build(self):
        """:return: the content of a spreadsheet's file"""
        board, is_sample = self.board, self.is_sample
        rows = self._add_everything()
        return {
            "version": VERSION,
            "sheets": [self._get_sheet(rows), self._get_data_sheet()],
            "styles": {str(number): style for number, style in STYLES.items()},
            "formats": {str(number): text for number, text in FORMATS.items()},
            "borders": {str(number): border for number, border in BORDERS.items()},
            "revisionId": "START_REVISION",
            "uniqueFigureIds": True,
            "settings": {"locale": dict(LOCALE)},
            "pivots": {} if is_sample else {pivot["id"]: pivot for pivot in board.pivots},
            "pivotNextId": 1 if is_sample else len(board.pivots) + 1,
            "customTableStyles": {},
            "globalFilters": [get_filter(key, *filter_) for key, filter_ in board.filters.items()],
            "lists": {} if is_sample else {list_["id"]: list_ for list_ in board.lists},
            "listNextId": 1 if is_sample else len(board.lists) + 1,
            "chartOdooMenusReferences": {} if is_sample else self.menus,
        }

    def _add_everything(self):
        """:return: how many rows it takes"""
        for position, card in enumerate(self.board.cards):
            self._add_card(position, card)
        lines = -(-len(self.board.cards) // CARDS_IN_ROW)
        row = in_rows(TOP + lines * (CARD_HEIGHT + CARD_GAP) - CARD_GAP + BELOW_CARDS) + 1
        blocks = self.board.blocks
        for start in range(0, len(blocks), 2):
            pair = blocks[start : start + 2]
            row += max(
                self._add_block(block, number, columns, row)
                for number, (block, columns) in enumerate(zip(pair, (LEFT, RIGHT), strict=False), start + 1)
            )
        return row

    def _get_sheet(self, rows):
        return get_sheet("dashboard", "Dashboard", rows + 2) | {
            "cells": self.cells,
            "styles": self.styles,
            "cols": {str(position): {"size": size} for position, size in enumerate(COLUMNS)},
            "rows": self.heights,
            "borders": self.borders,
            "formats": self.formats,
            "figures": self.figures,
            "tables": self.tables,
            "conditionalFormats": self.rules,
        }

    def _get_data_sheet(self):
        return get_sheet("data", DATA, self.data_row + 10) | {
            "cells": self.data_cells,
            "formats": self.data_formats,
            "cols": {"0": {"size": 220}},
        }

    # --- figures ---

    def _add_card(self, position, card):
        row = self.data_row
        self.data_row += 1
        self._add_card_cells(row, card)
        id_ = f"card_{position + 1}"
        data = {
            "type": "scorecard",
            "chartId": id_,
            "title": {"text": card["title"], "bold": True, "color": "#434343"},
            "background": BACKGROUNDS[position % len(BACKGROUNDS)],
            "keyValue": f"{DATA}!D{row}",
            "keyDescr": {"fontSize": 24},
            "humanize": False,
            "baselineMode": "percentage",
            "baselineColorUp": "#00A04A",
            "baselineColorDown": "#DC6965",
        }
        if card["baseline"]:
            data["baseline"] = f"{DATA}!E{row}"
            data["baselineDescr"] = {"text": card.get("text", "since last period")}
        if "text" in card:
            data["baselineMode"] = "text"
        elif card.get("percent"):
            data["baselineMode"] = "difference"
        if not self.is_sample and card.get("menu"):
            self.menus[id_] = card["menu"]
        line, place = divmod(position, CARDS_IN_ROW)
        offset = {"x": place * (CARD_WIDTH + CARD_GAP), "y": TOP + line * (CARD_HEIGHT + CARD_GAP)}
        self.figures.append(get_figure(id_, 0, 0, CARD_WIDTH, CARD_HEIGHT, data) | {"offset": offset})

    def _add_card_cells(self, row, card):
        """Title, value and baseline of a figure, and both as they are shown."""
        is_plain = card.get("percent") or card.get("large") is False
        shown = "{}" if is_plain else "FORMAT.LARGE.NUMBER({})"
        value = get_formula(card, card["value"])
        self.data_cells[f"A{row}"] = f"=_t({quote(card['title'])})"
        self.data_cells[f"B{row}"] = f"={value}"
        self.data_cells[f"D{row}"] = "=" + shown.format(value)  # the pivot's own cell, to open its records
        if card["baseline"]:
            self.data_cells[f"C{row}"] = "=" + get_formula(card, card["baseline"])
            before = shown.format(f"C{row}")
            is_nothing = f"IFERROR(C{row} + 0, 0)=0"  # and nothing is compared with it
            self.data_cells[f"E{row}"] = (
                f"={before}" if "text" in card else f'=IF({is_nothing}, "", {before})'
            )
        if card.get("percent"):
            self.data_formats[f"B{row}:E{row}"] = PERCENT
        if self.is_sample:
            for columns, text in zip(("BD", "CE"), card["sample"], strict=False):
                self.data_cells |= {f"{column}{row}": text for column in columns}

    # --- charts and tables ---

    def _add_block(self, block, number, columns, row):
        """:return: how many rows it takes"""
        first, last = columns[0], columns[-1]
        if "source" in block:
            self.cells[f"{first}{row}"] = translated(block["title"])
            self.styles[f"{first}{row}"] = TITLE
            self.borders[f"{first}{row}:{last}{row}"] = 1
            self.heights[str(row - 1)] = {"size": 40}
            return self._add_table(block, columns, row + 1)
        column = 0 if columns == LEFT else 4
        width = sum(COLUMNS[column : column + 3])
        data = self._add_sample_chart(block) if self.is_sample else get_chart(block)
        id_ = f"chart_{number}"
        self.figures.append(get_figure(id_, column, row - 1, width, CHART_HEIGHT, data | {"chartId": id_}))
        return in_rows(CHART_HEIGHT) + 1

    def _add_sample_chart(self, block):
        """:return: the chart of cells that are added to the data"""
        labels, *series = block["sample"]
        top, bottom = self.data_row + 1, self.data_row + 1 + len(labels)
        self.data_row = bottom + 1
        for position, label in enumerate(labels):
            self.data_cells[f"A{top + 1 + position}"] = translated(label)
        for column, (name, *values) in zip("BCDE", series, strict=False):
            self.data_cells[f"{column}{top}"] = translated(name)
            for position, value in enumerate(values):
                self.data_cells[f"{column}{top + 1 + position}"] = str(value)
        return get_static_chart(block, DATA, top, bottom)

    def _add_table(self, block, columns, row):
        """:return: how many rows it takes, with its title and a gap"""
        last = row + TABLE_ROWS
        first, final = columns[0], columns[-1]
        self._add_table_cells(block, columns, row)
        self.styles |= {
            f"{first}{row}": HEADER,
            f"{columns[1]}{row}:{final}{row}": NUMBER_HEADER,
            f"{first}{row + 1}:{first}{last}": TEXT,
            f"{columns[1]}{row + 1}:{final}{last}": NUMBER,
        }
        if block.get("percent"):
            self.formats[f"{final}{row + 1}:{final}{last}"] = PERCENT
        self.tables.append(
            {"range": f"{first}{row}:{final}{last}", "type": "static", "config": dict(TABLE_CONFIGURATION)}
        )
        if block["bar"]:
            bar = columns[block["bar"]]
            rule = {"type": "DataBarRule", "color": BAR_COLORS[columns == RIGHT]}
            self.rules.append(
                {
                    "id": f"bar_{first}{row}",
                    "ranges": [f"{first}{row + 1}:{first}{last}"],
                    "rule": rule | {"rangeValues": f"{bar}{row + 1}:{bar}{last}"},
                }
            )
        return TABLE_ROWS + 4

    def _add_table_cells(self, block, columns, row):
        number = block["source"].number
        for column, header in zip(columns, block["headers"], strict=False):
            self.cells[f"{column}{row}"] = translated(header)
        if self.is_sample:
            for line, texts in enumerate(block["sample"], 1):
                for column, text in zip(columns, texts, strict=False):
                    self.cells[f"{column}{row + line}"] = translated(text)
        elif "fields" in block:
            for line in range(1, TABLE_ROWS + 1):
                for column, name in zip(columns, block["fields"], strict=True):
                    self.cells[f"{column}{row + line}"] = f"=ODOO.LIST({number}, {line}, {quote(name)})"
        else:  # neither total nor titles
            self.cells[f"{columns[0]}{row + 1}"] = (
                f"=PIVOT({number}, {TABLE_ROWS}, FALSE, FALSE, {len(columns)}, FALSE)"
            )
