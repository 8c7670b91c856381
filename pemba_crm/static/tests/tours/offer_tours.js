import { registry } from "@web/core/registry";

const rows = ".o_field_widget[name=opportunity_line_ids] .o_data_row";
const licence = `${rows}:contains("Licence")`;

registry.category("web_tour.tours").add("pemba_crm_configure_and_quote", {
    steps: () => [
        {
            content: "open the opportunity",
            trigger: ".o_kanban_record:contains('Opportunity at E')",
            run: "click",
        },
        {
            content: "go to its configuration",
            trigger: ".o_notebook a[name=pemba_configuration]",
            run: "click",
        },
        {
            content: "configure",
            trigger: ".o_form_view button:contains('Configure')",
            run: "click",
        },
        {
            content: "start from a ready-made configuration",
            trigger: ".modal .o_field_widget[name=configuration_id] input",
            run: "edit Geo for ten",
        },
        {
            content: "choose it",
            trigger: ".o-autocomplete--dropdown-item:contains('Geo for ten')",
            run: "click",
        },
        {
            content: "its price is there at once: 10 × 1,200 × 1.18 + 2 × 700",
            trigger: ".modal .o_field_widget[name=preview] tfoot:contains('15,560.00')",
        },
        {
            content: "ask for another module",
            trigger: ".modal .o_field_widget[name=module_ids] input",
            run: "edit Legacy",
        },
        {
            content: "choose it",
            trigger: ".o-autocomplete--dropdown-item:contains('Legacy')",
            run: "click",
        },
        {
            content: "it costs: 10 × 1,250 × 1.18 + 2 × 700",
            trigger: ".modal .o_field_widget[name=preview] tfoot:contains('16,150.00')",
        },
        {
            content: "apply",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "the configuration is there",
            trigger: ".o_field_widget[name=opportunity_configuration_ids] .o_data_row:contains('Geo 4.2')",
        },
        {
            content: "go to the offer",
            trigger: "body:not(:has(.modal)) .o_notebook a[name=pemba_offer]",
            run: "click",
        },
        {
            content: "give a discount",
            trigger: `${licence} td[name=discount]`,
            run: "click",
        },
        {
            content: "of a fifth",
            trigger: `${rows} td[name=discount] input`,
            run: "edit 20 && press Tab",
        },
        {
            content: "the revenue follows: 16,150 − 2,000 − 18 % of it for maintenance",
            trigger: ".o_field_widget[name=expected_revenue]:contains('13,790.00')",
        },
        {
            content: "save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "saved",
            trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_status_indicator_buttons:not(.invisible)))",
        },
        {
            content: "quote",
            trigger: "button[name=action_sale_quotations_new]",
            run: "click",
        },
        {
            content: "the quotation has the lines",
            trigger: ".o_field_widget[name=order_line] .o_data_row:contains('Maintenance')",
        },
        {
            content: "confirm it",
            trigger: "button[name=action_confirm]:visible",
            run: "click",
        },
        {
            content: "it is an order",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Sales Order')",
        },
    ],
});
