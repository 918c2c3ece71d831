import {useService} from "@web/core/utils/hooks";
import {formatInteger} from "@web/views/fields/formatters";

import {Component} from "@odoo/owl";

import {shortMoney} from "../view360/format";

/** What partners bring beside what is sold directly, for management. */
export class RelationshipContribution extends Component {
    static template = "relationship_crm.RelationshipContribution";
    static props = {data: Object};

    setup() {
        this.action = useService("action");
    }

    money(amount) {
        return shortMoney(amount, this.props.data.currency_id);
    }

    count(number) {
        return formatInteger(number);
    }

    percent(share) {
        return `${Math.round(share)}\u00a0%`;
    }

    openReport() {
        return this.action.doAction("relationship_crm.relationship_report_action_contribution");
    }
}
