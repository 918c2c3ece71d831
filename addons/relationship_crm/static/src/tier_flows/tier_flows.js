import {_t} from "@web/core/l10n/translation";
import {formatInteger, formatMonetary} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

import {Component} from "@odoo/owl";

/**
 * Flows between tiers: bars for the tiers now and then, a band for each group of partners that
 * goes from one to another, and the same as a table. Bands and rows open their partners.
 * Where everything lies is worked out by the server (`lib/tier_flows.py`), in percent.
 */
export class PrmTierFlows extends Component {
    static template = "relationship_crm.PrmTierFlows";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    get flows() {
        return this.props.record.data[this.props.name];
    }

    /** Words for a band: "Silver → Gold: 3 partners". */
    label(band) {
        return _t("%(from)s → %(to)s: %(count)s partners", {
            from: band.from,
            to: band.to,
            count: formatInteger(band.count),
        });
    }

    wayText(band) {
        return {up: _t("Up"), same: _t("Same Tier"), down: _t("Down")}[band.way];
    }

    count(number) {
        return formatInteger(number);
    }

    money(band) {
        return formatMonetary(band.effect, {currencyId: this.flows.currency_id});
    }

    get description() {
        return this.flows.bands.map((band) => this.label(band)).join("; ");
    }

    async open(band) {
        const action = await this.orm.call("prm.simulation", "action_view_lines", [
            this.flows.simulation_id,
        ]);
        return this.action.doAction({
            ...action,
            domain: [
                ...action.domain,
                ["from_grade_id", "=", band.source || false],
                ["to_grade_id", "=", band.target || false],
            ],
            name: `${band.from} → ${band.to}`,
        });
    }
}

export const prmTierFlows = {
    component: PrmTierFlows,
    displayName: _t("Flows Between Tiers"),
    supportedTypes: ["json"],
};

registry.category("fields").add("prm_tier_flows", prmTierFlows);
