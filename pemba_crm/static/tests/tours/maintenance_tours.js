import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

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

registry.category("web_tour.tours").add("pemba_crm_check_rights", {
    steps: () => [
        {
            content: "who calls?",
            trigger: ".o_field_widget[name=query] input",
            run: "edit SN-4711 && press Tab",
        },
        {
            content: "what they run, in which version",
            trigger: ".o_field_widget[name=result] .card:contains('4.2')",
        },
        {
            content: "and what they are entitled to",
            trigger: ".o_field_widget[name=result] .badge:contains('Hotline · Entitled')",
        },
        ...stepUtils.saveForm(),
    ],
});

registry.category("web_tour.tours").add("pemba_crm_see_rights_of_a_contact", {
    steps: () => [
        {
            content: "the badge of the contact",
            trigger: ".o_field_widget[name=right_status]:contains('Entitled')",
        },
        {
            content: "its rights one by one",
            trigger: "a[name=pemba_rights]",
            run: "click",
        },
        {
            content: "until when, and why",
            trigger: ".o_field_widget[name=right_info] tr:contains('Hotline'):contains('runs until')",
        },
    ],
});
