"""Maintenance and renewals: recurring revenue, the orders expected from customers, what is kept."""

from .board import Board
from .sale_report import FORECAST, OPEN, SALES
from .shared import MONTHS, ZONE, sample_rows, some

REVENUE, RETENTION = "pemba.renewal.report", "pemba.retention.report"
CONTRACT = "pemba.contract"
AMOUNTS = ("revenue", "certain_revenue")
REVENUE_ACTION, REVENUE_MENU = "pemba_crm.pemba_renewal_report_action", "pemba_crm.pemba_renewal_report_menu"
RETENTION_ACTION = "pemba_crm.pemba_retention_report_action"
RETENTION_MENU = "pemba_crm.pemba_retention_report_menu"
CONTRACT_ACTION = "pemba_crm.pemba_contract_action"
ORDER_ACTION, ORDER_MENU = "pemba_crm.pemba_contract_action_orders", "pemba_crm.pemba_contract_menu_orders"


class MaintenanceBoard(Board):
    """Revenue and retention of the period; orders and renewals as of today."""

    name = "maintenance"

    def get_filters(self):
        return {
            "period": ("Period", None),
            "zone": ("Sales Zone", "pemba.zone"),
            "user": ("Salesperson", "res.users"),
            "contract_type": ("Contract Type", "pemba.contract.type"),
            "distributor": ("Distributor", "res.partner"),
        }

    def get_axes(self):
        """:return: ``{filter: field of contracts and of what is reported of them}``"""
        return {
            "period": "date",
            "zone": ZONE,
            "user": "user_id",
            "contract_type": "contract_type_id",
            "distributor": "distributor_id",
        }

    def get_matching(self):
        axes = self.get_axes()
        return {
            REVENUE: dict(axes),
            RETENTION: dict(axes),
            CONTRACT: axes | {"period": "expected_order_date"},
            SALES: some("period zone user distributor", axes),
        }

    def get_cards(self):
        now = self.pivot(REVENUE, AMOUNTS, monetary=AMOUNTS, action=REVENUE_ACTION)
        next_year = self.pivot(
            REVENUE,
            AMOUNTS,
            [["date", ">=", "=1d =1m +1y"]],
            monetary=AMOUNTS,
            action=REVENUE_ACTION,
            period=False,
        )
        retention = self.pivot(RETENTION, ["gross_retention", "net_retention"], action=RETENTION_ACTION)
        late = self.pivot(
            CONTRACT, ["__count"], [["order_state", "=", "late"]], action=ORDER_ACTION, period=False
        )
        renewals = self.pivot(
            SALES,
            ["revenue", "weighted_revenue"],
            [*OPEN, ["nature", "=", "renewal"]],
            monetary=("revenue", "weighted_revenue"),
            action=FORECAST,
            period=False,
        )
        revenue = [
            self.card(
                title,
                pivot.value("revenue"),
                pivot.value("certain_revenue"),
                menu=REVENUE_MENU,
                text="contracted",
                sample=sample,
            )
            for title, pivot, sample in (
                ("Recurring", now, ("412K", "377K")),
                ("Next Year", next_year, ("455K", "190K")),
            )
        ]
        kept = [
            self.card(title, retention.value(measure), menu=RETENTION_MENU, percent=100, sample=(sample,))
            for title, measure, sample in (
                ("Gross Retention", "gross_retention", "0.94"),
                ("Net Retention", "net_retention", "1.03"),
            )
        ]
        return [
            *revenue,
            *kept,
            self.card("Orders Late", late.value("__count"), menu=ORDER_MENU, large=False, sample=("3",)),
            self.card(
                "Open Renewals",
                renewals.value("revenue"),
                renewals.value("weighted_revenue"),
                menu="pemba_crm.crm_lead_menu_renewals",
                text="weighted",
                sample=("96K", "81K"),
            ),
        ]

    def get_charts(self):
        return [
            self.chart(
                "Recurring Revenue, This Year and Next",
                "odoo_bar",
                REVENUE,
                ["date:month", "layer"],
                "revenue",
                stacked=True,
                period=False,
                action=REVENUE_ACTION,
                sample=(
                    MONTHS,
                    ("Under Contract", 33000, 33500, 31000, 29000, 26000, 22000),
                    ("Renewals Expected", 0, 0, 2500, 5000, 8500, 13000),
                ),
            ),
            self.chart(
                "Customers' Orders Expected by Month",
                "odoo_bar",
                CONTRACT,
                ["expected_order_date:month"],
                "expected_order_amount",
                domain=[["order_state", "in", ["expected", "late"]]],
                period=False,
                action=ORDER_ACTION,
                sample=(MONTHS, ("Orders Expected", 12000, 26000, 8000, 17000, 9000, 41000)),
            ),
            self.chart(
                "Recurring Revenue by Contract Type",
                "odoo_pie",
                REVENUE,
                ["contract_type_id"],
                "revenue",
                action=REVENUE_ACTION,
                sample=(("*Standard", "*Premium", "*SaaS"), ("Revenue", 210000, 90000, 112000)),
            ),
            self.chart(
                "Maintenance Lost by Month",
                "odoo_bar",
                RETENTION,
                ["date:month"],
                "lost_amount",
                action=RETENTION_ACTION,
                sample=(MONTHS, ("Lost Amount", 0, 3000, 0, 1200, 0, 4000)),
            ),
        ]

    def get_tables(self):
        contracts = [
            self.records(
                title,
                CONTRACT,
                {"partner_id": "Customer", "name": "Contract", date: header},
                domain=[state],
                order=date,
                action=action,
                sample=(("*Acme", "*CT/00012", "*11/30/2026"), ("*Globex", "*CT/00017", "*12/31/2026")),
            )
            for title, state, date, header, action in (
                (
                    "Orders Late",
                    ["order_state", "=", "late"],
                    "expected_order_date",
                    "Expected on",
                    ORDER_ACTION,
                ),
                ("Contracts Ending Next", ["state", "=", "running"], "date_end", "Until", CONTRACT_ACTION),
            )
        ]
        revenue = [
            self.best(
                title,
                REVENUE,
                axis,
                AMOUNTS,
                headers=("Revenue", "Contracted"),
                monetary=AMOUNTS,
                action=REVENUE_ACTION,
                sample=sample_rows(axis, ("61K", "44K", "30K"), ("58K", "44K", "21K")),
            )
            for title, axis in (
                ("Customers", "partner_id"),
                ("Sales Zones", "zone_id"),
                ("Products", "product_id"),
                ("Distributors", "distributor_id"),
            )
        ]
        return [*contracts, *revenue]
