"""The P-E-M-B-A stages and the deal: who, where, in which currency, how far, and its result."""

from . import (
    crm_lead,
    crm_lead_merge,
    crm_lead_open_rates,
    crm_lead_rate,
    crm_lead_result,
    crm_lead_stage,
    crm_stage,
    crm_team,
    ir_module_module,
    pemba_risk_level,
    pemba_zone,
    pemba_zone_rate,
    res_company,
    res_config_settings,
    res_partner,
)
