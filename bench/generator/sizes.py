"""How much of everything a size means (plain Python, no database)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

AS_OF = date(2026, 10, 31)  # last day of the history, unless another is asked for


@dataclass(frozen=True)
class Size:
    """Row counts of one size; lines and payments are aims, met within a few per cent.

    Everything follows from the number of partners, so that growth between two sizes is
    growth of all tables alike.

    >>> SIZES["L"].partners, SIZES["L"].interactions, SIZES["L"].invoice_lines
    (1000000, 10000000, 3000000)
    >>> SIZES["S"].companies + SIZES["S"].persons + SIZES["S"].contacts
    10000
    """

    name: str
    partners: int
    products: int

    @property
    def companies(self) -> int:
        """Partners that are companies, planted duplicates included."""
        return self.partners * 3 // 10

    @property
    def persons(self) -> int:
        """Private customers, planted duplicates included."""
        return self.partners * 2 // 10

    @property
    def contacts(self) -> int:
        """People at the companies."""
        return self.partners - self.companies - self.persons

    @property
    def customers(self) -> int:
        """Commercial partners: companies and private persons."""
        return self.companies + self.persons

    @property
    def duplicate_companies(self) -> int:
        """Companies that are a second card of another one."""
        return self.companies * 4 // 100

    @property
    def duplicate_persons(self) -> int:
        """Private persons that are a second card of another one."""
        return self.persons * 4 // 100

    @property
    def resellers(self) -> int:
        """Companies that sell for us (they have a tier)."""
        return self.partners // 50

    @property
    def invoice_lines(self) -> int:
        """Invoice lines aimed at (product lines of customer invoices)."""
        return self.partners * 3

    @property
    def order_lines(self) -> int:
        """Order lines aimed at."""
        return self.partners * 2

    @property
    def leads(self) -> int:
        """Leads and opportunities."""
        return self.partners * 15 // 100

    @property
    def deals(self) -> int:
        """Deal registrations of resellers."""
        return max(self.partners * 2 // 100, 20)

    @property
    def loyalty_cards(self) -> int:
        """Customers with a loyalty card."""
        return self.partners // 5

    @property
    def interactions(self) -> int:
        """Things that happened (later stage)."""
        return self.partners * 10

    @property
    def ledger_entries(self) -> int:
        """Point ledger entries (later stage)."""
        return self.partners

    @property
    def scores(self) -> int:
        """Survey scores (later stage)."""
        return self.partners


SIZES: dict[str, Size] = {
    size.name: size
    for size in (
        Size("tiny", partners=200, products=40),
        Size("S", partners=10_000, products=300),
        Size("M", partners=200_000, products=1_500),
        Size("L", partners=1_000_000, products=5_000),
    )
}
