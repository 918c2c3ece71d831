from odoo import fields, models

KINDS = [("b2b", "Company"), ("b2c", "Person")]


class RelationshipProfile(models.Model):
    """How one customer stands with one company: a row for each commercial partner with facts.

    Background work writes these rows (see :mod:`.relationship_profile_refresh`), so that
    ``res.partner`` is never rewritten by it.
    """

    _name = "relationship.profile"
    _description = "Customer Profile"
    _inherit = "relationship.job"
    _order = "monetary desc, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        KINDS, help="Sold to as a company or as a person; follows the contact unless fixed by hand."
    )
    kind_fixed = fields.Boolean(string="Kind Fixed by Hand")
    stage_id = fields.Many2one("relationship.stage", readonly=True, ondelete="restrict", index=True)
    stage_since = fields.Date(readonly=True)
    stage_fixed = fields.Boolean(string="Stage Fixed by Hand", readonly=True)

    last_purchase_on = fields.Date(string="Last Purchase", readonly=True)
    frequency = fields.Integer(
        string="Purchases", readonly=True, help="Confirmed orders of the last 24 months."
    )
    monetary = fields.Monetary(
        string="Purchased",
        readonly=True,
        help="Confirmed orders of the last 24 months, without taxes, in the company's currency.",
    )
    rfm_code = fields.Char(
        string="RFM",
        size=3,
        readonly=True,
        help="Recency, frequency and amount, each from 1 to 5 (best), among the customers of the "
        "same kind who purchased in the last 24 months.",
    )
    habits = fields.Json(readonly=True)
    next_move_on = fields.Date(
        readonly=True, help="Day on which the oldest purchase leaves the 24 months."
    )

    clv_12m = fields.Monetary(string="Value of the Next 12 Months", readonly=True)
    clv_low = fields.Monetary(string="Value, Low Estimate", readonly=True)
    clv_high = fields.Monetary(string="Value, High Estimate", readonly=True)
    alive_probability = fields.Float(string="Probability to Purchase Again", readonly=True)
    health = fields.Integer(readonly=True)
    health_reasons = fields.Json(readonly=True)

    sales_user_id = fields.Many2one("res.users", string="Sales", index="btree_not_null")
    marketing_user_id = fields.Many2one("res.users", string="Marketing", index="btree_not_null")
    service_user_id = fields.Many2one("res.users", string="Service", index="btree_not_null")
    finance_user_id = fields.Many2one("res.users", string="Finance", index="btree_not_null")

    _partner_company_unique = models.Constraint(
        "UNIQUE (partner_id, company_id)", "A customer has one profile in each company."
    )
    _worth_idx = models.Index("(company_id, monetary DESC, id)")
    _stage_kind_idx = models.Index("(company_id, kind, last_purchase_on)")
    _moves_idx = models.Index("(next_move_on) WHERE next_move_on IS NOT NULL")
