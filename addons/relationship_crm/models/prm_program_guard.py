from typing import NamedTuple

from odoo import api, models
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
        """Warnings about the rules that hold on a day.

        A bounded number of queries; partners and their first years are looked at up to a number.

        :param company: record of ``res.company``, whose partners and sales are looked at
        :param draft: record of ``prm.simulation`` whose rules are meant; None: the live ones
        :return: list of dicts of plain values, to be kept and said by :meth:`_guard_texts`:
            ``code``, ``tier`` (id), and what else the text tells
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
            if not rule.criteria:
                yield {"code": "no_criteria", "tier": rule.id}
            elif not rule.pass_mark and not any(rule.criteria.mapped("must")):
                yield {"code": "no_pass_mark", "tier": rule.id}
            elif not any(one.weight or one.must for one in rule.criteria):
                yield {"code": "no_weight", "tier": rule.id}

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
                yield {
                    "code": "entry",
                    "tier": entry.id,
                    "share": share,
                    "criterion": criterion._terms(),
                }

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
        for better, lower in zip(guarded.rules, guarded.rules[1:], strict=False):
            below = {one._guard_key(): one for one in lower.criteria if one._is_amount()}
            for one in better.criteria.filtered(lambda one: one._is_amount()):
                former = below.get(one._guard_key())
                times = former and tier_guards.step(former.threshold, one.threshold)
                odd = tier_guards.odd_step(times or None)
                if odd:
                    yield {
                        "code": f"step_{odd}",
                        "tier": better.id,
                        "lower": lower.id,
                        "times": times,
                        "criterion": one._terms(),
                    }

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
                    yield {
                        "code": f"met_by_{odd}",
                        "tier": rule.id,
                        "partners": len(verdicts),
                        "criterion": one._terms(),
                    }

    # ------------------------------------------------------------ in words

    @api.model
    def _guard_texts(self, warnings):
        """Warnings in words, in the reader's language; what is gone meanwhile is not spoken of.

        :param list warnings: dicts as :meth:`_guard_warnings` gives
        :return: list of (tier id, text)
        """
        tiers = self.env["res.partner.grade"].sudo()
        ids = {one.get(key) for one in warnings for key in ("tier", "lower")} - {None}
        names = {tier.id: tier.name for tier in tiers.browse(ids).exists()}
        texts = self._guard_sentences()
        return [
            (one["tier"], texts[one["code"]] % self._guard_words(one, names))
            for one in warnings
            if one["tier"] in names
            and one.get("lower", one["tier"]) in names
            and self._guard_still_there(one.get("criterion", {}))
        ]

    @api.model
    def _guard_still_there(self, terms):
        """Whether all that a criterion named is still there: metrics and categories get deleted."""
        named = self.env["relationship.criterion"]._fields
        return all(
            self.env[named[name].comodel_name].sudo().browse(value).exists()
            for name, value in terms.items()
            if value and named[name].relational
        )

    @api.model
    def _guard_words(self, warning, names):
        """What a text tells of, each as the reader's language writes it."""
        words = {"tier": names[warning["tier"]], "partners": warning.get("partners")}
        if "criterion" in warning:
            # as it was when it was looked at: a draft goes on changing
            criterion = self.env["relationship.criterion"].sudo().new(warning["criterion"])
            words["criterion"] = criterion.display_name
        if "share" in warning:
            words["share"] = formatLang(self.env, 100 * warning["share"], digits=0)
        if "times" in warning:
            words |= {
                "better": words["tier"],
                "lower": names[warning["lower"]],
                "times": formatLang(self.env, warning["times"], digits=1),
                "criterion": criterion.metric_id.name,
            }
        return words

    @api.model
    def _guard_sentences(self):
        """{code of a warning: its text with the words left open}."""
        return {
            "no_criteria": self.env._("%(tier)s has no criteria: it is only given by hand."),
            "no_pass_mark": self.env._("%(tier)s has a pass mark of 0: every partner earns it."),
            "no_weight": self.env._("%(tier)s: no criterion has a weight: every partner earns it."),
            "entry": self.env._(
                "%(tier)s, the first tier, asks for %(share)s %% of a usual first year:"
                " “%(criterion)s”. 25 to 40 %% keeps the way in open."
            ),
            "step_small": self.env._(
                "%(better)s asks for only %(times)s times the %(criterion)s of %(lower)s: hardly a"
                " step. 1.5 to 2.5 times is usual."
            ),
            "step_big": self.env._(
                "%(better)s asks for %(times)s times the %(criterion)s of %(lower)s: too far to"
                " strive for. 1.5 to 2.5 times is usual."
            ),
            "met_by_nobody": self.env._(
                "%(tier)s: none of %(partners)s partners meets “%(criterion)s”."
            ),
            "met_by_everybody": self.env._(
                "%(tier)s: all of %(partners)s partners meet “%(criterion)s”: it parts nobody."
            ),
        }
