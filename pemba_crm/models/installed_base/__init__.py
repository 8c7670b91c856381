"""What customers run: equipment, its components, and the ledger of dated events."""

from . import (
    crm_lead,
    pemba_equipment,
    pemba_equipment_change,
    pemba_equipment_component,
    pemba_equipment_event,
    pemba_opportunity_configuration,
    pemba_opportunity_line,
    pemba_software_version,
    product_category,
    res_partner,
)
