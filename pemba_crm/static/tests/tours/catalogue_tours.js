import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const addModule = (name, steps = []) => [
    {
        content: "add a module",
        trigger: "[name=module_ids] .o_field_x2many_list_row_add button, [name=module_ids] .o_field_x2many_list_row_add a",
        run: "click",
    },
    {
        content: "name it",
        trigger: ".modal [name=name] input",
        run: `edit ${name}`,
    },
    ...steps,
    {
        content: "keep it",
        trigger: ".modal .o_form_button_save",
        run: "click",
    },
    {
        content: "it is in the list",
        trigger: `body:not(:has(.modal)) [name=module_ids] .o_data_row:contains('${name}')`,
    },
];

registry.category("web_tour.tours").add("pemba_crm_catalogue", {
    steps: () => [
        {
            content: "create a software",
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        {
            content: "name it",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Tour software",
        },
        ...addModule("Tour ledger"),
        ...stepUtils.saveForm(),
        ...addModule("Tour assets", [
            {
                content: "it requires the other",
                trigger: ".modal [name=requires_ids] input",
                run: "edit Tour ledger",
            },
            {
                content: "choose the other",
                trigger: ".ui-menu-item a:contains('Tour ledger')",
                run: "click",
            },
        ]),
        {
            content: "what it requires is in the list",
            trigger: "[name=module_ids] .o_data_row:contains('Tour assets') .o_tag:contains('Tour ledger')",
        },
        {
            content: "open the versions",
            trigger: ".o_notebook a[name=versions]",
            run: "click",
        },
        {
            content: "add a version",
            trigger: "[name=version_ids] .o_field_x2many_list_row_add button, [name=version_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "name it",
            trigger: "[name=version_ids] .o_selected_row [name=name] input",
            run: "edit 1.0",
        },
        ...stepUtils.saveForm(),
        {
            content: "it has got a rank and is not released yet",
            trigger: "[name=version_ids] .o_data_row:contains('10'):contains('Not Released')",
        },
        {
            content: "the modules have a list of their own",
            trigger: "button[name=action_open_modules]:contains('2')",
            run: "click",
        },
        {
            content: "both are in it",
            trigger: ".o_list_view .o_data_row:contains('Tour ledger') + .o_data_row, .o_list_view .o_data_row:contains('Tour assets') + .o_data_row",
        },
    ],
});
