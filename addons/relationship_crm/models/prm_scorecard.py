from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.tools import format_date, formatLang

from ..lib import scorecard as scorecard_lib
from ..lib import targets as targets_lib
from ..lib.windows import add_months

#: what a scorecard shows, in its order: of each line the first metric that something supplies
LINES = (
    ("sold_products",),
    ("sold_units",),
    ("sold_revenue_invoiced",),
    ("active_customers",),
    ("lead_pipeline", "pipeline"),
    ("deal_win_rate", "lead_win_rate", "win_rate"),
    ("csat", "nps"),
    ("certified_people",),
    ("payment_delay_days",),
)
#: after this metric comes the attainment of targets
VOLUME = "sold_revenue_invoiced"
#: months that a scorecard looks back on
SPAN = 12
#: products named one by one
MOST_PRODUCTS = 5
#: peers of a program that are looked at, the first enrolled
MOST_PEERS = 1000
#: targets and lines of the plan that are shown: a scorecard has two pages at most
MOST_TARGETS = MOST_STEPS = 6


class PrmScorecard(models.AbstractModel):
    """How a partner does: metrics with trend and place, targets, products, plan.

    Every value is that of its metric; too little data is no value.
    """

    _name = "prm.scorecard"
    _description = "Partner Scorecard"

    @api.model
    def _scorecard_lines(self):
        """Hook: list of tuples of metric codes; of each tuple the first that has a source."""
        return list(LINES)

    @api.model
    def _cards(self, enrollments, day=None, compared=True):
        """Scorecards of enrollments as of the end of a day, in the language of the context.

        As superuser; a bounded number of queries for any number of enrollments of a company.

        :param day: date, today of each company by default
        :param bool compared: whether to look at the peers, for the quartiles
        :return: {enrollment id: dict of plain values}, see :meth:`_card`
        """
        cards = {}
        for company, some in enrollments.sudo().grouped("company_id").items():
            cards |= self.with_company(company)._company_cards(
                some, day or company._relationship_today(), compared
            )
        return cards

    @api.model
    def _company_cards(self, enrollments, day, compared):
        company = enrollments.company_id
        end = day + timedelta(days=1)
        peers = self._peers(enrollments) if compared else enrollments.browse()
        everybody = (enrollments.partner_id | peers.partner_id).ids
        metrics = self._metrics()
        windows = [
            ("now", add_months(end, -SPAN), end),
            ("former", add_months(end, -2 * SPAN), add_months(end, -SPAN)),
        ]
        facts = {
            "day": day,
            "metrics": metrics,
            "values": self._values(metrics.mapped("code"), windows, company, everybody),
            "months": self._month_values(enrollments.partner_id, day, company),
            "targets": self._targets(enrollments, day),
            "products": self._products(enrollments, windows),
            "plans": self._plans(enrollments),
            "tiers": {row["enrollment_id"]: row for row in enrollments._tier_progress()},
            "peers": peers.grouped("program_id"),
        }
        return {one.id: self._card(one, facts) for one in enrollments}

    # ------------------------------------------------------------ what is read

    @api.model
    def _metrics(self):
        """Metrics of the lines, in their order."""
        metric = self.env["relationship.metric"].sudo()
        supplied = metric._source_by_code()
        codes = [
            next((code for code in line if code in supplied), line[0])
            for line in self._scorecard_lines()
        ]
        found = {one.code: one for one in metric.search([("code", "in", codes)])}
        return metric.concat(*(found[code] for code in codes if code in found))

    @api.model
    def _peers(self, enrollments):
        """Active enrollments of the same programs in the same company."""
        enrollment = self.env["prm.enrollment"].sudo()
        return enrollment.union(
            *(
                enrollment.search(
                    [
                        ("program_id", "=", program.id),
                        ("company_id", "=", enrollments.company_id.id),
                        ("state", "=", "active"),
                    ],
                    order="id",
                    limit=MOST_PEERS,
                )
                for program in enrollments.program_id
            )
        )

    @api.model
    def _values(self, codes, windows, company, partners):
        """{(partner id, window key): {code: number or None}}, with a row for every partner."""
        metric = self.env["relationship.metric"].sudo()
        found = metric._values(codes, windows, company, partners)
        empty = metric._empty_values(codes)
        return {
            (partner, key): found.get((partner, key), empty)
            for partner in partners
            for key, _start, _end in windows
        }

    @api.model
    def _month_values(self, partners, day, company):
        """Volume by month, this year and the one before: {(partner id, month): {code: number}}."""
        end = day + timedelta(days=1)
        first = add_months(day.replace(day=1), 1 - 2 * SPAN)
        windows = [
            (month, month, min(add_months(month, 1), end))
            for month in targets_lib.months(first, end)
        ]
        return self._values([VOLUME], windows, company, partners.ids)

    @api.model
    def _targets(self, enrollments, day):
        """{partner: [(target, stand)]} of the targets whose period holds the day."""
        targets = self.env["prm.target"].sudo()
        targets = targets.search(
            [
                ("partner_id", "in", enrollments.partner_id.ids),
                ("company_id", "=", enrollments.company_id.id),
                ("date_from", "<=", day),
                ("date_to", ">=", day),
            ],
            order="period desc, product_categ_id, country_id, id",
        )
        stands = targets._stands(day)
        found = defaultdict(list)
        # those of everything first: they are never among those that are only counted
        for target in targets.sorted(lambda one: bool(one.product_categ_id or one.country_id)):
            found[target.partner_id].append((target, stands[target.id]))
        return found

    @api.model
    def _products(self, enrollments, windows):
        """{partner: {product: {"now": (quantity, revenue), "former": …}}}."""
        found = defaultdict(lambda: defaultdict(dict))
        for key, start, end in windows:
            rows = (
                self.env["prm.report"]
                .sudo()
                ._read_group(
                    [
                        ("partner_id", "in", enrollments.partner_id.ids),
                        ("company_id", "=", enrollments.company_id.id),
                        ("date", ">=", start),
                        ("date", "<", end),
                        ("product_id", "!=", False),
                    ],
                    ["partner_id", "product_id"],
                    ["quantity:sum", "revenue:sum"],
                )
            )
            for partner, product, quantity, revenue in rows:
                found[partner][product][key] = (quantity, revenue)
        return found

    @api.model
    def _plans(self, enrollments):
        """{enrollment: the plan in force that was agreed last}."""
        plans = (
            self.env["prm.plan"]
            .sudo()
            .search(
                [("enrollment_id", "in", enrollments.ids), ("state", "=", "agreed")],
                order="date_from, id",
            )
        )
        return {plan.enrollment_id: plan for plan in plans}

    # ------------------------------------------------------------ one card

    @api.model
    def _card(self, one, facts):
        """One scorecard as plain values: texts in the language of the context, numbers beside.

        ``lines``: dicts of ``code``, ``name``, ``value``, ``text``, ``former_text``,
        ``trend_text``, ``trend`` (better, worse, same or None) and ``quartile`` (1 is best, None
        below five peers); ``targets``, ``months``, ``products``, ``steps`` of the plan; how many
        targets and steps are left out; ``period``.
        """
        day = facts["day"]
        peers = facts["peers"].get(one.program_id, one.browse()).partner_id - one.partner_id
        lines = []
        for metric in facts["metrics"]:
            lines.append(self._line(one, metric, facts["values"], peers))
            if metric.code == VOLUME:
                lines.append(self._attainment_line(facts["targets"][one.partner_id]))
        tier = facts["tiers"].get(one.id, {})
        plan = facts["plans"].get(one)
        targets = facts["targets"][one.partner_id]
        steps = plan._open_lines() if plan else []
        return {
            "enrollment_id": one.id,
            "partner": one.partner_id.display_name,
            "program": one.program_id.display_name,
            "tier": one.grade_id.name or "",
            "manager": one.manager_id.name or "",
            "next_tier": tier.get("next_tier") or "",
            "points": int(tier.get("points") or 0),
            "pass_mark": int(tier.get("pass_mark") or 0),
            "period": self.env._(
                "12 months to %s", format_date(self.env, day, date_format="d MMMM yyyy")
            ),
            "lines": lines,
            "targets": [self._target_row(*pair) for pair in targets[:MOST_TARGETS]],
            "targets_left": max(len(targets) - MOST_TARGETS, 0),
            "months": self._months(one.partner_id, day, facts["months"]),
            "products": self._product_rows(one, facts["products"][one.partner_id]),
            "plan": plan.name if plan else "",
            "steps": [step._scorecard_step() for step in steps[:MOST_STEPS]],
            "steps_left": max(len(steps) - MOST_STEPS, 0),
        }

    @api.model
    def _line(self, one, metric, values, peers):
        code, higher = metric.code, metric.higher_is_better
        value = values[one.partner_id.id, "now"][code]
        former = values[one.partner_id.id, "former"][code]
        changed = scorecard_lib.change(value, former, metric.unit)
        others = [values[peer.id, "now"][code] for peer in peers]
        return {
            "code": code,
            "name": metric.name,
            "value": value,
            "text": self._text(value, metric.unit, one.company_id),
            "former_text": self._text(former, metric.unit, one.company_id),
            "trend_text": self._change_text(changed, metric.unit),
            "trend": scorecard_lib.direction(changed, higher),
            "quartile": scorecard_lib.quartile(
                value, [peer for peer in others if peer is not None], higher
            ),
        }

    @api.model
    def _attainment_line(self, targets):
        """Attainment of all running targets together: their mean."""
        attained = [
            stand["standing"].attainment
            for _target, stand in targets
            if stand["standing"].attainment is not None
        ]
        value = sum(attained) / len(attained) if attained else None
        return {
            "code": "attainment",
            "name": self.env._("Target Attained"),
            "value": value,
            "text": self._percent(value) if attained else self.env._("no target"),
            "former_text": "",
            "trend_text": "",
            "trend": None,
            "quartile": None,
        }

    @api.model
    def _target_row(self, target, stand):
        standing, unit = stand["standing"], target.metric_id.unit
        forecast = standing.forecast
        what = [
            target.metric_id.name,
            target.product_categ_id.display_name,
            target.country_id.name,
        ]
        return {
            "target_id": target.id,
            "name": ", ".join(part for part in what if part),
            "period": target._period_text(),
            "goal": self._text(target.goal, unit, target.company_id),
            "value": self._text(standing.value, unit, target.company_id),
            "attainment": standing.attainment,
            "attained": self._percent(standing.attainment),
            "pace": self._percent(standing.pace),
            "forecast": self._text(forecast.value, unit, target.company_id) if forecast else "",
            "low": self._text(forecast.low, unit, target.company_id) if forecast else "",
            "high": self._text(forecast.high, unit, target.company_id) if forecast else "",
        }

    @api.model
    def _months(self, partner, day, values):
        """The last twelve months: label, volume and that of a year before, as bars of 0 to 100."""
        end = day + timedelta(days=1)
        months = targets_lib.months(add_months(day.replace(day=1), 1 - SPAN), end)
        now = [values[partner.id, month][VOLUME] or 0.0 for month in months]
        before = [values[partner.id, add_months(month, -SPAN)][VOLUME] or 0.0 for month in months]
        top = max(now + before)
        bars = zip(scorecard_lib.heights(now, top), scorecard_lib.heights(before, top), strict=True)
        company = self.env.company
        return [
            {
                "label": format_date(self.env, month, date_format="MMM"),
                "text": self._text(value, "money", company),
                "former_text": self._text(former, "money", company),
                "bar": bar,
                "former_bar": former_bar,
            }
            for month, value, former, (bar, former_bar) in zip(
                months, now, before, bars, strict=True
            )
        ]

    @api.model
    def _product_rows(self, one, products):
        """The products that brought most, the others together."""
        ranked = sorted(
            products.items(), key=lambda item: (-item[1].get("now", (0, 0))[1], item[0].id)
        )
        ranked = [(product, keys) for product, keys in ranked if "now" in keys]
        rows = [
            self._product_row(one, product.display_name, [keys])
            for product, keys in ranked[:MOST_PRODUCTS]
        ]
        rest = [keys for _product, keys in ranked[MOST_PRODUCTS:]]
        if rest:
            rows.append(self._product_row(one, self.env._("%s more products", len(rest)), rest))
        return rows

    @api.model
    def _product_row(self, one, name, parts):
        none = (0.0, 0.0)
        quantity = sum(keys.get("now", none)[0] for keys in parts)
        revenue = sum(keys.get("now", none)[1] for keys in parts)
        former = sum(keys.get("former", none)[1] for keys in parts)
        return {
            "name": name,
            "quantity": self._text(quantity, "count", one.company_id),
            "revenue": self._text(revenue, "money", one.company_id),
            "former": self._text(former, "money", one.company_id),
        }

    # ------------------------------------------------------------ texts

    @api.model
    def _text(self, value, unit, company):
        """A value as a person reads it."""
        if value is None:
            return self.env._("not enough data")
        if unit == "money":
            whole = abs(value) >= 1000 or value == int(value)
            text = formatLang(self.env, round(value) if whole else value, digits=0 if whole else 2)
            symbol = company.currency_id.symbol
            before = company.currency_id.position == "before"
            return (
                f"{symbol}\N{NO-BREAK SPACE}{text}"
                if before
                else (f"{text}\N{NO-BREAK SPACE}{symbol}")
            )
        if unit == "percent":
            return self._percent(value)
        text = formatLang(self.env, value, digits=0 if value == int(value) else 1)
        return self.env._("%s days", text) if unit == "days" else text

    @api.model
    def _percent(self, value):
        if value is None:
            return ""
        return f"{formatLang(self.env, value, digits=0)}\N{NO-BREAK SPACE}%"

    @api.model
    def _change_text(self, changed, unit):
        """A change as a person reads it, with its sign."""
        if changed is None:
            return ""
        digits = 0 if abs(changed) >= 10 or changed == int(changed) else 1
        text = formatLang(self.env, abs(changed), digits=digits)
        sign = "+" if changed > 0 else "\N{MINUS SIGN}" if changed < 0 else ""
        percent = "" if unit in ("score", "days") else "\N{NO-BREAK SPACE}%"
        return f"{sign}{text}{percent}"
