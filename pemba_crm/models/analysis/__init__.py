"""Targets, forecasts, reconciliation, reports and dashboards."""

from . import (
    pemba_report_mixin,
    pemba_sale_report,
)
