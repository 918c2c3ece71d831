import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("loyalty_member_tour", {
    steps: () => [
        {content: "the tier", trigger: ".o_loyalty_tier .badge:contains(Silver)"},
        {content: "how far it is to the next one", trigger: ".o_loyalty_tier [role=progressbar]"},
        {
            content: "open the card",
            trigger: ".o_loyalty_card_summary a.btn-primary",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "the balance", trigger: ".o_loyalty_figures bdi:contains(650)"},
        {content: "what is missing", trigger: ".o_loyalty_tier bdi:contains(400)"},
        {content: "see all tiers", trigger: ".o_loyalty_tiers summary", run: "click"},
        {content: "Gold is one of them", trigger: ".o_loyalty_tiers[open] li:contains(Gold)"},
        {content: "the gift has its line", trigger: "td bdi:contains(Gift for reaching Silver)"},
        {content: "as a file", trigger: "a[href$='statement.pdf']"},
        {
            content: "back to all cards",
            trigger: ".o_portal_submenu a[href='/my/loyalty']",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "there it is again", trigger: ".o_loyalty_card_summary"},
    ],
});
