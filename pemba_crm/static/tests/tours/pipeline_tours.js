import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const column = (name) => `.o_kanban_group:has(.o_column_title:contains("${name}"))`;
const colleague = ".o_kanban_record:contains('Opportunity at M')";
const card = ".o_kanban_record:contains('Tour opportunity')";

registry.category("web_tour.tours").add("pemba_crm_pipeline", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "open PEMBA",
            trigger: ".o_app[data-menu-xmlid='pemba_crm.pemba_crm_menu_root']",
            run: "click",
        },
        {
            content: "the pipeline has the steps as columns",
            trigger: `${column("Prospection")} + ${column("Evaluation")} + ${column("Maturation")} + ${column("Budgeting")} + .o_kanban_group`,
        },
        {
            content: "create an opportunity",
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        {
            content: "name it",
            trigger: ".o_kanban_quick_create .o_field_widget[name=name] input",
            run: "edit Tour opportunity",
        },
        {
            content: "add it",
            trigger: ".o_kanban_quick_create .o_kanban_add",
            run: "click",
        },
        {
            content: "it starts at Prospection",
            trigger: `${column("Prospection")} ${card}`,
            run: `drag_and_drop(${column("Maturation")})`,
        },
        {
            content: "open it at Maturation",
            trigger: `${column("Maturation")} ${card}`,
            run: "click",
        },
        {
            content: "its form shows the step it is at",
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Maturation')",
        },
        {
            content: "move it to Budgeting",
            trigger: ".o_statusbar_status button:not(.d-none):contains('Budgeting')",
            run: "click",
        },
        {
            content: "it is at Budgeting",
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Budgeting')",
        },
        {
            content: "win it",
            trigger: ".o_statusbar_status button:not(.d-none):contains('Acquisition')",
            run: "click",
        },
        {
            content: "it is won",
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Acquisition')",
        },
        {
            content: "go back to the pipeline",
            trigger: ".o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "it is in the column of Acquisition",
            trigger: `${column("Acquisition")} ${card}`,
        },
    ],
});

registry.category("web_tour.tours").add("pemba_crm_reassign", {
    steps: () => [
        {
            content: "take over a colleague's opportunity",
            trigger: `${colleague} .o_pemba_assign_to_me`,
            run: "click",
        },
        {
            content: "it is mine",
            trigger: `${colleague}:not(:has(.o_pemba_assign_to_me))`,
        },
    ],
});

registry.category("web_tour.tours").add("pemba_crm_portfolio", {
    steps: () => [
        {
            content: "open the menu of sales",
            trigger: "[data-menu-xmlid='pemba_crm.pemba_crm_menu_sales']",
            run: "click",
        },
        {
            content: "move a portfolio",
            trigger: "[data-menu-xmlid='pemba_crm.pemba_portfolio_transfer_menu']",
            run: "click",
        },
        {
            content: "of the salesperson",
            trigger: ".modal [name=user_id] input",
            run: "edit pemba_sales",
        },
        {
            content: "choose her",
            trigger: ".ui-menu-item a:contains('pemba_sales')",
            run: "click",
        },
        {
            content: "her open opportunities are listed",
            trigger: ".modal [name=lead_ids] .o_data_row:contains('Opportunity at M')",
        },
        {
            content: "to the successor",
            trigger: ".modal [name=new_user_id] input",
            run: "edit pemba_successor",
        },
        {
            content: "choose him",
            trigger: ".ui-menu-item a:contains('pemba_successor')",
            run: "click",
        },
        {
            content: "move them",
            trigger: ".modal button[name=action_transfer]",
            run: "click",
        },
        {
            content: "it says what was moved",
            trigger: ".o_notification:contains('2 records')",
        },
    ],
});

registry.category("web_tour.tours").add("pemba_crm_pipeline_french", {
    steps: () => [
        {
            content: "the steps bear their French names",
            trigger: `${column("Prospection")} + ${column("Évaluation")} + ${column("Maturation")} + ${column("Budgétisation")}`,
        },
        {
            content: "and so do the menus",
            trigger: ".o_menu_sections:contains('Ventes'):contains('Clients')",
        },
    ],
});
