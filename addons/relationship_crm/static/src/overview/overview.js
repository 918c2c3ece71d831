import { registry } from "@web/core/registry";
import { Component } from "@odoo/owl";
export class RelationshipOverview extends Component {
    static template = "relationship_crm.Overview";
    static props = ["*"];
}
registry.category("actions").add("relationship_overview", RelationshipOverview);
