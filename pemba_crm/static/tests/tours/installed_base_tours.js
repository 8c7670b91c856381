import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("pemba_crm_deliver_and_upgrade", {
    steps: () => [
        {
            content: "open the won deal",
            trigger: ".o_data_row td[name=name]:contains('Geo for the customer')",
            run: "click",
        },
        {
            content: "deliver it",
            trigger: "button[name=action_deliver]",
            run: "click",
        },
        {
            content: "what was sold is proposed",
            trigger: ".modal .o_data_row td[name=content]:contains('Licence +10, Maps +10')",
        },
        {
            content: "complete it",
            trigger: ".modal .o_data_row td[name=serial_number]",
            run: "click",
        },
        {
            content: "with its serial number",
            trigger: ".modal .o_data_row td[name=serial_number] input",
            run: "edit GEO-0001",
        },
        {
            content: "put it into the base",
            trigger: ".modal footer button[name=action_deliver]",
            run: "click",
        },
        {
            content: "it is in service",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('In Service')",
        },
        {
            content: "its history begins",
            trigger: ".o_field_widget[name=event_ids] .o_data_row:contains('Licence +10, Maps +10')",
        },
        {
            content: "upgrade it",
            trigger: ".o_statusbar_buttons button:contains('Upgrade')",
            run: "click",
        },
        {
            content: "the latest version is proposed",
            trigger: ".modal .o_field_widget[name=version_id] input:value('Geo 5.0')",
        },
        {
            content: "record it",
            trigger: ".modal button[name=action_record]",
            run: "click",
        },
        {
            content: "it is up to date",
            trigger: ".o_field_widget[name=version_state]:contains('Up to Date')",
        },
        {
            content: "and its history says so",
            trigger: ".o_field_widget[name=event_ids] .o_data_row:contains('Geo 5.0')",
        },
    ],
});

registry.category("web_tour.tours").add("pemba_crm_record_server", {
    steps: () => [
        { content: "new equipment", trigger: ".o_list_button_add", run: "click" },
        {
            content: "of a customer",
            trigger: ".o_field_widget[name=partner_id] input",
            run: "edit Customer Far Away",
        },
        {
            content: "who is found",
            trigger: ".ui-autocomplete a:contains('Customer Far Away'):not(:contains('Create'))",
            run: "click",
        },
        {
            content: "hardware",
            trigger: ".o_field_widget[name=kind] input, .o_field_widget[name=kind] select",
            run: "click",
        },
        {
            content: "is chosen",
            trigger: ".o_select_menu_item:contains('Hardware')",
            run: "click",
        },
        {
            content: "its product",
            trigger: ".o_field_widget[name=product_id] input",
            run: "edit Rack Server",
        },
        {
            content: "is found",
            trigger: ".ui-autocomplete a:contains('Rack Server'):not(:contains('Create'))",
            run: "click",
        },
        {
            content: "its serial number",
            trigger: ".o_field_widget[name=serial_number] input",
            run: "edit SRV-77",
        },
        { content: "put it into service", trigger: ".o_form_button_save", run: "click" },
        { content: "now", trigger: "button[name=action_start]:visible", run: "click" },
        {
            content: "it is in service",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('In Service')",
        },
        { content: "look at its history", trigger: ".nav-link[name=events]", run: "click" },
        {
            content: "its history begins",
            trigger: ".o_field_widget[name=event_ids] .o_data_row:contains('Rack Server +1')",
        },
    ],
});
