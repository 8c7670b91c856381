import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("pemba_crm_reopen_a_lost_sale", {
    steps: () => [
        {
            content: "who was lost?",
            trigger: ".o_search_panel_category_value:contains('Lost Prospect') header",
            run: "click",
        },
        {
            content: "and nobody else is shown",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Customer')))",
        },
        {
            content: "open the sheet",
            trigger: ".o_data_row td[name=display_name]:contains('Nova')",
            run: "click",
        },
        {
            content: "what was it offered?",
            trigger: "a[name=pemba_sales]",
            run: "click",
        },
        {
            content: "open the lost sale",
            trigger:
                ".o_field_widget[name=sheet_lost_lead_ids] .o_data_row:contains('Geo for Nova') button[name=get_formview_action]",
            run: "click",
        },
        {
            content: "offer it again",
            trigger: ".o_statusbar_buttons button[name=action_restore]",
            run: "click",
        },
        {
            content: "it is open",
            trigger: ".o_statusbar_buttons button[name=action_set_won_rainbowman]",
        },
    ],
});

registry.category("web_tour.tours").add("pemba_crm_record_a_competitor", {
    steps: () => [
        {
            content: "what does the customer have of others?",
            trigger: "a[name=pemba_competitors]",
            run: "click",
        },
        {
            content: "one more",
            trigger: ".o_field_widget[name=competitor_installation_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "which product",
            trigger: ".o_field_widget[name=competitor_product_id] input",
            run: "edit Rival",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Rival Geo')",
            run: "click",
        },
        {
            content: "which version",
            trigger: ".o_selected_row .o_field_widget[name=version] input",
            run: "edit 7 && press Tab",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "it is there, with what replaces it",
            trigger:
                ".o_form_saved .o_field_widget[name=competitor_installation_ids] .o_data_row:contains('Rival Geo'):contains('Geo')",
        },
    ],
});

registry.category("web_tour.tours").add("pemba_crm_see_a_distributor", {
    steps: () => [
        {
            content: "open the distributor",
            trigger: ".o_kanban_record:contains('Distributor')",
            run: "click",
        },
        {
            content: "what it sells",
            trigger: "a[name=pemba_distribution]",
            run: "click",
        },
        {
            content: "what it won, and what it keeps",
            trigger: ".o_field_widget[name=distributed_won_amount]:contains('700')",
        },
        {
            trigger: ".o_field_widget[name=distributed_margin]:contains('300')",
        },
        {
            content: "to whom",
            trigger: ".o_field_widget[name=distributed_customer_ids] .o_data_row:contains('Customer')",
        },
        {
            content: "and what is to be renewed",
            trigger: ".o_field_widget[name=distributed_contract_ids] .o_data_row:contains('Running')",
        },
    ],
});
