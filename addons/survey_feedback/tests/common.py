"""What the tests of this addon share."""

import re

from odoo.fields import Command

from odoo.addons.relationship_crm.tests.common import RelationshipCommon

LINK = re.compile(r"/feedback/([\w-]+)\?score=(\d+)")


class FeedbackCommon(RelationshipCommon):
    """The users of each role; a survey that measures; a program that asks four customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.users["manager"]
        cls.survey = cls._new_survey()
        cls.question = cls.survey._feedback_question()
        cls.customers = cls.env["res.partner"].create(
            [cls._person_vals(name) for name in ("Ada", "Bao", "Cleo", "Dina")]
        )
        cls.program = cls._new_program("Relationship")
        cls.env["relationship.consent.default"].search([("purpose", "=", "survey")]).unlink()
        cls.env["relationship.consent.default"].create({"purpose": "survey", "rule": "allowed"})

    @classmethod
    def _person_vals(cls, name):
        return {
            "name": name,
            "email": f"{name.lower()}@feedback.example",
            "ref": "feedback-test",
            "user_id": cls.users["user"].id,
        }

    @classmethod
    def _new_survey(cls, **vals):
        """Return a survey of a recommendation and a comment, on one page."""
        return cls.env["survey.survey"].create(
            {
                "title": "How are we doing?",
                "access_mode": "token",
                "lang_ids": [Command.clear()],
                "questions_layout": "one_page",
                "question_and_page_ids": [
                    Command.create(
                        {
                            "title": "Would you recommend us?",
                            "question_type": "scale",
                            "feedback_metric": "nps",
                            "sequence": 1,
                        }
                    ),
                    Command.create({"title": "Why?", "question_type": "text_box", "sequence": 2}),
                ],
                **vals,
            }
        )

    @classmethod
    def _new_program(cls, name, **vals):
        return cls.env["feedback.program"].create(
            {
                "name": name,
                "survey_id": cls.survey.id,
                "domain": "[('ref', '=', 'feedback-test')]",
                "user_id": cls.manager.id,
                **vals,
            }
        )

    def new_wave(self, program=None, **vals):
        """Return a drawn wave."""
        wave = self.env["feedback.wave"].create(
            {"program_id": (program or self.program).id, **vals}
        )
        wave.action_draw()
        return wave

    def send(self, wave):
        """Send a wave; return {contact: token in the e-mail}."""
        wave.action_send()
        before = self.env["mail.mail"].search([], order="id desc", limit=1).id
        while self.env["feedback.invitation"]._job_send(100):
            pass
        self.env.flush_all()
        mails = self.env["mail.mail"].search(
            [("model", "=", "feedback.invitation"), ("id", ">", before)]
        )
        return {
            self.env["feedback.invitation"].browse(mail.res_id).contact_id: LINK.search(
                mail.body_html
            )[1]
            for mail in mails
        }

    def invitation(self, wave, contact):
        return wave.invitation_ids.filtered(lambda row: row.contact_id == contact)

    def answer(self, wave, contact, value, comment=None):
        """Let a person answer completely; return the score."""
        invitation = self.invitation(wave, contact)
        answer = invitation.sudo()._answer(value)
        if comment:
            answer._save_lines(self.survey.question_ids[1], comment)
        answer._mark_done()
        return self.env["feedback.score"].search(
            [("user_input_id", "=", answer.id), ("metric", "=", "nps")]
        )

    def skipped(self, wave):
        """Return {contact: (reason, note)} of whom a wave left out."""
        return {
            row.contact_id: (row.skip_reason, row.skip_note)
            for row in wave.invitation_ids
            if row.state == "skipped"
        }
