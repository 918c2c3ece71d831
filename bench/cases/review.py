"""Tier reviews of all partners, without their lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from bench.runner.case import Case, Goal, Probe

SAMPLE = 40
PASS_MARK = 70
# metric, months, operator, weight, thresholds of gold, silver and bronze; a must for gold alone
CRITERIA = (
    ("sold_revenue_ordered", 12, ">=", 4, (40_000, 20_000, 8_000)),
    ("sold_orders", 24, ">=", 1, (30, 15, 6)),
    ("sold_products", 12, ">=", 2, (24, 12, 6)),
    ("days_since_purchase", 12, "<=", 1, (60, 120, 240)),
)
MUST = "sold_products"

# Every document once for whom it counts, its lines once, then points of each tier, then the tier.
LIMIT = """
    CREATE TEMP TABLE bench_sold ON COMMIT DROP AS
    SELECT s.partner_id, s.company_id, s.id, s.date_order, s.own,
           o.amount_untaxed / coalesce(nullif(o.currency_rate, 0), 1) AS amount
      FROM (SELECT c.commercial_partner_id AS partner_id, o.company_id, o.id, o.date_order,
                   true AS own
              FROM sale_order o JOIN res_partner c ON c.id = o.partner_id
              JOIN bench_zone z ON z.company_id = o.company_id
             WHERE o.state = 'sale' AND o.date_order >= z.months_24 AND o.date_order < z.now_utc
            UNION ALL
            SELECT t.commercial_partner_id, o.company_id, o.id, o.date_order, false
              FROM sale_order o JOIN res_partner c ON c.id = o.partner_id
              JOIN res_partner t ON t.id = o.prm_partner_id
              JOIN bench_zone z ON z.company_id = o.company_id
             WHERE o.state = 'sale' AND o.date_order >= z.months_24 AND o.date_order < z.now_utc
               AND t.commercial_partner_id <> c.commercial_partner_id) s
      JOIN sale_order o ON o.id = s.id
     WHERE EXISTS (SELECT FROM prm_enrollment e WHERE e.partner_id = s.partner_id
                      AND e.company_id = s.company_id AND e.state = 'active');
    CREATE TEMP TABLE bench_decided ON COMMIT DROP AS
    WITH heads AS (
        SELECT s.partner_id, s.company_id, count(*) AS orders,
               sum(s.amount) FILTER (WHERE s.date_order >= z.months_12) AS revenue,
               z.today - 1 - max((s.date_order AT TIME ZONE 'UTC' AT TIME ZONE z.zone)::date)
                   FILTER (WHERE s.own AND s.date_order >= z.months_12) AS days
          FROM bench_sold s JOIN bench_zone z USING (company_id) GROUP BY 1, 2, z.today),
    lines AS (
        SELECT s.partner_id, s.company_id, count(DISTINCT pp.product_tmpl_id)
                   FILTER (WHERE l.product_uom_qty > 0) AS products
          FROM bench_sold s JOIN bench_zone z USING (company_id)
          JOIN sale_order_line l ON l.order_id = s.id
          JOIN product_product pp ON pp.id = l.product_id
          JOIN product_template pt ON pt.id = pp.product_tmpl_id
         WHERE s.date_order >= z.months_12 AND l.display_type IS NULL
           AND l.is_downpayment IS NOT TRUE AND pt.type <> 'combo'
         GROUP BY 1, 2),
    scored AS (
        SELECT e.id, e.partner_id, e.company_id, e.manager_id, e.program_id, e.grade_id, t.tier,
               t.rank, v.*,
               (4 * least(greatest(v.revenue / t.revenue_asked, 0), 1)
                + least(v.orders / t.orders_asked, 1) + 2 * least(v.products / t.products_asked, 1)
                + CASE WHEN v.days <= t.days_asked THEN 1 WHEN v.days IS NULL THEN 0
                       ELSE t.days_asked / v.days END) / 8 * 100 AS points,
               t.rank > 1 OR v.products >= t.products_asked AS musts,
               t.revenue_asked, t.orders_asked, t.products_asked, t.days_asked
          FROM prm_enrollment e
          LEFT JOIN heads h USING (partner_id, company_id)
          LEFT JOIN lines l USING (partner_id, company_id)
          CROSS JOIN LATERAL (VALUES (coalesce(h.revenue, 0)::float, coalesce(h.orders, 0)::float,
               coalesce(l.products, 0)::float, h.days::float))
               AS v(revenue, orders, products, days)
          CROSS JOIN bench_asked t
         WHERE e.state = 'active' AND e.program_id = %(program)s)
    SELECT d.*, CASE WHEN better THEN earned_id ELSE after_policy END AS to_tier,
           CASE WHEN better THEN 'promote' WHEN after_policy IS DISTINCT FROM grade_id
                THEN 'demote' ELSE 'keep' END AS outcome
      FROM (SELECT m.*, m.earned_rank < coalesce(m.held, 99) AS better,
                   (%(tiers)s::int[])[m.earned_rank] AS earned_id,
                   CASE WHEN m.held IS NULL OR m.earned_rank = m.held THEN m.grade_id
                        ELSE (%(tiers)s::int[])[m.held + 1] END AS after_policy
              FROM (SELECT id, partner_id, company_id, manager_id, program_id, grade_id,
                           min(rank) FILTER (WHERE points + 1e-7 >= %(mark)s AND musts)
                               AS earned_rank,
                           min(rank) FILTER (WHERE tier = grade_id) AS held,
                           array_agg(points ORDER BY rank) AS points,
                           jsonb_agg(jsonb_build_array(
                               jsonb_build_object('value', revenue, 'threshold', revenue_asked),
                               jsonb_build_object('value', orders, 'threshold', orders_asked),
                               jsonb_build_object('value', products, 'threshold', products_asked),
                               jsonb_build_object('value', days, 'threshold', days_asked))
                               ORDER BY rank) AS evidence
                      FROM scored GROUP BY 1, 2, 3, 4, 5, 6) m) d
"""


class Review(Case):
    """Judge every active partner of one program in three companies, by four criteria a tier.

    Two of them look at documents of 12 and 24 months, one at their lines, one is better when it is
    lower. Nothing is written.
    """

    name = "review"
    title = "tier review of all partners, without its lines"
    needs = ("relationship.criterion", "prm.enrollment")
    goals: tuple[Goal, ...] = (
        Goal("ordinary/ours", ">=", 50, ("S", "M", "L")),
        Goal("ours/limit", "<=", 2, ("S", "M", "L")),
        Goal("growth", "<=", 1.1),
    )

    def units(self) -> int:
        return len(self.enrollments)

    def setup(self, env: Any) -> None:
        """Put all partners into one program whose three tiers ask for four things each."""
        self.env = env(su=True)
        self.companies = self.env["res.company"].search([], order="id")
        self.today = {company.id: company._relationship_today() for company in self.companies}
        self.program = self.env["prm.program"].search([("name", "=", "Bench resellers")])
        self.tiers = self.env["res.partner.grade"].search([], order="sequence, id", limit=3)
        env.cr.execute("UPDATE prm_enrollment SET program_id = %s", [self.program.id])
        env.invalidate_all()
        self.tiers.write({"prm_program_id": self.program.id, "prm_pass_mark": PASS_MARK})
        self.tiers.prm_criterion_ids.unlink()
        metrics = {metric.code: metric.id for metric in self.env["relationship.metric"].search([])}
        for place, tier in enumerate(self.tiers):
            self.env["relationship.criterion"].create(
                [
                    {
                        "grade_id": tier.id,
                        "metric_id": metrics[code],
                        "window_length": months,
                        "operator": operator,
                        "weight": weight,
                        "threshold": thresholds[place],
                        "must": code == MUST and not place,
                    }
                    for code, months, operator, weight, thresholds in CRITERIA
                ]
            )
        self.program.demotion_policy = "one_down"
        self.enrollments = self.env["prm.enrollment"].search(
            [("program_id", "=", self.program.id), ("state", "=", "active")], order="id"
        )
        self.env.flush_all()

    # ------------------------------------------------------------ ours

    def ours(self, env: Any, probe: Probe) -> Any:
        """Decide for each company."""
        self.env.invalidate_all()
        found: dict[int, Any] = {}
        for company, some in self.enrollments.grouped("company_id").items():
            found |= self.program._decide(some, company, self.today[company.id])
        return {key: (one.earned, one.outcome, one.to_tier) for key, one in found.items()}

    # ------------------------------------------------------------ the ordinary way

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Go through the partners one by one: a sample of them, scaled up."""
        self.env.invalidate_all()
        step = max(len(self.enrollments) // SAMPLE, 1)
        sample = self.enrollments[::step][:SAMPLE]
        probe.share = len(sample) / len(self.enrollments)
        return {one.id: self._by_hand(one) for one in sample}

    def _by_hand(self, enrollment: Any) -> tuple[int, str, int]:
        """Decide about one partner by the ORM.

        As one writes it whose criteria are records that a manager may change: the tiers are asked
        from the best down until one is earned, a tier asks each of its criteria, and a criterion
        reads the documents of its own window. What it finds is kept as evidence. Reading one
        partner's orders once for all criteria would be faster (see the README), but then the four
        criteria are written into the code.
        """
        evidence: dict[int, list[dict[str, Any]]] = {}
        earned = next(
            (tier for tier in self.tiers if self._earns(tier, enrollment, evidence)), None
        )
        tiers = list(self.tiers)
        held = tiers.index(enrollment.grade_id) if enrollment.grade_id in tiers else None
        place = tiers.index(earned) if earned else None
        if earned is not None and place is not None and (held is None or place < held):
            return earned.id, "promote", earned.id
        if held is None or place == held:
            return earned.id if earned else 0, "keep", enrollment.grade_id.id or 0
        below = tiers[held + 1].id if held + 1 < len(tiers) else 0
        return earned.id if earned else 0, "demote", below

    def _earns(self, tier: Any, enrollment: Any, evidence: dict[int, list[dict[str, Any]]]) -> bool:
        """Whether one partner earns a tier."""
        points, weights, passes = 0.0, 0.0, True
        evidence[tier.id] = []
        for criterion in tier.prm_criterion_ids:
            value = getattr(self, f"_{criterion.metric_id.code}")(criterion, enrollment)
            threshold, part = criterion.threshold, 0.0
            if value is not None:
                higher = criterion.operator == ">="
                part = value / threshold if higher else threshold / max(value, 1e-9)
            points += criterion.weight * min(max(part, 0), 1)
            weights += criterion.weight
            passes = passes and (part >= 1 or not criterion.must)
            evidence[tier.id].append(
                {"criterion_id": criterion.id, "value": value, "threshold": threshold}
            )
        return passes and points / weights * 100 >= tier.prm_pass_mark - 1e-7

    def _sold_in_window(self, criterion: Any, enrollment: Any) -> list[Any]:
        """Domain of the orders a partner sold within the window of a criterion."""
        return [
            *self._in_window(criterion, enrollment),
            "|",
            ("partner_id", "child_of", enrollment.partner_id.id),
            ("prm_partner_id", "child_of", enrollment.partner_id.id),
        ]

    def _in_window(self, criterion: Any, enrollment: Any) -> list[Any]:
        company = enrollment.company_id
        zone, today = ZoneInfo(company._relationship_tz()), self.today[company.id]
        return [
            ("state", "=", "sale"),
            ("company_id", "=", company.id),
            (
                "date_order",
                ">=",
                _utc(today - relativedelta(months=criterion.window_length), zone),
            ),
            ("date_order", "<", _utc(today, zone)),
        ]

    def _sold_revenue_ordered(self, criterion: Any, enrollment: Any) -> float:
        orders = self.env["sale.order"].search(self._sold_in_window(criterion, enrollment))
        return sum(order.amount_untaxed / (order.currency_rate or 1) for order in orders)

    def _sold_orders(self, criterion: Any, enrollment: Any) -> int:
        return self.env["sale.order"].search_count(self._sold_in_window(criterion, enrollment))

    def _sold_products(self, criterion: Any, enrollment: Any) -> int:
        orders = self.env["sale.order"].search(self._sold_in_window(criterion, enrollment))
        lines = orders.order_line.filtered(
            lambda line: (
                not line.display_type and not line.is_downpayment and line.product_uom_qty > 0
            )
        )
        return len(lines.product_id.product_tmpl_id.filtered(lambda one: one.type != "combo"))

    def _days_since_purchase(self, criterion: Any, enrollment: Any) -> int | None:
        company = enrollment.company_id
        last = self.env["sale.order"].search(
            [
                *self._in_window(criterion, enrollment),
                ("partner_id", "child_of", enrollment.partner_id.id),
            ],
            order="date_order desc",
            limit=1,
        )
        if not last:
            return None
        bought = _day(last.date_order, ZoneInfo(company._relationship_tz()))
        return (self.today[company.id] - bought).days - 1

    # ------------------------------------------------------------ the limit

    def limit(self, env: Any, probe: Probe) -> Any:
        """Decide in SQL: one pass over orders and over their lines."""
        self._limit(env)
        env.cr.execute(
            "SELECT id, coalesce(earned_id, 0), outcome, coalesce(to_tier, 0) FROM bench_decided"
        )
        return {key: tuple(row) for key, *row in env.cr.fetchall()}

    def _limit(self, env: Any) -> None:
        env.cr.execute(
            """CREATE TEMP TABLE bench_zone (company_id int, zone text, today date,
                   now_utc timestamp, months_12 timestamp, months_24 timestamp) ON COMMIT DROP;
               CREATE TEMP TABLE bench_asked (tier int, rank int, revenue_asked float,
                   orders_asked float, products_asked float, days_asked float) ON COMMIT DROP"""
        )
        for company in self.companies:
            name, today = company._relationship_tz(), self.today[company.id]
            moments = [
                _utc(today - relativedelta(months=months), ZoneInfo(name)) for months in (0, 12, 24)
            ]
            env.cr.execute(
                "INSERT INTO bench_zone VALUES (%s, %s, %s, %s, %s, %s)",
                [company.id, name, today, *moments],
            )
        for place, tier in enumerate(self.tiers):
            env.cr.execute(
                "INSERT INTO bench_asked VALUES (%s, %s, %s, %s, %s, %s)",
                [tier.id, place + 1, *[one[4][place] for one in CRITERIA]],
            )
        env.cr.execute("ANALYZE bench_zone; ANALYZE bench_asked; SET LOCAL work_mem = '64MB'")
        env.cr.execute(
            LIMIT, {"program": self.program.id, "tiers": self.tiers.ids, "mark": PASS_MARK}
        )

    # ------------------------------------------------------------ compared

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return what was decided about each partner."""
        return {str(key): "|".join(map(str, value)) for key, value in outcome.items()}


def _utc(day: Any, zone: ZoneInfo) -> datetime:
    """The moment a day begins there, as UTC without zone."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def _day(moment: datetime, zone: ZoneInfo) -> Any:
    """The day a moment (UTC without zone) falls on there."""
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()
