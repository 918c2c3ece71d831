from odoo import fields, models


class PrmDealApproval(models.Model):
    """One person's approval of a deal registration; a rule may ask for several."""

    _name = "prm.deal.approval"
    _description = "Approval of a Deal Registration"
    _order = "id"
    _rec_name = "user_id"

    deal_id = fields.Many2one(
        "prm.deal", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="deal_id.company_id", store=True)
    user_id = fields.Many2one(
        "res.users", "Approved By", required=True, readonly=True, ondelete="restrict"
    )
    rule_id = fields.Many2one(
        "prm.deal.rule",
        readonly=True,
        ondelete="set null",
        help="Empty: no rule fitted, so that one channel manager decided.",
    )

    _once = models.Constraint("UNIQUE (deal_id, user_id)", "You have approved this deal already.")
