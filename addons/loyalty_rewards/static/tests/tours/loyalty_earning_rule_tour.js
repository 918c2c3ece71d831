import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Choose a record of a many2one field. */
function choose(field, name) {
    return [
        {
            content: `Look for ${name}`,
            trigger: `.o_field_widget[name=${field}] input`,
            run: `edit ${name}`,
        },
        {
            content: `Choose ${name}`,
            trigger: `.o-autocomplete--dropdown-item:contains(${name})`,
            run: "click",
        },
    ];
}

tours.add("loyalty_earning_rule_tour", {
    url: "/odoo/earning-rules",
    steps: () => [
        {
            content: "Nothing earns yet: the page says what to do",
            trigger: ".o_nocontent_help:contains(Say what earns points)",
        },
        {
            content: "A new rule",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "It is a draft",
            trigger: ".o_arrow_button_current[data-value=draft]",
        },
        {
            content: "Its name",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Thank you for calling",
        },
        ...choose("program_id", "Gold points"),
        ...choose("kind_id", "Phoned us"),
        {
            content: "A fixed number",
            trigger: ".o_field_widget[name=mode] input[data-value=fixed]",
            run: "click",
        },
        {
            content: "Of points",
            trigger: ".o_field_widget[name=points] input",
            run: "edit 5",
        },
        {
            content: "Limits",
            trigger: ".nav-link[name=caps]",
            run: "click",
        },
        {
            content: "Eight points a day",
            trigger: ".o_field_widget[name=cap_day] input",
            run: "edit 8",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The rule in words",
            trigger: ".o_field_widget[name=summary]:contains(At most 8 a day)",
        },
        {
            content: "What would it have cost?",
            trigger: ".o_statusbar_buttons button[name=action_preview]",
            run: "click",
        },
        {
            content: "Two calls of one customer on one day",
            trigger: ".modal .o_field_widget[name=points]:contains(8.00)",
        },
        {
            content: "By one customer",
            trigger: ".modal .o_field_widget[name=members]:contains(1)",
        },
        {
            content: "Publish",
            trigger: ".modal .modal-footer button[name=action_publish]",
            run: "click",
        },
        {
            content: "It counts",
            trigger: ".o_arrow_button_current[data-value=published]",
        },
        {
            content: "Back to the list",
            trigger: ".breadcrumb-item a:contains(Earning Rules)",
            run: "click",
        },
        {
            content: "It runs",
            trigger: ".o_data_row:contains(Thank you for calling):contains(Running)",
        },
    ],
});

tours.add("loyalty_earning_points_tour", {
    url: "/odoo/earning-rules",
    steps: () => [
        {
            content: "The rule",
            trigger: ".o_data_cell:contains(Thank you for calling)",
            run: "click",
        },
        {
            content: "It has given points",
            trigger: ".o_form_view button[name=action_view_entries]:contains(5.00)",
            run: "click",
        },
        {
            content: "To the customer who called",
            trigger: ".o_data_row:contains(Buyer):contains(5.00)",
        },
    ],
});
