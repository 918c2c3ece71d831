"""Time limits that stand still on days without work."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta

#: from, to
Span = tuple[datetime, datetime]
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


def due_within(start: datetime, hours: float, worked: Iterable[Span]) -> datetime | None:
    """Return when somebody has worked ``hours`` since ``start``.

    :param start: moment, in the zone of the spans (UTC keeps clear of changed clocks)
    :param hours: 0 or more; 0 ends at once
    :param worked: the spans in which somebody works, in order, none over another
    :return: moment, None where the spans end before

    >>> from datetime import datetime
    >>> day = lambda number: (datetime(2026, 11, number, 8), datetime(2026, 11, number, 16))
    >>> due_within(datetime(2026, 11, 20, 14), 8, [day(20), day(23)])  # Friday to Monday
    datetime.datetime(2026, 11, 23, 14, 0)
    >>> due_within(datetime(2026, 11, 20, 20), 8, [day(20), day(23)])  # after work
    datetime.datetime(2026, 11, 23, 16, 0)
    >>> due_within(datetime(2026, 11, 20, 20), 0, []), due_within(datetime(2026, 11, 20), 9, [])
    (datetime.datetime(2026, 11, 20, 20, 0), None)
    """
    left = timedelta(hours=hours)
    if not left:
        return start
    for begin, end in worked:
        done = max(end - max(begin, start), timedelta(0))
        if done >= left:
            return end - (done - left)
        left -= done
    return None


def hours_within(start: datetime, end: datetime, worked: Iterable[Span]) -> float:
    """Return how many hours somebody works between two moments; 0 when the end is not later.

    The reverse of :func:`due_within`: what is left of a limit when its clock is stopped.

    :param start: moment, in the zone of the spans
    :param end: moment, in the same zone
    :param worked: as for :func:`due_within`
    :return: hours, 0 or more

    >>> day = lambda number: (datetime(2026, 11, number, 8), datetime(2026, 11, number, 16))
    >>> hours_within(datetime(2026, 11, 20, 15), datetime(2026, 11, 23, 9), [day(20), day(23)])
    2.0
    >>> hours_within(datetime(2026, 11, 20, 15), datetime(2026, 11, 20, 14), [day(20)])
    0.0
    """
    parts = (min(stop, end) - max(begin, start) for begin, stop in worked)
    return sum((max(part, timedelta(0)) for part in parts), timedelta(0)) / timedelta(hours=1)
