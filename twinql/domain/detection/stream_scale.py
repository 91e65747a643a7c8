"""The numbers that decide about spikes, dips and shifts of level, in one place."""

from typing import Final, NamedTuple

DAY_S: Final = 86_400.0
SLOT_S: Final = 300.0
"""How often a thing happens is counted in slots: readings, where they come no more often than this; where they come
more often, each of them is the part of a slot that it lasts. [s]"""


class Stretch(NamedTuple):
    """A stretch of a series: so many readings, but at least so many days. [1, d]."""

    readings: float
    days: float

    def weight(self, step_s: float) -> float:
        """Return what a reading after such a step weighs in an exponential mean over the stretch."""
        return 2.0 / (max(self.readings, self.days * DAY_S / step_s) + 1.0)


RARE: Final = 7.0
"""At a sensitivity of 1 a finding is met once in 10⁷ slots: 95 years of 5 minutes. A finding's score is its rarity over
this, times the sensitivity."""
LISTED_SENSITIVITY: Final = 2.0
"""For a list of anomalies to look through rather than for alarms: once in 10^3.5 = 3,160 slots: 11 days."""
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
PAST: Final = 4_000.0
"""What tells how rare an excursion is: so many slots (14 days), up to twice as many."""
CLIP: Final = 2.0
"""A reading that lies farther out than so many times the record is learned from as if it lay just there: one bad one
says little of what is to come. What goes on or comes back is learned all the same: the record doubles with it. In the
first week, and in the first after a hole, all is learned from as it is."""
SHORT_MEAN: Final = 36
"""Slots of the short mean whose shift is looked for."""
HOLE_STEPS: Final = 36.0
"""A series begins again after a hole of so many usual steps that is also longer than two days."""
NOISE: Final = 1e-9
"""What is smaller in relation to the values themselves is rounding."""


def least_days(sensitivity: float) -> float:
    """Return how much of a series must be known before anything is found in it. [d]."""
    return max(LEAST.days, WEEK_D * (LISTED_SENSITIVITY - sensitivity) / (LISTED_SENSITIVITY - 1.0))
