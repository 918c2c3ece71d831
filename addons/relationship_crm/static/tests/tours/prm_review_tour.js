import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const confirm = {
    content: "Confirm",
    trigger: ".modal .modal-footer .btn-primary",
    run: "click",
};

tours.add("prm_review_criteria_tour", {
    steps: () => [
        {
            content: "Another criterion",
            trigger:
                ".o_field_widget[name=prm_criterion_ids] .o_field_x2many_list_row_add :is(a, button)",
            run: "click",
        },
        {
            content: "Of what was sold",
            trigger: ".modal .o_field_widget[name=metric_id] input",
            run: "edit Sales Ordered",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains(Sales Ordered)",
            run: "click",
        },
        {
            content: "So much in twelve months",
            trigger: ".modal .o_field_widget[name=threshold] input",
            run: "edit 1000",
        },
        {
            content: "Keep it",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "It is asked for",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name=prm_criterion_ids] .o_data_row:contains(1,000)",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Saved",
            trigger: ".o_form_view:not(:has(.o_form_button_save:visible))",
        },
    ],
});

tours.add("prm_review_compute_tour", {
    url: "/odoo/relationship-reviews",
    steps: () => [
        {
            content: "A new review",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Of the program",
            trigger: ".o_field_widget[name=program_id] input",
            run: "edit Resellers",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains(Resellers)",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Compute",
            trigger: ".o_statusbar_buttons button[name=action_compute]",
            run: "click",
        },
        {
            content: "Three partners, one to lower",
            trigger: ".o_field_widget[name=line_ids] .o_data_row:contains(Falling):contains(Lower)",
        },
        {
            content: "One to promote",
            trigger:
                ".o_field_widget[name=line_ids] .o_data_row:contains(Rising):contains(Promote)",
        },
        {
            content: "Whoever asked can't approve",
            trigger: ".o_statusbar_buttons button[name=action_approve]",
            run: "click",
        },
        confirm,
        {
            content: "Told why",
            trigger: ".modal:contains(second person)",
        },
        {
            content: "Close",
            trigger: ".modal .modal-footer button",
            run: "click",
        },
        {
            content: "Still computed",
            trigger:
                "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains(Computed)",
        },
    ],
});

tours.add("prm_review_approve_tour", {
    url: "/odoo/relationship-reviews",
    steps: () => [
        {
            content: "Open the review",
            trigger: ".o_data_row:contains(Resellers) td[name=program_id]",
            run: "click",
        },
        {
            content: "Approve",
            trigger: ".o_statusbar_buttons button[name=action_approve]",
            run: "click",
        },
        confirm,
        {
            content: "Applied",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Applied)",
        },
        {
            content: "See who is told",
            trigger: ".oe_stat_button:contains(To Lower)",
            run: "click",
        },
        {
            content: "In grace",
            trigger: ".o_data_row:contains(Falling):contains(In Grace)",
        },
    ],
});

tours.add("prm_review_lower_tour", {
    url: "/odoo/relationship-tiers-at-risk",
    steps: () => [
        {
            content: "Open who is due",
            trigger: ".o_data_row:contains(Falling):contains(Decision Due) td[name=partner_id]",
            run: "click",
        },
        {
            content: "Look at the grace",
            trigger: ".o_notebook a:contains(Grace)",
            run: "click",
        },
        {
            content: "What is missing",
            trigger: ".o_field_widget[name=cure_plan_html]:contains(1,000)",
        },
        {
            content: "Lower",
            trigger: ".o_statusbar_buttons button[name=action_lower]",
            run: "click",
        },
        confirm,
        {
            content: "Lowered",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Lowered)",
        },
    ],
});

const openLowered = [
    {
        content: "Remove the filter",
        trigger: ".o_searchview .o_facet_remove",
        run: "click",
    },
    {
        content: "Open who was lowered",
        trigger: ".o_data_row:contains(Falling):contains(Lowered) td[name=partner_id]",
        run: "click",
    },
];

tours.add("prm_review_appeal_tour", {
    url: "/odoo/relationship-tiers-at-risk",
    steps: () => [
        ...openLowered,
        {
            content: "Record what the partner says",
            trigger: ".o_statusbar_buttons button[name=action_ask_appeal]",
            run: "click",
        },
        {
            content: "In their words",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit A large order was booked to another partner",
        },
        {
            content: "Keep it",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "It waits for an answer",
            trigger: ".o_form_view .alert:contains(The partner appeals)",
        },
    ],
});

tours.add("prm_review_grant_tour", {
    url: "/odoo/relationship-tiers-at-risk",
    steps: () => [
        ...openLowered,
        {
            content: "Grant it",
            trigger: ".o_statusbar_buttons button[name=action_ask_grant]",
            run: "click",
        },
        {
            content: "With the answer",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit You are right",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The tier is back",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Kept by Decision)",
        },
    ],
});
