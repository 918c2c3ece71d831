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
        try {
            const kept = JSON.parse(this.storage.getItem(this.name) || "[]");
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
                await this.deliver(entry);
                this.entries = this.entries.filter((one) => one.key !== entry.key);
            }
        } catch {
            // no connection: tried again later, with the same keys
        } finally {
            this.busy = false;
        }
    }
}

/** Return a random key; crypto.randomUUID would need https. */
function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
