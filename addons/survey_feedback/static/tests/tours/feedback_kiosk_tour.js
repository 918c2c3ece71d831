import {registry} from "@web/core/registry";

const send = XMLHttpRequest.prototype.send;

/** Cut the connection, as a tablet out of reach of its network has none. */
function cut() {
    XMLHttpRequest.prototype.send = function () {
        setTimeout(() => this.dispatchEvent(new ProgressEvent("error")));
    };
}

function mend() {
    XMLHttpRequest.prototype.send = send;
    window.dispatchEvent(new Event("online"));
}

function waits() {
    const name = Object.keys(localStorage).find((key) => key.startsWith("feedback_kiosk_"));
    return JSON.parse(localStorage.getItem(name) || "[]").length;
}

const answer = (value, words) => [
    {
        content: "the first question",
        trigger: `.o_feedback_kiosk_question button[data-value='${value}']`,
        run: "click",
    },
    {
        content: "go on",
        trigger: ".o_feedback_kiosk_next:not([disabled])",
        run: "click",
    },
    {
        content: "say why",
        trigger: ".o_feedback_kiosk_question textarea",
        run: `edit ${words}`,
    },
    {
        content: "send",
        trigger: ".o_feedback_kiosk_next",
        run: "click",
    },
    {
        content: "thanks, and on to the next person",
        trigger: ".o_feedback_kiosk_thanks button",
        run: "click",
    },
    {
        content: "nothing of the last person is left",
        trigger: ".o_feedback_kiosk_question button[data-value]",
        run() {
            if (document.querySelector(".o_feedback_kiosk [aria-checked='true']")) {
                throw new Error("the answer of the last person is still there");
            }
        },
    },
];

/** Answers with a connection, two without, and all of them arrive. */
registry.category("web_tour.tours").add("feedback_kiosk_tour", {
    steps: () => [
        ...answer(9, "Friendly"),
        {
            content: "the network goes away",
            trigger: ".o_feedback_kiosk:not(:has(.o_feedback_kiosk_waiting))",
            run: cut,
        },
        ...answer(3, "Slow"),
        ...answer(7, "So so"),
        {
            content: "both wait on the tablet",
            trigger: ".o_feedback_kiosk_waiting:contains(2)",
            run() {
                if (waits() !== 2) {
                    throw new Error("the answers are not kept");
                }
                mend();
            },
        },
        {
            content: "back again, nothing waits",
            trigger: ".o_feedback_kiosk:not(:has(.o_feedback_kiosk_waiting))",
            run() {
                if (waits()) {
                    throw new Error("an answer still waits");
                }
            },
        },
    ],
});
