from odoo import fields, models


class SurveyQuestionAnswer(models.Model):
    _inherit = "survey.question.answer"

    feedback_call = fields.Boolean(
        string="Asks for a Call",
        help="Whoever chooses this answer is called: a case opens, also in a confidential survey.",
    )
