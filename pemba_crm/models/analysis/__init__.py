"""Targets, forecasts, reconciliation, reports and dashboards."""
