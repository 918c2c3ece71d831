import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("prm_target_tour", {
    steps: () => [
        {
            content: "choose the partner",
            trigger: ".o_field_widget[name=partner_id] input",
            run: "edit Rho Resale",
        },
        {
            content: "take it from the list",
            trigger: ".o-autocomplete--dropdown-menu a:contains(Rho Resale)",
            run: "click",
        },
        {
            content: "say what it is to reach",
            trigger: ".o_field_widget[name=goal] input",
            run: "edit 1200",
        },
        {
            content: "save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "it shows at once where the target stands",
            trigger: ".o_field_widget[name=attainment]:contains(50)",
        },
        {
            content: "open the months",
            trigger: ".o_notebook .nav-link[name=months]",
            run: "click",
        },
        {
            content: "with its months",
            trigger: ".o_field_widget[name=line_ids] .o_data_row:nth-child(12)",
        },
        {
            content: "and says why there is no forecast",
            trigger: ".o_form_sheet:contains(A forecast needs six months of history)",
        },
    ],
});

registry.category("web_tour.tours").add("prm_scorecard_tour", {
    steps: () => [
        {
            content: "open the scorecard",
            trigger: ".o_notebook .nav-link[name=scorecard]",
            run: "click",
        },
        {
            content: "it is read when it is opened",
            trigger: ".o_prm_scorecard_lines tr[data-code=sold_revenue_invoiced]:contains(600)",
        },
        {
            content: "with the targets of the partner",
            trigger: ".o_prm_scorecard_targets td:contains(50)",
        },
        {
            content: "open the plans with the partner",
            trigger: "button[name=action_view_plans]",
            run: "click",
        },
        {
            content: "open the plan",
            trigger: ".o_kanban_record:contains(Growth)",
            run: "click",
        },
        {
            content: "both agreed",
            trigger: "button[name=action_agree]",
            run: "click",
        },
        {
            content: "its line is an activity of its owner now",
            trigger: ".o-mail-Activity:contains(Train four)",
        },
        {
            content: "open goals and actions",
            trigger: "button[name=action_view_lines]",
            run: "click",
        },
        {
            content: "open the line",
            trigger: ".o_kanban_record:contains(Train four)",
            run: "click",
        },
        {
            content: "it is done",
            trigger: "button[name=action_done]",
            run: "click",
        },
        {
            content: "the day is kept",
            trigger: ".o_field_widget[name=done_on]:not(:empty)",
        },
    ],
});

registry.category("web_tour.tours").add("prm_contribution_tour", {
    steps: () => [
        {
            content: "revenue by route",
            trigger: ".o_relationship_contribution li[data-route=partner]:contains(300)",
        },
        {
            content: "who acquired",
            trigger: ".o_relationship_contribution td[data-acquired=us]:contains(100)",
        },
        {
            content: "open the report",
            trigger: ".o_relationship_contribution button",
            run: "click",
        },
        {
            content: "it is there",
            trigger: ".o_graph_renderer canvas, .o_view_nocontent",
        },
    ],
});
