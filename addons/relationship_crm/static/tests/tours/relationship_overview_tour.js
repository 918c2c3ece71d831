import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("relationship_overview_tour", {
    steps: () => [
        {
            content: "the overview counts what is done",
            trigger: ".o_relationship_overview_progress:contains(/of/)",
        },
        {
            content: "a step that is done says so in words",
            trigger: "li[data-step=tiers][data-done=true] .badge:contains(Done)",
        },
        {
            content: "a step that is not done says so in words",
            trigger: "li[data-step=partners][data-done=false] .badge:contains(To do)",
        },
        {
            content: "only the next step has the primary button",
            trigger: "li[data-step=partners] .btn-primary:contains(Start)",
            run() {
                const primary = document.querySelectorAll(".o_relationship_overview .btn-primary");
                if (primary.length !== 1) {
                    throw new Error(`${primary.length} primary buttons instead of one`);
                }
            },
        },
        {
            content: "a button is reached and pressed by keyboard",
            trigger: "li[data-step=partners] .btn-primary",
            run({anchor}) {
                anchor.focus();
                if (document.activeElement !== anchor) {
                    throw new Error("the button takes no focus");
                }
                anchor.click();
            },
        },
        {
            content: "the list of partners opens, with its filter set",
            trigger: ".o_facet_values:contains(With a Tier)",
        },
        {
            content: "go back",
            trigger: ".o_breadcrumb a:contains(Overview), .o_back_button",
            run: "click",
        },
        {
            content: "the overview is read again",
            trigger: "li[data-step=partners] h3",
        },
    ],
});

registry.category("web_tour.tours").add("relationship_overview_empty_tour", {
    steps: () => [
        {
            content: "who may only read is told so instead of seeing an empty page",
            trigger:
                ".o_relationship_overview .o_nocontent_help:contains(Nothing for you to set up)",
        },
        {
            content: "and has the lists to read",
            trigger: ".o_menu_sections:contains(Customers)",
        },
    ],
});
