import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";

const card = (name) => `.o_kanban_record:contains(${name})`;

/** Log a call to somebody, and wait until the dialog is gone. */
const log = (name, outcome, more = []) => [
    {
        content: `${name} is on the list`,
        trigger: `${card(name)} button[name=action_log_call]`,
        run: "click",
    },
    {
        content: "the dialog names whom the call was about",
        trigger: `.modal .o_field_widget[name=contact_id]:contains(${name})`,
    },
    {
        content: "what came of it",
        trigger: ".modal .o_field_widget[name=disposition_id] input",
        run: `edit ${outcome}`,
    },
    {
        content: "choose it",
        trigger: `.modal .o-autocomplete--dropdown-item:contains(${outcome})`,
        run: "click",
    },
    ...more,
    {
        content: "save",
        trigger: ".modal button[name=action_log]:enabled",
        run: "click",
    },
    {
        content: "back on the list",
        trigger: "body:not(:has(.modal))",
    },
];

/** An interviewer's morning: nobody there, call back later, and an interview. */
registry.category("web_tour.tours").add("feedback_call_list_tour", {
    steps: () => [
        ...log("Ada", "No Answer"),
        {
            content: "Ada stays, tried once, with what came of it",
            trigger: `${card("Ada")}:contains(No Answer)`,
        },
        ...log("Bao", "Not Available, Call Back", [
            {
                content: "a time is proposed",
                trigger: ".modal .o_field_widget[name=callback_at]",
            },
        ]),
        {
            content: "Bao is not due now",
            trigger: ".o_kanban_renderer:not(:has(.o_kanban_record:contains(Bao)))",
        },
        {
            content: "the interview opens in a window of its own: stay in this one",
            trigger: `${card("Cleo")} button[name=action_interview]`,
            run() {
                browser.open = (url) => browser.location.assign(url);
            },
        },
        {
            content: "interview Cleo",
            trigger: `${card("Cleo")} button[name=action_interview]`,
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "whom one talks to",
            trigger: "h1:contains(Cleo)",
        },
        {
            content: "begin",
            trigger: "form button:contains(Begin the interview)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "what one hears",
            trigger: ".o_survey-fill-form label:has(input[value='8'])",
            run: "click",
        },
        {
            content: "and why",
            trigger: ".o_survey-fill-form textarea",
            run: "edit Good people",
        },
        {
            content: "send",
            trigger: ".o_survey-fill-form button[value='finish']:not(.disabled)",
            run: "click",
        },
        {
            content: "core asks once more",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "the end",
            trigger: ".o_survey_finished",
        },
    ],
});
