"""Contracts, price indices, renewals, the orders expected from customers, and rights."""

from . import (
    crm_lead,
    pemba_contact_role,
    pemba_contract,
    pemba_contract_line,
    pemba_contract_order,
    pemba_contract_renewal,
    pemba_contract_state,
    pemba_contract_type,
    pemba_equipment,
    pemba_opportunity_line,
    pemba_price_index,
    pemba_price_index_value,
    pemba_right,
    pemba_right_grant,
    product_template,
    res_config_settings,
    res_partner,
    sale_order,
)
