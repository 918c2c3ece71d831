from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("open", "Opening Balance"),
    ("earn", "Earned"),
    ("redeem", "Redeemed"),
    ("expire", "Expired"),
    ("adjust", "Adjusted"),
    ("reverse", "Reversed"),
    ("transfer", "Transferred"),
    ("merge", "Merged"),
    ("close", "Closing"),
]
STATES = [("pending", "Pending"), ("posted", "Posted"), ("cancelled", "Cancelled")]
#: what no ORM write may change on a row that is posted; partner_id moves by merge and erasure
PROTECTED = frozenset(
    "card_id card_code program_id company_id kind points status_points state available_on"
    " expires_on origin_model origin_id rule_id base_amount multiplier earned_on interaction_id key"
    " reverses_id reason user_id recorded_at posted_at cancelled_at"
    " cancelled_by_id".split()
)
#: what may still change while points wait: when they come
WAITING = frozenset(("available_on",))


class LoyaltyLedgerEntry(models.Model):
    """One change of the points of a card, and why. Corrected by another entry, never edited.

    Entries are made by ``loyalty.ledger`` alone. At every commit, for every card of a program that
    has a ledger: points of the card = sum of its posted entries = sum of what remains in its lots.
    """

    _name = "loyalty.ledger.entry"
    _description = "Points Ledger Entry"
    _order = "recorded_at desc, id desc"
    _log_access = False
    _rec_name = "key"

    card_id = fields.Many2one("loyalty.card", readonly=True, ondelete="set null", index=True)
    card_code = fields.Char(readonly=True, help="Kept when the card is deleted.")
    program_id = fields.Many2one(
        "loyalty.program", required=True, readonly=True, ondelete="restrict", index=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, ondelete="set null", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="restrict", index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    points = fields.Float(digits=(16, 4), min_display_digits=2, required=True, readonly=True)
    status_points = fields.Float(
        digits=(16, 4),
        min_display_digits=2,
        readonly=True,
        help="Count for the tier only; they cannot be spent.",
    )
    state = fields.Selection(STATES, required=True, readonly=True, default="posted", index=True)
    available_on = fields.Date(
        readonly=True, help="Pending points can be spent from this day on. Empty: not known yet."
    )
    expires_on = fields.Date(readonly=True, help="Last day on which the points can be spent.")
    origin_model = fields.Char(string="Cause Model", readonly=True)
    origin_id = fields.Many2oneReference(string="Cause", model_field="origin_model", readonly=True)
    rule_id = fields.Many2one(
        "loyalty.earning.rule", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    base_amount = fields.Float(
        digits=(16, 4),
        min_display_digits=2,
        readonly=True,
        help="What the points were earned on: an amount in program currency, or units.",
    )
    multiplier = fields.Float(
        digits=(8, 4),
        min_display_digits=2,
        readonly=True,
        help="How many times the points of the rule, by the tier.",
    )
    earned_on = fields.Date(readonly=True, help="Day on which what earned the points happened.")
    interaction_id = fields.Many2one(
        "relationship.interaction", readonly=True, ondelete="set null", index="btree_not_null"
    )
    key = fields.Char(
        required=True,
        readonly=True,
        help="Names the cause. Posting the same key again gives this entry and changes nothing.",
    )
    reverses_id = fields.Many2one(
        "loyalty.ledger.entry",
        string="Takes Back",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    recorded_at = fields.Datetime(string="Date", required=True, readonly=True)
    posted_at = fields.Datetime(string="Posted", readonly=True)
    cancelled_at = fields.Datetime(string="Cancelled", readonly=True)
    cancelled_by_id = fields.Many2one(
        "res.users",
        string="Cancelled by",
        readonly=True,
        ondelete="set null",
        help="Who cancelled pending points by hand. Empty: a document took them back.",
    )
    lot_ids = fields.One2many("loyalty.ledger.lot", "entry_id", string="Lots", readonly=True)
    allocation_ids = fields.One2many(
        "loyalty.ledger.allocation", "entry_id", string="Lots Used", readonly=True
    )

    _key_unique = models.Constraint("UNIQUE (key)", "This cause has been posted already.")
    _posted_check = models.Constraint(
        "CHECK (state <> 'posted' OR posted_at IS NOT NULL)", "A posted entry knows when."
    )
    _sign_check = models.Constraint(
        "CHECK ((kind <> 'earn' OR points >= 0) AND (kind NOT IN ('redeem', 'expire')"
        " OR points <= 0))",
        "Earned points are added, redeemed and expired ones taken away.",
    )
    _origin_idx = models.Index("(origin_model, origin_id, card_id) WHERE origin_id IS NOT NULL")
    _recorded_idx = models.Index("(recorded_at DESC, id DESC)")
    _rule_idx = models.Index("(rule_id, card_id, earned_on) WHERE rule_id IS NOT NULL")
    _pending_idx = models.Index("(available_on, id) WHERE state = 'pending'")

    # ------------------------------------------------------------ never edited

    @api.model_create_multi
    def create(self, vals_list):
        """Refused: an entry moves the points of a card, so it is posted through the card."""
        if vals_list:
            raise UserError(
                self.env._("Entries are not created by hand. Change the points of the card.")
            )
        return super().create(vals_list)

    def write(self, vals):
        touched = PROTECTED & set(vals)
        if self and (
            touched - WAITING or (touched and any(entry.state != "pending" for entry in self))
        ):
            raise UserError(
                self.env._("A posted entry is not edited. Correct it with another entry.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Entries of the ledger are not deleted."))

    # ------------------------------------------------------------ shown

    @api.depends("kind", "card_code", "points")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for entry in self:
            entry.display_name = f"{kinds.get(entry.kind, '')} {entry.points:+.2f}"

    def action_open_cause(self):
        """Open the record that caused the entry."""
        self.ensure_one()
        if not self.origin_model or self.origin_model not in self.env:
            raise UserError(self.env._("This entry has no record behind it."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.origin_model,
            "res_id": self.origin_id,
            "views": [(False, "form")],
        }
