from typing import NamedTuple

from odoo import models
from odoo.tools import formatLang

from ..lib import tier_guards
from ..lib import windows as windows_lib

#: partners looked at, those that joined last: a warning needs a fair sample, not everybody
SAMPLE = 100
#: first years looked at
YEARS = 3
MONTHS = {"rolling": 1, "quarter": 3, "year": 12}


class Guarded(NamedTuple):
    """The rules to warn about: the tiers from the best down, with their criteria."""

    #: list of ``prm_program_decide.TierRule``
    rules: list
    company: models.BaseModel
    day: object


class PrmProgram(models.Model):
    """Warnings about the rules of tiers, live or drafted; advice only, nothing is refused."""

    _inherit = "prm.program"

    def _guard_warnings(self, company, day, draft=None):
        """Warnings about the rules that hold on a day, in words.

        A bounded number of queries; partners and their first years are looked at up to a number.

        :param company: record of ``res.company``, whose partners and sales are looked at
        :param draft: record of ``prm.simulation`` whose rules are meant; None: the live ones
        :return: list of (tier id or 0, text)
        """
        self.ensure_one()
        rules = self.sudo()._tier_rules(day, draft)
        rules = [rule._replace(criteria=rule.criteria._valid_on(day)) for rule in rules]
        guarded = Guarded(rules, company, day)
        return [
            *self._warn_of_empty(guarded),
            *self._warn_of_entry(guarded),
            *self._warn_of_steps(guarded),
            *self._warn_of_the_obvious(guarded),
        ]

    def _warn_of_empty(self, guarded):
        """Tiers that nobody can earn or that ask for nothing."""
        for rule in guarded.rules:
            tier = self.env["res.partner.grade"].browse(rule.id)
            if not rule.criteria:
                yield (
                    rule.id,
                    self.env._("%s has no criteria: it is only given by hand.", tier.name),
                )
            elif not rule.pass_mark and not any(rule.criteria.mapped("must")):
                yield (
                    rule.id,
                    self.env._("%s has a pass mark of 0: every partner earns it.", tier.name),
                )
            elif not any(one.weight or one.must for one in rule.criteria):
                yield (
                    rule.id,
                    self.env._("%s: no criterion has a weight: every partner earns it.", tier.name),
                )

    # ------------------------------------------------------------ the way in

    def _warn_of_entry(self, guarded):
        """The lowest tier asks for more than 40 % of what is usual in a first year."""
        asking = [rule for rule in guarded.rules if rule.criteria]
        if not asking:
            return
        entry = asking[-1]
        amounts = entry.criteria.filtered(lambda one: one._is_amount())
        years = self._first_years(guarded, set(amounts.mapped("metric_id.code")))
        for criterion in amounts:
            values = [row[criterion.metric_id.code] for row in years]
            months = criterion.window_length * MONTHS[criterion.window_kind]
            share = tier_guards.entry_share(criterion.threshold, tier_guards.usual(values), months)
            if tier_guards.too_steep(share):
                yield (
                    entry.id,
                    self.env._(
                        "%(tier)s, the first tier, asks for %(share)s %% of a usual first year:"
                        " “%(criterion)s”. 25 to 40 %% keeps the way in open.",
                        tier=self.env["res.partner.grade"].browse(entry.id).name,
                        share=formatLang(self.env, 100 * share, digits=0),
                        criterion=criterion.display_name,
                    ),
                )

    def _first_years(self, guarded, codes):
        """Values of metrics in the first twelve months of partners, one dict a partner.

        Of partners that joined in the last years and whose first year is over; a first year
        begins with the month of joining.
        """
        if not codes:
            return []
        last = windows_lib.add_months(guarded.day, -12)
        found = (
            self.env["prm.enrollment"]
            .sudo()
            .search(
                [
                    ("program_id", "=", self.id),
                    ("company_id", "=", guarded.company.id),
                    ("state", "in", ("active", "suspended")),
                    ("active_on", ">=", windows_lib.add_months(last, -12 * YEARS)),
                    ("active_on", "<", last.replace(day=1)),
                ],
                order="active_on desc, id desc",
                limit=SAMPLE,
            )
        )
        starts = {one.partner_id.id: one.active_on.replace(day=1) for one in found}
        windows = [
            (start, start, windows_lib.add_months(start, 12)) for start in set(starts.values())
        ]
        metric = self.env["relationship.metric"].sudo()
        values = metric._values(sorted(codes), windows, guarded.company, list(starts))
        empty = metric._empty_values(codes)
        return [values.get(key, empty) for key in starts.items()]

    # ------------------------------------------------------------ steps

    def _warn_of_steps(self, guarded):
        """A tier asks for less than 1.5 or more than 2.5 times what the one below asks for."""
        tiers = self.env["res.partner.grade"]
        for better, lower in zip(guarded.rules, guarded.rules[1:], strict=False):
            below = {one._guard_key(): one for one in lower.criteria if one._is_amount()}
            for one in better.criteria.filtered(lambda one: one._is_amount()):
                former = below.get(one._guard_key())
                times = former and tier_guards.step(former.threshold, one.threshold)
                odd = tier_guards.odd_step(times or None)
                if odd:
                    yield (
                        better.id,
                        self._step_text(odd, times, one, tiers.browse((better.id, lower.id))),
                    )

    def _step_text(self, odd, times, criterion, tiers):
        values = {
            "better": tiers[0].name,
            "lower": tiers[1].name,
            "times": formatLang(self.env, times, digits=1),
            "criterion": criterion.metric_id.name,
        }
        if odd == "small":
            return self.env._(
                "%(better)s asks for only %(times)s times the %(criterion)s of %(lower)s: hardly a"
                " step. 1.5 to 2.5 times is usual.",
                **values,
            )
        return self.env._(
            "%(better)s asks for %(times)s times the %(criterion)s of %(lower)s: too far to strive"
            " for. 1.5 to 2.5 times is usual.",
            **values,
        )

    # ------------------------------------------------------------ nobody, everybody

    def _warn_of_the_obvious(self, guarded):
        """A criterion that no partner meets, or that every partner meets."""
        partners = (
            self.env["prm.enrollment"]
            .sudo()
            .search(
                [
                    ("program_id", "=", self.id),
                    ("company_id", "=", guarded.company.id),
                    ("state", "=", "active"),
                ],
                order="active_on desc, id desc",
                limit=SAMPLE,
            )
            .partner_id
        )
        criteria = self.env["relationship.criterion"].sudo()
        criteria = criteria.union(*[rule.criteria for rule in guarded.rules])
        found = criteria._evaluate(partners.ids, guarded.company, guarded.day)
        for rule in guarded.rules:
            for one in rule.criteria:
                verdicts = [values[one.id][2] for values in found.values() if one.id in values]
                odd = tier_guards.parts_nobody(verdicts)
                if odd:
                    yield rule.id, self._obvious_text(odd, rule, one, len(verdicts))

    def _obvious_text(self, odd, rule, criterion, partners):
        values = {
            "tier": self.env["res.partner.grade"].browse(rule.id).name,
            "criterion": criterion.display_name,
            "partners": partners,
        }
        if odd == "nobody":
            return self.env._(
                "%(tier)s: none of %(partners)s partners meets “%(criterion)s”.", **values
            )
        return self.env._(
            "%(tier)s: all of %(partners)s partners meet “%(criterion)s”: it parts nobody.",
            **values,
        )
