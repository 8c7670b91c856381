"""What an opportunity offers: configurations, lines, prices, margins and what distributors keep."""

from . import (
    account_tax,
    crm_lead,
    crm_lead_axis,
    crm_lead_merge,
    crm_lead_price,
    crm_lead_rounding,
    crm_lead_sums,
    pemba_margin_rule,
    pemba_opportunity_configuration,
    pemba_opportunity_configuration_apply,
    pemba_typed_price_mixin,  # before the lines that have it
    pemba_opportunity_line,
    pemba_opportunity_line_amount,
    pemba_opportunity_line_rounding,
    pemba_opportunity_line_rule,
    pemba_opportunity_line_terms,
    pemba_opportunity_line_trace,
    product_pricelist,
    res_company,
    res_config_settings,
    res_partner,
)
