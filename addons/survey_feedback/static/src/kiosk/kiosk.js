import {Component, onMounted, onWillUnmount, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {rpc} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";

import {KioskQueue} from "./kiosk_queue";

/** Milliseconds that the thanks stay, and between two tries to send what waits. */
const THANKS = 5000;
const RETRY = 15000;

/** One question after the other, then thanks, then the next person. */
export class FeedbackKiosk extends Component {
    static template = "survey_feedback.Kiosk";
    static props = {page: Object};

    setup() {
        const {token} = this.props.page;
        this.state = useState({...this.fresh(), language: 0, waiting: 0, full: false});
        this.queue = new KioskQueue(token, (entry) =>
            rpc(`/feedback/kiosk/${token}/answer`, entry, {silent: true})
        );
        this.online = () => this.send();
        // the page comes from the server: once closed, it can't be had without a connection
        this.leaving = (ev) => {
            if (!browser.navigator.onLine || this.queue.entries.length) {
                ev.preventDefault();
            }
        };
        this.screen = () => {
            this.state.full = Boolean(document.fullscreenElement);
        };
        onMounted(() => {
            browser.addEventListener("online", this.online);
            browser.addEventListener("beforeunload", this.leaving);
            document.addEventListener("fullscreenchange", this.screen);
            this.retry = browser.setInterval(() => this.send(), RETRY);
            this.send();
        });
        onWillUnmount(() => {
            browser.removeEventListener("online", this.online);
            browser.removeEventListener("beforeunload", this.leaving);
            document.removeEventListener("fullscreenchange", this.screen);
            browser.clearInterval(this.retry);
            browser.clearTimeout(this.timer);
        });
    }

    fresh() {
        return {step: 0, answers: {}, thanks: false};
    }

    get language() {
        return this.props.page.languages[this.state.language];
    }

    get words() {
        return this.language.words;
    }

    get question() {
        return this.language.questions[this.state.step];
    }

    get value() {
        return this.state.answers[this.question.id];
    }

    get answered() {
        const value = this.value;
        return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "";
    }

    get last() {
        return this.state.step === this.language.questions.length - 1;
    }

    /** Whoever walks away leaves nothing to the next person. */
    touched() {
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this.restart(), this.props.page.idle * 1000);
    }

    restart() {
        browser.clearTimeout(this.timer);
        Object.assign(this.state, this.fresh(), {language: 0});
    }

    setLanguage(index) {
        this.state.language = index;
    }

    choose(value) {
        this.state.answers[this.question.id] = value;
    }

    toggle(id) {
        const chosen = this.value || [];
        const one = this.question.kind === "simple_choice";
        if (chosen.includes(id)) {
            this.choose(chosen.filter((other) => other !== id));
        } else {
            this.choose(one ? [id] : [...chosen, id]);
        }
    }

    back() {
        this.state.step--;
    }

    next() {
        if (!this.last) {
            this.state.step++;
            return;
        }
        const answers = Object.fromEntries(
            Object.entries(this.state.answers).filter(([, value]) => value !== "")
        );
        if (Object.keys(answers).length) {
            this.queue.add({answers, lang: this.language.code, at: new Date().toISOString()});
        }
        this.state.thanks = true;
        this.send();
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this.restart(), THANKS);
    }

    async send() {
        this.state.waiting = this.queue.entries.length;
        await this.queue.flush();
        this.state.waiting = this.queue.entries.length;
    }

    fullScreen() {
        document.documentElement.requestFullscreen?.().catch(() => {});
    }
}

registry.category("public_components").add("survey_feedback.kiosk", FeedbackKiosk);
