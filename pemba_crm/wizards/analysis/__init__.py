from . import pemba_forecast_comparison, pemba_target_split
