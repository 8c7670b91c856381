"""Targets, forecasts, reconciliation, reports and dashboards."""

from . import pemba_report_mixin  # before those that inherit it
from . import (
    digest_digest,
    ir_filters,
    pemba_forecast_movement,
    pemba_forecast_snapshot,
    pemba_opening_sale,
    pemba_reconciliation,
    pemba_reconciliation_export,
    pemba_reconciliation_line,
    pemba_reconciliation_line_ask,
    pemba_reconciliation_line_charge,
    pemba_reconciliation_line_fix,
    pemba_reconciliation_line_opening,
    pemba_reconciliation_line_source,
    pemba_reconciliation_query,
    pemba_reconciliation_reason,
    pemba_reconciliation_results,
    pemba_reconciliation_run,
    pemba_reconciliation_sign_off,
    pemba_reconciliation_sold,
    pemba_reconciliation_there,
    pemba_sale_report,
    pemba_target,
    pemba_target_achievement,
    res_config_settings,
)
