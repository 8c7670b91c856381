import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("pemba_crm_renew_a_contract", {
    steps: () => [
        {
            content: "open the contract",
            trigger: ".o_data_row td[name=partner_id]:contains('Customer')",
            run: "click",
        },
        {
            content: "renew it",
            trigger: ".o_statusbar_buttons button[name=action_open_renewal]",
            run: "click",
        },
        {
            content: "the renewal is an opportunity",
            trigger: ".o_field_widget[name=name] :value('Renewal of'), .o_field_widget[name=name] textarea",
        },
        {
            content: "see how its price came about",
            trigger: "a[name=pemba_contracts]",
            run: "click",
        },
        {
            content: "by the index",
            trigger: ".o_field_widget[name=revaluation_info]:contains('1.044573')",
        },
        {
            content: "offer it",
            trigger: "button[name=action_sale_quotations_new]",
            run: "click",
        },
        {
            content: "the offer is at the revised price",
            trigger: ".o_field_widget[name=order_line] .o_data_row:contains('1,253.49')",
        },
        {
            content: "the order comes",
            trigger: ".o_statusbar_buttons button[name=action_confirm]:enabled",
            run: "click",
        },
        {
            content: "it is confirmed",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Sales Order')",
        },
    ],
});
