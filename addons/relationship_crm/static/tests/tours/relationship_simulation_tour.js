import {registry} from "@web/core/registry";

/** A draft of the program: its name, its program, and the live rules shown at once. */
function draft(name) {
    return [
        {
            content: "a new draft",
            trigger: ".o_list_button_add, .o-kanban-button-new, .o_form_button_create",
            run: "click",
        },
        {
            content: "with a name",
            trigger: ".o_form_view .o_field_widget[name=name] input:value()",
            run: `edit ${name}`,
        },
        {
            content: "of a program",
            trigger: ".o_field_widget[name=program_id] input",
            run: "edit Resellers",
        },
        {
            content: "of this one",
            trigger: ".o-autocomplete--dropdown-item:contains(Resellers)",
            run: "click",
        },
        {
            content: "it begins with the live rules",
            trigger: ".o_field_widget[name=criterion_ids] .o_data_row td:contains(1,000.00)",
        },
    ];
}

function run(result) {
    return [
        {
            content: "run over last year",
            trigger: "button[name=action_run]:contains(Run)",
            run: "click",
        },
        {
            content: "the result tells who would move",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Tried)",
        },
        {
            content: "to the result",
            trigger: ".o_notebook a[name=result]",
            run: "click",
        },
        {
            content: `as many go up: ${result}`,
            trigger: `.o_field_widget[name=promote_count]:contains(${result})`,
        },
    ];
}

registry.category("web_tour.tours").add("relationship_simulation_tour", {
    url: "/odoo/relationship-simulations",
    steps: () => [
        ...draft("As It Is"),
        ...run(1),
        {
            content: "back to the list",
            trigger: ".o_breadcrumb a:contains(Simulations), .o_back_button",
            run: "click",
        },
        {
            content: "the first one is there",
            trigger: ".o_list_view .o_data_row:contains(As It Is)",
        },
        ...draft("Easier Gold"),
        {
            content: "change what gold asks for",
            trigger:
                ".o_field_widget[name=criterion_ids] .o_data_row:contains(Gold) td[name=threshold]",
            run: "click",
        },
        {
            content: "to six hundred",
            trigger: ".o_field_widget[name=criterion_ids] .o_selected_row [name=threshold] input",
            run: "edit 600",
        },
        {
            content: "keep it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "saved",
            trigger:
                ".o_form_view .o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))",
        },
        ...run(2),
        {
            content: "the flows show who goes up",
            trigger: ".o_prm_tier_flows path.o_prm_tier_flows_up",
        },
        {
            content: "and the same in words",
            trigger: ".o_prm_tier_flows tr:contains(Silver):contains(Gold):contains(Up)",
        },
        {
            content: "beside the other",
            trigger: ".o_notebook a[name=compare]",
            run: "click",
        },
        {
            content: "choose it",
            trigger: ".o_field_widget[name=other_id] input",
            run: "edit As It Is",
        },
        {
            content: "this one",
            trigger: ".o-autocomplete--dropdown-item:contains(As It Is)",
            run: "click",
        },
        {
            content: "what differs is told",
            trigger: ".o_prm_simulation_comparison td:contains(600):contains(weight)",
        },
        {
            content: "with the flows of both",
            trigger: ".o_field_widget[name=other_flows] .o_prm_tier_flows",
        },
        {
            content: "publish the easier one",
            trigger: "button[name=action_publish]",
            run: "click",
        },
        {
            content: "after a question",
            trigger: ".modal .modal-footer button:contains(Publish)",
            run: "click",
        },
        {
            content: "it is published",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Published)",
        },
        {
            content: "and its rules can't be changed",
            trigger: ".o_notebook a[name=rules]",
            run: "click",
        },
        {
            content: "no line can be added",
            trigger: ".o_field_widget[name=criterion_ids]:not(:has(.o_field_x2many_list_row_add))",
        },
    ],
});
