import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("pemba_crm_take_and_compare_snapshots", {
    steps: () => [
        {
            content: "keep what is open today",
            trigger: ".o_control_panel button[name=action_take]",
            run: "click",
        },
        {
            content: "it is kept",
            trigger: ".o_notification:contains('are kept as they are today')",
        },
        {
            content: "compare it with another",
            trigger: ".o_control_panel button:contains('Compare')",
            run: "click",
        },
        {
            content: "the last two are proposed",
            trigger: ".modal button[name=action_compare]",
            run: "click",
        },
        {
            content: "what was open at first, and what grew",
            trigger: ".o_pivot tbody:contains('Opening'):contains('Amount Up')",
        },
    ],
});

registry.category("web_tour.tours").add("pemba_crm_set_and_split_a_target", {
    steps: () => [
        {
            content: "a new target",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "its amount",
            trigger: ".o_field_widget[name=amount] input",
            run: "edit 120000",
        },
        {
            content: "keep it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "split it",
            trigger: "button[name=action_split]",
            run: "click",
        },
        {
            content: "over quarters",
            trigger: ".modal .o_field_widget[name=months] input[data-value='3']",
            run: "click",
        },
        {
            content: "four of them",
            trigger: ".modal .o_field_widget[name=line_ids] tbody:has(.o_data_row:nth-child(4)):not(:has(.o_data_row:nth-child(5)))",
        },
        {
            content: "make them",
            trigger: ".modal button[name=action_split]",
            run: "click",
        },
        {
            content: "they are the target's",
            trigger: ".o_form_view .o_field_widget[name=child_ids] .o_data_row:nth-child(4) td[name=amount]:contains('30,000.00')",
        },
    ],
});

registry.category("web_tour.tours").add("pemba_crm_open_the_records_of_a_figure", {
    steps: () => [
        {
            content: "what was won?",
            trigger: ".o-figure .o-scorecard",
            run: "click",
        },
        {
            content: "the lines that were won this year",
            trigger: ".o_list_view .o_data_row:contains('Won this year')",
        },
        {
            content: "and no others",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Won before'))):not(:has(.o_data_row:contains('Still open')))",
        },
        {
            content: "open the opportunity",
            trigger: ".o_data_row:contains('Won this year') td[name=lead_id]",
            run: "click",
        },
        {
            content: "it is the one",
            trigger: ".o_form_view .o_field_widget[name=name]:has(textarea, input)",
        },
    ],
});

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
            content: "ask who sold it",
            trigger: ".o_data_row:contains('Buyer') button[name=action_fix]",
            run: "click",
        },
        {
            content: "the salesperson is asked",
            trigger: ".o_notification:contains('Asked: pemba_sales')",
        },
        {
            content: "explain it meanwhile",
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
