"""Sales and forecast: what was won in the period, and what is open today."""

from .sale_report import (
    CLOSED,
    FORECAST,
    FORECAST_MENU,
    LOST,
    OPEN,
    SALES,
    THIS_AND_LAST_YEAR,
    WON,
    SaleReportBoard,
)
from .shared import MONTHS, sample_rows, some

MOVEMENT, TARGET, LEAD = "pemba.forecast.movement", "pemba.target", "crm.lead"
AMOUNTS = ("revenue", "weighted_revenue", "ordered_amount", "invoiced")
ANALYSIS = "pemba_crm.pemba_sale_report_action"
SALES_MENU = "pemba_crm.pemba_sale_report_menu"
CLOSED_MENU = "pemba_crm.pemba_sale_report_menu_closed"


class SalesBoard(SaleReportBoard):
    """What was won in the period, and what is open today."""

    name = "sales"

    def get_matching(self):
        axes = self.get_axes()
        return super().get_matching() | {
            MOVEMENT: some("zone user sale_type distributor", axes),
            TARGET: some("zone user sale_type distributor", axes),
            LEAD: some("zone user sale_type risk distributor", axes)
            | {"product": "opportunity_line_ids.product_id"},
        }

    def get_cards(self):
        measures = (*AMOUNTS, "won_count")
        now = self.pivot(SALES, measures, WON, monetary=AMOUNTS, action=ANALYSIS)
        before = self.pivot(SALES, measures, WON, monetary=AMOUNTS, action=ANALYSIS, period=-1)
        rate = self.pivot(SALES, ["win_rate"], CLOSED, action=ANALYSIS)
        rate_before = self.pivot(SALES, ["win_rate"], CLOSED, action=ANALYSIS, period=-1)
        pipeline = self.pivot(SALES, AMOUNTS[:2], OPEN, monetary=AMOUNTS, action=FORECAST, period=False)
        return [
            self.card(
                "Won Revenue",
                now.value("revenue"),
                before.value("revenue"),
                menu=SALES_MENU,
                sample=("842K", "790K"),
            ),
            self.card(
                "Sales Won",
                now.value("won_count"),
                before.value("won_count"),
                menu=SALES_MENU,
                large=False,
                sample=("64", "59"),
            ),
            self.card(
                "Average Sale",
                f"{now.value('revenue')} / {now.value('won_count')}",
                f"{before.value('revenue')} / {before.value('won_count')}",
                menu=SALES_MENU,
                sample=("13.2K", "13.4K"),
            ),
            self.card(
                "Win Rate",
                rate.value("win_rate"),
                rate_before.value("win_rate"),
                menu=CLOSED_MENU,
                percent=100,
                sample=("0.41", "0.38"),
            ),
            self.card(
                "Open Today",
                pipeline.value("revenue"),
                pipeline.value("weighted_revenue"),
                menu=FORECAST_MENU,
                text="weighted",
                sample=("1.9M", "610K"),
            ),
            self.card(
                "Invoiced",
                now.value("invoiced"),
                now.value("ordered_amount"),
                menu=SALES_MENU,
                text="ordered",
                sample=("655K", "801K"),
            ),
        ]

    def get_charts(self):
        return [
            self.chart(
                "P-E-M-B-A Funnel: Open at the Step or Beyond",
                "odoo_funnel",
                SALES,
                ["pemba_step"],
                "revenue",
                domain=OPEN,
                period=False,
                action=FORECAST,
                sample=(
                    ("Prospection", "Evaluation", "Maturation", "Budgeting", "Acquisition"),
                    ("Revenue", 720000, 510000, 380000, 210000, 90000),
                ),
            ),
            self.chart(
                "Won Revenue by Month",
                "odoo_bar",
                SALES,
                ["date:month", "sale_type_id"],
                "revenue",
                domain=WON,
                stacked=True,
                action=ANALYSIS,
                sample=(
                    MONTHS,
                    ("Product/Software", 60000, 82000, 75000, 99000, 71000, 88000),
                    ("Annual service/Maintenance", 31000, 28000, 33000, 30000, 36000, 34000),
                    ("Study", 8000, 12000, 9000, 14000, 7000, 11000),
                ),
            ),
            self.chart(
                "Forecast by Month, Weighted",
                "odoo_bar",
                SALES,
                ["date_deadline:month", "nature"],
                "weighted_revenue",
                domain=OPEN,
                stacked=True,
                period=False,
                action=FORECAST,
                sample=(
                    ("*07/2026", "*08/2026", "*09/2026", "*10/2026", "*11/2026", "*12/2026"),
                    ("New Business", 90000, 40000, 75000, 110000, 84000, 120000),
                    ("Extension", 21000, 12000, 30000, 18000, 25000, 22000),
                    ("Renewal", 30000, 22000, 41000, 35000, 38000, 90000),
                ),
            ),
            self.chart(
                "Movements between the Last Two Snapshots",
                "odoo_waterfall",
                MOVEMENT,
                ["kind"],
                "weighted_revenue",
                domain=[["kind", "!=", "opening"]],
                period=False,
                action="pemba_crm.pemba_forecast_movement_action",
                sample=(
                    ("New", "Amount Up", "Maturity", "Won", "Lost"),
                    ("Weighted Revenue", 64000, 21000, 33000, -70000, -18000),
                ),
            ),
            self.chart(
                "This Year and Last",
                "odoo_bar",
                SALES,
                ["date:year", "sale_type_id"],
                "revenue",
                domain=WON + THIS_AND_LAST_YEAR,
                stacked=True,
                period=False,
                action=ANALYSIS,
                sample=(
                    ("*2025", "*2026"),
                    ("Product/Software", 510000, 560000),
                    ("Annual service/Maintenance", 210000, 225000),
                    ("Study", 70000, 57000),
                ),
            ),
            self.chart(
                "Lost Revenue by Reason",
                "odoo_bar",
                SALES,
                ["lost_reason_id"],
                "revenue",
                domain=LOST,
                order="DESC",
                action=ANALYSIS,
                sample=(("Too expensive", "We don't have people/skills"), ("Revenue", 120000, 45000)),
            ),
        ]

    def get_tables(self):
        return [
            self.records(
                "Running Targets",
                TARGET,
                {"display_name": "Target", "amount": "Amount", "attainment": "Attainment (%)"},
                domain=[
                    ["date_start", "<=", "today"],
                    ["date_end", ">=", "today"],
                    ["parent_id", "=", False],
                ],
                order="-amount",
                bar=2,
                action="pemba_crm.pemba_target_action",
                sample=(("*Europe", "600K", "91"), ("*Asia", "400K", "74")),
            ),
            self.records(
                "Open Opportunities That Weigh Most",
                LEAD,
                {"name": "Opportunity", "expected_revenue": "Expected", "weighted_revenue": "Weighted"},
                domain=[["type", "=", "opportunity"], *OPEN],
                order="-weighted_revenue",
                bar=2,
                action="pemba_crm.crm_lead_action",
                sample=(("*Northwind 200", "180K", "126K"), ("*Acme", "95K", "76K")),
            ),
            *self._get_best(),
        ]

    def _get_best(self):
        return [
            self.best(
                title,
                SALES,
                axis,
                ["revenue", "won_count"],
                headers=("Revenue", "Sales Won"),
                domain=WON,
                monetary=AMOUNTS,
                action=ANALYSIS,
                sample=sample_rows(axis, ("210K", "144K", "97K"), ("12", "9", "7")),
            )
            for title, axis in (
                ("Salespeople", "user_id"),
                ("Sales Zones", "zone_id"),
                ("Products", "product_id"),
                ("Distributors", "distributor_id"),
            )
        ]
