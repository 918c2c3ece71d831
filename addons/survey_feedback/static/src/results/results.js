import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {formatFloat} from "@web/core/utils/numbers";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** From where to where a figure of each kind can lie. */
const ENDS = {score: [-100, 100], percent: [0, 100], mean: [1, 7]};

/** What the people asked in a wave said: funnel, figures with their intervals, groups, trend. */
export class FeedbackResults extends Component {
    static template = "survey_feedback.Results";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.state = useState({results: null, slice: null});
        onWillStart(() => this.load(this.props.record.resId));
        onWillUpdateProps((next) => {
            const {record} = this.props;
            if (next.record.resId !== record.resId || next.record.data.state !== this.shownState) {
                return this.load(next.record.resId);
            }
        });
    }

    async load(wave) {
        this.shownState = this.props.record.data.state;
        this.state.results = wave
            ? await this.orm.call("feedback.wave", "get_results", [[wave]])
            : null;
        this.state.slice = this.state.results?.slices[0]?.code;
    }

    get slice() {
        return this.state.results.slices.find((slice) => slice.code === this.state.slice);
    }

    get results() {
        return this.state.results;
    }

    get measureLabel() {
        return this.state.results.measures[0].label;
    }

    get widest() {
        return Math.max(...this.state.results.funnel.map((step) => step.count), 1);
    }

    get exports() {
        return ["csv", "xlsx"].map((kind) => ({
            kind: kind.toUpperCase(),
            url: `/feedback/wave/${this.props.record.resId}/results.${kind}`,
        }));
    }

    part(count) {
        return `width:${Math.round((100 * count) / this.widest)}%`;
    }

    format(value, unit) {
        const text = formatFloat(value, {digits: [16, 1]});
        return unit === "percent" ? _t("%s %%", text) : text;
    }

    /** Where a value lies, in percent of the width of its kind. */
    place(value, unit) {
        const [low, high] = ENDS[unit];
        return (100 * (value - low)) / (high - low);
    }

    intervalStyle(figure, unit) {
        const from = this.place(figure.low, unit);
        return `inset-inline-start:${from}%;width:${this.place(figure.high, unit) - from}%`;
    }

    markStyle(figure, unit) {
        return `inset-inline-start:${this.place(figure.value, unit)}%`;
    }

    describe(figure, unit) {
        return _t("between %(low)s and %(high)s, 95 percent sure", {
            low: this.format(figure.low, unit),
            high: this.format(figure.high, unit),
        });
    }

    changeText(change) {
        const sign = change.value > 0 ? "+" : "";
        return sign + formatFloat(change.value, {digits: [16, 1]});
    }

    changeTone(change) {
        if (!change.is_sure) {
            return "text-bg-light";
        }
        return change.value > 0 ? "text-bg-success" : "text-bg-danger";
    }

    changeTitle(change) {
        const range = _t("between %(low)s and %(high)s", {
            low: this.changeText({value: change.low}),
            high: this.changeText({value: change.high}),
        });
        return change.is_sure ? range : _t("%s: may be chance", range);
    }
}

registry.category("view_widgets").add("feedback_results", {component: FeedbackResults});
