"""A year of the demo company's sales and contacts, the same for the same day.

>>> from datetime import date
>>> sales = year(date(2026, 3, 2))
>>> sales == year(date(2026, 3, 2))
True
>>> 120 < len(sales) < 200, {sale.outcome for sale in sales} <= set(OUTCOMES)
(True, True)
>>> all(0 < sale.days_ago <= 366 and sale.lines for sale in sales)
True
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from .demo_company import BASKETS, BUYERS, PRICES, Buyer

#: how much is bought in each month, January first
SEASON = (0.8, 0.9, 1.3, 1.1, 1.0, 0.9, 0.7, 0.5, 1.1, 1.2, 1.5, 1.6)
OUTCOMES = ("quoted", "cancelled", "ordered", "invoiced", "overdue", "paid", "late", "refunded")
SEED = 3
#: amount above which an opportunity came before the order
LARGE = 3500

#: kind of contact → what it may have been about
TALK = {
    "call": (
        "Asks how far the next release is",
        "Short check: everything runs",
        "Wants a price for more users",
        "Question about last month's invoice",
        "Planning for the next quarter",
    ),
    "mail_in": (
        "Asks for the delivery date",
        "Sends the signed order",
        "Asks for a training date",
        "Sends a list of wishes",
    ),
    "mail_out": (
        "Offer sent",
        "Minutes of the last meeting",
        "Answer about the interface",
    ),
    "visit": (
        "Yearly review at their office",
        "Walk through the warehouse",
        "Workshop with the new team",
    ),
}


class Sale(NamedTuple):
    """An order and what became of it."""

    customer: str
    days_ago: int
    #: (product, quantity)
    lines: tuple[tuple[str, int], ...]
    through: str | None
    outcome: str

    @property
    def amount(self) -> int:
        """Its value at list prices."""
        return sum(PRICES[product] * quantity for product, quantity in self.lines)


class Talk(NamedTuple):
    """A contact with somebody of a customer."""

    customer: str
    days_ago: int
    kind: str
    summary: str


def year(today: date) -> list[Sale]:
    """The orders of the year before ``today``, the oldest first."""
    chance = random.Random(SEED)
    sales = [sale for name, buyer in BUYERS.items() for sale in _orders(chance, name, buyer, today)]
    return sorted(sales, key=lambda sale: (-sale.days_ago, sale.customer))


def talks(today: date, names: tuple[str, ...]) -> list[Talk]:
    """Three to six contacts of the year before ``today`` with each customer of ``names``."""
    chance = random.Random(SEED)
    found = []
    for name in names:
        for days_ago in _days(chance, today, chance.randint(3, 6), 5, 350):
            kind = chance.choice(("call", "call", "mail_in", "mail_in", "mail_out", "visit"))
            found.append(Talk(name, days_ago, kind, chance.choice(TALK[kind])))
    return found


def _orders(chance: random.Random, name: str, buyer: Buyer, today: date) -> Iterator[Sale]:
    longest = min(buyer.since, 365)
    shortest = max(2, round(365 * (1 - buyer.stays)))
    for days_ago in _days(chance, today, buyer.orders, shortest, longest):
        lines = _basket(chance, buyer)
        yield Sale(name, days_ago, lines, buyer.through, _outcome(chance, days_ago))


def _days(
    chance: random.Random, today: date, number: int, shortest: int, longest: int
) -> list[int]:
    """Different days on which somebody works, more of them where the season is high."""
    open_days = [
        days_ago
        for days_ago in range(shortest, longest + 1)
        if (today - timedelta(days=days_ago)).weekday() < 5
    ]
    weights = [SEASON[(today - timedelta(days=days_ago)).month - 1] for days_ago in open_days]
    found: set[int] = set()
    while len(found) < min(number, len(open_days)):
        found.update(chance.choices(open_days, weights))
    return sorted(found, reverse=True)


def _basket(chance: random.Random, buyer: Buyer) -> tuple[tuple[str, int], ...]:
    basket = BASKETS[buyer.taste]
    lines = [
        (product, max(1, round(quantity * buyer.size * chance.uniform(0.6, 1.4))))
        for product, quantity, often in basket
        if chance.random() * 10 < often
    ]
    return tuple(lines) or ((basket[0][0], basket[0][1] * buyer.size),)


def _outcome(chance: random.Random, days_ago: int) -> str:
    luck = chance.random()
    if days_ago < 12:
        return "quoted" if luck < 0.5 else "ordered"
    if days_ago < 45:
        return "invoiced" if luck < 0.7 else "paid"
    for limit, outcome in (
        (0.04, "cancelled"),
        (0.07, "refunded"),
        (0.1, "overdue"),
        (0.22, "late"),
    ):
        if luck < limit:
            return outcome
    return "paid"
