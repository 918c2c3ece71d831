from hashlib import sha256

from odoo import Command, api, models
from odoo.exceptions import UserError

from .prm_simulation import FRAME

RULES = ("tier_ids", "criterion_ids", "benefit_ids")
#: what stays as it is once the draft is published
LOCKED = {*RULES, "publish_on", *FRAME}
#: what only a run or a publication writes
WORKED_OUT = frozenset(
    """
    state publication in_force published_by_id rules_key computed_at line_ids guards
    partner_count promote_count keep_count demote_count revenue margin_effect
    """.split()
)


class PrmSimulation(models.Model):
    """The rules of a draft: taken over from the live ones, locked once they are published."""

    _name = "prm.simulation"
    _inherit = ["prm.simulation", "relationship.worked.out"]
    _worked_out = WORKED_OUT

    @api.model_create_multi
    def create(self, vals_list):
        """Begin with the live rules where nothing else is given."""
        simulations = super().create(vals_list)
        for one, vals in zip(simulations, vals_list, strict=True):
            if not any(vals.get(name) for name in RULES):
                one._load_rules()
        return simulations

    def write(self, vals):
        """Refuse other rules for what is published, and let the rest follow the program.

        :raise UserError: the rules were published
        """
        if LOCKED & set(vals):
            self._check_not_published()
        res = super().write(vals)
        if "program_id" in vals and not any(vals.get(name) for name in RULES):
            for one in self:
                one._load_rules()
        return res

    def copy_data(self, default=None):
        data = super().copy_data(default)
        for one, vals in zip(self, data, strict=True):
            vals.setdefault("name", self.env._("%s (copy)", one.name))
        return data

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self._check_not_published()

    def _check_not_published(self):
        for one in self:
            if one.state == "published":
                raise UserError(
                    self.env._(
                        "%s is published: its rules stay as they are. Copy it to try others.",
                        one.name,
                    )
                )

    # ------------------------------------------------------------ from the live rules

    def action_load_rules(self):
        """Take the live rules of a day over, in place of those of the draft."""
        self.check_access("write")
        self._check_not_published()
        for one in self:
            one._load_rules()
        return True

    @api.onchange("program_id")
    def _onchange_program_id(self):
        """Show the live rules of the program at once."""
        if self.program_id:
            self.update(self._prepare_rules(self._rules_day()))

    def _load_rules(self):
        self.write(self._prepare_rules(self._rules_day()))

    def _rules_day(self):
        return self.rules_on or self.company_id._relationship_today()

    def _prepare_rules(self, day):
        """The rules as of a day: criteria, pass marks, pricelists, benefits, policy."""
        self.ensure_one()
        program = self.program_id.sudo()
        tiers = program._tiers()
        marks = program._pass_marks(day)
        criteria = tiers.prm_criterion_ids._valid_on(day)
        benefits = tiers.prm_benefit_ids._valid_on(day)
        return {
            "demotion_policy": program._policy_on(day),
            "tier_ids": [
                Command.clear(),
                *[Command.create(self._prepare_tier(tier, marks[tier.id])) for tier in tiers],
            ],
            "criterion_ids": [
                Command.clear(),
                *[Command.create(self._prepare_criterion(one)) for one in criteria],
            ],
            "benefit_ids": [
                Command.clear(),
                *[Command.create(self._prepare_benefit(one)) for one in benefits],
            ],
        }

    @api.model
    def _prepare_tier(self, tier, pass_mark):
        return {
            "grade_id": tier.id,
            "pass_mark": pass_mark,
            "pricelist_id": tier.default_pricelist_id.id,
        }

    @api.model
    def _prepare_criterion(self, criterion):
        return {**criterion._terms(), "simulated_grade_id": criterion.grade_id.id}

    @api.model
    def _prepare_benefit(self, benefit):
        return {
            "grade_id": benefit.grade_id.id,
            "kind_id": benefit.kind_id.id,
            "value": benefit.value,
        }

    # ------------------------------------------------------------ as a whole

    def _rules(self):
        """The rules as plain values that do not depend on their order."""
        self.ensure_one()
        sides = self.sudo()
        return {
            "frame": [self._plain(sides, name) for name in FRAME],
            "tiers": sorted(
                [tier.grade_id.id, tier.pass_mark, tier.pricelist_id.id or 0]
                for tier in sides.tier_ids
            ),
            "criteria": sorted(
                str([criterion.simulated_grade_id.id, *criterion._terms().values()])
                for criterion in sides.criterion_ids
            ),
        }

    @api.model
    def _plain(self, record, name):
        value = record[name]
        return value.id if isinstance(value, models.BaseModel) else str(value)

    def _rules_key(self):
        """A short name of what a run depends on: another one once something was changed."""
        return sha256(repr(self._rules()).encode()).hexdigest()[:32]
