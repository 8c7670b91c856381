"""Targets, forecasts, reports and dashboards."""

from . import pemba_report_mixin, pemba_axis_mixin  # before those that inherit them
from . import (
    digest_digest,
    ir_filters,
    pemba_forecast_movement,
    pemba_forecast_snapshot,
    pemba_sale_report,
    pemba_target,
    pemba_target_achievement,
    res_config_settings,
    spreadsheet_dashboard,
    spreadsheet_dashboard_group,
)
