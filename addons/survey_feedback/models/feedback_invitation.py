from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.relationship_crm.models.relationship_interaction import CHANNELS

from .feedback_program_asking import REMINDERS

STATES = [
    ("drawn", "Drawn"),
    ("skipped", "Skipped"),
    ("queued", "Waiting to Be Sent"),
    ("sent", "Sent"),
    ("opened", "Opened"),
    ("started", "Started"),
    ("done", "Answered"),
    ("refused", "Refused"),
    ("bounced", "Bounced"),
    ("expired", "Expired"),
]
REASONS = [
    ("consent", "Has not allowed surveys"),
    ("no_email", "Has no e-mail address"),
    ("no_phone", "Has no phone number"),
    ("no_portal", "Has no access to the portal"),
    ("no_sms", "No text messages can be sent from here"),
    ("bounced", "E-mails came back"),
    ("blacklisted", "Address is blocked"),
    ("recent", "Was asked lately"),
    ("hold", "Something is open with them"),
    ("same_address", "Shares the address of somebody asked"),
    ("quota", "Enough people of the group were asked"),
    ("error", "The e-mail could not be made"),
]


class FeedbackInvitation(models.Model):
    """One person in a wave: why they were left out, or what became of the question.

    How it is sent lies in ``feedback_invitation_send.py``, how it is answered in
    ``feedback_invitation_answer.py``.
    """

    _name = "feedback.invitation"
    _description = "Feedback Invitation"
    _inherit = "relationship.job"
    _order = "wave_id desc, seed_rank, id"
    _rec_name = "contact_id"

    wave_id = fields.Many2one(
        "feedback.wave", required=True, readonly=True, ondelete="cascade", index=True
    )
    program_id = fields.Many2one(
        "feedback.program", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    contact_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The company of the contact when it was drawn.",
    )
    pseudonym = fields.Char(
        readonly=True, help="Stands for the person once their data has been erased."
    )
    channel = fields.Selection(CHANNELS, required=True, readonly=True, default="email")
    # no index of its own: every invitation of a wave moves at once, and each index is moved with it
    state = fields.Selection(STATES, string="Status", required=True, readonly=True, default="drawn")
    skip_reason = fields.Selection(REASONS, string="Why Skipped", readonly=True)
    skip_note = fields.Char(string="Details", readonly=True)
    email = fields.Char(string="Sent To", readonly=True)
    token_hash = fields.Char(readonly=True, copy=False, groups="base.group_system")
    attempts = fields.Integer(
        readonly=True, help="How often somebody tried: e-mails, messages and calls."
    )
    seed_rank = fields.Integer(
        string="Place in the Draw", readonly=True, help="Order in which the seed takes people."
    )
    weight = fields.Float(
        readonly=True, default=1, help="People of the population that this one stands for."
    )
    channel_step = fields.Integer(
        readonly=True, help="Place of the channel among those of the program."
    )
    stratum_id = fields.Many2one(
        "feedback.stratum",
        string="Group",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    reminders = fields.Integer(readonly=True)
    next_at = fields.Datetime(
        string="Next Step On",
        readonly=True,
        help="When the person is reminded, or asked on the next channel.",
    )
    interviewer_id = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    disposition_id = fields.Many2one(
        "feedback.disposition",
        string="Last Outcome",
        readonly=True,
        ondelete="restrict",
        help="What came of the last call.",
    )
    callback_at = fields.Datetime(string="Call Back On", readonly=True)
    attempt_ids = fields.One2many(
        "feedback.attempt", "invitation_id", string="Calls", readonly=True
    )
    phone = fields.Char(related="contact_id.phone")
    sent_at = fields.Datetime(string="Sent On", readonly=True)
    started_at = fields.Datetime(string="Started On", readonly=True)
    done_at = fields.Datetime(string="Answered On", readonly=True)
    user_input_id = fields.Many2one(
        "survey.user_input", string="Answer", readonly=True, ondelete="set null"
    )

    mail_content = fields.Json(
        compute="_compute_mail_content",
        help="What the e-mail shows; made while it is written, as its token is stored nowhere.",
    )

    _wave_contact_unique = models.Constraint(
        "UNIQUE (wave_id, contact_id)", "A person is drawn once in a wave."
    )
    _token_unique = models.UniqueIndex("(token_hash) WHERE token_hash IS NOT NULL")
    _user_input_unique = models.UniqueIndex(
        "(user_input_id) WHERE user_input_id IS NOT NULL", "An answer belongs to one invitation."
    )
    _skipped_check = models.Constraint(
        "CHECK ((state = 'skipped') = (skip_reason IS NOT NULL))",
        "Whoever is skipped is skipped for a reason.",
    )
    _sent_check = models.Constraint(
        "CHECK (state NOT IN ('sent', 'opened', 'started', 'done')"
        " OR (sent_at IS NOT NULL AND (token_hash IS NOT NULL OR channel <> 'email')))",
        "What was sent has a date, and an e-mail has a token.",
    )
    _reminders_check = models.Constraint(
        f"CHECK (reminders BETWEEN 0 AND {REMINDERS})", "Nobody is reminded more than twice."
    )
    _asked_idx = models.Index("(contact_id, sent_at) WHERE sent_at IS NOT NULL")
    _next_idx = models.Index("(next_at) WHERE next_at IS NOT NULL")
    _calls_idx = models.Index("(wave_id, channel) WHERE channel IN ('phone', 'in_person')")
    _queued_idx = models.Index("(contact_id) WHERE state = 'queued'")

    # ------------------------------------------------------------ e-mail

    @api.depends_context("feedback_tokens", "lang")
    def _compute_mail_content(self):
        tokens = dict(self.env.context.get("feedback_tokens") or ())
        for invitation in self:
            invitation.mail_content = invitation._prepare_mail_content(
                tokens.get(invitation.id, "")
            )

    def _prepare_mail_content(self, token):
        """Return what the e-mail shows: question, address, answers with theirs, labels."""
        self.ensure_one()
        question = self.wave_id.sudo().survey_id._feedback_question()
        link = f"{self.get_base_url()}/feedback/{token}"
        return {
            "question": question.title,
            "link": link,
            "scale": [
                {"value": value, "url": f"{link}?score={value}"}
                for value in question._scale_values()
            ],
            "low": question.scale_min_label or "",
            "high": question.scale_max_label or "",
            "direction": self.env["res.lang"]._get_data(code=self.env.lang).direction or "ltr",
        }

    # ------------------------------------------------------------ sets

    @api.model
    def _queue_drawn(self, waves):
        """Let the people drawn in these waves wait to be sent their invitation."""
        self._move_where(SQL("wave_id = ANY(%s) AND state = 'drawn'", waves.ids), "queued")

    @api.model
    def _expire(self, waves):
        """Take no more answers to these waves."""
        self._move_where(
            SQL(
                "wave_id = ANY(%s) AND state IN ('drawn', 'queued', 'sent', 'opened', 'started')",
                waves.ids,
            ),
            "expired",
        )

    @api.model
    def _move_where(self, where, state):
        """Set the state of all invitations that a condition holds for, in one statement."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE feedback_invitation SET state = %s, write_date = %s WHERE %s",
                state,
                fields.Datetime.now(),
                where,
            )
        )
        self.env.invalidate_all()

    @api.model
    def _merge_partners(self, src, dst):
        """Let the merged contact keep one invitation of a wave: the one that came furthest."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM feedback_invitation gone USING feedback_invitation kept
                 WHERE gone.wave_id = kept.wave_id AND gone.id <> kept.id
                   AND gone.contact_id = ANY(%(all)s) AND kept.contact_id = ANY(%(all)s)
                   AND (kept.done_at IS NOT NULL, kept.sent_at IS NOT NULL, -kept.id)
                     > (gone.done_at IS NOT NULL, gone.sent_at IS NOT NULL, -gone.id)
                """,
                all=[*src.ids, dst.id],
            )
        )
        self.env.invalidate_all()
