import {registry} from "@web/core/registry";

/** The interview itself: begin, fill in what one hears, send. */
registry.category("web_tour.tours").add("feedback_interview_tour", {
    steps: () => [
        {
            content: "whom one talks to",
            trigger: "h1:contains(Bao)",
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
            trigger: ".o_survey-fill-form textarea",
            run: "edit Good people",
        },
        {
            trigger: ".o_survey-fill-form button[value='finish']:not(.disabled)",
            run: "click",
        },
        {
            content: "core asks once more",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_survey_finished",
        },
    ],
});
