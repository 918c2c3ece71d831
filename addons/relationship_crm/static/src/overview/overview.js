import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {formatInteger} from "@web/views/fields/formatters";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

import {Component, onMounted, onWillStart, status, useState} from "@odoo/owl";

import {RelationshipContribution} from "./contribution";

/**
 * The first page of the app: what to do next, as cards with a state, a figure and a button.
 * The steps come from `relationship.overview.get_overview`, which every addon of the suite extends.
 */
export class RelationshipOverview extends Component {
    static template = "relationship_crm.RelationshipOverview";
    static components = {Layout, RelationshipContribution};
    static props = {...standardActionServiceProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.display = {controlPanel: {}};
        this.steps = [];
        onWillStart(async () => {
            this.steps = await this.orm.call("relationship.overview", "get_overview", []);
        });
        // read after the page is shown: it may look at many invoices
        this.state = useState({contribution: false});
        onMounted(() => this.loadContribution());
    }

    async loadContribution() {
        const data = await this.orm.silent
            .call("relationship.overview", "get_contribution", [])
            .catch(() => false);
        if (status(this) === "mounted") {
            this.state.contribution = data;
        }
    }

    /** Steps under the heading of their area, in the order in which the server gives them. */
    get areas() {
        const areas = new Map();
        for (const step of this.steps) {
            if (!areas.has(step.area)) {
                areas.set(step.area, []);
            }
            areas.get(step.area).push(step);
        }
        return [...areas].map(([title, steps]) => ({title, steps}));
    }

    get doneCount() {
        return this.steps.filter((step) => step.done).length;
    }

    get donePercent() {
        return Math.round((100 * this.doneCount) / this.steps.length);
    }

    get progressText() {
        return _t("%(done)s of %(total)s steps done", {
            done: formatInteger(this.doneCount),
            total: formatInteger(this.steps.length),
        });
    }

    /** Code of the step to do next: the only one with a primary button. */
    get nextCode() {
        return this.steps.find((step) => !step.done)?.code;
    }

    figure(step) {
        const count = formatInteger(step.count);
        return step.count_capped ? _t("%s or more", count) : count;
    }

    open(step) {
        return this.action.doAction(
            step.action || {type: "ir.actions.act_url", url: step.url, target: "self"}
        );
    }
}

registry.category("actions").add("relationship_overview", RelationshipOverview);
