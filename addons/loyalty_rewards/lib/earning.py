"""How many points an amount earns, what a refund leaves of them, and when they expire."""

import calendar
from datetime import date
from decimal import ROUND_DOWN, Decimal

CENT = Decimal("0.01")


def earned(amount: float, points: float, per: float) -> float:
    """Return the points for an amount, rounded down to two decimals; never below zero.

    :param amount: what was bought for
    :param points: points for each ``per``
    :param per: amount that earns ``points``; above zero

    >>> earned(99.99, 1, 10)
    9.99
    >>> earned(0.3, 1, 0.1)
    3.0
    >>> earned(-5, 1, 1)
    0.0
    """
    # the shortest decimal of a float is what people mean by it: 0.3 / 0.1 is 3, not 2.99…
    exact = Decimal(repr(amount)) * Decimal(repr(points)) / Decimal(repr(per))
    return float(max(exact, Decimal(0)).quantize(CENT, rounding=ROUND_DOWN))


def kept(amount: float, refunded: float, points: float, per: float) -> float:
    """Return the points that stay when part of an amount is refunded.

    They are worked out anew for what was not refunded, so that any number of refunds takes back
    exactly what was earned.

    >>> kept(100, 30, 1, 10), kept(100, 130, 1, 10)
    (7.0, 0.0)
    """
    return earned(round(amount - refunded, 4), points, per)


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of a shorter month.

    >>> add_months(date(2026, 1, 31), 1), add_months(date(2027, 8, 31), 6)
    (datetime.date(2026, 2, 28), datetime.date(2028, 2, 29))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
