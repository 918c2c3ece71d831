from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

from ..lib.token import new_token, token_hash

#: what the people of the finished wave said, in the order of the draw; None: nothing
ANSWERS = (
    (9, "They keep their promises, and somebody always answers the phone."),
    (10, ""),
    (None, ""),
    (3, "The last two deliveries came late, and nobody told us beforehand."),
    (8, ""),
    (9, "Good advice."),
    (None, ""),
    (7, "Fine, but the invoices are hard to read."),
    (10, "We recommend you already."),
    (None, ""),
    (6, ""),
    (9, ""),
    (8, ""),
    (None, ""),
    (10, ""),
    (9, ""),
    (None, ""),
    (7, ""),
)
DAYS_AGO = 40


class RelationshipDemo(models.AbstractModel):
    _inherit = "relationship.demo"

    @api.model
    def _build_feedback(self):
        """Make a running program with one finished wave and one that is drawn; send nothing."""
        program = self.env["feedback.program"].create(self._prepare_feedback_program())
        past = fields.Datetime.now() - timedelta(days=DAYS_AGO)
        wave = self.env["feedback.wave"].create({"program_id": program.id, "seed": "autumn"})
        wave.name = self.env._("Autumn wave")
        wave.action_draw()
        self._send_feedback_by_hand(wave, past)
        self._answer_feedback(wave, past)
        wave.write({"state": "closed"})
        self.env["feedback.invitation"]._expire(wave)
        self.env["feedback.wave"].create({"program_id": program.id, "seed": "winter"}).action_draw()
        program.action_run()

    @api.model
    def _prepare_feedback_program(self):
        """Return the program of the demo."""
        return {
            "name": self.env._("Relationship survey"),
            "survey_id": self.env.ref("survey_feedback.survey_relationship_b2b").id,
            "domain": "[('email', '!=', False)]",
            "sample_size": len(ANSWERS),
            "next_on": fields.Date.add(fields.Date.today(), days=50),
            "user_id": self.env.ref("base.user_admin").id,
            "role_ids": [Command.clear()],
        }

    @api.model
    def _send_feedback_by_hand(self, wave, moment):
        """Note the invitations of a wave as sent, without any e-mail."""
        drawn = wave.invitation_ids.filtered(lambda row: row.state == "drawn")
        for invitation in drawn:
            invitation.write(
                {
                    "state": "sent",
                    "sent_at": moment,
                    "attempts": 1,
                    "email": invitation.contact_id.email_formatted,
                    "token_hash": token_hash(new_token()),
                }
            )
        wave.write({"state": "sending", "sent_at": moment, "drawn_at": moment})
        wave.write({"state": "open", "closes_at": moment + timedelta(days=21)})

    @api.model
    def _answer_feedback(self, wave, moment):
        """Let people of a wave have answered in the days after a moment."""
        sent = wave.invitation_ids.filtered(lambda row: row.state == "sent").sorted("seed_rank")
        comment = wave.survey_id.question_ids.filtered(lambda q: q.question_type == "text_box")[:1]
        sides = wave.survey_id.question_ids.filtered(lambda q: q.feedback_metric == "dimension")
        for day, (invitation, (value, text)) in enumerate(zip(sent, ANSWERS, strict=False)):
            if value is None:
                continue
            answer = invitation._answer(value)
            if text:
                answer._save_lines(comment, text)
            for number, side in enumerate(sides):
                answer._save_lines(side, str(max(1, min(5, value // 2 + (day + number) % 2))))
            answer._mark_done()
            on = moment + timedelta(days=day % 9, hours=day)
            answer.write({"start_datetime": on, "end_datetime": on})
            invitation.write({"started_at": on, "done_at": on})
            self.env["feedback.score"].search([("user_input_id", "=", answer.id)]).write(
                {"answered_on": on}
            )
