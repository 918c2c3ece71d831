from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ..lib.receipt import new_receipt
from .feedback_program_anonymity import ANONYMITY, SEALED

#: answers of this transaction whose times are cut to the day at its end
BLURRED = "feedback.blurred"


class SurveyUserInput(models.Model):
    """Answers given under a promise."""

    _inherit = "survey.user_input"

    feedback_anonymity = fields.Selection(
        ANONYMITY,
        string="Anonymity",
        compute="_compute_feedback_anonymity",
        precompute=True,
        store=True,
        help="What the person who answered was promised.",
    )
    feedback_is_sealed = fields.Boolean(
        string="Confidential",
        compute="_compute_feedback_anonymity",
        precompute=True,
        store=True,
        help="Only confidential readers see this answer.",
    )

    feedback_receipt = fields.Char(
        compute="_compute_feedback_receipt",
        groups="base.group_system",
        help="Made up each time it is shown, and stored nowhere.",
    )

    @api.depends("feedback_wave_id")
    def _compute_feedback_anonymity(self):
        """The promise stays with the answer, also when its wave is gone."""
        for answer in self:
            promise = answer.feedback_wave_id.anonymity or answer.feedback_anonymity
            answer.feedback_anonymity = promise or False
            answer.feedback_is_sealed = promise in SEALED

    @api.depends("state")
    def _compute_feedback_receipt(self):
        for answer in self:
            anonymous = answer.feedback_anonymity == "anonymous" and answer.state == "done"
            key = anonymous and answer.feedback_wave_id.sudo().receipt_key
            answer.feedback_receipt = new_receipt(key) if key else False

    # ------------------------------------------------------------ no time but the day

    @api.model_create_multi
    def create(self, vals_list):
        answers = super().create(vals_list)
        answers._feedback_blur()
        return answers

    def write(self, vals):
        done = super().write(vals)
        self._feedback_blur()
        return done

    def _feedback_blur(self):
        """Let the times of anonymous answers be cut to the day when this transaction ends."""
        anonymous = self.filtered(lambda answer: answer.feedback_anonymity == "anonymous")
        if not anonymous:
            return
        data = self.env.cr.precommit.data
        if BLURRED not in data:
            data[BLURRED] = set()
            self.env.cr.precommit.add(self.env(su=True)[self._name]._feedback_cut_times)
        data[BLURRED].update(anonymous.ids)

    @api.model
    def _feedback_cut_times(self):
        """Leave nothing of the anonymous answers of this transaction but the day.

        The language goes, too, once the answer is complete: it may be one person's only. So does
        the user: what core works out and writes at the end of a request carries the name of whoever
        is logged in, whoever wrote the row.
        """
        ids = list(self.env.cr.precommit.data.pop(BLURRED, ()))
        self.env.flush_all()
        for table, key, columns in (
            ("survey_user_input", "id", ("start_datetime", "end_datetime")),
            ("survey_user_input_line", "user_input_id", ()),
            ("feedback_score", "user_input_id", ("answered_on",)),
        ):
            cut = SQL(", ").join(
                SQL("%(one)s = date_trunc('day', %(one)s)", one=SQL.identifier(column))
                for column in ("create_date", "write_date", *columns)
            )
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET create_uid = %s, write_uid = %s, %s WHERE %s = ANY(%s)",
                    SQL.identifier(table),
                    SUPERUSER_ID,
                    SUPERUSER_ID,
                    cut,
                    SQL.identifier(key),
                    ids,
                )
            )
        self.env.cr.execute(
            "UPDATE survey_user_input SET lang_id = NULL WHERE state = 'done' AND id = ANY(%s)",
            [ids],
        )
        self.env.invalidate_all()

    def _notify_new_participation_subscribers(self):
        """A note on the survey would tell when somebody answered."""
        return super(
            SurveyUserInput, self.filtered(lambda answer: not answer.feedback_is_sealed)
        )._notify_new_participation_subscribers()


class SurveyUserInputLine(models.Model):
    _inherit = "survey.user_input.line"

    feedback_is_sealed = fields.Boolean(
        related="user_input_id.feedback_is_sealed", store=True, string="Confidential"
    )
