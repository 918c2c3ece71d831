from odoo import api, fields, models

from .res_partner import READERS


class PrmProgram(models.Model):
    """When the rules of a program last changed: it moves nobody, but the next review says so."""

    _inherit = "prm.program"

    rules_changed_at = fields.Datetime(
        "Criteria Changed On",
        readonly=True,
        copy=False,
        help="When criteria, pass marks, tiers or the demotion policy last changed.",
    )

    def write(self, vals):
        res = super().write(vals)
        if "demotion_policy" in vals:
            self._note_rules_changed()
        return res

    def _note_rules_changed(self):
        """Remember that the rules changed just now."""
        if self:
            self.sudo().write({"rules_changed_at": fields.Datetime.now()})


class ResPartnerGrade(models.Model):
    _inherit = "res.partner.grade"

    prm_rules_changed_at = fields.Datetime(
        related="prm_program_id.rules_changed_at", string="Criteria Changed On", groups=READERS
    )

    @api.model_create_multi
    def create(self, vals_list):
        grades = super().create(vals_list)
        grades.sudo().prm_program_id._note_rules_changed()
        return grades

    def write(self, vals):
        programs = self.sudo().prm_program_id
        res = super().write(vals)
        if {"active", "sequence", "prm_pass_mark", "prm_program_id"} & vals.keys():
            (programs | self.sudo().prm_program_id)._note_rules_changed()
        return res


class RelationshipCriterion(models.Model):
    _inherit = "relationship.criterion"

    @api.model_create_multi
    def create(self, vals_list):
        criteria = super().create(vals_list)
        criteria._note_rules_changed()
        return criteria

    def write(self, vals):
        self._note_rules_changed()
        res = super().write(vals)
        if "grade_id" in vals:
            self._note_rules_changed()
        return res

    def unlink(self):
        self._note_rules_changed()
        return super().unlink()

    def _note_rules_changed(self):
        self.sudo().grade_id.prm_program_id._note_rules_changed()
