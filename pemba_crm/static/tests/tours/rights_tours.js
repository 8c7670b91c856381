import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

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
