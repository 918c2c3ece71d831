import {useService} from "@web/core/utils/hooks";
import {formatInteger} from "@web/views/fields/formatters";

import {Component, onMounted, useState} from "@odoo/owl";

import {shortMoney} from "../view360/format";

/**
 * What partners bring beside what is sold directly, for management. Read after the page is shown:
 * it may look at many invoices.
 */
export class RelationshipContribution extends Component {
    static template = "relationship_crm.RelationshipContribution";
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({data: false});
        onMounted(async () => {
            this.state.data = await this.orm
                .silent.call("relationship.overview", "get_contribution", [])
                .catch(() => false);
        });
    }

    money(amount) {
        return shortMoney(amount, this.state.data.currency_id);
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
