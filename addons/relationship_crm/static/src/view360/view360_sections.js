import {Component} from "@odoo/owl";

import {day, money, tone} from "./format";

/** The lists of a tab: open needs, opportunities, orders. */
export class View360Sections extends Component {
    static template = "relationship_crm.View360Sections";
    static props = {
        /** null while they are being read */
        sections: {type: [Array, {value: null}]},
        /** opens {model, id} */
        openRecord: Function,
        /** opens an action */
        open: Function,
        wide: {type: Boolean, optional: true},
    };

    amount(row) {
        return row.amount === false ? "" : money(row.amount, row.currency_id);
    }

    details(row) {
        return [row.note, day(row.date)].filter(Boolean).join(" · ");
    }

    badge(row) {
        return tone(row.badge.tone);
    }
}
