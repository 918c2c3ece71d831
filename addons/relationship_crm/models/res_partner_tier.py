from odoo import models
from odoo.exceptions import UserError

from .prm_tier_move import DETAILS, MoveDetails

#: key of the context under which the tier of an enrollment is only shown on the contact, and what
#: stands there: nothing from outside is this very object
SHOWING = "prm_tier_showing"
SHOWN = object()


class ResPartner(models.Model):
    """A tier set on the contact, by hand or by a sale, belongs to the enrollment."""

    _inherit = "res.partner"

    def write(self, vals):
        if "grade_id" not in vals or self.env.context.get(SHOWING) is SHOWN:
            return super().write(vals)
        grade = self.env["res.partner.grade"].browse(vals["grade_id"] or ())
        changed = self.filtered(lambda partner: partner.grade_id != grade)
        rest = {name: value for name, value in vals.items() if name != "grade_id"}
        if not changed:
            return super().write(rest)
        targets = changed._enrollments_for(grade)
        if not targets or self._names_another_pricelist(vals, grade):
            return super().write(vals)
        if not self.env.su and not isinstance(self.env.context.get(DETAILS), MoveDetails):
            targets.sudo(False).check_access("write")
            targets.sudo(False)._check_lowered(grade)
        plain = changed - targets.partner_id
        if plain:
            super(ResPartner, plain).write({"grade_id": grade.id})
        res = super().write(rest)
        targets._take_grade(grade)
        return res

    def _names_another_pricelist(self, vals, grade):
        """Whether core is going to refuse: two pricelists at once."""
        named = vals.get("specific_property_product_pricelist") or vals.get(
            "property_product_pricelist"
        )
        own = grade.sudo().default_pricelist_id
        return bool(named and own and named != own.id)

    def _enrollments_for(self, grade):
        """Enrollments that a tier set on these contacts belongs to, one a partner at most.

        :param grade: the tier; empty to take the tier shown away
        :raise UserError: the tier is of a program that a partner with a tier is not active in
        """
        enrollments = self.env["prm.enrollment"].sudo()
        active = enrollments.search([("partner_id", "in", self.ids), ("state", "=", "active")])
        program = grade.sudo().prm_program_id
        own = active.filtered(lambda one: not program or one.program_id == program)
        found = enrollments
        for partner in self:
            mine = own.filtered(lambda one, partner=partner: one.partner_id == partner)
            found |= mine.sorted(lambda one: one._rank_for_hand(bool(program)))[:1]
        if program:
            self._refuse_tier_of_others(grade, active.partner_id - found.partner_id)
        return found if grade else found.filtered("grade_id")

    def _refuse_tier_of_others(self, grade, partners):
        """Partners that are active elsewhere, but not in the program of the tier."""
        for partner in partners:
            raise UserError(
                self.env._(
                    "%(partner)s is not active in %(program)s, which has the tier %(tier)s. "
                    "Enroll it there first.",
                    partner=partner.display_name,
                    program=grade.sudo().prm_program_id.display_name,
                    tier=grade.name,
                )
            )
