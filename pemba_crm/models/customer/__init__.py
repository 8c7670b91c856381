"""Customer and prospect status, the contact's sheet, competitors."""

from . import (
    crm_lead,
    pemba_competitor_installation,
    pemba_competitor_product,
    pemba_competitor_report,
    pemba_customer_history,
    res_partner,
    res_partner_sheet,
    res_partner_status,
)
