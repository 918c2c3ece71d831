"""Segments by rule, for each company: by criteria over metrics, and by filters."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage

# name → filter of contacts, filter of profiles, criteria: metric, months, operator, threshold
SEGMENTS = {
    "Bench Big": ("[]", "[]", [("revenue_invoiced", 12, ">=", 5000)]),
    "Bench Loyal": ("[]", "[]", [("orders", 24, ">=", 3), ("interactions", 12, ">=", 5)]),
    "Bench Lapsed": ("[]", "[('frequency', '>', 0)]", [("orders", 6, "<=", 0)]),
    "Bench Talked To": ("[]", "[]", [("interactions", 3, ">=", 3)]),
    "Bench Near": (
        "[('country_id.code', 'in', ('US', 'DE', 'VN'))]",
        "[('frequency', '>', 1)]",
        [],
    ),
}


class Segments(Stage):
    """Five segments in each company; who is in them is found by the nightly work."""

    name = "segments"
    bulk = False
    needs = {
        "relationship_segment": ("partner_domain", "profile_domain"),
        "relationship_criterion": ("segment_id", "metric_id", "threshold"),
        "bench_duplicate": (),
    }
    tables = ("relationship_segment", "relationship_criterion")

    def run(self, ctx: Context) -> None:
        """Create them by Odoo, in the currency of the company where they name money."""
        env = ctx.env
        metrics = {metric.code: metric.id for metric in env["relationship.metric"].search([])}
        for company in env["res.company"].browse(ctx.shared["companies"]):
            rate = 25_000 if company.currency_id.name == "VND" else 1
            env["relationship.segment"].create(
                [
                    {
                        "name": name,
                        "kind": "rule",
                        "company_id": company.id,
                        "partner_domain": partners,
                        "profile_domain": profiles,
                        "criterion_ids": [
                            (
                                0,
                                0,
                                {
                                    "metric_id": metrics[code],
                                    "window_length": months,
                                    "operator": operator,
                                    "threshold": threshold * (rate if threshold > 1000 else 1),
                                },
                            )
                            for code, months, operator, threshold in criteria
                        ],
                    }
                    for name, (partners, profiles, criteria) in SEGMENTS.items()
                ]
            )
