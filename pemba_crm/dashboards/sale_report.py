"""What the dashboards on the sales analysis share: what is asked, and the filters."""

from .board import Board
from .shared import ZONE

SALES = "pemba.sale.report"
WON, OPEN, LOST = ([["won_status", "=", status]] for status in ("won", "pending", "lost"))
CLOSED = [["won_status", "in", ["won", "lost"]]]
THIS_AND_LAST_YEAR = [["date", ">=", "=1d =1m -1y"], ["date", "<", "=1d =1m +1y"]]
FORECAST = "pemba_crm.pemba_sale_report_action_forecast"
FORECAST_MENU = "pemba_crm.pemba_sale_report_menu_forecast"


class SaleReportBoard(Board):
    """A dashboard on the sales analysis: the filters, and the fields that they mean."""

    def get_filters(self):
        return {
            "period": ("Period", None),
            "zone": ("Sales Zone", "pemba.zone"),
            "user": ("Salesperson", "res.users"),
            "sale_type": ("Sale Type", "pemba.sale.type"),
            "product": ("Product", "product.product"),
            "risk": ("Risk", "pemba.risk.level"),
            "distributor": ("Distributor", "res.partner"),
        }

    def get_axes(self):
        """:return: ``{filter: field of the sales analysis}``"""
        return {
            "period": "date",
            "zone": ZONE,
            "user": "user_id",
            "sale_type": "sale_type_id",
            "product": "product_id",
            "risk": "risk_level_id",
            "distributor": "distributor_id",
        }

    def get_matching(self):
        return {SALES: self.get_axes()}
