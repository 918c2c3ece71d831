from odoo import api, fields, models


class PrmEnrollment(models.Model):
    """How a partner stands against the tiers of its program, and what it lacks for the next."""

    _inherit = "prm.enrollment"

    tier_progress_html = fields.Html(
        "Progress", compute="_compute_tier_progress_html", sanitize=False
    )

    @api.depends("grade_id", "program_id", "state")
    @api.depends_context("lang")
    def _compute_tier_progress_html(self):
        progress = {values["enrollment_id"]: values for values in self._tier_progress()}
        for one in self:
            values = progress.get(one._origin.id)
            one.tier_progress_html = values and self.env["ir.qweb"]._render(
                "relationship_crm.tier_progress", {"progress": values}
            )

    def tier_progress(self):
        """How these partners stand against their next tier, as of today.

        :return: one dict an enrollment, in their order: ``enrollment_id``, ``tier`` and
            ``next_tier`` (name or False), ``points`` and ``pass_mark`` (0 to 100) of the next
            tier, ``earned`` (name of the best tier earned, or False), ``criteria`` of the next
            tier (dicts of ``id``, ``text``, ``value``, ``value_text``, ``threshold``,
            ``attainment`` 0 to 1, ``must``, ``met``, ``weeks`` until it is met at today's pace,
            ``pace_text``; a value is None where there is not enough data, weeks where the pace
            does not lead there within two years), ``must`` (texts of criteria still to be met),
            ``options`` (lists of texts, one of which is enough, the least effort first) and
            ``option_paces`` (of each in words: "at today's pace in 7 weeks", or empty),
            ``at_risk`` (False, or of a tier that is no longer met: ``tier``, ``until`` in the
            reader's language, ``must`` and ``options`` as above)
        :raise AccessError: the caller may not read one of them
        """
        self.check_access("read")
        return self._tier_progress()

    def _tier_progress(self):
        """The same without looking at access rights; a bounded number of queries for any set."""
        result = {}
        for company, some in self.sudo().grouped("company_id").items():
            day = company._relationship_today()
            tiers = {program: program._tiers() for program in some.program_id}
            every = self.env["res.partner.grade"].sudo().union(*tiers.values())
            criteria, partners = every.prm_criterion_ids, some.partner_id.ids
            evidence = criteria._evaluate(partners, company, day)
            weeks = criteria._weeks_to_go(partners, company, day, evidence)
            for one in some:
                partner = one.partner_id.id
                result[one.id] = one._stand(
                    tiers[one.program_id], evidence[partner], weeks[partner]
                )
                result[one.id]["at_risk"] = one._at_risk()
        return [result[one.id] for one in self if one.id in result]

    def _at_risk(self):
        """What this enrollment is about to lose, as plain values; False for nothing."""
        line = self.grace_line_id
        return bool(line) and {
            "tier": line.grade_id.name,
            "until": line._day_text(line.grace_until),
            **line._cure_plan(),
        }

    def _stand(self, tiers, evidence, weeks):
        """Progress of one enrollment: the tiers from the best down, the values found, paces."""
        better = tiers
        if self.grade_id in tiers:
            better = tiers[: list(tiers).index(self.grade_id)]
        target = better[-1:]
        items = {tier: tier._tier_items(evidence) for tier in tiers}
        best = next((tier for tier in tiers if tier._tier_earned(items[tier])), tiers.browse())
        return {
            "enrollment_id": self.id,
            "program": self.program_id.name,
            "tier": self.grade_id.name or False,
            "next_tier": target.name or False,
            "earned": best.name or False,
            **(target._tier_gaps(items[target], evidence, weeks) if target else _nothing()),
        }


def _nothing():
    return {
        "points": 0.0,
        "pass_mark": 0.0,
        "criteria": [],
        "must": [],
        "options": [],
        "option_paces": [],
    }
