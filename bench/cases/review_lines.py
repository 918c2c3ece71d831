"""Tier reviews of all partners with their lines, and a simulation beside them."""

from __future__ import annotations

import json
import time
from typing import Any

from dateutil.relativedelta import relativedelta

from bench.cases.review import PASS_MARK, Review
from bench.runner.case import Goal, Probe

LINES = """
    INSERT INTO prm_review_line (review_id, enrollment_id, partner_id, program_id, company_id,
           manager_id, grade_id, earned_grade_id, to_grade_id, judged_grade_id, outcome, state,
           appeal_state, points, pass_mark, evidence, create_uid, write_uid, create_date,
           write_date)
    SELECT (%(reviews)s::jsonb ->> d.company_id::text)::int, d.id, d.partner_id, d.program_id,
           d.company_id, d.manager_id, d.grade_id, d.earned_id, d.to_tier, j.judged, d.outcome,
           'proposed', 'none', d.points[j.place], %(mark)s, d.evidence -> j.place - 1, 1, 1,
           now(), now()
      FROM bench_decided d
      CROSS JOIN LATERAL (SELECT CASE WHEN d.outcome = 'promote' THEN d.to_tier
                                      ELSE coalesce(d.grade_id, (%(tiers)s::int[])[3]) END) a(judged)
      CROSS JOIN LATERAL (SELECT a.judged, array_position(%(tiers)s::int[], a.judged)) j(judged, place)
"""  # noqa: E501 - SQL


class ReviewLines(Review):
    """The same as a review does it: a line a partner with its evidence, in the database.

    After it, a simulation of easier rules over the sales of 24 months, with other pricelists, is
    timed beside the review.
    """

    name = "review_lines"
    title = "tier review of all partners with its lines; a simulation of 24 months"
    needs = ("prm.review", "prm.simulation")
    goals = (
        Goal("ordinary/ours", ">=", 50, ("S", "M", "L")),
        Goal("ours/limit", "<=", 3, ("S", "M", "L")),
        Goal("simulation/review", "<=", 3, ("S", "M", "L")),
        Goal("growth", "<=", 1.1),
    )

    def setup(self, env: Any) -> None:
        """Give tiers and partners their pricelists, and make an empty review for each company."""
        super().setup(env)
        lists = self.env["product.pricelist"].create(
            [self._prepare_pricelist(percent) for percent in (20, 12, 5)]
        )
        for tier, pricelist in zip(self.tiers, lists, strict=True):
            tier.default_pricelist_id = pricelist
        env.cr.execute(
            """UPDATE res_partner p SET specific_property_product_pricelist =
                      jsonb_build_object(e.company_id::text, g.default_pricelist_id)
                 FROM prm_enrollment e JOIN res_partner_grade g ON g.id = e.grade_id
                WHERE p.id = e.partner_id AND e.state = 'active'"""
        )
        self.reviews = self.env["prm.review"].create(
            [
                {
                    "program_id": self.program.id,
                    "company_id": company.id,
                    "day": self.today[company.id],
                }
                for company in self.companies
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()

    def _prepare_pricelist(self, percent: int) -> dict[str, Any]:
        """A pricelist with a rule for all and a better price for ten or more."""
        rule = {"applied_on": "3_global", "compute_price": "percentage"}
        return {
            "name": f"Bench {percent}",
            "company_id": False,
            "item_ids": [
                (0, 0, {**rule, "percent_price": percent}),
                (0, 0, {**rule, "percent_price": percent + 2, "min_quantity": 10}),
            ],
        }

    def ours(self, env: Any, probe: Probe) -> Any:
        """Compute the reviews."""
        self.env.invalidate_all()
        for review in self.reviews:
            review.action_compute()
        self.env.flush_all()
        return self._lines(env)

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Decide one by one, and create a line for each."""
        found = super().ordinary(env, probe)
        reviews = {review.company_id: review for review in self.reviews}
        for key, (earned, outcome, to_tier) in found.items():
            enrollment = self.env["prm.enrollment"].browse(key)
            self.env["prm.review.line"].create(
                {
                    "review_id": reviews[enrollment.company_id].id,
                    "enrollment_id": key,
                    "grade_id": enrollment.grade_id.id,
                    "earned_grade_id": earned,
                    "to_grade_id": to_tier,
                    "outcome": outcome,
                }
            )
            self.env.flush_all()
        return self._lines(env)

    def limit(self, env: Any, probe: Probe) -> Any:
        """Decide in SQL and insert the lines from there."""
        self._limit(env)
        reviews = {str(review.company_id.id): review.id for review in self.reviews}
        values = {"reviews": json.dumps(reviews), "mark": PASS_MARK, "tiers": self.tiers.ids}
        env.cr.execute(LINES, values)
        return self._lines(env)

    def _lines(self, env: Any) -> dict[int, tuple[Any, ...]]:
        """What stands in the lines."""
        env.cr.execute(
            """SELECT enrollment_id, coalesce(earned_grade_id, 0), outcome,
                      coalesce(to_grade_id, 0) FROM prm_review_line"""
        )
        return {key: tuple(row) for key, *row in env.cr.fetchall()}

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Simulate easier rules over 24 months in every company, in turns with its review."""
        seconds, review_seconds, up = 0.0, 0.0, 0
        for company, review in zip(self.companies, self.reviews, strict=True):
            draft = self._draft(company)
            review_seconds += self._time(review.action_compute)
            seconds += self._time(draft.action_run)
            up += draft.promote_count
        return {
            "simulation s": seconds,
            "simulation/review": seconds / review_seconds,
            "simulated up": up,
        }

    def _draft(self, company: Any) -> Any:
        """Rules that ask for a fifth less."""
        today = self.today[company.id]
        draft = self.env["prm.simulation"].create(
            {
                "name": "Bench",
                "program_id": self.program.id,
                "company_id": company.id,
                "date_from": today - relativedelta(months=24),
                "date_to": today - relativedelta(days=1),
            }
        )
        for criterion in draft.criterion_ids.filtered(lambda one: one.operator == ">="):
            criterion.threshold *= 0.8
        return draft

    def _time(self, work: Any) -> float:
        """Seconds of one piece of work on cold caches."""
        self.env.flush_all()
        self.env.invalidate_all()
        started = time.perf_counter()
        work()
        self.env.flush_all()
        return time.perf_counter() - started
