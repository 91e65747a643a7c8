"""The numbers that decide about spikes, dips and shifts of level, in one place."""

from typing import Final, NamedTuple


class Stretch(NamedTuple):
    """A stretch of a series: so many readings, but at least so many days. [1, d]."""

    readings: float
    days: float


RARE: Final = 7.0
"""At a sensitivity of 1 a finding is met once in 10⁷ readings, or slots of 5 minutes where readings come more often:
95 years. A finding's score is its rarity over this, times the sensitivity."""
LISTED_SENSITIVITY: Final = 2.0
"""For a list of anomalies to look through rather than for alarms: once in 10^3.5 = 3,160 readings, or 11 days."""
LEAST: Final = Stretch(100.0, 1.0)
"""Nothing is found before so many readings and so much time: whoever has not seen a day does not know it."""
WEEK_D: Final = 7.0
"""And at a sensitivity of 1 not before a week; in between it is in proportion. [d]"""
LEVEL: Final = Stretch(288.0, 1.0)
"""The level that a reading is compared with."""
LONG_LEVEL: Final = Stretch(1_000.0, 3.5)
"""The level that a short mean is compared with."""
SHARE: Final = Stretch(2_000.0, 7.0)
"""What tells whether a season is in the series."""
PAST: Final = Stretch(4_000.0, 14.0)
"""What tells how rare an excursion is: it, up to twice of it."""
SHORT_MEAN: Final = 36
"""Blocks of the short mean whose shift is looked for: one reading each, or 5 minutes where readings come more often."""
HOLE_STEPS: Final = 36.0
"""A series begins again after a hole of so many usual steps that is also longer than two days."""
NOISE: Final = 1e-9
"""What is smaller in relation to the values themselves is rounding."""


def least_days(sensitivity: float) -> float:
    """Return how much of a series must be known before anything is found in it. [d]."""
    return max(LEAST.days, WEEK_D * (LISTED_SENSITIVITY - sensitivity) / (LISTED_SENSITIVITY - 1.0))
