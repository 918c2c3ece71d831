import {deserializeDate, deserializeDateTime, formatDate} from "@web/core/l10n/dates";
import {formatInteger, formatMonetary} from "@web/views/fields/formatters";

const {DateTime} = luxon;

/** Classes for what is fine, wants a look, is late; always beside words, never alone. */
export const TONES = {
    neutral: {badge: "text-bg-light border", icon: ""},
    good: {badge: "border border-success text-body bg-transparent", icon: "fa-check text-success"},
    warning: {
        badge: "border border-warning text-body bg-transparent",
        icon: "fa-exclamation-circle text-warning",
    },
    bad: {badge: "border border-danger text-body bg-transparent", icon: "fa-times text-danger"},
};

export function tone(name) {
    return TONES[name] || TONES.neutral;
}

export function money(amount, currencyId, options = {}) {
    return formatMonetary(amount, {currencyId, ...options});
}

/** A round amount for a narrow place: $ 1,250, $ 12.3M. */
export function shortMoney(amount, currencyId) {
    return Math.abs(amount) < 1000000
        ? money(amount, currencyId, {digits: [16, 0]})
        : money(amount, currencyId, {digits: [16, 1], humanReadable: true});
}

/** A day in words from today, as "3 days ago"; today and yesterday by name. */
export function relativeDay(text) {
    const day = deserializeDate(text.slice(0, 10));
    return day.toRelativeCalendar({base: DateTime.local().startOf("day"), unit: calendarUnit(day)});
}

/** A moment in words from now. */
export function relativeMoment(text) {
    const moment = deserializeDateTime(text);
    return moment.toRelativeCalendar({unit: calendarUnit(moment)});
}

function calendarUnit(day) {
    const days = Math.abs(DateTime.local().diff(day, "days").days);
    if (days < 45) {
        return "days";
    }
    return days < 700 ? "months" : "years";
}

export function day(text) {
    return text ? formatDate(deserializeDate(text.slice(0, 10))) : "";
}

export {formatInteger as integer};
