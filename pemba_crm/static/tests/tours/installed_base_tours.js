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
            trigger: ".modal .o_field_widget[name=version_id] input:value('5.0')",
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
