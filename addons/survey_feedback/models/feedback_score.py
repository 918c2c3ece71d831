from odoo import api, fields, models

from odoo.addons.relationship_crm.models.relationship_interaction import CHANNELS

from ..lib.scale import band

METRICS = [
    ("nps", "Would Recommend (NPS, 0–10)"),
    ("csat", "Satisfaction (CSAT, 1–5)"),
    ("ces", "Effort (CES, 1–7)"),
    ("dimension", "Dimension (1–5 or 0–10)"),
]
#: a kiosk asks whoever passes by: a channel of answers, not of contacts
ANSWER_CHANNELS = [*CHANNELS, ("kiosk", "Kiosk")]
BANDS = [("low", "Low"), ("middle", "Middle"), ("high", "High")]


class FeedbackScore(models.Model):
    """One number that somebody gave: written once, when the answer is complete."""

    _name = "feedback.score"
    _description = "Feedback Score"
    _order = "answered_on desc, id desc"
    _rec_name = "value"

    user_input_id = fields.Many2one(
        "survey.user_input", string="Answer", readonly=True, ondelete="cascade", index=True
    )
    question_id = fields.Many2one(
        "survey.question", readonly=True, ondelete="set null", index="btree_not_null"
    )
    survey_id = fields.Many2one(
        "survey.survey", readonly=True, ondelete="set null", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    program_id = fields.Many2one(
        "feedback.program", readonly=True, ondelete="set null", index="btree_not_null"
    )
    wave_id = fields.Many2one(
        "feedback.wave", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    contact_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="set null", index="btree_not_null"
    )
    pseudonym = fields.Char(
        readonly=True, help="Stands for the person once their data has been erased."
    )
    metric = fields.Selection(METRICS, required=True, readonly=True)
    dimension_id = fields.Many2one(
        "feedback.dimension", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    value = fields.Integer(string="Score", readonly=True, aggregator="avg")
    band = fields.Selection(
        BANDS,
        required=True,
        readonly=True,
        help="Of recommendations: high is a promoter (9–10), low a detractor (0–6). Of others: "
        "high are the two best answers.",
    )
    touchpoint_id = fields.Many2one(
        "feedback.touchpoint", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    is_sealed = fields.Boolean(
        string="Confidential",
        readonly=True,
        index=True,
        help="Given under a promise: only confidential readers see single answers.",
    )
    channel = fields.Selection(ANSWER_CHANNELS, readonly=True)
    weight = fields.Float(readonly=True, default=1, aggregator=None)
    answered_on = fields.Datetime(required=True, readonly=True)

    _answer_question_unique = models.Constraint(
        "UNIQUE (user_input_id, question_id)", "An answer gives one score for each question."
    )
    _partner_idx = models.Index("(company_id, metric, partner_id, answered_on)")
    _wave_idx = models.Index("(wave_id, metric) WHERE wave_id IS NOT NULL")

    @api.model
    def _record(self, answers):
        """Write the scores of complete answers: one for each question that measures something.

        :param answers: ``survey.user_input`` records, done; test entries are left out
        :return: the new scores
        """
        vals_list = [
            self._prepare_vals(answer, line)
            for answer in answers
            if not answer.test_entry
            for line in answer.user_input_line_ids
            if line.question_id.feedback_metric
            and not line.skipped
            and line.value_scale in line.question_id._scale_values()
        ]
        return self.sudo().create(vals_list)

    @api.model
    def _prepare_vals(self, answer, line):
        """Return the score of one line of an answer."""
        question, wave = line.question_id, answer.feedback_wave_id
        touchpoint = (
            question.feedback_touchpoint_id
            or wave.program_id.touchpoint_id
            or answer.feedback_kiosk_id.touchpoint_id
        )
        return {
            "user_input_id": answer.id,
            "question_id": question.id,
            "survey_id": answer.survey_id.id,
            "company_id": answer._feedback_company().id,
            "program_id": wave.program_id.id,
            "wave_id": wave.id,
            "partner_id": answer.partner_id.commercial_partner_id.id,
            "contact_id": answer.partner_id.id,
            "metric": question.feedback_metric,
            "dimension_id": question.feedback_dimension_id.id,
            "value": line.value_scale,
            "band": band(question.feedback_metric, line.value_scale, question.scale_max),
            "touchpoint_id": touchpoint.id,
            "is_sealed": answer.feedback_is_sealed,
            "channel": answer.feedback_channel,
            "answered_on": answer.end_datetime or fields.Datetime.now(),
        }
