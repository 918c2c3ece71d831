"""The nightly work on all customers: profiles, their ranking, segments by rule."""

from __future__ import annotations

import time
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from dateutil.relativedelta import relativedelta

from bench.runner.case import Case, Goal, Probe

BATCH, SEGMENTS = 10_000, 25  # as the crons take them
SAMPLE = 40

# One pass over each core table, each joined with the contacts once.
LIMIT = """
    CREATE TEMP TABLE bench_order ON COMMIT DROP AS
    SELECT p.commercial_partner_id AS partner_id, o.company_id, o.id, z.since, z.today,
           (o.date_order AT TIME ZONE 'UTC' AT TIME ZONE z.zone)::date AS day,
           coalesce(nullif(o.currency_rate, 0), 1) AS rate,
           o.amount_untaxed / coalesce(nullif(o.currency_rate, 0), 1) AS amount
      FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
      JOIN bench_zone z ON z.company_id = o.company_id WHERE o.state = 'sale';
    CREATE TEMP TABLE bench_bought ON COMMIT DROP AS
    SELECT partner_id, company_id, max(day) AS last_on,
           count(*) FILTER (WHERE day > since) AS frequency,
           sum(amount) FILTER (WHERE day > since) AS monetary,
           (min(day) FILTER (WHERE day > since) + interval '24 months')::date AS moves_on,
           count(*) FILTER (WHERE day >= since AND day < today) AS orders_24,
           count(*) FILTER (WHERE day >= today - interval '6 months' AND day < today) AS orders_6
      FROM bench_order GROUP BY 1, 2;
    CREATE TEMP TABLE bench_invoiced ON COMMIT DROP AS
    SELECT p.commercial_partner_id AS partner_id, m.company_id,
           sum(m.amount_untaxed_signed) FILTER (WHERE m.invoice_date < z.today
               AND m.invoice_date >= z.today - interval '12 months') AS invoiced_12
      FROM account_move m JOIN res_partner p ON p.id = m.partner_id
      JOIN bench_zone z ON z.company_id = m.company_id
     WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
     GROUP BY 1, 2;
    CREATE TEMP TABLE bench_talked ON COMMIT DROP AS
    SELECT i.partner_id, i.company_id,
           count(*) FILTER (WHERE i.occurred_at < z.now_utc
               AND i.occurred_at >= z.year_utc) AS talks_12,
           count(*) FILTER (WHERE i.occurred_at < z.now_utc
               AND i.occurred_at >= z.quarter_utc) AS talks_3
      FROM relationship_interaction i JOIN bench_zone z ON z.company_id = i.company_id
     WHERE i.partner_id IS NOT NULL GROUP BY 1, 2;
    CREATE TEMP TABLE bench_category ON COMMIT DROP AS
    SELECT partner_id, company_id,
           jsonb_agg(jsonb_build_array(categ_id, round((amount / total)::numeric, 2))
                     ORDER BY place) FILTER (WHERE place <= 3) AS categories
      FROM (SELECT *, sum(amount) OVER w AS total, row_number() OVER (w ORDER BY amount DESC,
                   categ_id) AS place
              FROM (SELECT o.partner_id, o.company_id, t.categ_id,
                           sum(l.price_subtotal / o.rate) AS amount
                      FROM bench_order o JOIN sale_order_line l ON l.order_id = o.id
                      JOIN product_product pp ON pp.id = l.product_id
                      JOIN product_template t ON t.id = pp.product_tmpl_id
                     WHERE o.day > o.since AND l.display_type IS NULL AND t.categ_id IS NOT NULL
                     GROUP BY 1, 2, 3) s
             WHERE amount > 0 WINDOW w AS (PARTITION BY partner_id, company_id)) r GROUP BY 1, 2;
    CREATE TEMP TABLE bench_rhythm ON COMMIT DROP AS
    SELECT partner_id, company_id, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY gap))::int
               AS gap
      FROM (SELECT partner_id, company_id, day - lag(day) OVER (PARTITION BY partner_id, company_id
                   ORDER BY day) AS gap
              FROM (SELECT DISTINCT partner_id, company_id, day FROM bench_order
                     WHERE day > since) d) g GROUP BY 1, 2;
    CREATE TEMP TABLE bench_usual ON COMMIT DROP AS
    SELECT partner_id, company_id, max(value) FILTER (WHERE what = 'weekday' AND place = 1
               AND n IS DISTINCT FROM next) AS weekday,
           max(value) FILTER (WHERE what = 'month' AND place = 1
               AND n IS DISTINCT FROM next) AS month
      FROM (SELECT *, row_number() OVER w AS place, lead(n) OVER w AS next
              FROM (SELECT partner_id, company_id, v.what, v.value, count(*) AS n
                      FROM bench_order CROSS JOIN LATERAL (VALUES
                           ('weekday', date_part('isodow', day)::int),
                           ('month', date_part('month', day)::int)) AS v(what, value)
                     WHERE day > since GROUP BY 1, 2, 3, 4) c
            WINDOW w AS (PARTITION BY partner_id, company_id, what ORDER BY n DESC)) u
     GROUP BY 1, 2;
    INSERT INTO relationship_profile (partner_id, company_id, kind, stage_id, stage_since,
           last_purchase_on, frequency, monetary, rfm_code, next_move_on, habits, create_uid,
           write_uid, create_date, write_date)
    SELECT partner_id, company_id, kind, %(stage)s, today, last_on, frequency, monetary,
           CASE WHEN frequency > 0 THEN
               ceil(5 * cume_dist() OVER (w ORDER BY last_on))::text
               || ceil(5 * cume_dist() OVER (w ORDER BY frequency))
               || ceil(5 * cume_dist() OVER (w ORDER BY monetary)) END,
           moves_on, habits, 1, 1, now(), now()
      FROM (SELECT f.partner_id, f.company_id, z.today, b.last_on, b.moves_on,
                   CASE WHEN p.is_company THEN 'b2b' ELSE 'b2c' END AS kind,
                   coalesce(b.frequency, 0) AS frequency,
                   round(coalesce(b.monetary, 0), z.decimals) AS monetary,
                   CASE WHEN b.frequency >= 3 THEN jsonb_build_object(
                       'categories', coalesce(c.categories, '[]'), 'interval_days', r.gap,
                       'channel', NULL, 'weekday', u.weekday, 'month', u.month) END AS habits
              FROM (SELECT partner_id, company_id FROM bench_bought UNION
                    SELECT partner_id, company_id FROM bench_invoiced UNION
                    SELECT partner_id, company_id FROM bench_talked UNION
                    SELECT partner_id, company_id FROM relationship_need UNION
                    SELECT p.commercial_partner_id, l.company_id FROM crm_lead l
                      JOIN res_partner p ON p.id = l.partner_id) f
              JOIN bench_zone z USING (company_id)
              LEFT JOIN bench_bought b USING (partner_id, company_id)
              LEFT JOIN bench_category c USING (partner_id, company_id)
              LEFT JOIN bench_rhythm r USING (partner_id, company_id)
              LEFT JOIN bench_usual u USING (partner_id, company_id)
              JOIN res_partner p ON p.id = f.partner_id) x
    WINDOW w AS (PARTITION BY company_id, kind, frequency > 0);
    INSERT INTO relationship_segment_member (segment_id, company_id, partner_id, entered_on,
           create_uid, write_uid, create_date, write_date)
    SELECT s.id, s.company_id, f.partner_id, z.today, 1, 1, now(), now()
      FROM relationship_profile f
      JOIN bench_zone z USING (company_id)
      LEFT JOIN bench_bought b USING (partner_id, company_id)
      LEFT JOIN bench_invoiced v USING (partner_id, company_id)
      LEFT JOIN bench_talked t USING (partner_id, company_id)
      JOIN res_partner p ON p.id = f.partner_id
      JOIN res_country k ON k.id = p.country_id
      JOIN relationship_segment s ON s.company_id = f.company_id AND CASE s.name->>'en_US'
           WHEN 'Bench Big' THEN coalesce(v.invoiced_12, 0) >= z.big
           WHEN 'Bench Loyal' THEN b.orders_24 >= 3 AND t.talks_12 >= 5
           WHEN 'Bench Lapsed' THEN f.frequency > 0 AND b.orders_6 = 0
           WHEN 'Bench Talked To' THEN t.talks_3 >= 3
           WHEN 'Bench Near' THEN f.frequency > 1 AND k.code IN ('US', 'DE', 'VN') END
     WHERE p.active"""


class Nightly(Case):
    """From nothing, the first night: every customer's profile, then ranks, then segments.

    After it days pass, one in a hundred of the customers with orders has one changed, and the
    night comes again: its time is told beside that of the whole.
    """

    name = "nightly"
    title = "profiles, ranking and segments of all customers, from nothing"
    needs = ("relationship.profile", "relationship.segment", "relationship.metric.snapshot")
    goals = (
        Goal("ordinary/ours", ">=", 100, ("S", "M", "L")),
        Goal("ours/limit", "<=", 2, ("S", "M", "L")),
        Goal("1 % night/full night", "<=", 0.1, ("S", "M", "L")),
        Goal("growth", "<=", 1.1),
    )

    def units(self) -> int:
        return int(self.note["rows"]["bench_customers"])

    def setup(self, env: Any) -> None:
        """Know the companies' days; start without profiles and members."""
        self.env = env(su=True)
        self.companies = self.env["res.company"].search([], order="id")
        self.today = {company.id: company._relationship_today() for company in self.companies}
        env.cr.execute(
            "DELETE FROM relationship_queue; DELETE FROM relationship_segment_member;"
            "DELETE FROM relationship_profile; DELETE FROM relationship_rfm_limit;"
            "DELETE FROM ir_config_parameter WHERE key = 'relationship_crm.profile_night'"
        )
        self.env.registry.clear_cache()
        self.segments = self.env["relationship.segment"].search([("name", "=like", "Bench %")])
        self.segments.write({"refreshed_at": False})

    # ------------------------------------------------------------ ours

    def ours(self, env: Any, probe: Probe) -> Any:
        """Do what the crons do in the first night."""
        started = time.perf_counter()
        self._night()
        self.full = time.perf_counter() - started

    def _night(self) -> None:
        """Find who has to be looked at, refresh them, rank, and find who is in the segments."""
        profiles, segments = self.env["relationship.profile"], self.env["relationship.segment"]
        profiles._job_night(1)
        while profiles._job_refresh(BATCH):
            self.env.cr.flush()
        while profiles._job_rank(1):
            self.env.cr.flush()
        while segments._job_refresh_segments(SEGMENTS):
            self.env.cr.flush()

    def _let_days_pass(self, env: Any) -> None:
        """Put back by a day or two what the first night noted; a transaction has only one now().

        By then the database has gathered statistics.
        """
        env.flush_all()
        env.cr.execute(
            """UPDATE relationship_profile SET touched_at = touched_at - interval '2 days',
                      write_date = write_date - interval '2 days';
               UPDATE relationship_segment SET refreshed_at = refreshed_at - interval '1 day',
                      judged_at = judged_at - interval '1 day', judged_on = judged_on - 1;
               UPDATE ir_config_parameter SET value = (value::timestamp - interval '1 day')::text
                WHERE key = 'relationship_crm.profile_night';
               ANALYZE relationship_profile, relationship_segment_member, relationship_queue"""
        )
        env.invalidate_all()
        env.registry.clear_cache()

    def _members(self, env: Any) -> set[tuple[int, int]]:
        env.cr.execute(
            "SELECT segment_id, partner_id FROM relationship_segment_member WHERE left_on IS NULL"
        )
        return set(env.cr.fetchall())

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Change one in a hundred, then time a later night and the month-end snapshots.

        That night looks at some of the customers; it must find what looking at all finds.
        """
        self._let_days_pass(env)
        env.cr.execute(
            """UPDATE sale_order SET write_date = now() AT TIME ZONE 'UTC',
                      amount_untaxed = amount_untaxed + 10
                WHERE id IN (SELECT max(id) FROM sale_order WHERE state = 'sale'
                              GROUP BY partner_id HAVING mod(partner_id, 100) = 7)"""
        )
        changed = env.cr.rowcount
        started = time.perf_counter()
        self._night()
        night = time.perf_counter() - started
        found = self._members(env)
        for segment in self.segments:
            segment._refresh_members()
        if found != self._members(env):
            raise AssertionError("looking at some of the customers found other members")
        started = time.perf_counter()
        while self.env["relationship.metric.snapshot"]._job_snapshot(1):
            self.env.cr.flush()
        return {
            "changed": float(changed),
            "1 % night s": night,
            "1 % night/full night": night / self.full,
            "month-end snapshots s": time.perf_counter() - started,
        }

    # ------------------------------------------------------------ the ordinary way

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Go through the customers one by one: a sample of them, scaled up."""
        customers = self.env["res.partner"].search(
            [("parent_id", "=", False), ("customer_rank", ">", 0), ("ref", "=like", "B%")],
            order="id",
        )
        step = max(len(customers) // SAMPLE, 1)
        sample = customers[::step][:SAMPLE]
        probe.share = len(sample) / len(customers)
        for partner in sample:
            for company in self.companies:
                self._by_hand(partner, company)
                self.env.flush_all()

    def _by_hand(self, partner: Any, company: Any) -> None:
        """Work out one customer of one company by the ORM."""
        today = self.today[company.id]
        since = today - relativedelta(months=24)
        family = [("partner_id", "child_of", partner.id), ("company_id", "=", company.id)]
        orders = self.env["sale.order"].search([*family, ("state", "=", "sale")])
        facts = orders or any(
            self.env[model].search(domain, limit=1)
            for model, domain in (
                ("account.move", [*family, ("state", "=", "posted"),
                                  ("move_type", "in", ("out_invoice", "out_refund"))]),
                ("crm.lead", family),
                ("relationship.interaction", family),
                ("relationship.need", family),
            )
        )  # fmt: skip
        if not facts:
            return
        recent = orders.filtered(lambda order: order.date_order.date() > since)
        amounts: dict[int, float] = {}
        for line in recent.order_line.filtered(lambda line: not line.display_type):
            category = line.product_id.categ_id.id
            amount = line.price_subtotal / (line.order_id.currency_rate or 1)
            amounts[category] = amounts.get(category, 0) + amount
        days = sorted({order.date_order.date() for order in recent})
        gaps = [(b - a).days for a, b in pairwise(days)]
        ranked = sorted(amounts, key=lambda category: (-amounts[category], category))
        values = {
            "kind": "b2b" if partner.is_company else "b2c",
            "last_purchase_on": max((order.date_order.date() for order in orders), default=False),
            "frequency": len(recent),
            "monetary": sum(order.amount_untaxed / (order.currency_rate or 1) for order in recent),
            "next_move_on": days and days[0] + relativedelta(months=24),
            "habits": len(recent) >= 3
            and {
                "categories": [[category, 0] for category in ranked[:3]],
                "interval_days": round(median(gaps)) if gaps else None,
            },
        }
        profile = self.env["relationship.profile"].search(
            [("partner_id", "=", partner.id), ("company_id", "=", company.id)]
        )
        if profile:
            profile.write(values)
        else:
            keys = {"partner_id": partner.id, "company_id": company.id}
            profile = self.env["relationship.profile"].create(values | keys)
        self._sort_in(profile, family, today)

    def _sort_in(self, profile: Any, family: list[Any], today: date) -> None:
        """Put one customer into the segments of one company."""

        def documents(model: str, field: str, months: int, *more: Any) -> Any:
            """Those of this customer in the last months, until yesterday."""
            start = today - relativedelta(months=months)
            window = [(field, ">=", start), (field, "<", today)]
            return self.env[model].search([*family, *window, *more])

        invoices = documents(
            "account.move", "invoice_date", 12, ("state", "=", "posted"),
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
        )  # fmt: skip
        sold = ("state", "=", "sale")
        near = profile.partner_id.country_id.code in ("US", "DE", "VN")
        fits = {
            "Bench Big": sum(invoices.mapped("amount_untaxed_signed"))
            >= self._big(profile.company_id),
            "Bench Loyal": len(documents("sale.order", "date_order", 24, sold)) >= 3
            and len(documents("relationship.interaction", "occurred_at", 12)) >= 5,
            "Bench Lapsed": profile.frequency > 0
            and not documents("sale.order", "date_order", 6, sold),
            "Bench Talked To": len(documents("relationship.interaction", "occurred_at", 3)) >= 3,
            "Bench Near": profile.frequency > 1 and near,
        }
        for segment in self.segments.filtered(lambda s: s.company_id == profile.company_id):
            keys = {"segment_id": segment.id, "partner_id": profile.partner_id.id}
            members = self.env["relationship.segment.member"]
            if fits[segment.name] and not members.search([(k, "=", v) for k, v in keys.items()]):
                members.create(keys)

    def _big(self, company: Any) -> float:
        """The threshold of the segment of big customers, in the company's currency."""
        segments = self.segments.filtered(lambda s: s.company_id == company)
        return segments.filtered(lambda s: s.name == "Bench Big").criterion_ids.threshold

    # ------------------------------------------------------------ the limit

    def limit(self, env: Any, probe: Probe) -> Any:
        """Do it in a handful of statements over whole tables."""
        env.cr.execute(
            """CREATE TEMP TABLE bench_zone (company_id int, zone text, today date, since date,
                   now_utc timestamp, year_utc timestamp, quarter_utc timestamp, decimals int,
                   big float) ON COMMIT DROP"""
        )
        for company in self.companies:
            zone, today = company._relationship_tz(), self.today[company.id]
            env.cr.execute(
                """INSERT INTO bench_zone SELECT %(id)s, %(zone)s, d, d - interval '24 months',
                       d::timestamp AT TIME ZONE %(zone)s AT TIME ZONE 'UTC',
                       (d - interval '12 months') AT TIME ZONE %(zone)s AT TIME ZONE 'UTC',
                       (d - interval '3 months') AT TIME ZONE %(zone)s AT TIME ZONE 'UTC',
                       %(decimals)s, %(big)s FROM (SELECT %(today)s::date AS d) x""",
                {
                    "id": company.id,
                    "zone": zone,
                    "today": today,
                    "decimals": company.currency_id.decimal_places,
                    "big": self._big(company),
                },
            )
        env.cr.execute("ANALYZE bench_zone; SET LOCAL work_mem = '64MB'")
        stage = self.env["relationship.stage"].search([("code", "=", "exploratory")])
        env.cr.execute(LIMIT, {"stage": stage.id})

    # ------------------------------------------------------------ compared

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return profile, rank and segments of each customer with each company."""
        env.flush_all()
        env.cr.execute("ANALYZE relationship_profile, relationship_segment_member")
        env.cr.execute(
            """SELECT p.ref || ' ' || f.company_id, concat_ws('|', f.kind, f.last_purchase_on,
                      f.frequency, round(f.monetary, 2), f.next_move_on,
                      jsonb_path_query_array(f.habits, '$.categories[*][0]'),
                      f.habits->'interval_days',
                      (SELECT string_agg(s.name->>'en_US', ',' ORDER BY s.name->>'en_US')
                         FROM relationship_segment_member m
                         JOIN relationship_segment s ON s.id = m.segment_id
                        WHERE m.partner_id = f.partner_id AND m.company_id = f.company_id
                          AND m.left_on IS NULL)), f.rfm_code
                 FROM relationship_profile f JOIN res_partner p ON p.id = f.partner_id
                WHERE p.ref LIKE 'B%'"""
        )
        rows = env.cr.fetchall()
        ranks = {f"{key} rank": rank for key, _text, rank in rows if rank}
        return {key: text for key, text, _rank in rows} | ranks
