from typing import NamedTuple

from odoo import api, models

from ..lib import tier_decision


class TierRule(NamedTuple):
    """What a tier asks for on a day: live, or as a draft would have it."""

    id: int
    #: low is good
    rank: int
    pass_mark: float
    #: recordset of ``relationship.criterion``
    criteria: models.BaseModel


class PrmProgram(models.Model):
    """The one way in which tiers are decided: reviews, their cure and simulations ask here."""

    _inherit = "prm.program"

    @api.model
    def _decide(self, enrollments, company, day, draft=None, held=None):
        """Decide about the tiers of partners, as of a day; a bounded number of queries.

        Internal: as superuser, nothing is narrowed to the caller, nothing is written.

        :param enrollments: recordset of ``prm.enrollment`` of this company, of any programs
        :param company: record of ``res.company``; values are in its currency and days
        :param day: as of this date: what happened before it counts
        :param draft: record whose criteria, pass marks and policy replace the live ones, see
            :meth:`_tier_rules` and :meth:`_decision_policy`; None: the live rules
        :param dict held: enrollment id → id of the tier it is taken to hold (0: none) instead of
            its own
        :return: {enrollment id: ``lib.tier_decision.Decision``}
        """
        enrollments = enrollments.sudo()
        ruled = {
            program: (program._tier_rules(day, draft), program._decision_policy(draft, company))
            for program in enrollments.program_id
        }
        criteria = self.env["relationship.criterion"].sudo()
        criteria = criteria.union(
            *[rule.criteria for rules, _p in ruled.values() for rule in rules]
        )
        partners = {partner for _one, partner, _program, _grade in enrollments._plain_rows()}
        found = criteria._evaluate(partners, company, day)
        plain = {
            program.id: ([self._plain_tier(rule) for rule in rules], policy)
            for program, (rules, policy) in ruled.items()
        }
        held = held or {}
        grades = enrollments.grade_id.browse({*enrollments.grade_id.ids, *held.values()} - {0})
        ranks = {grade.id: grade.sequence for grade in grades}
        decisions = {}
        for one, partner, program, grade in enrollments._plain_rows():
            tiers, policy = plain[program]
            current = held.get(one, grade) or 0
            decisions[one] = tier_decision.decide(
                tiers, found[partner], current, ranks.get(current), policy
            )
        return decisions

    def _tier_rules(self, day, draft=None):
        """Hook: the tiers of this program with what they ask for, the best first.

        :param day: date as of which they are asked for
        :param draft: record of rules that are only tried; the live rules know of none
        :return: list of :class:`TierRule`
        """
        self.ensure_one()
        return [
            TierRule(tier.id, tier.sequence, tier.prm_pass_mark, tier.prm_criterion_ids)
            for tier in self.sudo()._tiers()
        ]

    def _decision_policy(self, draft=None, company=None):
        """Hook: what becomes of a partner that misses its tier, see ``demotion_policy``.

        :param company: record of ``res.company`` whose today counts; the one at work by default
        """
        self.ensure_one()
        return self.demotion_policy

    @api.model
    def _plain_tier(self, rule):
        """A rule as the decision sees it, without records."""
        asked = tuple(criterion._requirement() for criterion in rule.criteria)
        return tier_decision.Tier(rule.id, rule.rank, rule.pass_mark, asked)


class PrmEnrollment(models.Model):
    _inherit = "prm.enrollment"

    def _plain_rows(self):
        """Return (id, partner id, program id, tier id or 0) of each; faster than records."""
        names = ["partner_id", "program_id", "grade_id"]
        self.fetch(names)
        caches = [self._fields[name]._get_cache(self.env) for name in names]
        return [(id_, *(cache[id_] or 0 for cache in caches)) for id_ in self._ids]
