"""Contracts, what they cover and cost, and the indices that their prices follow."""

from . import (
    crm_lead_contract,
    pemba_contract,
    pemba_contract_amendment,
    pemba_contract_job,
    pemba_contract_line,
    pemba_contract_line_price,
    pemba_contract_line_rounding,
    pemba_contract_line_rule,
    pemba_contract_line_sale,
    pemba_contract_rule,
    pemba_contract_state,
    pemba_contract_termination,
    pemba_contract_type,
    pemba_equipment,
    pemba_opportunity_line,
    pemba_price_index,
    pemba_price_index_value,
    product_template,
    res_company,
    res_partner,
)
