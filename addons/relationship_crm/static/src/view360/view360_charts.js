import {loadBundle} from "@web/core/assets";
import {cookie} from "@web/core/browser/cookie";
import {getColor} from "@web/core/colors/colors";
import {localization} from "@web/core/l10n/localization";
import {useService} from "@web/core/utils/hooks";

import {Component, onWillStart, onWillUnmount, useEffect, useRef, useState} from "@odoo/owl";

import {integer, money, shortMoney} from "./format";

const {DateTime} = luxon;

/** One chart of bars by month, with the same figures as a table for who cannot see it. */
export class View360Chart extends Component {
    static template = "relationship_crm.View360Chart";
    static props = {chart: Object};

    setup() {
        this.canvas = useRef("canvas");
        useEffect(
            (canvas) => {
                const chart = canvas && new Chart(canvas, this.config);
                return () => chart?.destroy();
            },
            () => [this.canvas.el, this.props.chart]
        );
    }

    get isEmpty() {
        return this.props.chart.series.every((one) => one.values.every((value) => !value));
    }

    get months() {
        return this.props.chart.months.map((month) =>
            DateTime.fromISO(`${month}-01`).toLocaleString({month: "short", year: "2-digit"})
        );
    }

    show(value) {
        const {currency_id} = this.props.chart;
        return currency_id ? money(value, currency_id) : integer(value);
    }

    showShort(value) {
        const {currency_id} = this.props.chart;
        return currency_id ? shortMoney(value, currency_id) : integer(value);
    }

    get config() {
        const {series} = this.props.chart;
        const rtl = localization.direction === "rtl";
        const stacked = series.length > 1;
        const scheme = cookie.get("color_scheme");
        return {
            type: "bar",
            data: {
                labels: this.months,
                datasets: series.map((one, index) => ({
                    label: one.label,
                    data: one.values,
                    backgroundColor: getColor(index, scheme, "sm"),
                })),
            },
            options: {
                maintainAspectRatio: false,
                animation: false,
                plugins: {
                    legend: {display: stacked, position: "bottom", rtl, labels: {boxWidth: 12}},
                    tooltip: {
                        rtl,
                        callbacks: {
                            label: (item) => `${item.dataset.label}: ${this.show(item.raw)}`,
                        },
                    },
                },
                scales: {
                    x: {stacked, reverse: rtl, grid: {display: false}, ticks: {maxRotation: 0}},
                    y: {
                        stacked,
                        position: rtl ? "right" : "left",
                        ticks: {
                            maxTicksLimit: 5,
                            precision: 0,
                            callback: (value) => this.showShort(value),
                        },
                    },
                },
            },
        };
    }
}

/** The charts of a customer, read after the page is shown. */
export class View360Charts extends Component {
    static template = "relationship_crm.View360Charts";
    static components = {View360Chart};
    static props = {partnerId: Number, tab: String};

    setup() {
        this.orm = useService("orm");
        this.state = useState({charts: null});
        this.gone = false;
        onWillStart(() => {
            this.load();
        });
        onWillUnmount(() => {
            this.gone = true;
        });
    }

    async load() {
        const [charts] = await Promise.all([
            this.orm.silent.call("relationship.view360", "get_charts", [this.props.partnerId]),
            loadBundle("web.chartjs_lib"),
        ]);
        if (!this.gone) {
            this.state.charts = charts.filter((chart) => chart.tab === this.props.tab);
        }
    }
}
