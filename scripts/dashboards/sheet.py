"""A dashboard as Odoo's spreadsheets have it: figures, charts and tables on a sheet, with global filters.

Built in Python because the editor of spreadsheets is not part of Odoo Community.
"""

VERSION = "18.5.10"  # of the format, as Odoo 19's own dashboards have it
COLUMNS = (300, 120, 120, 40, 300, 120, 120)  # two tables of three columns side by side
LEFT, RIGHT = "ABC", "EFG"
ROW_HEIGHT = 23
CARD_WIDTH, CARD_HEIGHT, CARD_GAP = 175, 101, 14  # six side by side
CHART_HEIGHT = 320
TABLE_ROWS = 10
TITLE, HEADER, TEXT, NUMBER, NUMBER_HEADER = 1, 2, 3, 4, 5
STYLES = {
    TITLE: {"textColor": "#01666b", "bold": True, "fontSize": 16},
    HEADER: {"fontSize": 11, "textColor": "#434343", "verticalAlign": "middle", "bold": True},
    TEXT: {"textColor": "#01666B", "verticalAlign": "middle", "wrapping": "clip"},
    NUMBER: {"textColor": "#434343", "verticalAlign": "middle", "wrapping": "clip"},
    NUMBER_HEADER: {
        "align": "center",
        "fontSize": 11,
        "textColor": "#434343",
        "verticalAlign": "middle",
        "bold": True,
    },
}
PERCENT = 1
FORMATS = {PERCENT: "0.0%"}
BACKGROUNDS = ("#EFF6FF", "#EFF6FF", "#FFF7ED", "#FFF7ED", "#ECFDF5", "#ECFDF5")
BAR_COLORS = (15726335, 16775149)
TABLE_CONFIGURATION = {
    "hasFilters": False,
    "totalRow": False,
    "firstColumn": False,
    "lastColumn": False,
    "numberOfHeaders": 1,
    "bandedRows": True,
    "bandedColumns": False,
    "automaticAutofill": True,
    "styleId": "None",
}
# A chart of Odoo's, and the one with the same look that draws cells.
STATIC = {"odoo_bar": "bar", "odoo_line": "line", "odoo_pie": "pie"} | {
    name: name.removeprefix("odoo_") for name in ("odoo_funnel", "odoo_waterfall")
}
OF_KIND = {
    "odoo_bar": {"verticalAxisPosition": "left"},
    "odoo_line": {"verticalAxisPosition": "left", "fillArea": True, "cumulatedStart": False},
    "odoo_pie": {},
    "odoo_funnel": {"cumulative": True, "showValues": True},
    "odoo_waterfall": {
        "showConnectorLines": True,
        "firstValueAsSubtotal": False,
        "showSubTotals": True,
        "verticalAxisPosition": "left",
    },
}


class Source:
    """A pivot or a list; a formula asks for its values by number."""

    def __init__(self, number, definition):
        self.number = number
        self.definition = definition

    def value(self, measure):
        """The formula of a figure."""
        return f"PIVOT.VALUE({self.number}, {quote(measure)})"


class Dashboard:
    """Builds one; rows are counted from the top as things are added.

    :param filters: ``{key: (label, model)}``; a filter without a model is the period
    :param matching: ``{model: {key: field}}``: what each filter means for a model
    """

    def __init__(self, filters, matching):
        self.filters = filters
        self.matching = matching
        self.pivots, self.lists, self.cards, self.blocks = [], [], [], []

    # --- what there is ---

    def pivot(self, model, measures, domain=(), **options):
        """A source of figures.

        :param options: ``rows``: the fields it is grouped by; ``period``: False where the period does not
            matter, or how many periods before; ``monetary``: the measures that companies may have in several
            currencies; ``sort``: the measure that the greatest come first of; ``action`` it opens
        """
        number = len(self.pivots) + 1
        monetary = options.get("monetary", ())
        definition = {
            "type": "ODOO",
            "id": str(number),
            "formulaId": str(number),
            "name": model,
            "model": model,
            "domain": list(domain),
            "context": {},
            "actionXmlId": options.get("action"),
            "columns": [],
            "rows": [{"fieldName": name} for name in options.get("rows", ())],
            "measures": [
                {"id": name, "fieldName": name} | ({"aggregator": "sum_currency"} if name in monetary else {})
                for name in measures
            ],
            "fieldMatching": self._match(model, options.get("period", True)),
        }
        if options.get("sort"):
            definition["sortedColumn"] = {"measure": options["sort"], "order": "desc", "domain": []}
        self.pivots.append(definition)
        return Source(number, definition)

    def card(self, title, value, baseline=None, **options):
        """A figure.

        :param value: a formula, as ``baseline``, what it is compared with
        :param options: ``menu`` it opens; ``percent``: what is a whole, 1 or 100, of a share; ``large``:
            False where numbers are not shortened; ``text``: what the baseline is, where it is shown as it
            is and not compared; ``sample``: what an empty database shows for both
        """
        self.cards.append({"title": title, "value": value, "baseline": baseline, **options})

    def chart(self, title, kind, model, groupby, measure, **options):
        """A chart of Odoo's.

        :param options: ``domain``, ``action`` and ``period`` as for a pivot; ``stacked``; ``order``: DESC
            for the greatest first; ``sample``: ``(labels, *(series, values…))``
        """
        self.blocks.append(
            {"title": title, "kind": kind, "model": model, "groupby": groupby, "measure": measure, **options}
        )

    def best(self, title, model, axis, measures, **options):
        """A table of the greatest by an axis.

        :param options: as for a pivot, and ``headers`` of the measures; ``percent``: whether the last is
            one; ``sample``: rows
        """
        domain = [*options.pop("domain", ()), [axis, "!=", False]]
        headers = (title, *options.pop("headers"))
        percent, sample = options.pop("percent", False), options.pop("sample")
        source = self.pivot(model, measures, domain, rows=[axis], sort=measures[0], **options)
        self.blocks.append(
            {"title": title, "source": source, "headers": headers, "percent": percent, "bar": 1}
            | {"sample": sample}
        )

    def records(self, title, model, columns, **options):
        """A table of records.

        :param columns: ``{field: header}``
        :param options: ``domain``, ``action``; ``order``: a field, with a minus for the greatest first;
            ``bar``: the position of a column shown as bars, too; ``sample``: rows
        """
        number = len(self.lists) + 1
        order = options["order"]
        definition = {
            "id": str(number),
            "name": model,
            "model": model,
            "columns": list(columns),
            "domain": list(options.get("domain", ())),
            "context": {},
            "orderBy": [{"name": order.lstrip("-"), "asc": not order.startswith("-")}],
            "actionXmlId": options.get("action"),
            "fieldMatching": self._match(model, False),
        }
        self.lists.append(definition)
        self.blocks.append(
            {"title": title, "source": Source(number, definition), "headers": tuple(columns.values())}
            | {"fields": list(columns), "bar": options.get("bar"), "sample": options["sample"]}
        )

    # --- as Odoo has it ---

    def build(self):
        """The dashboard on the database's own records."""
        return self._finish(is_sample=False)

    def build_sample(self):
        """What it looks like, for a database that has none yet: the same with invented figures."""
        return self._finish(is_sample=True)

    def _finish(self, is_sample):
        self.is_sample = is_sample
        self.cells, self.styles, self.figures, self.tables, self.rules = {}, {}, [], [], []
        self.data_cells, self.data_formats = {}, {}
        self.menus, self.data_row = {}, 1
        self.borders, self.heights, self.formats = {}, {}, {}
        for position, card in enumerate(self.cards):
            self._add_card(position, card)
        row = -(-(11 + CARD_HEIGHT + 10) // ROW_HEIGHT) + 1
        for start in range(0, len(self.blocks), 2):
            pair = self.blocks[start : start + 2]
            row += max(
                self._add_block(block, columns, row)
                for block, columns in zip(pair, (LEFT, RIGHT), strict=False)
            )
        data = self._sheet(
            "data",
            "Data",
            self.data_row + 10,
            cells=self.data_cells,
            formats=self.data_formats,
        )
        data["cols"] = {"0": {"size": 220}}
        sheet = self._sheet("dashboard", "Dashboard", row + 2, cells=self.cells, styles=self.styles)
        sheet |= {
            "cols": {str(position): {"size": size} for position, size in enumerate(COLUMNS)},
            "rows": self.heights,
            "borders": self.borders,
            "formats": self.formats,
            "figures": self.figures,
            "tables": self.tables,
            "conditionalFormats": self.rules,
        }
        return {
            "version": VERSION,
            "sheets": [sheet, data],
            "styles": {str(number): style for number, style in STYLES.items()},
            "formats": {str(number): text for number, text in FORMATS.items()},
            "borders": {"1": {"bottom": {"style": "thin", "color": "#CCCCCC"}}},
            "revisionId": "START_REVISION",
            "uniqueFigureIds": True,
            "settings": {
                "locale": {
                    "name": "English (US)",
                    "code": "en_US",
                    "thousandsSeparator": ",",
                    "decimalSeparator": ".",
                    "dateFormat": "mm/dd/yyyy",
                    "timeFormat": "hh:mm:ss",
                    "formulaArgSeparator": ",",
                    "weekStart": 7,
                }
            },
            "pivots": {} if is_sample else {pivot["id"]: pivot for pivot in self.pivots},
            "pivotNextId": 1 if is_sample else len(self.pivots) + 1,
            "customTableStyles": {},
            "globalFilters": [self._filter(key, *filter_) for key, filter_ in self.filters.items()],
            "lists": {} if is_sample else {list_["id"]: list_ for list_ in self.lists},
            "listNextId": 1 if is_sample else len(self.lists) + 1,
            "chartOdooMenusReferences": {} if is_sample else self.menus,
        }

    def _sheet(self, id_, name, rows, **content):
        return {
            "id": id_,
            "name": name,
            "colNumber": 26,
            "rowNumber": rows,
            "rows": {},
            "cols": {},
            "merges": [],
            "cells": {},
            "styles": {},
            "formats": {},
            "borders": {},
            "conditionalFormats": [],
            "dataValidationRules": [],
            "figures": [],
            "tables": [],
            "areGridLinesVisible": True,
            "isVisible": True,
            "headerGroups": {"ROW": [], "COL": []},
            "comments": {},
            **content,
        }

    def _filter(self, key, label, model):
        if not model:
            return {"id": key, "type": "date", "label": label, "defaultValue": "this_year"}
        return {
            "id": key,
            "type": "relation",
            "label": label,
            "modelName": model,
            "defaultValueDisplayNames": [],
        }

    def _match(self, model, period=True):
        """The fields that the filters mean.

        :param period: whether the period counts, or how many periods before
        """
        matching = {}
        for key, field in self.matching[model].items():
            if self.filters[key][1]:
                kind = "many2many" if field.endswith("_ids") else "many2one"
                matching[key] = {"chain": field, "type": kind}
            elif period is not False:
                matching[key] = {"chain": field, "type": "date", "offset": 0 if period is True else period}
        return matching

    def _add_card(self, position, card):
        row = self.data_row
        self.data_row += 1
        is_plain = card.get("percent") or card.get("large") is False
        shown = "{}" if is_plain else "FORMAT.LARGE.NUMBER({})"
        value = self._get_formula(card, card["value"])
        id_ = f"card_{position + 1}"
        data = {
            "type": "scorecard",
            "chartId": id_,
            "title": {"text": card["title"], "bold": True, "color": "#434343"},
            "background": BACKGROUNDS[position % len(BACKGROUNDS)],
            "keyValue": f"Data!D{row}",
            "keyDescr": {"fontSize": 24},
            "humanize": False,
            "baselineMode": "percentage",
            "baselineColorUp": "#00A04A",
            "baselineColorDown": "#DC6965",
        }
        self.data_cells[f"A{row}"] = f"=_t({quote(card['title'])})"
        self.data_cells[f"B{row}"] = f"={value}"
        self.data_cells[f"D{row}"] = "=" + shown.format(value)  # the pivot's own cell, to open its records
        if card["baseline"]:
            data["baseline"] = f"Data!E{row}"
            data["baselineDescr"] = {"text": card.get("text", "since last period")}
            self.data_cells[f"C{row}"] = "=" + self._get_formula(card, card["baseline"])
            before = shown.format(f"C{row}")
            is_nothing = f"IFERROR(C{row} + 0, 0)=0"  # and nothing is compared with it
            self.data_cells[f"E{row}"] = (
                f"={before}" if "text" in card else f'=IF({is_nothing}, "", {before})'
            )
        if "text" in card:
            data["baselineMode"] = "text"
        elif card.get("percent"):
            data["baselineMode"] = "difference"
        if card.get("percent"):
            self.data_formats[f"B{row}:E{row}"] = PERCENT
        if self.is_sample:
            for columns, value in zip(("BD", "CE"), card["sample"], strict=False):
                self.data_cells |= {f"{column}{row}": value for column in columns}
        else:
            self.menus[id_] = card["menu"]
        self.figures.append(
            self._figure(id_, 0, 0, CARD_WIDTH, CARD_HEIGHT, data)
            | {"offset": {"x": position * (CARD_WIDTH + CARD_GAP), "y": 11}}
        )

    def _get_formula(self, card, value):
        """A figure is 0 where there is none; a share is not, for there is nothing that it is of."""
        if card.get("percent"):
            return f'IFERROR(IF({value}="", "–", {value} / {card["percent"]}), "–")'
        return f"IFERROR({value} + 0, 0)"

    def _figure(self, id_, column, row, width, height, data):
        return {
            "id": id_,
            "tag": "chart",
            "width": width,
            "height": height,
            "col": column,
            "row": row,
            "offset": {"x": 0, "y": 8},
            "data": data,
        }

    def _add_block(self, block, columns, row):
        """:return: how many rows it takes"""
        first, last = columns[0], columns[-1]
        if "source" in block:
            self.cells[f"{first}{row}"] = translated(block["title"])
            self.styles[f"{first}{row}"] = TITLE
            self.borders[f"{first}{row}:{last}{row}"] = 1
            self.heights[str(row - 1)] = {"size": 40}
            return self._add_table(block, columns, row + 1)
        id_ = f"chart_{self.blocks.index(block) + 1}"
        width = sum(COLUMNS[0:3] if columns == LEFT else COLUMNS[4:7])
        data = self._static_chart(block) if self.is_sample else self._chart(block)
        column = 0 if columns == LEFT else 4
        self.figures.append(self._figure(id_, column, row - 1, width, CHART_HEIGHT, data | {"chartId": id_}))
        return -(-CHART_HEIGHT // ROW_HEIGHT) + 1

    def _chart(self, block):
        return {
            "type": block["kind"],
            "title": {"text": block["title"], "bold": True, "color": "#01666b", "fontSize": 16},
            "background": "#FFFFFF",
            "legendPosition": "top" if len(block["groupby"]) > 1 or block["kind"] == "odoo_pie" else "none",
            "metaData": {
                "groupBy": block["groupby"],
                "measure": block["measure"],
                "resModel": block["model"],
                "order": block.get("order"),
                "mode": "bar",
                "cumulatedStart": False,
            },
            "searchParams": {
                "comparison": None,
                "context": {},
                "domain": list(block.get("domain", ())),
                "groupBy": block["groupby"],
                "orderBy": [],
            },
            "dataSets": [{}],
            "stacked": block.get("stacked", False),
            "actionXmlId": block.get("action"),
            "fieldMatching": self._match(block["model"], block.get("period", True)),
            **OF_KIND[block["kind"]],
        }

    def _static_chart(self, block):
        labels, *series = block["sample"]
        top, bottom = self.data_row + 1, self.data_row + 1 + len(labels)
        self.data_row = bottom + 1
        for position, label in enumerate(labels):
            self.data_cells[f"A{top + 1 + position}"] = translated(label)
        for column, (name, *values) in zip("BCDE", series, strict=False):
            self.data_cells[f"{column}{top}"] = translated(name)
            for position, value in enumerate(values):
                self.data_cells[f"{column}{top + 1 + position}"] = str(value)
        return {
            "type": STATIC[block["kind"]],
            "title": {"text": block["title"], "bold": True, "color": "#01666b", "fontSize": 16},
            "background": "#FFFFFF",
            "legendPosition": "top" if len(series) > 1 or block["kind"] == "odoo_pie" else "none",
            "dataSetsHaveTitle": True,
            "dataSets": [
                {"dataRange": f"Data!{column}{top}:{column}{bottom}"}
                for column, _series in zip("BCDE", series, strict=False)
            ],
            "labelRange": f"Data!A{top + 1}:A{bottom}",
            "stacked": block.get("stacked", False),
            "aggregated": False,
            "labelsAsText": True,
            **OF_KIND[block["kind"]],
        }

    def _add_table(self, block, columns, row):
        """:return: how many rows it takes, with its title and a gap"""
        source, last = block["source"], row + TABLE_ROWS
        first, final = columns[0], columns[-1]
        for column, header in zip(columns, block["headers"], strict=False):
            self.cells[f"{column}{row}"] = translated(header)
        if self.is_sample:
            for line, texts in enumerate(block["sample"], 1):
                for column, text in zip(columns, texts, strict=False):
                    self.cells[f"{column}{row + line}"] = translated(text)
        elif "fields" in block:
            for line in range(1, TABLE_ROWS + 1):
                for column, name in zip(columns, block["fields"], strict=True):
                    self.cells[f"{column}{row + line}"] = (
                        f"=ODOO.LIST({source.number}, {line}, {quote(name)})"
                    )
        else:  # neither total nor titles
            self.cells[f"{first}{row + 1}"] = (
                f"=PIVOT({source.number}, {TABLE_ROWS}, FALSE, FALSE, {len(columns)}, FALSE)"
            )
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


def translated(text):
    """A cell: words are translated; figures, and names that a star marks, are not."""
    if text.startswith("*"):
        return text[1:]
    return text if text[0].isdigit() else f"=_t({quote(text)})"


def quote(text):
    return f'"{text}"'
