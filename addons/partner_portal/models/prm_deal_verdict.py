from odoo import fields, models

from .prm_deal_match import LEVELS


class PrmDeal(models.Model):
    """What the check says about a deal, and everything it found, for staff."""

    _inherit = "prm.deal"

    conflict_score = fields.Integer(
        readonly=True,
        copy=False,
        help="How surely the gravest match is the same customer, 0 to 100: from 80 a conflict, from"
        " 50 a person looks.",
    )
    conflict_level = fields.Selection(LEVELS, "Conflict", readonly=True, copy=False)
    match_ids = fields.One2many("prm.deal.match", "deal_id", "Matches", readonly=True, copy=False)
