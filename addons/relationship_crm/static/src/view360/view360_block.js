import {deserializeDateTime, formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";

import {Component} from "@odoo/owl";

import {day, integer, money, relativeDay, relativeMoment, shortMoney, tone} from "./format";

/** One fact of the summary: a label, a value of its type, a note. */
export class View360Block extends Component {
    static template = "relationship_crm.View360Block";
    static props = {
        block: Object,
        /** opens the block's action */
        open: Function,
        compact: {type: Boolean, optional: true},
    };

    get isEmpty() {
        const {value, type} = this.props.block;
        return value === false || (type === "tags" && !value.length);
    }

    get text() {
        const {type, value, currency_id} = this.props.block;
        const show = {
            text: () => value,
            number: () => integer(value),
            money: () =>
                this.props.compact ? shortMoney(value, currency_id) : money(value, currency_id),
            date: () => relativeDay(value),
            datetime: () => relativeMoment(value),
        }[type];
        return show ? show() : "";
    }

    /** The exact day beside words such as "3 days ago". */
    get note() {
        const {type, value, note, note_date} = this.props.block;
        const parts = [];
        if (note) {
            parts.push(note);
        }
        if (type === "date" && value) {
            parts.push(day(value));
        } else if (type === "datetime" && value) {
            parts.push(formatDate(deserializeDateTime(value)));
        }
        if (note_date) {
            parts.push(_t("since %s", day(note_date)));
        }
        return parts.join(" · ");
    }

    get toneIcon() {
        return {warning: tone("warning").icon, bad: "fa-exclamation-triangle text-danger"}[
            this.props.block.tone
        ];
    }

    tag(name) {
        return tone(name);
    }

    /** Tone of a tag in words, for who does not see colours. */
    toneText(name) {
        if (this.props.block.code !== "consent") {
            return "";
        }
        return name === "good" ? _t("yes") : _t("no");
    }

    avatar(person) {
        return `/web/image/res.users/${person.id}/avatar_128`;
    }
}
