"""What customers run: equipment, its components, and the ledger of dated events."""

from . import (  # before those that inherit them
    pemba_belonging_mixin,
    pemba_customer_mixin,
    pemba_licence_key_mixin,
    pemba_version_status_mixin,
    pemba_equipment_ledger,
)
from . import (
    crm_lead,
    pemba_delivery,
    pemba_equipment,
    pemba_equipment_change,
    pemba_equipment_check,
    pemba_equipment_component,
    pemba_equipment_content,
    pemba_equipment_event,
    pemba_equipment_event_base_of_day,
    pemba_equipment_event_history,
    pemba_equipment_event_line,
    pemba_equipment_history,
    pemba_equipment_record,
    pemba_opportunity_configuration,
    pemba_opportunity_line,
    pemba_software_version,
    product_category,
    product_template,
    res_partner,
    res_partner_company,
)
