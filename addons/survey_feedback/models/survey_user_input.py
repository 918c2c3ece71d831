from odoo import fields, models

from .feedback_score import ANSWER_CHANNELS


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    feedback_wave_id = fields.Many2one(
        "feedback.wave", string="Wave", readonly=True, ondelete="set null", index="btree_not_null"
    )
    feedback_channel = fields.Selection(ANSWER_CHANNELS, string="Channel", readonly=True)
    feedback_interviewer_id = fields.Many2one(
        "res.users",
        string="Interviewer",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="Who filled it in for the contact, on the phone or face to face.",
    )
    feedback_disposition = fields.Char(
        string="AAPOR Code", readonly=True, copy=False, help="What came of the last call."
    )
    feedback_kiosk_id = fields.Many2one(
        "feedback.kiosk",
        string="Kiosk",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    feedback_key = fields.Char(
        readonly=True, copy=False, help="Key of the tablet for this answer, so that it counts once."
    )

    _feedback_key_unique = models.UniqueIndex(
        "(feedback_kiosk_id, feedback_key) WHERE feedback_key IS NOT NULL",
        "This answer was sent already.",
    )

    def _mark_done(self):
        """Keep the scores once, when the answer becomes complete."""
        fresh = self.filtered(lambda answer: answer.state != "done")
        done = super()._mark_done()
        if moment := self.env.context.get("feedback_at"):
            fresh.write({"end_datetime": moment})  # a tablet without connection sends it later
        fresh._feedback_done()
        return done

    def _feedback_done(self):
        """Write scores, close the invitations, tell the history, open cases for detractors."""
        real = self.sudo().filtered(lambda answer: not answer.test_entry)
        measured = real.filtered(
            lambda answer: (
                answer.feedback_wave_id
                or answer.feedback_kiosk_id
                or any(answer._feedback_metrics())
            )
        )
        if not measured:
            return
        scores = self.env["feedback.score"]._record(measured)
        self.env["feedback.invitation"]._mark_done_for(measured)
        self.env["feedback.invitation"]._note_interviews(measured)
        self.env["relationship.interaction"].sudo()._record(
            [answer._prepare_feedback_interaction() for answer in measured if answer.partner_id]
        )
        self.env["relationship.case"].sudo()._open_for_answers(measured, scores)
        self.env["feedback.program"].sudo()._thank_promoters(scores)

    def _feedback_company(self):
        """Return the company that asked."""
        asking = self.feedback_wave_id.company_id or self.feedback_kiosk_id.company_id
        return asking or self.env.company

    def _feedback_metrics(self):
        """Return what the questions of the survey measure."""
        return self.survey_id.question_ids.mapped("feedback_metric")

    def _prepare_feedback_interaction(self):
        """Return the interaction that tells of a complete answer, but not what was answered:
        whoever reacts to it (with points, say) must not know the score."""
        self.ensure_one()
        return {
            "kind": "survey_completed",
            "company_id": self._feedback_company().id,
            "contact_id": self.partner_id.id,
            "channel": self.feedback_channel,
            "res_model": self._name,
            "res_id": self.id,
            "external_ref": f"{self._name},{self.id},done",
            "summary": self.survey_id.title,
        }

    def _save_lines(self, question, answer, comment=None, overwrite_existing=True):
        """Let the number chosen in the e-mail be changed on the page that follows."""
        if self.feedback_wave_id and question.feedback_metric and self.state != "done":
            overwrite_existing = True
        return super()._save_lines(question, answer, comment, overwrite_existing)

    def _feedback_may_fill_in(self, user):
        """Whether somebody of ours may fill this answer in for the contact: they hold an interview
        about it, which has not ended."""
        self.ensure_one()
        if self.feedback_interviewer_id != user:
            return False
        live = [
            ("user_id", "=", user.id),
            ("invitation_id.user_input_id", "=", self.id),
            ("expires_at", ">", fields.Datetime.now()),
        ]
        return bool(self.env["feedback.token"].sudo().search_count(live, limit=1))

    def _feedback_skip_to_after(self, question):
        """Go on after a question that was answered in the e-mail, if it stands first.

        An answer without further questions is complete.
        """
        self.ensure_one()
        survey = self.survey_id
        if survey.question_ids == question:
            self._mark_done()
        elif survey.questions_layout == "page_per_question" and survey.question_ids[:1] == question:
            self.last_displayed_page_id = self.last_displayed_page_id or question

    def _feedback_comment(self):
        """Return what the person wrote, as lines of text."""
        lines = self.user_input_line_ids.sorted(lambda line: (line.question_sequence, line.id))
        texts = (line.value_text_box or line.value_char_box for line in lines if not line.skipped)
        return [text.strip() for text in texts if text and text.strip()]
