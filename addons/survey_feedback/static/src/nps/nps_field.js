import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {formatFloat} from "@web/core/utils/numbers";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The net promoter score of a wave, its interval, and how often each answer was given. */
export class NpsField extends Component {
    static template = "survey_feedback.NpsField";
    static props = {...standardFieldProps};

    get summary() {
        return this.props.record.data[this.props.name];
    }

    /** Where a score from -100 to 100 lies, in percent of the width. */
    place(score) {
        return (score + 100) / 2;
    }

    /** A number that keeps its sign before it in languages written from right to left. */
    format(score) {
        return `\u2066${formatFloat(score, {digits: [16, 1]})}\u2069`;
    }

    get intervalStyle() {
        const {low, high} = this.summary;
        return `inset-inline-start:${this.place(low)}%;width:${(high - low) / 2}%`;
    }

    get markStyle() {
        return `inset-inline-start:${this.place(this.summary.value)}%`;
    }

    get description() {
        return _t("between %(low)s and %(high)s, 95 percent sure", {
            low: this.format(this.summary.low),
            high: this.format(this.summary.high),
        });
    }

    get label() {
        return _t("Net Promoter Score of %s answers", this.summary.answers);
    }

    get bars() {
        const counts = this.summary.by_value;
        const most = Math.max(...counts, 1);
        return counts.map((count, value) => ({
            value,
            count,
            height: `height:${Math.round((100 * count) / most)}%`,
            tone: value >= 9 ? "bg-success" : value >= 7 ? "bg-warning" : "bg-danger",
            title: _t("%(count)s answered %(value)s", {count, value}),
        }));
    }
}

registry.category("fields").add("feedback_nps", {
    component: NpsField,
    displayName: _t("Net Promoter Score"),
    supportedTypes: ["json"],
});
