from collections import defaultdict
from secrets import token_hex

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

STATES = [
    ("draft", "Draft"),
    ("drawn", "Drawn"),
    ("sending", "Sending"),
    ("open", "Open"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]
FLOW = {
    "drawn": ("draft",),
    "sending": ("drawn",),
    "open": ("sending",),
    "closed": ("sending", "open"),
    "cancelled": ("draft", "drawn"),
    "draft": ("drawn",),
}
#: invitations whose holder may still answer; also one whose e-mail came back: the link may reach
#: the person by another way
ANSWERABLE = ("sent", "opened", "started", "bounced")
#: channels on which somebody of ours fills in the answers
CALLING = ("phone", "in_person")
SENT = (*ANSWERABLE, "done", "refused", "expired")


class FeedbackWave(models.Model):
    """One asking of a program: who was drawn, who was asked, who answered, what they said."""

    _name = "feedback.wave"
    _description = "Feedback Wave"
    _inherit = ["mail.thread", "mail.activity.mixin", "relationship.job"]
    _order = "create_date desc, id desc"

    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, required=True, precompute=True
    )
    program_id = fields.Many2one(
        "feedback.program", required=True, ondelete="restrict", index=True, tracking=True
    )
    company_id = fields.Many2one(
        related="program_id.company_id", store=True, index=True, precompute=True
    )
    survey_id = fields.Many2one(
        "survey.survey",
        compute="_compute_from_program",
        precompute=True,
        store=True,
        required=True,
        ondelete="restrict",
        index=True,
    )
    sample_size = fields.Integer(
        string="Sample",
        compute="_compute_from_program",
        precompute=True,
        store=True,
        readonly=False,
    )
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    seed = fields.Char(
        required=True,
        default=lambda self: token_hex(8),
        copy=False,
        help="Whoever knows the seed can work the draw out again: people are taken in the order "
        "of sha256(seed:number of the contact).",
    )
    population = fields.Integer(
        readonly=True, copy=False, help="People whom the program could have asked on that day."
    )
    drawn_at = fields.Datetime(string="Drawn On", readonly=True, copy=False)
    sent_at = fields.Datetime(string="Sent On", readonly=True, copy=False)
    closes_at = fields.Datetime(string="Closes On", copy=False, tracking=True)
    invitation_ids = fields.One2many("feedback.invitation", "wave_id", string="Invitations")
    stratum_ids = fields.One2many("feedback.stratum", "wave_id", string="Groups", readonly=True)

    invited_count = fields.Integer(string="Drawn to Ask", compute="_compute_counts")
    skipped_count = fields.Integer(string="Skipped", compute="_compute_counts")
    asked_count = fields.Integer(string="Asked", compute="_compute_counts")
    answered_count = fields.Integer(string="Answered", compute="_compute_counts")
    bounced_count = fields.Integer(string="Did Not Arrive", compute="_compute_counts")
    response_rate = fields.Float(
        compute="_compute_counts", help="Complete answers, of the people who were reached."
    )

    _seed_check = models.Constraint("CHECK (seed <> '')", "A draw needs a seed.")

    # ------------------------------------------------------------ computed

    @api.depends("program_id")
    def _compute_name(self):
        today = fields.Date.context_today(self)
        for wave in self:
            if not wave.name:
                wave.name = f"{wave.program_id.name or ''} {today:%Y-%m-%d}".strip()

    @api.depends("program_id")
    def _compute_from_program(self):
        """What the wave was made with stays when the program changes later."""
        for wave in self:
            wave.survey_id = wave.survey_id or wave.program_id.survey_id
            wave.sample_size = wave.sample_size or wave.program_id.sample_size

    @api.depends("invitation_ids.state")
    def _compute_counts(self):
        counts = defaultdict(dict)
        for wave, state, count in self.env["feedback.invitation"]._read_group(
            [("wave_id", "in", self.ids)], ["wave_id", "state"], ["__count"]
        ):
            counts[wave.id][state] = count
        for wave in self:
            wave._set_counts(counts[wave.id])

    def _set_counts(self, counts):
        """Fill the figures of this wave from {state: number of invitations}."""
        self.skipped_count = counts.get("skipped", 0)
        self.invited_count = sum(counts.values()) - self.skipped_count
        self.asked_count = sum(counts.get(state, 0) for state in SENT)
        self.answered_count = counts.get("done", 0)
        self.bounced_count = counts.get("bounced", 0)
        reached = self.asked_count - self.bounced_count
        self.response_rate = self.answered_count / reached if reached else 0

    # ------------------------------------------------------------ CRUD

    @api.model_create_multi
    def create(self, vals_list):
        waves = super().create(vals_list)
        if any(wave.state != "draft" for wave in waves):
            raise UserError(self.env._("A wave begins as a draft."))
        return waves

    def write(self, vals):
        if "state" in vals:
            moving = self.filtered(lambda wave: wave.state != vals["state"])
            moving._check_move(vals["state"])
        done = super().write(vals)
        if "closes_at" in vals or vals.get("state") == "closed":
            self._move_deadlines()
        return done

    def _move_deadlines(self):
        """Let begun answers be completed as long as the wave is open, and no longer.

        Core's pages look at the limit of the answer alone.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE survey_user_input answer
                   SET deadline = moved.deadline
                  FROM (SELECT id, CASE WHEN state = 'closed' THEN least(closes_at, %(now)s)
                                        ELSE closes_at END AS deadline
                          FROM feedback_wave
                         WHERE id = ANY(%(waves)s)) moved
                 WHERE answer.feedback_wave_id = moved.id AND answer.state <> 'done'
                   AND answer.deadline IS DISTINCT FROM moved.deadline
                """,
                now=fields.Datetime.now(),
                waves=self.ids,
            )
        )
        self.env["survey.user_input"].invalidate_model(["deadline"])

    def _check_move(self, state):
        """Refuse a move that leaves out a step."""
        self._lock_in_turn()
        if any(wave.state not in FLOW[state] for wave in self):
            raise UserError(
                self.env._("A wave is drawn, then sent, then closed. This step does not follow.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        if any(wave.state not in ("draft", "drawn", "cancelled") for wave in self):
            raise UserError(
                self.env._("A wave that was sent is kept. Archive its program instead.")
            )

    # ------------------------------------------------------------ actions

    def action_send(self):
        """Send the invitations of the people drawn, in the background."""
        self._check_move("sending")
        for wave in self:
            wave.program_id._check_survey()
            wave.write(wave._prepare_send_vals())
        self.env["feedback.invitation"]._queue_drawn(self)
        self.env["relationship.queue"]._wake("survey_feedback.ir_cron_feedback_send")
        return True

    def _prepare_send_vals(self):
        """Return what changes on a wave whose sending begins."""
        now = fields.Datetime.now()
        closes_at = self.closes_at or fields.Datetime.add(now, days=self.program_id.open_days)
        if closes_at <= now:
            raise UserError(self.env._("The wave would be closed before anybody could answer."))
        return {"state": "sending", "sent_at": now, "closes_at": closes_at}

    def action_close(self):
        """Take no more answers; invitations that are not answered expire."""
        self.write({"state": "closed", "closes_at": fields.Datetime.now()})
        self.env["feedback.invitation"]._expire(self)
        return True

    def action_cancel(self):
        """Give the wave up before anything is sent."""
        return self.write({"state": "cancelled"})

    def action_open_invitations(self):
        """Open the invitations of this wave."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "survey_feedback.feedback_invitation_action"
        )
        only = [name for name in ("skipped", "bounced") if self.env.context.get(name)]
        context = {f"search_default_{name}": 1 for name in only}
        return {**action, "domain": [("wave_id", "=", self.id)], "context": context}

    def action_open_scores(self):
        """Open the scores of this wave."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "survey_feedback.feedback_score_action"
        )
        return {**action, "domain": [("wave_id", "=", self.id)], "context": {}}

    # ------------------------------------------------------------ by themselves

    @api.model
    def _close_expired(self):
        """Close the waves whose time is over."""
        expired = self.search(
            [("state", "in", ("sending", "open")), ("closes_at", "<=", fields.Datetime.now())]
        )
        expired.write({"state": "closed"})
        self.env["feedback.invitation"]._expire(expired)

    def _open_when_sent(self):
        """Note the end of the sending where nothing waits any more."""
        busy = self.env["feedback.invitation"]._read_group(
            [("wave_id", "in", self.ids), ("state", "=", "queued")], ["wave_id"]
        )
        done = self.filtered(lambda wave: wave.state == "sending") - self.browse(
            wave.id for (wave,) in busy
        )
        done.write({"state": "open"})
