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
