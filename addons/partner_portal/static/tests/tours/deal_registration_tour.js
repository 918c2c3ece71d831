import {registry} from "@web/core/registry";

const fill = (name, value) => ({
    content: `fill ${name}`,
    trigger: `#${name}`,
    run: `edit ${value}`,
});

const register = (customer, vat) => [
    {
        content: "open the form",
        trigger: "a.o_prm_new_deal",
        run: "click",
        expectUnloadPage: true,
    },
    fill("customer_name", customer),
    {
        content: "submit without anything that names the customer",
        trigger: ".o_prm_form_submit",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "the field says what is missing, and the name is kept",
        trigger: "#customer_vat[aria-describedby^=customer_vat_error]",
    },
    fill("customer_vat", vat),
    fill("amount", "12500"),
    {
        content: "submit",
        trigger: ".o_prm_form_submit",
        run: "click",
        expectUnloadPage: true,
    },
];

registry.category("web_tour.tours").add("prm_deal_register_tour", {
    steps: () => [
        ...register("Tour Customer", "BE0477472701"),
        {content: "it is under review", trigger: ".o_prm_deal .badge:contains(Under Review)"},
        {content: "with its history", trigger: ".o_prm_timeline li:contains(Submitted)"},
    ],
});

registry.category("web_tour.tours").add("prm_deal_approve_tour", {
    steps: () => [
        {
            content: "open the first registration of the two",
            trigger: ".o_data_row td[name=partner_id]:contains(Alpha Partner)",
            run: "click",
        },
        {
            content: "the rival is shown to staff",
            trigger: ".alert-warning:contains(Another partner names the same customer)",
        },
        {content: "approve", trigger: "button[name=action_approve]", run: "click"},
        {
            content: "it is registered",
            trigger: ".o_arrow_button_current[data-value=approved]",
        },
        {
            content: "open its opportunity",
            trigger: "button[name=action_open_lead]",
            run: "click",
        },
        {content: "the opportunity is there", trigger: "button[name=action_set_won_rainbowman]"},
    ],
});

registry.category("web_tour.tours").add("prm_deal_registered_tour", {
    steps: () => [
        {
            content: "open the deal",
            trigger: "tr:contains(Registered) a:contains(Tour Customer)",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "it is registered", trigger: ".o_prm_deal .badge:contains(Registered)"},
    ],
});

registry.category("web_tour.tours").add("prm_deal_refused_tour", {
    steps: () => [
        {
            content: "open the deal",
            trigger: "tr:contains(be registered) a:contains(Tour Customer)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "in neutral words",
            trigger: ".o_prm_reason:contains(be registered at present)",
        },
        {content: "and no rival", trigger: "main:not(:contains(Alpha Partner))"},
    ],
});

registry.category("web_tour.tours").add("prm_deal_ask_tour", {
    steps: () => [
        {
            content: "open the registration",
            trigger: ".o_data_row td[name=customer_name]:contains(Questioned Customer)",
            run: "click",
        },
        {
            content: "ask the partner",
            trigger: "button[name=action_open_ask]",
            run: "click",
        },
        {
            content: "write the question",
            trigger: ".modal [name=question] textarea",
            run: "edit Which products do they need?",
        },
        {content: "send it", trigger: ".modal button[name=action_confirm]", run: "click"},
        {
            content: "the clock stands still",
            trigger: ".o_arrow_button_current[data-value=info_needed]",
        },
        {content: "until when", trigger: "[name=info_until]"},
    ],
});

registry.category("web_tour.tours").add("prm_deal_answer_tour", {
    steps: () => [
        {
            content: "open the deal",
            trigger: "tr:contains(Under Review) a:contains(Questioned Customer)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the question is there",
            trigger: ".o_prm_question:contains(Which products do they need?)",
        },
        {
            content: "answer it",
            trigger: "#message_text",
            run: "edit Two servers.",
        },
        {
            content: "send the answer",
            trigger: ".o_prm_send",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "it is among the messages", trigger: ".o_prm_messages:contains(Two servers.)"},
        {content: "the clock runs again", trigger: ".o_prm_clock:contains(We decide by)"},
    ],
});

registry.category("web_tour.tours").add("prm_deal_withdraw_tour", {
    steps: () => [
        {
            content: "open the deal",
            trigger: "tr:contains(Under Review) a:contains(Given Up)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "say yes to the question of the browser",
            trigger: ".o_prm_withdraw",
            run: () => {
                window.confirm = () => true;
            },
        },
        {
            content: "withdraw",
            trigger: ".o_prm_withdraw",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "it is withdrawn", trigger: ".o_prm_deal .badge:contains(Withdrawn)"},
    ],
});

registry.category("web_tour.tours").add("prm_team_tour", {
    steps: () => [
        {
            content: "go to the team",
            trigger: ".o_prm_team_link",
            run: "click",
            expectUnloadPage: true,
        },
        {content: "write a name", trigger: "#invite_name", run: "edit Cora Colleague"},
        {content: "and an address", trigger: "#invite_email", run: "edit cora@alpha.example"},
        {
            content: "invite",
            trigger: ".o_prm_invite button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "she is in the list",
            trigger: ".o_prm_team li:contains(Cora Colleague):contains(Invited)",
        },
    ],
});
