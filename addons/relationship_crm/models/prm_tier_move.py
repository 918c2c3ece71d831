from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError

#: key of the context that says how a change of tier came about. Its value is a MoveDetails: what
#: comes from outside can't be one, so nobody can claim an approval that was not given
DETAILS = "prm_tier_move"


class MoveDetails(NamedTuple):
    """How a change of tier came about."""

    kind: str
    reason: str | bool = False
    #: {enrollment id: list of criteria with values, see ``lib.tier_decision.Decision``}
    evidence: dict | None = None
    asked_by_id: int | bool = False
    approver_id: int | bool = False
    #: {enrollment id: id of the ``prm.tier.move`` that is put right}
    corrects: dict | None = None


class PrmTierMove(models.Model):
    """A change of the tier of an enrollment: never edited, put right by another move."""

    _name = "prm.tier.move"
    _description = "Tier Change"
    _inherit = "prm.evidence"
    _order = "date desc, id desc"
    _rec_name = "enrollment_id"

    enrollment_id = fields.Many2one(
        "prm.enrollment", required=True, readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(
        related="enrollment_id.partner_id", store=True, index=True, string="Partner"
    )
    program_id = fields.Many2one(related="enrollment_id.program_id", store=True, index=True)
    company_id = fields.Many2one(related="enrollment_id.company_id", store=True, index=True)
    from_grade_id = fields.Many2one(
        "res.partner.grade",
        "Former Tier",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    to_grade_id = fields.Many2one(
        "res.partner.grade", "New Tier", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    direction = fields.Selection(
        [("up", "Up"), ("down", "Down"), ("same", "Same Rank")], required=True, readonly=True
    )
    date = fields.Date(required=True, readonly=True, help="In the company's time zone.")
    kind = fields.Selection(
        [
            ("review", "Review"),
            ("manual", "By Hand"),
            ("sold", "Sold"),
            ("start", "Start"),
            ("merge", "Merged Partners"),
            ("end", "End of the Enrollment"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Text(readonly=True)
    asked_by_id = fields.Many2one(
        "res.users", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    approver_id = fields.Many2one(
        "res.users", "Approved By", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    corrects_id = fields.Many2one(
        "prm.tier.move",
        "Puts Right",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The earlier change that this one puts right.",
    )

    _changes = models.Constraint(
        "CHECK (from_grade_id IS DISTINCT FROM to_grade_id)",
        "A change of tier leads from one tier to another.",
    )
    _enrollment_date_idx = models.Index("(enrollment_id, date DESC, id DESC)")

    @api.depends("from_grade_id.name", "to_grade_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        none = self.env._("no tier")
        for move in self:
            move.display_name = self.env._(
                "%(former)s → %(new)s",
                former=move.from_grade_id.name or none,
                new=move.to_grade_id.name or none,
            )

    def write(self, vals):
        if self and vals:
            raise UserError(self.env._("A change of tier is not edited. Change the tier again."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A change of tier is not deleted. Change the tier again."))

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._record_interactions()
        return moves

    def _record_interactions(self):
        """Let consumers and webhooks know."""
        self.env["relationship.interaction"]._record(
            [move._prepare_interaction() for move in self.sudo()]
        )

    def _prepare_interaction(self):
        self.ensure_one()
        return {
            "kind": "tier_changed",
            "contact_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "res_model": self._name,
            "res_id": self.id,
            "external_ref": f"prm.tier.move,{self.id}",
            "payload": {
                "program": self.program_id.name,
                "from": self.from_grade_id.name or None,
                "to": self.to_grade_id.name or None,
                "direction": self.direction,
                "kind": self.kind,
            },
            "summary": self.display_name[:250],
        }
