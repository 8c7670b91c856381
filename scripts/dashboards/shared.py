"""What several dashboards share: the filters on sales, and the look of tables without data."""

SALES = "pemba.sale.report"
WON, OPEN, LOST = ([["won_status", "=", status]] for status in ("won", "pending", "lost"))
CLOSED = [["won_status", "in", ["won", "lost"]]]
THIS_AND_LAST_YEAR = [["date", ">=", "=1d =1m -1y"], ["date", "<", "=1d =1m +1y"]]
ZONE = "zone_id.ancestor_ids"  # a zone counts with its sub-zones
SALES_FILTERS = {
    "period": ("Period", None),
    "zone": ("Sales Zone", "pemba.zone"),
    "user": ("Salesperson", "res.users"),
    "sale_type": ("Sale Type", "pemba.sale.type"),
    "product": ("Product", "product.product"),
    "risk": ("Risk", "pemba.risk.level"),
    "distributor": ("Distributor", "res.partner"),
}
SALE_AXES = {
    "period": "date",
    "zone": ZONE,
    "user": "user_id",
    "sale_type": "sale_type_id",
    "product": "product_id",
    "risk": "risk_level_id",
    "distributor": "distributor_id",
}
ANALYSIS = "pemba_crm.pemba_sale_report_action"
FORECAST = "pemba_crm.pemba_sale_report_action_forecast"
SALES_MENU = "pemba_crm.pemba_sale_report_menu"
CLOSED_MENU = "pemba_crm.pemba_sale_report_menu_closed"
MARGIN = "pemba_crm.pemba_sale_report_action_margin"
MARGIN_MENU = "pemba_crm.pemba_sale_report_menu_margin"
FORECAST_MENU = "pemba_crm.pemba_sale_report_menu_forecast"

# A star marks what is a name or a figure, and is not translated.
MONTHS = ("*01/2026", "*02/2026", "*03/2026", "*04/2026", "*05/2026", "*06/2026")
NAMES = {
    "user_id": ("*Anna", "*Boris", "*Chloé"),
    "zone_id": ("*Europe", "*Asia", "*Africa"),
    "product_id": ("*Northwind", "*Southwind", "*Training day"),
    "software_id": ("*Northwind", "*Southwind", "*Eastwind"),
    "customer_id": ("*Acme", "*Globex", "*Initech"),
    "partner_id": ("*Acme", "*Globex", "*Initech"),
    "distributor_id": ("*Distri One", "*Distri Two", "*Distri Three"),
}


def some(keys, axes):
    """Some of the axes, named by words."""
    return {key: axes[key] for key in keys.split()}


def sample_rows(axis, *columns):
    """Rows of a table, each column's figures from the greatest to the smallest."""
    return list(zip(NAMES[axis], *columns, strict=True))
