import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("pemba_crm_sign_off_a_reconciliation", {
    steps: () => [
        {
            content: "a new run",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "what is checked stays",
            trigger: ".o_field_widget[name=closes_sales] input",
            run: "click",
        },
        {
            content: "compare as of today",
            trigger: "button[name=action_compute]:contains('Compare')",
            run: "click",
        },
        {
            content: "what differs",
            trigger: ".o_field_widget[name=summary]:contains('Not Invoiced'):contains('700.00')",
        },
        {
            content: "look at what has no reason",
            trigger: "button[name=action_open_unexplained]:contains('Explain')",
            run: "click",
        },
        {
            content: "explain it",
            trigger: ".o_data_row:contains('Buyer') td[name=reason_id]",
            run: "click",
        },
        {
            content: "look for a reason",
            trigger: ".o_selected_row .o_field_widget[name=reason_id] input",
            run: "edit To be invoiced",
        },
        {
            content: "take it",
            trigger: ".o-autocomplete--dropdown-item:contains('To be invoiced later')",
            run: "click",
        },
        {
            content: "keep it",
            trigger: ".o_list_button_save",
            run: "click",
        },
        {
            content: "it is kept",
            trigger: ".o_list_view:not(:has(.o_selected_row))",
        },
        {
            content: "ask who sold it all the same",
            trigger: ".o_data_row:contains('Buyer') button[name=action_fix]",
            run: "click",
        },
        {
            content: "the salesperson is asked",
            trigger: ".o_notification:contains('Asked: pemba_sales')",
        },
        {
            content: "the list is read again: what was explained is not in it",
            trigger: ".o_list_view:not(:has(.o_data_row))",
        },
        {
            content: "back to the run",
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item:not(.active):last a",
            run: "click",
        },
        {
            content: "sign it off",
            trigger: "button[name=action_sign_off]:contains('Sign Off and Close Sales')",
            run: "click",
        },
        {
            content: "really",
            trigger: ".modal button.btn-primary",
            run: "click",
        },
        {
            content: "it is signed off",
            trigger: ".o_form_view .ribbon:contains('Signed Off')",
        },
    ],
});
