"""What each metric asks on, and which band an answer falls into."""

from __future__ import annotations

from .nps import DETRACTOR_TO, PROMOTER_FROM

#: metric → the scales it may be asked on, as (lowest, highest)
SCALES: dict[str, tuple[tuple[int, int], ...]] = {
    "nps": ((0, 10),),
    "csat": ((1, 5),),
    "ces": ((1, 7),),
    "dimension": ((1, 5), (0, 10)),
}
HIGH, MIDDLE, LOW = "high", "middle", "low"


def band(metric: str, value: int, highest: int) -> str:
    """Return ``high``, ``middle`` or ``low`` for an answer.

    NPS: promoters from 9, detractors up to 6. All others: the top two boxes are high, the two
    below them (one below them on five boxes) are the middle, the rest is low.

    :param metric: a key of ``SCALES``
    :param value: the answer
    :param highest: highest value of the scale

    >>> [band("nps", value, 10) for value in (0, 6, 7, 8, 9, 10)]
    ['low', 'low', 'middle', 'middle', 'high', 'high']
    >>> [band("csat", value, 5) for value in (1, 2, 3, 4, 5)]
    ['low', 'low', 'middle', 'high', 'high']
    >>> [band("ces", value, 7) for value in (1, 3, 4, 5, 6, 7)]
    ['low', 'low', 'middle', 'middle', 'high', 'high']
    >>> [band("dimension", value, 10) for value in (0, 6, 7, 8, 9, 10)]
    ['low', 'low', 'middle', 'middle', 'high', 'high']
    """
    if metric == "nps":
        if value >= PROMOTER_FROM:
            return HIGH
        return LOW if value <= DETRACTOR_TO else MIDDLE
    if value >= highest - 1:
        return HIGH
    middle = 1 if highest <= 5 else 2
    return MIDDLE if value >= highest - 1 - middle else LOW


def wrong_scale(metric: str, lowest: int, highest: int) -> bool:
    """Whether a metric must not be asked on this scale.

    >>> wrong_scale("nps", 0, 10), wrong_scale("nps", 1, 10), wrong_scale("ces", 1, 7)
    (False, True, False)
    """
    return (lowest, highest) not in SCALES[metric]


def scales_in_words(metric: str) -> str:
    """Return the scales of a metric for a message.

    >>> scales_in_words("csat"), scales_in_words("dimension")
    ('1–5', '1–5 / 0–10')
    """
    return " / ".join(f"{lowest}–{highest}" for lowest, highest in SCALES[metric])
