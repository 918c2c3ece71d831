from datetime import timedelta

import pytz

from odoo import api, fields, models

from odoo.addons.relationship_crm.lib.working_time import due_after, due_within, hours_within

from ..lib.deal_states import UNDECIDED

#: Working days within which a deal is decided, each as long as the company's calendar says.
DECISION_DAYS = 1
#: Hours of working days within which a partner answers: five working days, day and night.
ANSWER_HOURS = 5 * 24
#: How far ahead working hours are looked for; the second after a long time without any.
AHEAD = (timedelta(days=14), timedelta(days=400))


class PrmDeal(models.Model):
    """The clock of a decision: it runs in the company's working hours and stops for questions."""

    _inherit = "prm.deal"

    decision_due = fields.Datetime(
        "Decide By",
        readonly=True,
        copy=False,
        help="One working day of the company's calendar after the submission, in its working"
        " hours: as a rule the same hour of the next working day. Empty while we wait for the"
        " partner.",
    )
    clock_left = fields.Float(
        "Hours Left",
        readonly=True,
        copy=False,
        help="Working hours that are left to decide once the partner has answered.",
    )
    is_late = fields.Boolean("Late", compute="_compute_is_late", search="_search_is_late")

    @api.depends("decision_due", "state")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for deal in self:
            due = deal.state in UNDECIDED and deal.decision_due
            deal.is_late = bool(due and due < now)

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "in", UNDECIDED), ("decision_due", "<", fields.Datetime.now())]

    # ------------------------------------------------------------ working time

    @api.model
    def _due_after(self, company, moment, hours):
        """The moment when so many hours of the company's working days have passed (UTC)."""
        calendar = company.sudo().resource_calendar_id
        zone = pytz.timezone(calendar.tz or company._relationship_tz())
        start = pytz.utc.localize(moment).astimezone(zone)
        days = self.env["relationship.case"]._working_days(calendar, start.date(), zone)
        local = due_after(start.replace(tzinfo=None), hours, days)
        return zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None, microsecond=0)

    @api.model
    def _decision_due(self, company, moment, hours=None):
        """The moment when so many of the company's working hours have passed (UTC).

        :param hours: working hours; None for the length of a decision
        """
        if hours is None:
            hours = DECISION_DAYS * self._hours_a_day(company)
        for ahead in AHEAD:
            due = due_within(moment, hours, self._worked(company, moment, moment + ahead))
            if due:
                return due.replace(microsecond=0)
        return moment + AHEAD[-1]

    @api.model
    def _hours_a_day(self, company):
        """How many hours a working day of the company has; all of them without a calendar."""
        calendar = self._working_calendar(company)
        return calendar.hours_per_day or 24

    @api.model
    def _worked(self, company, start, end):
        """The spans (from, to) in which the company works between two moments (all UTC).

        Its calendar in the calendar's time zone, without its own and public holidays. Without
        a calendar the clock never stands still.
        """
        calendar = self._working_calendar(company)
        if not calendar:
            return [(start, end)]
        zone = pytz.timezone(calendar.tz or company._relationship_tz())
        leaves = [("time_type", "=", "leave"), ("company_id", "in", (False, company.id))]
        found = calendar._work_intervals_batch(
            pytz.utc.localize(start), pytz.utc.localize(end), domain=leaves, tz=zone
        )[False]
        return [
            tuple(moment.astimezone(pytz.utc).replace(tzinfo=None) for moment in span[:2])
            for span in found
        ]

    @api.model
    def _working_calendar(self, company):
        """The company's calendar if anybody works in it."""
        return company.sudo().resource_calendar_id.filtered("hours_per_day")

    @api.model
    def _cron_clocks(self):
        """Every hour: questions without an answer lapse, late decisions are escalated."""
        self._run_job("lapse", 200)
        self._run_job("escalate", 200)
        self._run_job("approve_late", 50)

    # ------------------------------------------------------------ start, stop

    def _start_clock(self):
        """The decision of these deals is due from now on."""
        now = fields.Datetime.now()
        for company, deals in self.grouped("company_id").items():
            deals.write({"decision_due": self._decision_due(company, now), "clock_left": 0})

    def _pause_clock(self):
        """Keep what is left of the time while the partner answers."""
        now = fields.Datetime.now()
        for company, deals in self.grouped("company_id").items():
            last = max((deal.decision_due or now for deal in deals), default=now)
            worked = self._worked(company, now, max(now, last))
            for due, same in deals.grouped("decision_due").items():
                same.write(
                    {"decision_due": False, "clock_left": hours_within(now, due or now, worked)}
                )

    def _resume_clock(self):
        """The clock goes on with what was left of the time."""
        now = fields.Datetime.now()
        for (company, left), deals in self.grouped(
            lambda deal: (deal.company_id, deal.clock_left)
        ).items():
            due = self._decision_due(company, now, left)
            deals.write({"decision_due": due, "clock_left": 0})
