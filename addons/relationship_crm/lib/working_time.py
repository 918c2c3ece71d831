"""Time limits that stand still on days without work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

#: a calendar without any working day counts every day
DAY = timedelta(days=1)


def due_after(start: datetime, hours: float, working_days: Collection[date]) -> datetime:
    """Return when ``hours`` have passed since ``start``, on working days only.

    The clock runs around the clock on a working day and stands still on any other, so 48 hours
    from Friday noon end on Tuesday noon where nobody works at the weekend.

    :param start: moment in the local time of the calendar
    :param hours: 0 or more
    :param working_days: the local dates on which somebody works; the days after the last of them
        count in full, so that a limit always ends
    :return: moment in the same local time

    >>> from datetime import date, datetime
    >>> week = {date(2026, 11, day) for day in (19, 20, 23, 24, 25)}  # Thursday to Wednesday
    >>> due_after(datetime(2026, 11, 20, 12), 48, week)  # Friday noon
    datetime.datetime(2026, 11, 24, 12, 0)
    >>> due_after(datetime(2026, 11, 21, 15), 48, week)  # Saturday: begins on Monday
    datetime.datetime(2026, 11, 25, 0, 0)
    >>> due_after(datetime(2026, 11, 19, 9), 8, week)
    datetime.datetime(2026, 11, 19, 17, 0)
    >>> due_after(datetime(2026, 11, 19, 9), 0, set())
    datetime.datetime(2026, 11, 19, 9, 0)
    """
    last = max(working_days, default=date.min)
    moment, left = start, timedelta(hours=hours)
    while True:
        midnight = datetime.combine(moment.date() + DAY, time.min)
        if moment.date() in working_days or moment.date() > last:
            if moment + left <= midnight:
                return moment + left
            left -= midnight - moment
        moment = midnight


def hours_between(start: datetime, end: datetime, working_days: Collection[date]) -> float:
    """Return how many hours of working days lie between two moments; 0 when the end is not later.

    The reverse of :func:`due_after`: what is left of a limit when its clock is stopped.

    :param start: moment in the local time of the calendar
    :param end: moment in the same local time
    :param working_days: as for :func:`due_after`
    :return: hours, 0 or more

    >>> week = {date(2026, 11, day) for day in (19, 20, 23, 24, 25)}  # Thursday to Wednesday
    >>> hours_between(datetime(2026, 11, 20, 18), datetime(2026, 11, 23, 6), week)
    12.0
    >>> hours_between(datetime(2026, 11, 20, 18), datetime(2026, 11, 20, 17), week)
    0.0
    """
    last = max(working_days, default=date.min)
    moment, worked = start, timedelta(0)
    while moment < end:
        midnight = datetime.combine(moment.date() + DAY, time.min)
        if moment.date() in working_days or moment.date() > last:
            worked += min(end, midnight) - moment
        moment = midnight
    return worked / timedelta(hours=1)
