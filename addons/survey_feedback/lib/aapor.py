"""Outcome rates of a field of calls, as survey researchers publish them.

American Association for Public Opinion Research, "Standard Definitions: Final Dispositions of
Case Codes and Outcome Rates for Surveys", 9th edition, 2016, chapter "Outcome Rates".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

#: what may become of a case: complete and partial interviews, refusals and break-offs, people not
#: reached, other reasons, unknown whether there is a person (UH) or an eligible one (UO); NE is
#: known not to belong to the sample, and counts nowhere
OUTCOMES = ("I", "P", "R", "NC", "O", "UH", "UO", "NE")


class Rates(NamedTuple):
    """Shares from 0 to 1; None where nobody could have counted."""

    rr2: float | None
    coop2: float | None
    con1: float | None
    ref1: float | None


def rates(counts: Mapping[str, int]) -> Rates:
    """Return response rate 2, cooperation rate 2, contact rate 1 and refusal rate 1.

    :param counts: number of cases by outcome, keys of ``OUTCOMES``; those left out are none
    :raise ValueError: an unknown outcome or a negative number

    Example of the R package outcomerate (README, 2024), rounded there to three places:

    >>> example = {"I": 4, "P": 2, "R": 1, "NC": 1, "O": 1, "UH": 1, "UO": 1, "NE": 1}
    >>> [round(rate, 3) for rate in rates(example)]
    [0.545, 0.75, 0.727, 0.091]

    Nobody has been called, and nobody reached:

    >>> rates({})
    Rates(rr2=None, coop2=None, con1=None, ref1=None)
    >>> rates({"NC": 3})
    Rates(rr2=0.0, coop2=None, con1=0.0, ref1=0.0)
    """
    if set(counts) - set(OUTCOMES) or any(count < 0 for count in counts.values()):
        raise ValueError("outcomes are counted by the letters of the standard")
    interviews = counts.get("I", 0) + counts.get("P", 0)
    refused, other = counts.get("R", 0), counts.get("O", 0)
    reached = interviews + refused + other
    everybody = reached + sum(counts.get(outcome, 0) for outcome in ("NC", "UH", "UO"))
    return Rates(
        rr2=_share(interviews, everybody),
        coop2=_share(interviews, reached),
        con1=_share(reached, everybody),
        ref1=_share(refused, everybody),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
