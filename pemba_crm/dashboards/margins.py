"""Margins: what was earned on what was won in the period."""

from .sale_report import FORECAST, FORECAST_MENU, OPEN, SALES, THIS_AND_LAST_YEAR, WON, SaleReportBoard
from .shared import MONTHS, sample_rows

MARGIN, MARGIN_MENU = "pemba_crm.pemba_sale_report_action_margin", "pemba_crm.pemba_sale_report_menu_margin"
AMOUNTS = ("revenue", "margin", "cost", "uncosted_revenue")
# An opportunity without lines has neither costs nor a margin.
WITH_LINES = [["opportunity_line_id", "!=", False]]
WON_LINES, OPEN_LINES = WON + WITH_LINES, OPEN + WITH_LINES


class MarginsBoard(SaleReportBoard):
    """What was won in the period, and the margin of what is open today."""

    name = "margins"

    def get_cards(self):
        measures = (*AMOUNTS, "margin_percent")
        now = self.pivot(SALES, measures, WON, monetary=AMOUNTS, action=MARGIN)
        before = self.pivot(SALES, measures, WON, monetary=AMOUNTS, action=MARGIN, period=-1)
        pipeline = self.pivot(
            SALES, AMOUNTS[1:2], OPEN_LINES, monetary=AMOUNTS, action=FORECAST, period=False
        )
        amounts = [
            self.card(title, now.value(measure), before.value(measure), menu=MARGIN_MENU, sample=sample)
            for title, measure, sample in (
                ("Won Revenue", "revenue", ("842K", "790K")),
                ("Margin", "margin", ("391K", "350K")),
                ("Costs", "cost", ("451K", "440K")),
                ("Unknown Cost", "uncosted_revenue", ("88K", "92K")),
            )
        ]
        return [
            *amounts,
            self.card(
                "Margin (%)",
                now.value("margin_percent"),
                before.value("margin_percent"),
                menu=MARGIN_MENU,
                percent=1,
                sample=("0.46", "0.44"),
            ),
            self.card("Open Margin", pipeline.value("margin"), menu=FORECAST_MENU, sample=("806K",)),
        ]

    def get_charts(self):
        return [
            self.chart(
                "Margin by Month",
                "odoo_bar",
                SALES,
                ["date:month", "sale_type_id"],
                "margin",
                domain=WON_LINES,
                stacked=True,
                action=MARGIN,
                sample=(
                    MONTHS,
                    ("Product/Software", 31000, 42000, 37000, 50000, 36000, 44000),
                    ("Annual service/Maintenance", 19000, 17000, 20000, 18000, 22000, 21000),
                ),
            ),
            self.chart(
                "Margin by Sale Type",
                "odoo_pie",
                SALES,
                ["sale_type_id"],
                "margin",
                domain=WON_LINES,
                action=MARGIN,
                sample=(
                    ("Product/Software", "Annual service/Maintenance", "Study", "Training"),
                    ("Margin", 240000, 117000, 22000, 12000),
                ),
            ),
            self.chart(
                "This Year and Last",
                "odoo_bar",
                SALES,
                ["date:year", "channel"],
                "margin",
                domain=WON_LINES + THIS_AND_LAST_YEAR,
                stacked=True,
                period=False,
                action=MARGIN,
                sample=(("*2025", "*2026"), ("Direct", 260000, 290000), ("Distribution", 90000, 101000)),
            ),
            self.chart(
                "Distributors' Margin by Month",
                "odoo_bar",
                SALES,
                ["date:month"],
                "distributor_margin",
                domain=WON_LINES,
                action=MARGIN,
                sample=(MONTHS, ("Distributor Margin", 12000, 15000, 9000, 18000, 14000, 20000)),
            ),
        ]

    def get_tables(self):
        return [
            self.best(
                title,
                SALES,
                axis,
                ["margin", "margin_percent"],
                headers=("Margin", "Margin (%)"),
                percent=True,
                domain=WON_LINES,
                monetary=AMOUNTS,
                action=MARGIN,
                sample=sample_rows(axis, ("98K", "61K", "40K"), ("0.51", "0.46", "0.38")),
            )
            for title, axis in (
                ("Products", "product_id"),
                ("Customers", "customer_id"),
                ("Salespeople", "user_id"),
                ("Distributors", "distributor_id"),
                ("Sales Zones", "zone_id"),
                ("Software", "software_id"),
            )
        ]
