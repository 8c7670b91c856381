"""The next term of contracts: renewals, orders expected, successors, next year's revenue, retention."""

from . import (
    crm_lead,
    crm_lead_merge,
    crm_lead_proposed,
    crm_lead_result,
    pemba_contract,
    pemba_contract_followed,
    pemba_contract_line,
    pemba_contract_order,
    pemba_contract_renewal,
    pemba_contract_revision,
    pemba_contract_successor,
    pemba_equipment,
    pemba_opportunity_line,
    pemba_price_index,
    pemba_price_index_value,
    pemba_renewal_estimate,
    pemba_renewal_report,
    pemba_retention_report,
    sale_order,
    sale_order_line,
)
