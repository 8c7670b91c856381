import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("pemba_crm_settle_what_waits", {
    steps: () => [
        {
            content: "the menu says how much waits",
            trigger: ".o_menu_sections:contains('To Do (2)')",
        },
        {
            content: "it comes by steps",
            trigger: ".o_group_header:contains('Start the Contract (1)')",
        },
        {
            content: "who may not deliver looks at it",
            trigger: ".o_data_row:contains('is planned, not in service') button[name=action_open]",
        },
        {
            content: "start the contract",
            trigger: ".o_data_row:contains('is a draft') button[name=action_settle]",
            run: "click",
        },
        {
            content: "it does not wait any more",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('is a draft')))",
        },
        {
            content: "nor is it counted",
            trigger: ".o_menu_sections:contains('To Do (1)')",
        },
    ],
});
