from secrets import token_hex

from odoo import api, fields, models
from odoo.exceptions import UserError

from .feedback_program_anonymity import ANONYMITY, SEALED

READER = "survey_feedback.group_confidential_reader"


class FeedbackWave(models.Model):
    """What was promised to the people of a wave, and what therefore may be shown of it."""

    _inherit = "feedback.wave"

    anonymity = fields.Selection(
        ANONYMITY,
        compute="_compute_anonymity",
        precompute=True,
        store=True,
        required=True,
        help="What the people asked were promised; it stays when the program changes later.",
    )
    is_sealed = fields.Boolean(
        compute="_compute_is_sealed",
        help="Single answers are closed to all but confidential readers.",
    )
    receipt_key = fields.Char(
        default=lambda self: token_hex(32),
        required=True,
        copy=False,
        readonly=True,
        groups="base.group_system",
        help="Signs the receipts of anonymous answers.",
    )
    sealed_results = fields.Json(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Figures of a confidential or anonymous wave as they were when it was closed. They "
        "are not worked out again: two reports that differ by one person would tell on them.",
    )

    @api.depends("program_id")
    def _compute_anonymity(self):
        for wave in self:
            wave.anonymity = wave.anonymity or wave.program_id.anonymity or "identified"

    @api.depends("anonymity")
    def _compute_is_sealed(self):
        for wave in self:
            wave.is_sealed = wave.anonymity in SEALED

    def _opens_cases(self):
        """Whether what people say here may be acted on by name."""
        self.ensure_one()
        return self.anonymity == "identified" and self.program_id.case_from_detractor

    def write(self, vals):
        """Keep the promise, and the figures of the moment the wave is closed."""
        if "anonymity" in vals and any(wave.anonymity != vals["anonymity"] for wave in self):
            raise UserError(self.env._("What people were promised is not changed."))
        if vals.get("state") == "closed":
            closing = self.filtered(lambda wave: wave.is_sealed and wave.state != "closed")
            done = super().write(vals)
            for wave in closing.sudo():
                wave.sealed_results = wave._work_out_sealed()
            closing._forget_languages()
            return done
        return super().write(vals)

    def _forget_languages(self):
        """Keep no language of anonymous answers that were never completed: it may be one person's.

        Of complete ones it went with the answer.
        """
        anonymous = self.filtered(lambda wave: wave.anonymity == "anonymous")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE survey_user_input SET lang_id = NULL"
            " WHERE lang_id IS NOT NULL AND feedback_wave_id = ANY(%s)",
            [anonymous.ids],
        )
        self.env["survey.user_input"].invalidate_model(["lang_id"])

    def action_send(self):
        """Send the invitations; an anonymous wave gets the list of those who will have answered."""
        done = super().action_send()
        self.env["feedback.ballot"].sudo().create(
            [{"wave_id": wave.id} for wave in self if wave.anonymity == "anonymous"]
        )
        return done

    def _compute_counts(self):
        """Of an anonymous wave the answers are counted themselves; no invitation tells of them."""
        super()._compute_counts()
        anonymous = self.filtered(lambda wave: wave.anonymity == "anonymous")
        if not anonymous:
            return
        groups = (
            self.env["survey.user_input"]
            .sudo()
            ._read_group(
                [("feedback_wave_id", "in", anonymous.ids), ("state", "=", "done")],
                ["feedback_wave_id"],
                ["__count"],
            )
        )
        counts = dict(groups)
        for wave in anonymous:
            wave.answered_count = counts.get(wave, 0)
            wave.response_rate = wave.answered_count / wave.asked_count if wave.asked_count else 0
