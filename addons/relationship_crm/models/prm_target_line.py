from odoo import fields, models


class PrmTargetLine(models.Model):
    """One month of a target: what was planned and what it brought."""

    _name = "prm.target.line"
    _description = "Month of a Target"
    _order = "month, target_id"
    _rec_name = "month"

    target_id = fields.Many2one(
        "prm.target", required=True, readonly=True, ondelete="cascade", index=True
    )
    month = fields.Date(required=True, readonly=True, help="Its first day.")
    planned = fields.Float(readonly=True, digits=(16, 2), help="The part of the target.")
    actual = fields.Float(readonly=True, digits=(16, 2))
    former = fields.Float(
        string="A Year Earlier", readonly=True, digits=(16, 2), help="The same month of last year."
    )
    company_id = fields.Many2one(related="target_id.company_id", store=True, index=True)
    subject = fields.Selection(related="target_id.subject", store=True)
    partner_id = fields.Many2one(related="target_id.partner_id", store=True, index="btree_not_null")
    grade_id = fields.Many2one(related="target_id.grade_id", store=True, index="btree_not_null")
    segment_id = fields.Many2one(related="target_id.segment_id", store=True, index="btree_not_null")
    team_id = fields.Many2one(related="target_id.team_id", store=True, index="btree_not_null")
    metric_id = fields.Many2one(related="target_id.metric_id", store=True, index=True)
    product_categ_id = fields.Many2one(
        related="target_id.product_categ_id",
        string="Product Category",
        store=True,
        index="btree_not_null",
    )
    country_id = fields.Many2one(related="target_id.country_id", store=True, index="btree_not_null")
    user_id = fields.Many2one(related="target_id.user_id", store=True, index="btree_not_null")

    _month_unique = models.Constraint(
        "UNIQUE (target_id, month)", "This month of the target is there already."
    )
