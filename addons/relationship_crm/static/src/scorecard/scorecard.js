import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

import {
    Component,
    markup,
    onWillStart,
    onWillUnmount,
    onWillUpdateProps,
    useState,
} from "@odoo/owl";

/** The scorecard of an enrollment, read when its tab is opened and not before. */
export class PrmScorecard extends Component {
    static template = "relationship_crm.PrmScorecard";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.state = useState({html: ""});
        onWillStart(() => this.load(this.props.record.resId));
        onWillUpdateProps((next) => {
            if (next.record.resId !== this.props.record.resId) {
                return this.load(next.record.resId);
            }
        });
    }

    async load(id) {
        const html = id ? await this.orm.call("prm.enrollment", "scorecard_html", [[id]]) : "";
        this.state.html = markup(html);
    }
}

/** Reads a pack again while it is printed, so that its progress shows. */
export class PrmPackProgress extends Component {
    static template = "relationship_crm.PrmPackProgress";
    static props = {...standardWidgetProps};
    static every = 2000;

    setup() {
        this.timer = window.setInterval(() => this.refresh(), PrmPackProgress.every);
        onWillUnmount(() => window.clearInterval(this.timer));
    }

    get printing() {
        return this.props.record.data.state === "running";
    }

    async refresh() {
        if (this.printing && !this.props.record.dirty && !document.hidden) {
            await this.props.record.load();
        }
    }
}

registry.category("view_widgets").add("prm_scorecard", {component: PrmScorecard});
registry.category("view_widgets").add("prm_pack_progress", {
    component: PrmPackProgress,
    fieldDependencies: [{name: "state", type: "selection"}],
});
