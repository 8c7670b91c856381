"""The look of a dashboard: sizes in pixels, styles, colours, and kinds of charts."""

COLUMNS = (300, 120, 120, 40, 300, 120, 120)  # two tables of three columns side by side
LEFT, RIGHT = "ABC", "EFG"
ROW_HEIGHT = 23
CARD_WIDTH, CARD_HEIGHT, CARD_GAP = 175, 101, 14
CARDS_IN_ROW = 6
TOP, BELOW_CARDS = 11, 10
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
BORDERS = {1: {"bottom": {"style": "thin", "color": "#CCCCCC"}}}
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
LOCALE = {
    "name": "English (US)",
    "code": "en_US",
    "thousandsSeparator": ",",
    "decimalSeparator": ".",
    "dateFormat": "mm/dd/yyyy",
    "timeFormat": "hh:mm:ss",
    "formulaArgSeparator": ",",
    "weekStart": 7,
}


def in_rows(pixels):
    """:return: how many rows of the sheet these pixels take"""
    return -(-pixels // ROW_HEIGHT)
