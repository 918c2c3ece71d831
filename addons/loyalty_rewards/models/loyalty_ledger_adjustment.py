from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round

STATES = [
    ("draft", "Draft"),
    ("requested", "Waits for Approval"),
    ("posted", "Posted"),
    ("refused", "Refused"),
]
#: what the person who asks may fill in; the rest is the way of the request
ASKED = frozenset(("card_id", "points", "reason", "expires_on"))
APPROVERS = "relationship_crm.group_manager"
ACTIVITY = "loyalty_rewards.mail_activity_type_adjustment"


class LoyaltyLedgerAdjustment(models.Model):
    """Points given or taken by hand, for a reason; above the limit of the program by two people.

    Whoever approves has not asked for it. In a company set to "single person" the same person may;
    it is noted and mailed. What was posted is corrected by another adjustment.
    """

    _name = "loyalty.ledger.adjustment"
    _description = "Adjustment of Points"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    card_id = fields.Many2one(
        "loyalty.card",
        ondelete="set null",
        index=True,
        domain="['|', ('program_id.applies_on', '=', 'both'),"
        " ('program_id.program_type', 'in', ('loyalty', 'ewallet', 'gift_card'))]",
    )
    card_code = fields.Char(readonly=True, help="Kept when the card is deleted.")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", related="card_id.partner_id", store=True
    )
    program_id = fields.Many2one("loyalty.program", related="card_id.program_id", store=True)
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True
    )
    points = fields.Float(
        digits=(16, 4),
        min_display_digits=2,
        required=True,
        tracking=True,
        help="Above zero: given. Below zero: taken.",
    )
    reason = fields.Char(required=True, tracking=True)
    expires_on = fields.Date(help="Last day of points that are given. Empty: they never expire.")
    state = fields.Selection(
        STATES, required=True, readonly=True, default="draft", copy=False, index=True, tracking=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Asked by",
        readonly=True,
        copy=False,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    approver_id = fields.Many2one(
        "res.users", string="Decided by", readonly=True, copy=False, ondelete="restrict"
    )
    decided_at = fields.Datetime(string="Decided on", readonly=True, copy=False)
    single_person = fields.Boolean(string="By a Single Person", readonly=True, copy=False)
    entry_id = fields.Many2one(
        "loyalty.ledger.entry", readonly=True, copy=False, ondelete="restrict"
    )

    _points_check = models.Constraint("CHECK (points <> 0)", "An adjustment moves points.")
    _posted_check = models.Constraint(
        "CHECK (state <> 'posted' OR (entry_id IS NOT NULL AND approver_id IS NOT NULL))",
        "What was posted has an entry, and somebody decided it.",
    )

    @api.depends("card_id")
    def _compute_company_id(self):
        for row in self:
            row.company_id = row.card_id.company_id or row.company_id or self.env.company

    @api.depends("card_id", "points", "reason")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.points:+.2f} {row.reason or ''}".strip()

    # ------------------------------------------------------------ only its own way

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su:
                self._refuse_fields(set(vals) - {"name"})
            card = self.env["loyalty.card"].sudo().browse(vals.get("card_id") or [])
            vals["card_code"] = card.code
        rows = super().create(vals_list)
        rows._check_card()
        return rows

    def write(self, vals):
        if not self.env.su:
            self._refuse_fields(set(vals))
            if ASKED & set(vals) and any(row.state != "draft" for row in self):
                raise UserError(self.env._("This adjustment waits or is decided: it stays so."))
        result = super().write(vals)
        if "card_id" in vals and not self.env.su:
            self._check_card()
            for row in self.sudo():
                row.card_code = row.card_id.code
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(row.state != "draft" for row in self):
            raise UserError(self.env._("Only drafts are deleted; what was asked for stays listed."))

    def _refuse_fields(self, names):
        """Refuse that a caller fills in how the request went."""
        own = {"state", "user_id", "approver_id", "decided_at", "single_person", "entry_id"}
        if names & (own | {"card_code", "partner_id", "program_id", "company_id"}):
            raise UserError(self.env._("Only card, points, reason and expiry are asked for."))

    def _check_card(self):
        """Refuse cards that have no ledger, or that the person may not change."""
        for row in self:
            if not row.card_id.sudo().loyalty_has_ledger:
                raise UserError(self.env._("Name a card of a program that has a ledger."))
        self.card_id.check_access("write")

    # ------------------------------------------------------------ the way

    def action_request(self):
        """Ask for drafts: within the limit they are posted at once, others wait for approval."""
        self.check_access("write")
        for row in self:
            row._change_from("draft")
            card = row.card_id
            if not card:
                raise UserError(self.env._("The card of this adjustment was deleted."))
            if card._adjusted_beyond(row.points):
                row.sudo().write({"state": "requested", "user_id": self.env.uid})
                row.sudo()._tell_approvers()
            else:
                row._post(alone=False)
        return True

    def action_approve(self):
        """Post what somebody else asked for.

        :raise UserError: it does not wait, the user asked for it, or the card has not enough points
        """
        self._check_approver()
        for row in self:
            row._change_from("requested")
            alone = row.company_id._require_second_person(
                row.sudo().user_id,
                row,
                self.env._("%s asked for and approved this adjustment alone.", self.env.user.name),
            )
            row._post(alone)
        return True

    def action_refuse(self):
        """Refuse what waits; nothing is posted."""
        self._check_approver()
        for row in self:
            row._change_from("requested")
        rows = self.sudo()
        rows.write(
            {
                "state": "refused",
                "approver_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        rows.activity_unlink([ACTIVITY])
        return True

    def _check_approver(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(APPROVERS):
            raise UserError(self.env._("Adjustments are decided by managers of Relationships."))

    def _change_from(self, state):
        """Go on only from this state, alone: two people at once meet on the row."""
        self.ensure_one()
        self.flush_recordset()
        self.env.cr.execute(
            "UPDATE loyalty_ledger_adjustment SET state = state WHERE id = %s RETURNING state",
            [self.id],
        )
        if self.env.cr.fetchone() != (state,):
            raise UserError(self.env._("This adjustment is not in a state to do that."))

    def _post(self, alone):
        """Post the entry of an adjustment; taking more than the card has is refused."""
        row = self.sudo()
        if not row.card_id:
            raise UserError(self.env._("The card of this adjustment was deleted."))
        ledger = self.env["loyalty.ledger"].sudo()
        ledger._flush_buffer()
        before = {row.card_id.id: row.card_id.points}
        posting = row._prepare_posting(self.env.uid)
        posted = ledger._post([posting], move=True)
        if row.points < 0:
            row.card_id._api_refuse_held()
        row.write(
            {
                "state": "posted",
                "approver_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "single_person": alone,
                "entry_id": posted[posting["key"]][0],
            }
        )
        row.activity_feedback([ACTIVITY])
        ledger._send_reached(row.card_id.ids, before)

    def _prepare_posting(self, uid):
        """Return the posting of an adjustment."""
        self.ensure_one()
        return {
            "card_id": self.card_id.id,
            "kind": "adjust",
            "points": float_round(self.points, 4),
            "expires_on": self.expires_on if self.points > 0 else None,
            "origin_model": self._name,
            "origin_id": self.id,
            "reason": self.reason,
            "user_id": uid,
            "key": f"{self._name},{self.id}",
        }

    def _tell_approvers(self):
        """Let those who may decide, other than who asked, find it among their activities."""
        self.ensure_one()
        managers = self.env.ref(APPROVERS).all_user_ids.filtered(
            lambda user: (
                user.active
                and not user.share
                and user != self.user_id
                and self.company_id in user.company_ids
            )
        )
        for manager in managers[:5]:
            self.activity_schedule(
                ACTIVITY,
                user_id=manager.id,
                summary=self.env._("Approve or refuse this adjustment"),
            )
