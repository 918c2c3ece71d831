import {registry} from "@web/core/registry";

const rows = ".o_view360_timeline li.o_view360_row";

function assertRows(count) {
    const found = document.querySelectorAll(rows).length;
    if (found !== count) {
        throw new Error(`${found} rows in the timeline instead of ${count}`);
    }
}

registry.category("web_tour.tours").add("relationship_view360_tour", {
    steps: () => [
        {
            content: "open the customer from the list",
            trigger: ".o_list_view .o_data_row td:contains(Tour Foods)",
            run: "click",
        },
        {
            content: "the form tells in a line how the customer stands",
            trigger: ".o_form_view .o_relationship_summary [data-block=value]:contains(1,234)",
        },
        {
            content: "open the 360 view",
            trigger: ".o_relationship_summary_open",
            run: "click",
        },
        {
            content: "the facts are on top",
            trigger: ".o_relationship_view360 h1:contains(Tour Foods)",
        },
        {
            trigger: ".o_view360_blocks [data-block=needs]:contains(1)",
        },
        {
            content: "the lists stand beside the timeline",
            trigger: "[data-section=needs]:contains(Quick delivery)",
        },
        {
            content: "the first page of the timeline is there",
            trigger: ".o_view360_more",
            run: () => assertRows(20),
        },
        {
            content: "charts come after the page",
            trigger: "[data-chart=contacts] canvas",
        },
        {
            content: "show what happened before",
            trigger: ".o_view360_more",
            run: "click",
        },
        {
            trigger: ".o_view360_timeline:not(:has(.o_view360_more)):not(:has(.placeholder))",
            run: () => assertRows(26),
        },
        {
            content: "show purchases only",
            trigger: ".o_view360_filters button[data-class=purchase]",
            run: "click",
        },
        {
            trigger:
                ".o_view360_filters button[data-class=purchase][aria-pressed=true]" +
                ":not(:has(.placeholder))",
        },
        {
            content: "only purchases are left",
            trigger: `.o_view360_timeline:not(:has(.placeholder)):not(:has([data-kind=call])) li[data-kind=order_confirmed]`,
            run: () => assertRows(1),
        },
        {
            content: "show feedback only: there is none",
            trigger: ".o_view360_filters button[data-class=purchase]",
            run: "click",
        },
        {
            trigger: ".o_view360_filters button[data-class=feedback]",
            run: "click",
        },
        {
            content: "an empty timeline says why and how to go on",
            trigger: ".o_view360_empty button:contains(Clear Filters)",
            run: "click",
        },
        {
            trigger: `${rows}[data-kind=call]`,
        },
        {
            content: "log a call",
            trigger: ".o_view360_log",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=summary] input",
            run: "edit Talked about the tour",
        },
        {
            trigger: ".modal footer button[name=action_log]",
            run: "click",
        },
        {
            content: "it is the first row of the timeline",
            trigger:
                "body:not(:has(.modal)) .o_view360_timeline ol:first-of-type " +
                "li.o_view360_row:first-child:contains(Talked about the tour)",
        },
        {
            content: "a record opens from its row",
            trigger: "[data-section=needs] button:contains(Quick delivery)",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=topic]",
        },
        {
            content: "and back",
            trigger: ".o_breadcrumb a:contains(Tour Foods):last, .o_back_button",
            run: "click",
        },
        {
            trigger: ".o_relationship_view360 h1:contains(Tour Foods)",
        },
    ],
});

registry.category("web_tour.tours").add("relationship_view360_partner_tour", {
    steps: () => [
        {
            content: "the page of a partner has a second tab",
            trigger: "#o_view360_tab_partner",
            run: "click",
        },
        {
            trigger: "#o_view360_tab_partner[aria-selected=true]",
        },
        {
            trigger: "[data-section=programs]:contains(Tour Program)",
        },
        {
            content: "what was sold through the partner",
            trigger: "[data-section=sold] button",
        },
        {
            content: "the arrow keys move between tabs",
            trigger: "#o_view360_tab_partner",
            run: "press ArrowLeft",
        },
        {
            trigger: "#o_view360_tab_customer[aria-selected=true]",
        },
        {
            trigger: ".o_view360_timeline",
        },
    ],
});

registry.category("web_tour.tours").add("relationship_view360_address_tour", {
    steps: () => [
        {
            content: "the page opens by its address alone",
            trigger: ".o_relationship_view360 h1:contains(Tour Foods)",
        },
        {
            content: "a customer without history is told what to do",
            trigger: ".o_view360_empty:contains(Nothing has happened yet)",
        },
    ],
});

function reportSteps(name, view) {
    return [
        {
            content: `${name} opens as a graph`,
            trigger: ".o_graph_view canvas, .o_graph_view .o_view_nocontent",
        },
        {
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            trigger: ".o_pivot_view table th:contains(Total)",
        },
        {
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            trigger: `.o_list_view .o_data_row td:contains(${view})`,
        },
    ];
}

registry.category("web_tour.tours").add("relationship_report_tour", {
    steps: () => reportSteps("the customer report", "Tour Foods"),
});

registry.category("web_tour.tours").add("prm_report_tour", {
    steps: () => reportSteps("the partner report", "Tour Resale"),
});

registry.category("web_tour.tours").add("prm_enrollment_list_tour", {
    steps: () => [
        {
            content: "the partners and their programs",
            trigger:
                ".o_list_view .o_data_row td:contains(Tour Resale), .o_kanban_record:contains(Tour Resale)",
        },
    ],
});
