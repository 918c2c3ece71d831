import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("relationship_people_tour", {
    url: "/odoo/relationship-customers",
    steps: () => [
        {
            content: "Choose the customer",
            trigger: ".o_data_row:contains(Toured Ltd) .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Put it in a segment",
            trigger: ".o_cp_action_menus button:contains(Actions)",
            run: "click",
        },
        {
            content: "By the action of the list",
            trigger: ".o-dropdown--menu .o_menu_item:contains(Add to Segment)",
            run: "click",
        },
        {
            content: "Choose the segment",
            trigger: ".modal .o_field_widget[name=segment_id] input",
            run: "edit Toured Segment",
        },
        {
            content: "Take it",
            trigger: ".modal .o-autocomplete--dropdown-item:contains(Toured Segment)",
            run: "click",
        },
        {
            content: "Add",
            trigger: ".modal button[name=action_add]",
            run: "click",
        },
        {
            content: "Told how many",
            trigger: ".o_notification:contains(1 customers added)",
        },
        {
            content: "A row opens the contact",
            trigger: "body:not(:has(.modal)) .o_data_row:contains(Toured Ltd) td[name=frequency]",
            run: "click",
        },
        {
            content: "With its tab",
            trigger: ".o_form_view .o_notebook a:contains(Relationship)",
            run: "click",
        },
        {
            content: "Which names the segment",
            trigger: ".o_field_widget[name=relationship_segment_ids]:contains(Toured Segment)",
        },
        {
            content: "To the partners",
            trigger: "[data-menu-xmlid='relationship_crm.relationship_menu_partners']",
            run: "click",
        },
        {
            content: "List of enrollments",
            trigger: "[data-menu-xmlid='relationship_crm.relationship_menu_partners_enrollment']",
            run: "click",
        },
        {
            content: "Open the enrollment",
            trigger: ".o_data_row:contains(Toured Ltd) button[name=get_formview_action]",
            run: "click",
        },
        {
            content: "Suspend it",
            trigger: ".o_statusbar_buttons button[name=action_suspend]",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit Invoices are unpaid",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "Asked for, with the reason",
            trigger: ".o_form_view .alert:contains(Invoices are unpaid)",
        },
        {
            content: "It waits for a second person",
            trigger: ".o_form_view .alert:contains(second person)",
        },
        {
            content: "Who asked can't approve",
            trigger: ".o_statusbar_buttons button[name=action_approve_stop]",
            run: "click",
        },
        {
            content: "Sure",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Told why",
            trigger: ".modal:contains(You asked for this decision yourself)",
        },
        {
            content: "Close",
            trigger: ".modal .modal-footer button",
            run: "click",
        },
        {
            content: "Still active",
            trigger:
                "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains(Active)",
        },
    ],
});

registry.category("web_tour.tours").add("relationship_stop_tour", {
    url: "/odoo/relationship-enrollments",
    steps: () => [
        {
            content: "Open the enrollment",
            trigger: ".o_data_row:contains(Toured Ltd) button[name=get_formview_action]",
            run: "click",
        },
        {
            content: "Approve",
            trigger: ".o_statusbar_buttons button[name=action_approve_stop]",
            run: "click",
        },
        {
            content: "Sure",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Suspended",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Suspended)",
        },
    ],
});
