import {localization} from "@web/core/l10n/localization";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

import {Component, onWillStart, useState} from "@odoo/owl";

import {View360Block} from "./view360_block";
import {View360Charts} from "./view360_charts";
import {View360Sections} from "./view360_sections";
import {View360Timeline} from "./view360_timeline";

/**
 * The 360 view of one customer or partner: facts on top, what happened beneath, lists and charts
 * beside it. Everything comes from `relationship.view360`, which other addons extend.
 */
export class RelationshipView360 extends Component {
    static template = "relationship_crm.RelationshipView360";
    static components = {Layout, View360Block, View360Charts, View360Sections, View360Timeline};
    static props = {...standardActionServiceProps};
    static displayName = _t("360 View");
    static path = "relationship-360";

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.display = {controlPanel: {}};
        this.keepLast = new KeepLast();
        const {action, resId, updateActionState} = this.props;
        this.partnerId = resId || action.params?.partner_id || action.context?.active_id;
        this.state = useState({
            summary: null,
            sections: null,
            tab: "customer",
            failed: "",
            // raised when something may have changed, so that the timeline is read again
            version: 0,
        });
        onWillStart(() => {
            updateActionState?.({resId: this.partnerId});
            // the page is shown at once and filled when the figures are there
            this.load();
            this.loadSections();
        });
    }

    async load() {
        if (!this.partnerId) {
            this.state.failed = _t("Open a customer or partner first.");
            return;
        }
        try {
            this.state.summary = await this.orm.call("relationship.view360", "get_summary", [
                this.partnerId,
            ]);
            this.env.config.setDisplayName(this.state.summary.partner.name);
        } catch (error) {
            this.state.failed = error.data?.message || _t("The page could not be read.");
        }
    }

    async loadSections() {
        if (!this.partnerId) {
            return;
        }
        try {
            this.state.sections = await this.keepLast.add(
                this.orm.call("relationship.view360", "get_sections", [
                    this.partnerId,
                    this.state.tab,
                ])
            );
        } catch {
            this.state.sections = [];
        }
    }

    get partner() {
        return this.state.summary.partner;
    }

    get avatar() {
        return `/web/image/res.partner/${this.partner.id}/avatar_128`;
    }

    get tabs() {
        const names = {customer: _t("As Customer"), partner: _t("As Partner")};
        return this.state.summary.tabs.map((code) => ({code, name: names[code]}));
    }

    selectTab(code) {
        if (code !== this.state.tab) {
            Object.assign(this.state, {tab: code, sections: null});
            this.loadSections();
        }
    }

    /** Arrow keys move between tabs, as people who use the keyboard expect of tabs. */
    onTabKey(ev) {
        const forward = localization.direction === "rtl" ? -1 : 1;
        const step = {ArrowLeft: -forward, ArrowRight: forward}[ev.key];
        if (!step) {
            return;
        }
        const buttons = [...ev.currentTarget.querySelectorAll("[role=tab]")];
        const index = buttons.indexOf(document.activeElement) + step;
        const button = buttons[(index + buttons.length) % buttons.length];
        button.focus();
        button.click();
    }

    open(action) {
        return this.action.doAction(action);
    }

    openRecord(record) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: record.model,
            res_id: record.id,
            views: [[false, "form"]],
        });
    }

    openPartner() {
        return this.openRecord({model: "res.partner", id: this.partner.id});
    }

    /** Log a call, visit or letter; what was logged is then on the page. */
    log() {
        return this.action.doAction(
            {
                type: "ir.actions.act_window",
                name: _t("Log a Contact"),
                res_model: "relationship.interaction.log",
                views: [[false, "form"]],
                target: "new",
                context: {default_partner_id: this.partner.id},
            },
            {onClose: () => this.refresh()}
        );
    }

    refresh() {
        this.state.version++;
        return Promise.all([this.load(), this.loadSections()]);
    }
}

registry.category("actions").add("relationship_360", RelationshipView360);
