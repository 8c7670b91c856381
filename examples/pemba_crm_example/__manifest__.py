{
    "name": "PEMBA CRM: an Example of Extending It",
    "summary": "Eight things that integrators do, in a few lines each",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "PEMBA",
    "license": "LGPL-3",
    "depends": ["pemba_crm", "base_automation"],
    "data": [
        "security/ir.model.access.csv",
        "data/pemba_sale_type_data.xml",
        "data/pemba_right_data.xml",
        "views/crm_lead_views.xml",
        "views/pemba_equipment_views.xml",
        "views/pemba_price_index_views.xml",
        "views/pemba_target_views.xml",
        "views/pemba_reconciliation_line_views.xml",
    ],
}
