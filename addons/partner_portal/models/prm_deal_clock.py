from datetime import datetime

import pytz

from odoo import api, fields, models

from odoo.addons.relationship_crm.lib.working_time import due_after, hours_between

from ..lib.deal_states import UNDECIDED

#: Hours of working days within which a deal is decided: by the same hour of the next working day.
DECISION_HOURS = 24
#: Hours of working days within which a partner answers: five working days.
ANSWER_HOURS = 5 * 24


class PrmDeal(models.Model):
    """The clock of a decision: it runs on the company's working days and stops for questions."""

    _inherit = "prm.deal"

    decision_due = fields.Datetime(
        "Decide By",
        readonly=True,
        copy=False,
        help="The same hour of the next working day. Empty while we wait for the partner.",
    )
    clock_left = fields.Float(
        "Hours Left",
        readonly=True,
        copy=False,
        help="Hours of working days that are left to decide once the partner has answered.",
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
        zone, start, days = self._working_clock(company, moment)
        local = due_after(start, hours, days)
        return zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None, microsecond=0)

    @api.model
    def _hours_left(self, company, moment, due):
        """Hours of the company's working days between two moments (UTC)."""
        zone, start, days = self._working_clock(company, moment)
        end = pytz.utc.localize(due).astimezone(zone).replace(tzinfo=None)
        return hours_between(start, end, days)

    @api.model
    def _working_clock(self, company, moment: datetime):
        """(time zone, the moment as local time, working days from then on) of a company."""
        calendar = company.sudo().resource_calendar_id
        zone = pytz.timezone(calendar.tz or company._relationship_tz())
        start = pytz.utc.localize(moment).astimezone(zone)
        days = self.env["relationship.case"]._working_days(calendar, start.date(), zone)
        return zone, start.replace(tzinfo=None), days

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
            due = self._due_after(company, now, DECISION_HOURS)
            deals.write({"decision_due": due, "clock_left": 0})

    def _pause_clock(self):
        """Keep what is left of the time while the partner answers."""
        now = fields.Datetime.now()
        for deal in self:
            left = deal._hours_left(deal.company_id, now, deal.decision_due or now)
            deal.write({"decision_due": False, "clock_left": left})

    def _resume_clock(self):
        """The clock goes on with what was left of the time."""
        now = fields.Datetime.now()
        for deal in self:
            due = self._due_after(deal.company_id, now, deal.clock_left)
            deal.write({"decision_due": due, "clock_left": 0})
