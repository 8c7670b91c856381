import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("pemba_crm_settle_what_waits", {
    steps: () => [
        {
            content: "the menu says how much waits",
            trigger: ".o_menu_sections:contains('To Do (1)')",
        },
        {
            content: "it comes by steps",
            trigger: ".o_group_header:contains('Start the Contract (1)')",
        },
        {
            content: "start the contract",
            trigger: ".o_data_row:contains('is a draft') button[name=action_settle]",
            run: "click",
        },
        {
            content: "it is no draft any more then",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "it does not wait any more",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('is a draft')))",
        },
        {
            content: "nothing is counted any more",
            trigger: ".o_menu_sections:not(:contains('To Do ('))",
        },
    ],
});
