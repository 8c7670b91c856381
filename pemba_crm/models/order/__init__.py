"""From the opportunity to its quotations and back from confirmed orders; sales that are closed."""

from . import (
    crm_lead,
    crm_lead_cancelled_orders,
    crm_lead_ordered,
    crm_lead_settled,
    pemba_opportunity_line,
    pemba_opportunity_line_settled,
    res_company,
    res_config_settings,
    sale_order,
    sale_order_difference,
    sale_order_line,
    sale_order_settled,
)
