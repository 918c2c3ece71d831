"""All groupings of the page of a wave over the scores of one wave."""

from __future__ import annotations

from typing import Any

from bench.runner.case import Case, Goal, Probe

METRICS = ("nps", "csat", "ces", "dimension")
# Scores of one wave: customers in turn, four measures, the answers spread over a quarter.
FILL = """
    INSERT INTO feedback_score (company_id, program_id, wave_id, survey_id, partner_id, contact_id,
           metric, value, band, channel, weight, answered_on, is_sealed, create_date, write_date)
    SELECT %(company)s, %(program)s, %(wave)s, %(survey)s, ids[1 + mod(n, cardinality(ids))],
           ids[1 + mod(n, cardinality(ids))], (%(metrics)s::text[])[1 + mod(n / 7, 4)],
           mod(n * 7, 11), (array['low', 'middle', 'high'])[1 + mod(n * 7, 3)],
           (array['email', 'phone', 'portal'])[1 + mod(n, 3)], 1,
           %(as_of)s::date - mod(n, 90) * interval '1 day', FALSE, now(), now()
      FROM generate_series(1, %(rows)s) AS n,
           (SELECT array_agg(id ORDER BY id) AS ids FROM
                (SELECT id FROM res_partner WHERE parent_id IS NULL ORDER BY id LIMIT 20000) p) p"""
# What one would write by hand: one pass over the scores, one join for each list of many.
PLAIN = """
    WITH answer AS MATERIALIZED (
        SELECT s.metric, s.dimension_id, s.value, s.band, s.touchpoint_id, s.channel, s.partner_id,
               s.contact_id, s.answered_on, p.user_id, p.grade_id,
               date_trunc('month', s.answered_on AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                   AS month
          FROM feedback_score s LEFT JOIN res_partner p ON p.id = s.partner_id
         WHERE s.wave_id = %(wave)s
    )
    SELECT metric, dimension_id, grouping(touchpoint_id, channel, user_id, grade_id, month),
           coalesce(touchpoint_id::text, channel::text, user_id::text, grade_id::text, month::text),
           count(*), count(*) FILTER (WHERE band = 'high'), count(*) FILTER (WHERE band = 'low'),
           sum(value), sum(value * value)
      FROM answer
     GROUP BY GROUPING SETS ((metric, dimension_id), (metric, dimension_id, touchpoint_id),
              (metric, dimension_id, channel), (metric, dimension_id, user_id),
              (metric, dimension_id, grade_id), (metric, dimension_id, month))
     UNION ALL
    SELECT metric, dimension_id, -1, m.segment_id::text, count(*),
           count(*) FILTER (WHERE band = 'high'), count(*) FILTER (WHERE band = 'low'),
           sum(value), sum(value * value)
      FROM answer a JOIN relationship_segment_member m ON m.partner_id = a.partner_id
       AND m.entered_on <= a.answered_on AND (m.left_on IS NULL OR m.left_on > a.answered_on)
      JOIN relationship_segment g ON g.id = m.segment_id AND g.active
     GROUP BY metric, dimension_id, m.segment_id
     UNION ALL
    SELECT metric, dimension_id, -2, r.relationship_role_id::text, count(*),
           count(*) FILTER (WHERE band = 'high'), count(*) FILTER (WHERE band = 'low'),
           sum(value), sum(value * value)
      FROM answer a JOIN relationship_role_res_partner_rel r ON r.res_partner_id = a.contact_id
     GROUP BY metric, dimension_id, r.relationship_role_id"""


class Scores(Case):
    """The whole result of a wave, as its page asks for it, beside one statement by hand."""

    name = "scores"
    title = "all eight groupings of a wave's page"
    needs = ("feedback.score", "feedback.wave")
    goals = (Goal("ours/limit", "<=", 3, ("S", "M", "L")), Goal("growth", "<=", 1.1))
    warm = True

    def units(self) -> int:
        return self.by_size(2_000, 100_000, 400_000, 1_000_000)

    def setup(self, env: Any) -> None:
        """Give one wave its scores."""
        survey = env.ref("survey_feedback.survey_relationship_b2b")
        program = env["feedback.program"].create({"name": "Bench", "survey_id": survey.id})
        self.wave = env["feedback.wave"].create({"program_id": program.id})
        env.flush_all()
        env.cr.execute(
            FILL,
            {
                "company": env.company.id,
                "program": program.id,
                "wave": self.wave.id,
                "survey": survey.id,
                "metrics": list(METRICS),
                "as_of": self.note["as_of"],
                "rows": self.units(),
            },
        )
        env.cr.execute("ANALYZE feedback_score")
        self.zone = env.company._relationship_tz()

    def ours(self, env: Any, probe: Probe) -> Any:
        """Count as the page does, figures and intervals with it."""
        wave = self.wave.with_env(env)
        found = env["feedback.score"]._count_slices([("wave_id", "=", wave.id)], wave.company_id)
        wave._result_slices(found)
        return [
            (metric, *counts)
            for measures in found.values()
            for (metric, _dimension), counts in measures.items()
        ]

    def limit(self, env: Any, probe: Probe) -> Any:
        """Count by the statement by hand."""
        env.cr.execute(PLAIN, {"wave": self.wave.id, "zone": self.zone})
        return [(row[0], *row[4:]) for row in env.cr.fetchall()]

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """The counts of all cells, in an order of their own."""
        return {"cells": sorted(tuple(map(str, row)) for row in outcome)}
