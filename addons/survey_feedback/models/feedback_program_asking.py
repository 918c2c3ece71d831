from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: nobody is reminded more often
REMINDERS = 2


class FeedbackProgram(models.Model):
    """How a program asks: whom in which groups, on which channels, how often again."""

    _inherit = "feedback.program"

    audience = fields.Selection(
        [("all", "Customers and Partners"), ("customers", "Customers"), ("partners", "Partners")],
        required=True,
        default="all",
        help="Partners are in a partner program at the moment; customers are all others.",
    )
    quota_ids = fields.One2many(
        "feedback.quota",
        "program_id",
        string="Quotas",
        copy=True,
        help="Groups of which a set number is asked. The sample then counts for all others.",
    )
    channel_ids = fields.One2many(
        "feedback.program.channel",
        "program_id",
        string="Channels",
        copy=True,
        help="Tried in this order. Empty: e-mail.",
    )
    reminder_count = fields.Integer(
        string="Reminders", default=1, help="How often to remind who has not answered: 0 to 2."
    )
    reminder_days = fields.Integer(
        string="Days Between", default=5, help="Days from the invitation to a reminder."
    )
    reminder_template_id = fields.Many2one(
        "mail.template",
        string="Reminder E-mail",
        default=lambda self: self.env.ref(
            "survey_feedback.mail_template_reminder", raise_if_not_found=False
        ),
        domain=[("model", "=", "feedback.invitation")],
        ondelete="restrict",
    )
    interviewer_ids = fields.Many2many(
        "res.users",
        string="Interviewers",
        domain=[("share", "=", False)],
        help="Who calls. People to call are spread evenly over them; without any, whoever looks "
        "after the customer calls.",
    )
    call_limit = fields.Integer(
        string="Calls at Most", default=6, help="After so many tries nobody calls again."
    )
    incentive = fields.Char(
        translate=True,
        help="What people get for answering, whatever they answer. Stands in the e-mail.",
    )

    _reminder_check = models.Constraint(
        f"CHECK (reminder_count BETWEEN 0 AND {REMINDERS} AND reminder_days BETWEEN 1 AND 60)",
        "Remind at most twice, after a day to sixty days.",
    )
    _call_check = models.Constraint(
        "CHECK (call_limit BETWEEN 1 AND 30)", "Call one to thirty times."
    )

    @api.constrains("reminder_template_id")
    def _check_reminder_template(self):
        """An e-mail made for other records would go to whoever has the same number there."""
        for program in self:
            template = program.reminder_template_id
            if template and template.model != "feedback.invitation":
                raise ValidationError(
                    self.env._("“%s” is not an e-mail of invitations.", template.name)
                )

    @api.constrains("anonymity")
    def _check_promise(self):
        self.channel_ids._check_promise()

    def _channels(self):
        """Return the channels of the program in their order: [(channel, days to wait)]."""
        self.ensure_one()
        steps = [(step.channel, step.wait_days) for step in self.channel_ids]
        return steps or [("email", 0)]
