import {deserializeDateTime, formatDate, serializeDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";

import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";

import {money} from "./format";

const {DateTime} = luxon;

const CLASS_ICONS = {
    contact: "fa-comments-o",
    purchase: "fa-shopping-cart",
    service: "fa-life-ring",
    feedback: "fa-star-o",
    marketing: "fa-bullhorn",
    web: "fa-globe",
};
const KIND_ICONS = {
    call: "fa-phone",
    visit: "fa-handshake-o",
    letter: "fa-envelope-open-o",
    mail_in: "fa-envelope-o",
    mail_out: "fa-paper-plane-o",
    sms_out: "fa-mobile",
    activity_done: "fa-check-square-o",
    portal_login: "fa-sign-in",
    invoice_paid: "fa-money",
    invoice_unpaid: "fa-undo",
    invoice_refunded: "fa-undo",
    opportunity_won: "fa-trophy",
    opportunity_lost: "fa-thumbs-o-down",
    need_confirmed: "fa-lightbulb-o",
};
/** rows of a page, and of one on a phone */
const PAGE = 20;
const SHORT_PAGE = 10;

/** What happened with one customer, newest first, narrowed by filters, page by page. */
export class View360Timeline extends Component {
    static template = "relationship_crm.View360Timeline";
    static props = {
        partnerId: Number,
        /** changes when something was added, so that the first page is read again */
        version: Number,
        /** opens {model, id} */
        openRecord: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.ui = useService("ui");
        this.keepLast = new KeepLast();
        this.periods = [
            {code: "", name: _t("Any Time"), days: 0},
            {code: "30", name: _t("Last 30 Days"), days: 30},
            {code: "90", name: _t("Last 3 Months"), days: 90},
            {code: "365", name: _t("Last 12 Months"), days: 365},
        ];
        this.state = useState({
            rows: [],
            next: false,
            loading: true,
            failed: false,
            options: {classes: [], kinds: [], channels: []},
            classes: [],
            kind: "",
            channel: "",
            period: "",
        });
        onWillStart(() => {
            this.loadOptions();
            this.load();
        });
        onWillUpdateProps((next) => {
            if (next.partnerId !== this.props.partnerId || next.version !== this.props.version) {
                this.load(next.partnerId);
            }
        });
    }

    async loadOptions() {
        this.state.options = await this.orm
            .cache()
            .call("relationship.view360", "get_timeline_filters", []);
    }

    /** Read the first page anew. */
    async load(partnerId = this.props.partnerId) {
        Object.assign(this.state, {rows: [], next: false});
        await this.read(partnerId, false);
    }

    loadMore() {
        return this.read(this.props.partnerId, this.state.next);
    }

    async read(partnerId, before) {
        this.state.loading = true;
        this.state.failed = false;
        try {
            const page = await this.keepLast.add(
                this.orm.call("relationship.view360", "get_timeline", [partnerId], {
                    ...this.filters,
                    before: before || null,
                    limit: this.ui.isSmall ? SHORT_PAGE : PAGE,
                })
            );
            this.state.rows.push(...page.rows);
            this.state.next = page.next;
        } catch {
            this.state.failed = true;
        }
        this.state.loading = false;
    }

    get filters() {
        const {classes, kind, channel, period} = this.state;
        const since = DateTime.local().minus({days: Number(period)});
        return {
            classes: classes.length ? classes : null,
            kinds: kind ? [kind] : null,
            channels: channel ? [channel] : null,
            date_from: period ? serializeDate(since) : null,
        };
    }

    get isFiltered() {
        return Object.values(this.filters).some((value) => value !== null);
    }

    /** Kinds to choose from: those of the chosen classes. */
    get kinds() {
        const {classes, options} = this.state;
        return options.kinds.filter((kind) => !classes.length || classes.includes(kind.class));
    }

    toggleClass(code) {
        const {classes} = this.state;
        this.state.classes = classes.includes(code)
            ? classes.filter((other) => other !== code)
            : [...classes, code];
        if (!this.kinds.some((kind) => kind.code === this.state.kind)) {
            this.state.kind = "";
        }
        return this.load();
    }

    choose(name, value) {
        this.state[name] = value;
        return this.load();
    }

    clear() {
        Object.assign(this.state, {classes: [], kind: "", channel: "", period: ""});
        return this.load();
    }

    /** Rows under the month in which they happened. */
    get months() {
        const months = [];
        for (const row of this.state.rows) {
            const moment = deserializeDateTime(row.occurred_at);
            const key = moment.toFormat("yyyy-MM");
            if (months.at(-1)?.key !== key) {
                const title = moment.toLocaleString({month: "long", year: "numeric"});
                months.push({key, title, rows: []});
            }
            months.at(-1).rows.push({...row, iso: moment.toISO(), when: this.when(moment)});
        }
        return months;
    }

    when(moment) {
        const time = moment.toLocaleString(DateTime.TIME_SIMPLE);
        const ago = DateTime.local().startOf("day").diff(moment.startOf("day"), "days").days;
        if (ago < 1) {
            return _t("Today, %s", time);
        }
        return ago < 2 ? _t("Yesterday, %s", time) : `${formatDate(moment)}, ${time}`;
    }

    icon(row) {
        return KIND_ICONS[row.kind] || CLASS_ICONS[row.class] || "fa-circle-o";
    }

    classIcon(code) {
        return CLASS_ICONS[code] || "fa-circle-o";
    }

    amount(row) {
        return row.amount === false || !row.currency_id ? "" : money(row.amount, row.currency_id);
    }

    /** Beneath a row: with whom (if not with the customer itself), how. */
    details(row) {
        const who = row.contact && row.contact.id !== this.props.partnerId && row.contact.name;
        return [who, row.channel_name].filter(Boolean).join(" · ");
    }

    /** Whether the name of the document says all that the summary says. */
    isNamed(row) {
        return row.record && row.record.name.startsWith(row.summary);
    }

    get countText() {
        return this.state.next
            ? _t("Latest %s shown", this.state.rows.length)
            : _t("%s shown", this.state.rows.length);
    }
}
