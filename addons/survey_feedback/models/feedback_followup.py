from odoo import api, fields, models

from ..lib.scale import band
from ..lib.token import LENGTH, new_token, token_hash

#: what the one question is answered on, as satisfaction is
SCALE = range(1, 6)
VERDICTS = [("high", "Recovered"), ("middle", "So-So"), ("low", "Still Unhappy")]


class FeedbackFollowup(models.Model):
    """The one question after a case is closed: is it solved for you?"""

    _name = "feedback.followup"
    _description = "Question After a Case"
    _inherit = "relationship.job"
    _order = "id desc"
    _rec_name = "case_id"

    case_id = fields.Many2one(
        "relationship.case", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    contact_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="set null", index="btree_not_null"
    )
    round = fields.Integer(
        readonly=True, help="How often the case had been reopened when it was asked."
    )
    token_hash = fields.Char(readonly=True, copy=False, groups="base.group_system")
    sent_at = fields.Datetime(string="Sent On", readonly=True)
    value = fields.Integer(string="Answer", readonly=True, aggregator=None)
    verdict = fields.Selection(VERDICTS, readonly=True)
    answered_at = fields.Datetime(string="Answered On", readonly=True)
    mail_content = fields.Json(
        compute="_compute_mail_content",
        help="What the e-mail shows; made while it is written, as its token is stored nowhere.",
    )

    _round_unique = models.Constraint(
        "UNIQUE (case_id, round)", "A case is asked about once each time it is closed."
    )
    _token_unique = models.UniqueIndex("(token_hash) WHERE token_hash IS NOT NULL")
    _value_check = models.Constraint(
        "CHECK (value IS NULL OR value BETWEEN 0 AND 5)", "The answer is 1 to 5."
    )

    @api.depends_context("feedback_tokens", "lang")
    def _compute_mail_content(self):
        tokens = dict(self.env.context.get("feedback_tokens") or ())
        for followup in self:
            link = f"{followup.get_base_url()}/feedback/case/{tokens.get(followup.id, '')}"
            followup.mail_content = {
                "link": link,
                "scale": [{"value": n, "url": f"{link}?score={n}"} for n in SCALE],
                "direction": self.env["res.lang"]._get_data(code=self.env.lang).direction or "ltr",
            }

    @api.model
    def _ask(self, cases):
        """Ask the contacts of closed cases whether it is solved, as far as they may be written to.

        :param cases: cases that an answer opened, just closed
        :return: the questions sent
        """
        reachable = cases.filtered(lambda case: case._can_be_asked())
        tokens = {case: new_token() for case in reachable}
        now = fields.Datetime.now()
        followups = self.sudo().create(
            [
                {
                    "case_id": case.id,
                    "contact_id": case.contact_id.id,
                    "round": case.reopen_count,
                    "token_hash": token_hash(tokens[case]),
                    "sent_at": now,
                }
                for case in reachable
            ]
        )
        template = self.env.ref("survey_feedback.mail_template_followup", raise_if_not_found=False)
        if followups and template:
            by_id = tuple((one.id, tokens[one.case_id]) for one in followups)
            template.sudo().with_context(feedback_tokens=by_id).send_mail_batch(followups.ids)
        return followups

    @api.model
    def _find(self, token):
        """Return the question of a token (as superuser); empty for any other text."""
        none = self.sudo().browse()
        if not isinstance(token, str) or len(token) != LENGTH:
            return none
        return none.search([("token_hash", "=", token_hash(token))], limit=1)

    def _answer(self, value):
        """Keep the answer of the contact, the first one; an unhappy one reopens the case.

        :param int value: 1 to 5
        """
        self.ensure_one()
        self._lock_in_turn()
        if self.answered_at or value not in SCALE:
            return
        if self.round != self.case_id.reopen_count:
            return  # the case was taken up again since: this is not about how it stands now
        self.write(
            {
                "value": value,
                "verdict": band("csat", value, SCALE[-1]),
                "answered_at": fields.Datetime.now(),
            }
        )
        self.case_id._note_verdict(self)
