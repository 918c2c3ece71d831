import {registry} from "@web/core/registry";

const step = (label) => ({
    content: label,
    trigger: `.o_statusbar_buttons button:contains(${label})`,
    run: "click",
});
const reached = (state) => ({
    content: `The case is ${state}`,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains(${state})`,
});

/** The owner of a case: from the board to the closing, which asks for the root cause. */
registry.category("web_tour.tours").add("feedback_case_tour", {
    steps: () => [
        {
            content: "The unhappy customer",
            trigger: ".o_kanban_record:contains(3 of 10)",
            run: "click",
        },
        {
            content: "The words of the customer",
            trigger: ".o_field_widget[name=description]:contains(Late again)",
        },
        step("Customer Reached"),
        reached("Contacted"),
        step("Start Action"),
        reached("In Action"),
        {
            content: "What was done",
            trigger: ".o_notebook .nav-link:contains(What Was Done)",
            run: "click",
        },
        {
            content: "Write it down",
            trigger: ".o_field_widget[name=resolution] .odoo-editor-editable",
            run: "editor Sent the rest by courier",
        },
        {
            content: "Why it happened",
            trigger: ".o_field_widget[name=feedback_cause_id] input",
            run: "edit Late",
        },
        {
            content: "Choose the cause",
            trigger: ".o-autocomplete--dropdown-item:contains(Delivery / Late)",
            run: "click",
        },
        step("Customer Agrees"),
        reached("Verified"),
        step("Close"),
        reached("Closed"),
    ],
});

/** The manager reads a wave: funnel, figures, groups. */
registry.category("web_tour.tours").add("feedback_results_tour", {
    steps: () => [
        {
            content: "From question to answer",
            trigger: ".o_feedback_results_step:contains(Answered)",
        },
        {
            content: "The score with its range",
            trigger: ".o_feedback_results_measures tr:contains(NPS) .o_feedback_results_interval",
        },
        {
            content: "By owner",
            trigger: ".o_feedback_results [role=tab]:contains(Owner)",
            run: "click",
        },
        {
            content: "The owner's row, whatever the name holds",
            trigger: ".o_feedback_results_slice td:contains(<b>Owner</b>)",
        },
    ],
});
