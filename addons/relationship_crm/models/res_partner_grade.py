from odoo import fields, models

from .res_partner import READERS


class ResPartnerGrade(models.Model):
    _inherit = "res.partner.grade"

    prm_program_id = fields.Many2one(
        "prm.program",
        string="Program",
        ondelete="restrict",
        index="btree_not_null",
        groups=READERS,
        help="Program that this tier belongs to: its reviews decide about it. Empty: a tier of "
        "every program, given by hand; no review gives it or takes it away.",
    )
    prm_criterion_ids = fields.One2many(
        "relationship.criterion", "grade_id", string="Criteria", groups=READERS
    )
