from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .feedback_wave import CALLING

#: over which channels somebody can be asked in person, in the words of the form
ASKING = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("portal", "Portal"),
    ("phone", "Phone"),
    ("in_person", "In Person"),
    ("web", "Link or QR Code"),
]


class FeedbackProgramChannel(models.Model):
    """A channel that a program asks on: the first one on which a person can be reached."""

    _name = "feedback.program.channel"
    _description = "Program Channel"
    _order = "program_id, sequence, id"
    _rec_name = "channel"

    program_id = fields.Many2one("feedback.program", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    channel = fields.Selection(ASKING, required=True, default="email")
    wait_days = fields.Integer(
        string="Days to Wait",
        required=True,
        default=7,
        help="Whoever has not answered after these days, and after the reminders, is asked on the "
        "next channel.",
    )

    _channel_unique = models.Constraint(
        "UNIQUE (program_id, channel)", "A program asks once on each channel."
    )
    _wait_check = models.Constraint(
        "CHECK (wait_days BETWEEN 1 AND 180)", "Wait between a day and half a year."
    )

    @api.constrains("channel", "program_id")
    def _check_promise(self):
        """Whoever is talked to is not anonymous."""
        for step in self:
            if step.channel in CALLING and step.program_id.anonymity == "anonymous":
                raise ValidationError(
                    self.env._(
                        "“%s” promises anonymity, and an interviewer knows whom they talk to.",
                        step.program_id.name,
                    )
                )
