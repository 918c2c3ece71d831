import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

import {Component, onMounted, onWillUpdateProps, useState} from "@odoo/owl";

import {View360Block} from "../view360/view360_block";

/** Blocks that fit in a line; the page has all of them. */
const SHORT = ["stage", "tier", "value", "last_purchase", "last_contact", "needs", "invoices"];

/**
 * How a customer stands, in one line, the same at every touchpoint. It is read after the form is
 * shown, and a failure leaves the form as it is: without the line.
 */
export class RelationshipSummary extends Component {
    static template = "relationship_crm.RelationshipSummary";
    static components = {View360Block};
    static props = {partnerId: {type: [Number, {value: false}]}};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.state = useState({summary: null});
        onMounted(() => {
            this.load(this.props.partnerId);
        });
        onWillUpdateProps((next) => {
            if (next.partnerId !== this.props.partnerId) {
                this.load(next.partnerId);
            }
        });
    }

    async load(partnerId) {
        this.state.summary = null;
        if (!partnerId) {
            return;
        }
        try {
            this.state.summary = await this.keepLast.add(
                this.orm.silent.call("relationship.view360", "get_summary", [partnerId])
            );
        } catch {
            // the form works without it
        }
    }

    get blocks() {
        return this.state.summary.blocks.filter(
            (block) => SHORT.includes(block.code) && block.value !== false
        );
    }

    open(action) {
        return this.action.doAction(action);
    }

    openView360() {
        return this.action.doAction("relationship_crm.relationship_view360_action", {
            props: {resId: this.state.summary.partner.id},
        });
    }
}

/** The same in a form: of its customer, or of the contact that the form shows. */
export class RelationshipSummaryWidget extends Component {
    static template = "relationship_crm.RelationshipSummaryWidget";
    static components = {RelationshipSummary};
    static props = {...standardWidgetProps, field: {type: String, optional: true}};

    get partnerId() {
        const {record, field} = this.props;
        if (record.resModel === "res.partner") {
            return record.resId || false;
        }
        return record.data[field || "partner_id"]?.id || false;
    }
}

registry.category("view_widgets").add("relationship_summary", {
    component: RelationshipSummaryWidget,
    extractProps: ({options}) => ({field: options.field}),
});
