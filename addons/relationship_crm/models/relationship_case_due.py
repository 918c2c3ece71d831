from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models

from ..lib.working_time import due_after

#: hours until the first contact, and from there to the solution, by priority
FIRST_CONTACT = {"0": 96, "1": 48, "2": 24, "3": 8}
SOLUTION = {"0": 240, "1": 120, "2": 72, "3": 24}
#: calendar days looked at for days of work; the longest limit ends within them
AHEAD = timedelta(days=45)
WAITING = ("new", "reopened")


class RelationshipCase(models.Model):
    """When the next step of a case is due."""

    _inherit = "relationship.case"

    @api.depends("priority", "company_id")
    def _compute_due(self):
        """Set the limit anew, from the last change of the state, when the priority changes."""
        for case in self:
            if case.state in ("verified", "closed"):
                continue
            case.due = case._due_from(case._due_start())

    def _due_start(self):
        """Moment from which the limit of the present state counts."""
        self.ensure_one()
        if self.state == "new":
            return self.opened_at or fields.Datetime.now()
        return self.contacted_at or fields.Datetime.now()

    def _due_hours(self):
        """Hook: hours of the present limit; a support level may shorten them."""
        self.ensure_one()
        hours = FIRST_CONTACT if self.state in WAITING else SOLUTION
        return hours[self.priority or "1"]

    def _due_from(self, moment):
        """Return the limit that counts from this moment (UTC in, UTC out)."""
        self.ensure_one()
        company = self.company_id or self.env.company
        calendar = company.resource_calendar_id
        zone = pytz.timezone(calendar.tz or "UTC")
        start = pytz.utc.localize(moment).astimezone(zone)
        days = self._working_days(calendar, start.date(), zone)
        local = due_after(start.replace(tzinfo=None), self._due_hours(), days)
        return zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None, microsecond=0)

    @api.model
    def _working_days(self, calendar, first, zone):
        """Return the local dates on which the calendar has work, for the time a limit may last."""
        if not calendar:
            return frozenset()
        key = ("relationship.case", calendar.id, first)
        cache = self.env.cr.cache.setdefault("relationship_working_days", {})
        if key not in cache:
            begin = zone.localize(datetime.combine(first, time.min))
            worked = calendar.sudo()._work_intervals_batch(begin, begin + AHEAD)[False]
            cache[key] = frozenset(start.astimezone(zone).date() for start, _stop, _meta in worked)
        return cache[key]

    @api.depends("due", "state")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for case in self:
            case.is_overdue = bool(
                case.due and case.due < now and case.state not in ("verified", "closed")
            )

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = [("state", "not in", ("verified", "closed")), ("due", "<", fields.Datetime.now())]
        if True in value and False in value:
            return []
        if True in value:
            return late
        return ["!", "&", *late]
