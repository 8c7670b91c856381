"""Charts as Odoo's spreadsheets have them: of records, and of cells."""

from .look import OF_KIND, STATIC


def get_chart(block):
    """The chart of a block of :meth:`Board.chart`, on the database's own records."""
    return {
        "type": block["kind"],
        "title": get_title(block),
        "background": "#FFFFFF",
        "legendPosition": get_legend(block, len(block["groupby"])),
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
        "fieldMatching": block["matching"],
        **OF_KIND[block["kind"]],
    }


def get_static_chart(block, sheet, top, bottom):
    """The same of cells: labels in column A below ``top``, and a column for each series of the sample."""
    _labels, *series = block["sample"]
    return {
        "type": STATIC[block["kind"]],
        "title": get_title(block),
        "background": "#FFFFFF",
        "legendPosition": get_legend(block, len(series)),
        "dataSetsHaveTitle": True,
        "dataSets": [
            {"dataRange": f"{sheet}!{column}{top}:{column}{bottom}"}
            for column, _series in zip("BCDE", series, strict=False)
        ],
        "labelRange": f"{sheet}!A{top + 1}:A{bottom}",
        "stacked": block.get("stacked", False),
        "aggregated": False,
        "labelsAsText": True,
        **OF_KIND[block["kind"]],
    }


def get_title(block):
    return {"text": block["title"], "bold": True, "color": "#01666b", "fontSize": 16}


def get_legend(block, series):
    """:param series: how many series, or axes that make series"""
    return "top" if series > 1 or block["kind"] == "odoo_pie" else "none"
