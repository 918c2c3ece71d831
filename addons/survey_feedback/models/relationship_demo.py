from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

from ..lib.token import new_token, token_hash

#: what people wrote beside their score
WORDS = {
    3: "The last two deliveries came late, and nobody told us beforehand.",
    4: "Three people answered my question, each one differently.",
    6: "Good product, slow support.",
    7: "Fine, but the invoices are hard to read.",
    9: "They keep their promises, and somebody always answers the phone.",
    10: "We recommend you already.",
}
#: scores of a wave in the order of the draw; None: no answer
SPRING = (7, 9, None, 8, 6, 9, None, 10, 7, None, 3, 8, 9, None, 10, 9, 7, None, 8, 9, 4, None)
AUTUMN = (9, 10, None, 3, 8, 9, None, 7, 10, None, 6, 9, 8, None, 10, 9, None, 7, 9, 10, 9, 8)
#: seed, days ago, scores, whether an unhappy answer opens a case
WAVES = (("spring", 215, SPRING * 2, False), ("autumn", 24, AUTUMN * 2, True))
#: what was done about unhappy answers, the first ones
DONE = (
    "Called, said sorry, and delivered the rest by courier. One person now looks after them.",
    "Two more people at the phones on Mondays; they see the difference.",
)
CAUSE = "survey_feedback.feedback_cause_delivery_late"
STEPS = ("contacted", "action", "verified", "closed")


class RelationshipDemo(models.AbstractModel):
    _inherit = "relationship.demo"

    @api.model
    def _build_feedback(self):
        """Make a running program with two finished waves and one that is drawn; send nothing."""
        quiet = self.with_context(tracking_disable=True, mail_activity_quick_update=True)
        program = self.env["feedback.program"].create(self._prepare_feedback_program())
        titles = {"spring": self.env._("Spring wave"), "autumn": self.env._("Autumn wave")}
        for seed, days_ago, scores, cases in WAVES:
            program.write({"sample_size": len(scores), "case_from_detractor": cases})
            wave = self.env["feedback.wave"].create(
                {"program_id": program.id, "seed": seed, "name": titles[seed]}
            )
            wave.action_draw()
            past = self._moment(days_ago)
            self._send_feedback_by_hand(wave, past)
            quiet._answer_feedback(wave, past, scores)
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
            "domain": "[('email', '!=', False), ('sale_order_ids', '!=', False)]",
            "next_on": fields.Date.add(fields.Date.today(), days=50),
            "user_id": self._user("manager").id,
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
    def _answer_feedback(self, wave, moment, scores):
        """Let people of a wave have answered in the days after a moment."""
        sent = wave.invitation_ids.filtered(lambda row: row.state == "sent").sorted("seed_rank")
        comment = wave.survey_id.question_ids.filtered(lambda q: q.question_type == "text_box")[:1]
        sides = wave.survey_id.question_ids.filtered(lambda q: q.feedback_metric == "dimension")
        moments = {}
        for day, (invitation, value) in enumerate(zip(sent, scores, strict=False)):
            if value is None:
                continue
            answer = invitation._answer(value)
            if value in WORDS and day < len(scores) // 2:
                answer._save_lines(comment, WORDS[value])
            for number, side in enumerate(sides):
                answer._save_lines(side, str(max(1, min(5, value // 2 + (day + number) % 2))))
            answer._mark_done()
            on = moment + timedelta(days=day % 9, hours=day % 8)
            answer.write({"start_datetime": on, "end_datetime": on})
            invitation.write({"started_at": on, "done_at": on})
            moments["survey.user_input", answer.id] = on
            scored = self.env["feedback.score"].search([("user_input_id", "=", answer.id)])
            scored.write({"answered_on": on})
        self._close_the_loop(wave, moments)

    @api.model
    def _close_the_loop(self, wave, moments):
        """Let somebody have cared for the unhappy answers of a wave; two cases stay open."""
        cases = self.env["relationship.case"].search(
            [("feedback_score_id.wave_id", "=", wave.id)], order="id"
        )
        for number, case in enumerate(cases):
            on = case.feedback_score_id.answered_on
            moments["relationship.case", case.id] = on
            if number < len(DONE):
                case.resolution = DONE[number]
                case.feedback_cause_id = self.env.ref(CAUSE)
                for state in STEPS:
                    case.state = state
                case.activity_ids.unlink()
                case.write({"closed_at": on + timedelta(days=4), "contacted_at": on})
                moments["relationship.case", case.id, "case_closed"] = case.closed_at
            case.write({"opened_at": on, "due": case._due_from(on)})
        cases[-1:].write({"state": "contacted"})
        self._date_interactions(moments)
