import {registry} from "@web/core/registry";

/** From the link in the e-mail to the last page, as on a phone. */
registry.category("web_tour.tours").add("feedback_respondent_tour", {
    steps: () => [
        {
            content: "the number of the link is chosen, and nothing is kept yet",
            trigger: "input[value='9']:checked + label",
        },
        {
            content: "all eleven numbers fit on the page",
            trigger: "label[for=score_10]",
            run() {
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error("the page is wider than the phone");
                }
            },
        },
        {
            content: "change one's mind",
            trigger: "label[for=score_3]",
            run: "click",
        },
        {
            content: "confirm",
            trigger: "form button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the rest of the survey, with the number kept",
            trigger: ".o_survey-fill-form label:has(input[value='3']:checked)",
        },
        {
            content: "say why",
            trigger: ".o_survey-fill-form textarea",
            run: "edit The last delivery came late",
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
