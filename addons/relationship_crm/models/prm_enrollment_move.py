from odoo import api, fields, models
from odoo.exceptions import UserError

from .prm_tier_move import DETAILS, MoveDetails


class PrmEnrollment(models.Model):
    """Every change of a tier leaves a move, whoever makes it and from wherever."""

    _inherit = "prm.enrollment"

    move_ids = fields.One2many("prm.tier.move", "enrollment_id", string="Tier History")

    # ------------------------------------------------------------ changes

    @api.model_create_multi
    def create(self, vals_list):
        prices = self._tier_prices(self._partners_of(vals_list))
        enrollments = super().create(vals_list)
        enrollments._note_moves({})
        enrollments._apply_prices(prices)
        return enrollments

    def write(self, vals):
        """Keep the history of tiers.

        :raise UserError: somebody alone takes a better tier away from a partner
        """
        if not self or not {"grade_id", "state"} & vals.keys():
            return super().write(vals)
        former, prices = self._held_tiers(), self._tier_prices()
        if "grade_id" in vals:
            self._check_lowered(self.env["res.partner.grade"].browse(vals["grade_id"]))
        res = super().write(vals)
        self._note_moves(former)
        self._apply_prices(prices)
        return res

    def unlink(self):
        partners, prices = self.partner_id, self._tier_prices()
        res = super().unlink()
        self._apply_prices(prices, partners)
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_without_history(self):
        if any(one.state not in ("applied", "onboarding") for one in self):
            raise UserError(
                self.env._(
                    "An enrollment that was active is not deleted: its history would be lost. End "
                    "it instead."
                )
            )

    @api.model
    def _partners_of(self, vals_list):
        ids = {vals["partner_id"] for vals in vals_list if vals.get("partner_id")}
        return self.env["res.partner"].browse(ids)

    # ------------------------------------------------------------ history

    def _held_tiers(self):
        """Tier that each enrollment holds: what has ended holds none.

        :return: dict of enrollment → tier or empty
        """
        none = self.env["res.partner.grade"]
        return {one: one.grade_id if one.state != "ended" else none for one in self.sudo()}

    def _note_moves(self, former):
        """Keep a move for every tier that differs now.

        :param dict former: what :meth:`_held_tiers` gave before the change
        """
        none = self.env["res.partner.grade"]
        rows = [
            one._prepare_move(former.get(one, none), tier)
            for one, tier in self._held_tiers().items()
            if former.get(one, none) != tier
        ]
        if rows:
            self.env["prm.tier.move"].sudo().create(rows)
            self._close_graces([row["enrollment_id"] for row in rows])

    @api.model
    def _close_graces(self, ids):
        """A tier that changed otherwise meanwhile can't be taken away any more."""
        lines = self.env["prm.review.line"].sudo()
        domain = [("enrollment_id", "in", ids), ("state", "in", ("grace", "due"))]
        lines.search(domain)._void(self.env._("The tier of the partner changed meanwhile."))

    def _prepare_move(self, former, tier):
        """Values of the move of this enrollment from one tier to another (each may be empty)."""
        self.ensure_one()
        details = self._move_details(former)
        return {
            "enrollment_id": self.id,
            "from_grade_id": former.id,
            "to_grade_id": tier.id,
            "direction": self._direction(former, tier),
            "date": self.company_id._relationship_today(),
            "kind": details.kind,
            "reason": details.reason or (self.state == "ended" and self.reason),
            "evidence": (details.evidence or {}).get(self.id),
            "asked_by_id": details.asked_by_id,
            "approver_id": details.approver_id,
            "corrects_id": (details.corrects or {}).get(self.id),
        }

    def _move_details(self, former):
        """How the change under way came about: said by who makes it, else worked out."""
        details = self.env.context.get(DETAILS)
        if isinstance(details, MoveDetails):
            return details
        user = self.env.uid
        if self.state == "ended":
            return MoveDetails("end", asked_by_id=user, approver_id=user)
        if not former and not self.move_ids:
            return MoveDetails("start", asked_by_id=user, approver_id=user)
        return MoveDetails("manual", asked_by_id=user, approver_id=user)

    @api.model
    def _direction(self, former, tier):
        """``up``, ``down`` or ``same`` from one tier to another; no tier is below all."""
        if not former or not tier:
            return "up" if tier else "down"
        if former.sequence == tier.sequence:
            return "same"
        return "up" if tier.sequence < former.sequence else "down"

    # ------------------------------------------------------------ nobody lowers alone

    def _check_lowered(self, tier):
        """Refuse a lower tier that somebody gives by hand on their own.

        Who made a mistake today may put it right today. In a company set to "single person" it is
        allowed, noted and mailed.
        """
        if self.env.su:
            return
        # what a caller may change was looked at by who calls; here it is only compared
        lowered = self.sudo().filtered(
            lambda one: (
                one.state in ("active", "suspended")
                and one.grade_id != tier
                and one._direction(one.grade_id, tier) == "down"
                and not one._puts_right(tier)
            )
        )
        refused = lowered.filtered(lambda one: not one.company_id.prm_single_person)
        if refused:
            raise UserError(
                self.env._(
                    "%(partner)s would lose the tier %(tier)s. A tier is lowered by a review: it "
                    "gives notice, and a second person approves.",
                    partner=refused[0].display_name,
                    tier=refused[0].grade_id.name,
                )
            )
        for one in lowered:
            one.company_id._tell_single_person(
                one,
                self.env._(
                    "%(user)s lowered the tier of %(partner)s by hand, without notice or a second "
                    "person.",
                    user=self.env.user.name,
                    partner=one.display_name,
                ),
            )

    def _puts_right(self, tier):
        """Whether this tier only takes back what was changed by hand today."""
        last = self.sudo().move_ids.sorted(lambda move: (move.date, move.id))[-1:]
        today = self.company_id._relationship_today()
        return last.kind == "manual" and last.date == today and last.from_grade_id == tier
