from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .relationship_criterion import OVERLAP_MESSAGE

#: what a criterion asks for: copied between the live rules and a draft
TERMS = (
    "sequence",
    "metric_id",
    "window_kind",
    "window_length",
    "lag",
    "operator",
    "threshold",
    "compare_to",
    "compare_lag",
    "other_metric_id",
    "alternative",
    "when_missing",
    "weight",
    "must",
)


class RelationshipCriterion(models.Model):
    """A criterion of a draft: it stands for one of a tier and is asked for by nobody else."""

    _name = "relationship.criterion"
    _inherit = ["relationship.criterion", "prm.simulation.rule"]

    simulation_id = fields.Many2one("prm.simulation", ondelete="cascade", index="btree_not_null")
    simulated_grade_id = fields.Many2one(
        "res.partner.grade", "For the Tier", ondelete="cascade", index="btree_not_null"
    )

    _one_owner = models.Constraint(
        "CHECK (num_nonnulls(stage_id, segment_id, grade_id, simulation_id) = 1)",
        "A criterion belongs to exactly one tier, stage, segment or simulation.",
    )
    _simulated_grade = models.Constraint(
        "CHECK ((simulation_id IS NULL) = (simulated_grade_id IS NULL))",
        "Choose the tier that this criterion of a draft is for.",
    )
    _simulation_no_overlap = models.Constraint(
        """EXCLUDE USING gist (
            int4range(simulation_id, simulation_id, '[]') WITH &&,
            int4range(simulated_grade_id, simulated_grade_id, '[]') WITH &&,
            int4range(metric_id, metric_id, '[]') WITH &&,
            int8range(term_key, term_key, '[]') WITH &&,
            daterange(valid_from, valid_to, '[]') WITH &&
        ) WHERE (simulation_id IS NOT NULL)""",
        OVERLAP_MESSAGE,
    )

    @api.model
    def _owner_fields(self):
        return [*super()._owner_fields(), "simulation_id"]

    @api.constrains("simulation_id", "simulated_grade_id")
    def _check_simulated_grade(self):
        for criterion in self.filtered("simulation_id"):
            program = criterion.simulation_id.program_id
            if criterion.simulated_grade_id.sudo().prm_program_id != program:
                raise ValidationError(
                    self.env._(
                        "%(tier)s is no tier of %(program)s.",
                        tier=criterion.simulated_grade_id.display_name,
                        program=program.display_name,
                    )
                )

    def _terms(self):
        """What the criterion asks for, as values to write and to compare."""
        self.ensure_one()
        return {
            name: self[name].id if self._fields[name].relational else self[name] for name in TERMS
        }
