import {registry} from "@web/core/registry";

/** From the link of an anonymous question to the receipt that the browser brings by itself. */
registry.category("web_tour.tours").add("feedback_anonymous_tour", {
    steps: () => [
        {
            content: "change one's mind about the number of the link",
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
            content: "the key is behind the # only, which no server sees",
            trigger: ".o_survey-fill-form textarea",
            run() {
                const [, key] = /#feedback=([\w-]{32})$/.exec(window.location.href) || [];
                if (!key || window.location.pathname.includes(key)) {
                    throw new Error("the key is not where it belongs");
                }
            },
        },
        {
            content: "say why",
            trigger: ".o_survey-fill-form textarea",
            run: "edit Nobody shall know",
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
            content: "the receipt was taken, and the page says so",
            trigger: ".o_survey_finished .o_feedback_receipt_done:not(.d-none)",
            run() {
                if (document.querySelector(".o_feedback_receipt_failed:not(.d-none)")) {
                    throw new Error("it also says that it did not work");
                }
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error("the page is wider than the phone");
                }
            },
        },
    ],
});
