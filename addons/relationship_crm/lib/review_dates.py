"""The days of a review: when its period begins, when a grace ends, when a partner is told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from .windows import add_months

#: a partner keeps a tier that it no longer meets for at least so many days
GRACE_DAYS = 90
#: days before the end of the grace on which the partner is told
NOTICES = (90, 60, 30)
#: days after the end of the grace in which a second person may decide; then the tier stays
DECISION_DAYS = 30
#: days after a tier was lowered in which the partner may appeal
APPEAL_DAYS = 30
#: months of a rhythm
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def grace_end(day: date) -> date:
    """The first of a month at least 90 days ahead.

    >>> grace_end(date(2026, 1, 15)), grace_end(date(2026, 1, 1)), grace_end(date(2026, 10, 3))
    (datetime.date(2026, 5, 1), datetime.date(2026, 4, 1), datetime.date(2027, 1, 1))
    """
    earliest = day + timedelta(days=GRACE_DAYS)
    return earliest if earliest.day == 1 else add_months(earliest.replace(day=1), 1)


def lapses_on(end: date) -> date:
    """The first day on which nobody may lower the tier any more.

    >>> lapses_on(date(2026, 5, 1))
    datetime.date(2026, 6, 1)
    """
    return end + timedelta(days=DECISION_DAYS + 1)


def notice_due(today: date, end: date, given: Collection[int]) -> int | None:
    """Which notice a partner is to be given today: 90, 60 or 30 days; None for none.

    Of several that were missed only the last is given.

    >>> end = date(2026, 5, 1)
    >>> [notice_due(day, end, ()) for day in (date(2026, 1, 30), date(2026, 1, 31), date(2026, 3, 5))]
    [None, 90, 60]
    >>> notice_due(date(2026, 3, 5), end, (90, 60)), notice_due(date(2026, 4, 10), end, (90,))
    (None, 30)
    >>> notice_due(date(2026, 5, 1), end, (90, 60)) is None
    True
    """  # noqa: E501 - one line of a doctest
    if today >= end:
        return None
    reached = [days for days in NOTICES if today >= end - timedelta(days=days)]
    return reached[-1] if reached and reached[-1] not in given else None


def told_in_time(told: date | None, end: date) -> bool:
    """Whether a partner had the 90 days that it is promised, counted from its first notice.

    >>> told_in_time(date(2026, 1, 31), date(2026, 5, 1)), told_in_time(None, date(2026, 5, 1))
    (True, False)
    >>> told_in_time(date(2026, 2, 1), date(2026, 5, 1))
    False
    """
    return told is not None and told + timedelta(days=GRACE_DAYS) <= end


def period_start(rhythm: str, day: date) -> date:
    """First day of the month, quarter, half year or year of a day.

    >>> [period_start(rhythm, date(2026, 11, 22)).month for rhythm in MONTHS]
    [11, 10, 7, 1]
    """
    months = MONTHS[rhythm]
    return date(day.year, (day.month - 1) // months * months + 1, 1)
