"""The smallest parts of a spreadsheet's file."""


def get_sheet(id_, name, rows):
    """An empty sheet."""
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
    }


def get_filter(key, label, model):
    """:param model: None for a period"""
    if not model:
        return {"id": key, "type": "date", "label": label, "defaultValue": "this_year"}
    return {
        "id": key,
        "type": "relation",
        "label": label,
        "modelName": model,
        "defaultValueDisplayNames": [],
    }


def get_figure(id_, column, row, width, height, data):
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


def get_formula(card, value):
    """A figure is 0 where there is none; a share is not, for there is nothing that it is of."""
    if card.get("percent"):
        return f'IFERROR(IF({value}="", "–", {value} / {card["percent"]}), "–")'
    return f"IFERROR({value} + 0, 0)"


def translated(text):
    """A cell: words are translated; figures, and names that a star marks, are not."""
    if text.startswith("*"):
        return text[1:]
    return text if text[0].isdigit() else f"=_t({quote(text)})"


def quote(text):
    return f'"{text}"'
