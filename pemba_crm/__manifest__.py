{
    "name": "PEMBA CRM",
    "summary": "Sell software from prospection to renewal: pipeline, installed base, maintenance, margins",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "PEMBA",
    "license": "LGPL-3",
    "development_status": "Alpha",
    "depends": [
        "crm",
        "sale_crm",
        "sale_management",
        "portal",
        "spreadsheet_dashboard",
    ],
    "data": [
        "security/pemba_crm_groups.xml",
        "data/pipeline/crm_stage_data.xml",
        "views/res_config_settings_views.xml",
        "views/pipeline/crm_stage_views.xml",
        "views/pipeline/crm_lead_views.xml",
        "views/pipeline/res_config_settings_views.xml",
        "views/pemba_crm_menus.xml",
    ],
    "demo": [
        "demo/res_users_demo.xml",
        "demo/pipeline/crm_lead_demo.xml",
    ],
    "assets": {
        "web.assets_tests": [
            "pemba_crm/static/tests/tours/*.js",
        ],
    },
    "application": True,
    "uninstall_hook": "uninstall_hook",
}
