from odoo import fields, models


class RelationshipNeed(models.Model):
    """Something that a customer needs or prefers, as told or observed."""

    _name = "relationship.need"
    _description = "Customer Need"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "importance desc, id desc"
    _rec_name = "topic"

    topic = fields.Char(required=True, tracking=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        ondelete="cascade",
        index=True,
        tracking=True,
        domain=[("parent_id", "=", False)],
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Told By",
        ondelete="set null",
        index="btree_not_null",
        domain="[('commercial_partner_id', '=', partner_id)]",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        index=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        default=lambda self: self.env.user,
        index="btree_not_null",
        tracking=True,
    )
    kind = fields.Selection(
        [("need", "Need"), ("preference", "Preference")], required=True, default="need"
    )
    importance = fields.Selection(
        [("0", "Normal"), ("1", "Low"), ("2", "High"), ("3", "Very High")], default="0"
    )
    source = fields.Char(help="How we know: a visit, a survey, an order.")
    description = fields.Html()
    state = fields.Selection(
        [("open", "Open"), ("met", "Met"), ("lost", "Lost")],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    confirmed_on = fields.Date(readonly=True, copy=False, tracking=True)
    review_on = fields.Date(copy=False, help="Day on which to ask whether this still holds.")
    closed_on = fields.Date(readonly=True, copy=False)

    _open_idx = models.Index("(partner_id, company_id) WHERE state = 'open'")
