from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .feedback_occasion import LOOKBACK

#: what asking itself makes happen: a program that asks about it would never come to rest
OWN_DOING = ("survey_completed", "mail_out", "sms_out")


class FeedbackProgram(models.Model):
    """Asking when something happened: n days after an interaction of a kind."""

    _inherit = "feedback.program"

    after_kind_id = fields.Many2one(
        "relationship.interaction.kind",
        string="What Happened",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        domain=[("code", "not in", OWN_DOING)],
        help="Whoever it happened with is asked, as far as the program asks such customers. Where "
        "only a company is known, the contact roles say who.",
    )
    after_days = fields.Integer(
        string="Days After",
        default=7,
        tracking=True,
        help="Full days between what happened and the question.",
    )
    after_since = fields.Date(
        string="Asks Since",
        compute="_compute_after_since",
        store=True,
        help="Nobody is asked about what would have been due before this day.",
    )

    _after_check = models.Constraint(
        "CHECK (rhythm <> 'after' OR after_kind_id IS NOT NULL)",
        "Say what must have happened before people are asked.",
    )
    _after_days_check = models.Constraint(
        "CHECK (after_days BETWEEN 1 AND 365)", "Ask a day to a year after it happened."
    )

    @api.depends("state", "rhythm", "after_kind_id", "after_days")
    def _compute_after_since(self):
        """Begin anew where what is asked about changes: the past is left alone."""
        for program in self:
            asks = program.state == "running" and program.rhythm == "after"
            program.after_since = asks and program.company_id._relationship_today()

    @api.constrains("after_kind_id")
    def _check_after_kind(self):
        for program in self:
            if program.after_kind_id.sudo().code in OWN_DOING:
                raise ValidationError(
                    self.env._(
                        "Asking makes “%s” happen by itself: choose something else.",
                        program.after_kind_id.name,
                    )
                )

    def _check_asks_by_day(self):
        """Refuse to draw everybody where people are asked because something happened.

        :raise UserError: says so
        """
        for program in self:
            if program.rhythm == "after":
                raise UserError(
                    self.env._(
                        "“%s” asks people when something happened with them. Start it, and it "
                        "makes its waves by itself.",
                        program.name,
                    )
                )

    def _ask(self):
        """Ask about what happened so many days ago, in the wave of the month."""
        if self.rhythm != "after":
            return super()._ask()
        today = self.company_id._relationship_today()
        first = max(self.after_since, today - timedelta(days=LOOKBACK))
        gap = timedelta(days=self.after_days)
        events = self.env["feedback.occasion"].sudo()._take(self, first - gap, today - gap)
        if events and self._finds_any(events):
            self._month_wave(today)._add_occasions(events)
        return None

    def _finds_any(self, events):
        """Whether the program asks any of the customers that these events are about."""
        draft = self.env["feedback.wave"].new({"program_id": self.id})
        query = draft.with_context(feedback_events=tuple(events))._account_query()
        return bool(self.env.execute_query(query.select("1")))

    def _month_wave(self, today):
        """Return the open wave of a month, begun now if there is none.

        :param date today: a day of that month
        """
        waves = self.env["feedback.wave"]
        month = today.replace(day=1)
        open_one = waves.search(
            [
                ("program_id", "=", self.id),
                ("month", "=", month),
                ("state", "in", ("sending", "open")),
            ],
            limit=1,
        )
        return open_one or waves._begin_month(self, month)
