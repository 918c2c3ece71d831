import {ConnectionLostError} from "@web/core/network/rpc";

/** What the server says of an answer that it does not take. */
const NOT_TAKEN = ["refused", "unknown"];

/**
 * Answers that wait on the tablet until the server has them.
 *
 * Each carries a key made here; the server keeps one answer for each key, so it may be sent again
 * whenever it is not sure that the answer arrived.
 */
export class KioskQueue {
    /**
     * @param {string} token address of the kiosk
     * @param {(entry: Object) => Promise<Object>} deliver sends one; fails without a connection
     * @param {Storage} [storage]
     */
    constructor(token, deliver, storage = window.localStorage) {
        this.name = `feedback_kiosk_${token}`;
        this.deliver = deliver;
        this.storage = storage;
        this.busy = false;
    }

    get entries() {
        return this.read(this.name);
    }

    /** Answers that the server did not take; they stay on the tablet, to be looked at. */
    get refused() {
        return this.read(`${this.name}_refused`);
    }

    read(name) {
        try {
            const kept = JSON.parse(this.storage.getItem(name) || "[]");
            return Array.isArray(kept) ? kept : [];
        } catch {
            return [];
        }
    }

    set entries(entries) {
        this.storage.setItem(this.name, JSON.stringify(entries));
    }

    /** Keep an answer, whatever happens to the connection. */
    add(entry) {
        this.entries = [...this.entries, {key: newKey(), ...entry}];
    }

    /** Send what waits, one after the other, until there is no connection. */
    async flush() {
        if (this.busy) {
            return;
        }
        this.busy = true;
        try {
            for (const entry of this.entries) {
                if (!(await this.send(entry))) {
                    break;
                }
            }
        } finally {
            this.busy = false;
        }
    }

    /**
     * Send one answer; it leaves the queue once the server has said what became of it.
     *
     * @returns {Promise<boolean>} whether there is a connection to send the next one
     */
    async send(entry) {
        try {
            const answer = await this.deliver(entry);
            if (NOT_TAKEN.includes(answer?.state)) {
                this.park(entry);
            }
            this.entries = this.entries.filter((one) => one.key !== entry.key);
            return true;
        } catch (error) {
            // tried again later, with the same key; the trouble of one keeps no other waiting
            return !(error instanceof ConnectionLostError);
        }
    }

    park(entry) {
        const others = this.refused.filter((one) => one.key !== entry.key);
        this.storage.setItem(`${this.name}_refused`, JSON.stringify([...others, entry]));
    }
}

/** Return a random key; crypto.randomUUID would need https. */
function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
