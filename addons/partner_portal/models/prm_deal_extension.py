from odoo import fields, models


class PrmDealExtension(models.Model):
    """A partner asks for a longer protection, with what happened on the opportunity as evidence."""

    _name = "prm.deal.extension"
    _description = "Extension of a Deal Registration"
    _order = "id desc"
    _rec_name = "deal_id"

    deal_id = fields.Many2one(
        "prm.deal", "Deal Registration", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="deal_id.company_id", store=True)
    state = fields.Selection(
        [("requested", "Requested"), ("granted", "Granted"), ("refused", "Refused")],
        required=True,
        default="requested",
        readonly=True,
    )
    number = fields.Integer(
        readonly=True, help="1 for the first extension granted, 2 for the last."
    )
    reason = fields.Text(required=True, readonly=True, help="Why, in the words of who asked.")
    evidence = fields.Text(readonly=True, help="What happened on the opportunity.")
    requested_by = fields.Many2one("res.users", readonly=True, ondelete="set null")
    decided_by = fields.Many2one("res.users", readonly=True, ondelete="set null")
    decided_on = fields.Datetime(readonly=True)
    days = fields.Integer(readonly=True)
    until = fields.Date("Protected Until", readonly=True)

    _at_most_two = models.Constraint(
        "CHECK (state != 'granted' OR number BETWEEN 1 AND 2)",
        "A deal registration is extended twice at most.",
    )
    _each_once = models.UniqueIndex("(deal_id, number) WHERE state = 'granted'")
    _one_request = models.UniqueIndex("(deal_id) WHERE state = 'requested'")
    _deal = models.Index("(deal_id)")
