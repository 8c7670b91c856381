"""What customers run: equipment, its components, and the ledger of dated events."""

from . import (
    crm_lead,
    pemba_customer_mixin,
    pemba_equipment,
    pemba_equipment_base,
    pemba_equipment_change,
    pemba_equipment_check,
    pemba_equipment_component,
    pemba_equipment_content,
    pemba_equipment_event,
    pemba_equipment_licence_key,
    pemba_equipment_record,
    pemba_equipment_service_date,
    pemba_equipment_version,
    pemba_opportunity_configuration,
    pemba_opportunity_line,
    pemba_software_version,
    product_category,
    res_partner,
)
