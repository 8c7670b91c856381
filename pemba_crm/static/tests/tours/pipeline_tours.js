import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const column = (name) => `.o_kanban_group:has(.o_column_title:contains("${name}"))`;
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
            content: "go back to the pipeline",
            trigger: ".o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "it is in the column of Budgeting",
            trigger: `${column("Budgeting")} ${card}`,
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
