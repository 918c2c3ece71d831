from odoo import fields, models


class ResPartnerGrade(models.Model):
    _inherit = "res.partner.grade"

    prm_program_id = fields.Many2one(
        "prm.program",
        string="Program",
        ondelete="restrict",
        index="btree_not_null",
        help="Program that this tier belongs to. Empty: every program may use it.",
    )
