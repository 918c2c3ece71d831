"""Windows of time: from a rule such as "the last 12 months" and a day to two dates.

A window is a pair (first day, day after the last). The first day is None where the window has no
beginning. A window is asked for *as of* a day: what happened on that day itself is not in it, so
the last complete day is the day before.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone, tzinfo

Window = tuple[date | None, date]

#: months of one step of a window's kind; a step is what its length and its lag count
STEP = {"rolling": 1, "quarter": 3, "year": 12}


def add_months(day: date, months: int) -> date:
    """The same day some months later (or earlier), the month's last day where there is none.

    >>> add_months(date(2026, 3, 31), -1), add_months(date(2026, 1, 15), 13)
    (datetime.date(2026, 2, 28), datetime.date(2027, 2, 15))
    """
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def window(kind: str, day: date, length: int = 1, lag: int = 0) -> Window:
    """The window of a rule as of a day.

    :param kind: ``rolling`` (the months before the day), ``quarter`` or ``year`` (of the calendar,
        the one of the last complete day, up to that day), ``ever`` (everything before the day)
    :param day: as of this day; the window ends before it
    :param length: how many months, quarters or years
    :param lag: how many months, quarters or years earlier; a calendar window with a lag is whole;
        with ``ever`` the window ends that many months earlier

    >>> window("rolling", date(2026, 11, 22), 12)
    (datetime.date(2025, 11, 22), datetime.date(2026, 11, 22))
    >>> window("quarter", date(2026, 11, 22))
    (datetime.date(2026, 10, 1), datetime.date(2026, 11, 22))
    >>> window("quarter", date(2026, 10, 1)), window("quarter", date(2026, 10, 2), lag=1)
    ((datetime.date(2026, 7, 1), datetime.date(2026, 10, 1)), (datetime.date(2026, 7, 1), datetime.date(2026, 10, 1)))
    >>> window("year", date(2026, 11, 22), 2, 1)
    (datetime.date(2024, 1, 1), datetime.date(2026, 1, 1))
    >>> window("ever", date(2026, 11, 22))
    (None, datetime.date(2026, 11, 22))
    """  # noqa: E501 - one line of output of a doctest
    if kind == "ever":
        return None, add_months(day, -lag)
    if kind == "rolling":
        end = add_months(day, -lag)
        return add_months(end, -length), end
    step = STEP[kind]
    last = day - timedelta(days=1)
    start = date(last.year, (last.month - 1) // step * step + 1, 1)
    end = add_months(start, step * (1 - lag)) if lag else day
    return add_months(start, step * (1 - length - lag)), end


def earlier(kind: str, day: date, length: int, lag: int, by: int) -> Window:
    """The same window some steps earlier, as long as the first: a year to date with that of last
    year up to the same day.

    >>> earlier("year", date(2026, 11, 22), 1, 0, 1)
    (datetime.date(2025, 1, 1), datetime.date(2025, 11, 22))
    >>> earlier("rolling", date(2026, 11, 22), 12, 0, 12)
    (datetime.date(2024, 11, 22), datetime.date(2025, 11, 22))
    """
    start, end = window(kind, day, length, lag)
    months = -by * STEP.get(kind, 1)
    return start and add_months(start, months), add_months(end, months)


def edges(former: Window, current: Window) -> list[tuple[date, date]]:
    """What a window left behind and what it took in since it stood elsewhere.

    :return: spans (first day, day after the last); every day that is in only one of the two lies
        in one of them

    >>> day = date(2026, 11, 22)
    >>> edges(window("rolling", day, 12), window("rolling", date(2026, 11, 23), 12))
    [(datetime.date(2025, 11, 22), datetime.date(2025, 11, 23)), \
(datetime.date(2026, 11, 22), datetime.date(2026, 11, 23))]
    >>> edges(window("ever", day), window("ever", day))
    []
    """
    spans = []
    for before, now in zip(former, current, strict=True):
        if before is not None and now is not None and before != now:
            spans.append((min(before, now), max(before, now)))
    return spans


def merged(windows: Iterable[Window]) -> list[Window]:
    """The days that lie in any of these windows, as few windows as can be, in order.

    >>> day = date(2026, 11, 22)
    >>> months = [window("rolling", day, 12), window("rolling", day, 3), (day, date(2026, 11, 23))]
    >>> merged(months)
    [(datetime.date(2025, 11, 22), datetime.date(2026, 11, 23))]
    >>> merged([(date(2026, 3, 1), date(2026, 3, 2)), (None, date(2025, 1, 1))])
    [(None, datetime.date(2025, 1, 1)), (datetime.date(2026, 3, 1), datetime.date(2026, 3, 2))]
    """
    found: list[Window] = []
    for start, end in sorted(windows, key=lambda one: (one[0] or date.min, one[1])):
        if found and (start is None or start <= found[-1][1]):
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The moment a day begins in a time zone, as UTC without zone, as Odoo stores moments.

    >>> from zoneinfo import ZoneInfo
    >>> start_of_day(date(2026, 7, 1), ZoneInfo("Asia/Ho_Chi_Minh"))
    datetime.datetime(2026, 6, 30, 17, 0)
    """
    local = datetime.combine(day, time(), zone)
    return local.astimezone(timezone.utc).replace(tzinfo=None)
