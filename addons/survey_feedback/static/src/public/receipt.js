import {Interaction} from "@web/public/interaction";
import {registry} from "@web/core/registry";

const TOKEN = /[#&]feedback=([\w-]{32})(?:&|$)/;

/**
 * The last page of an anonymous survey: bring the receipt with the invitation, in a request that
 * has nothing of the answer. The invitation is behind the # of the address, which no server sees.
 */
export class FeedbackReceipt extends Interaction {
    static selector = ".o_feedback_receipt";

    async willStart() {
        const token = TOKEN.exec(window.location.hash)?.[1];
        if (!token || !this.el.dataset.receipt) {
            return;
        }
        const done = await this.waitFor(this.bring(token, this.el.dataset.receipt));
        const shown = done ? ".o_feedback_receipt_done" : ".o_feedback_receipt_failed";
        this.el.querySelector(shown).classList.remove("d-none");
    }

    async bring(token, receipt) {
        try {
            const response = await fetch(`/feedback/${token}/receipt`, {
                method: "POST",
                body: new URLSearchParams({receipt}),
                referrerPolicy: "no-referrer",
            });
            return response.ok;
        } catch {
            return false;
        }
    }
}

registry.category("public.interactions").add("survey_feedback.receipt", FeedbackReceipt);
