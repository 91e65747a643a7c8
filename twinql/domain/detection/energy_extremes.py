"""Judges how high and how low a reading is, beside what is usual for its channel and its time of day."""

from dataclasses import dataclass
from typing import Any

from twinql.domain.detection.energy_highs import Highs, eased
from twinql.domain.detection.energy_limits import (
    HISTORY_DAYS,
    LOW_SHARE,
    RANK,
    SPIKE_OVER,
    SPIKE_OVER_AT_LEAST,
    SPIKE_OVER_SEASON,
    TAMPER_OVER,
    WARM_UP_DAYS,
)
from twinql.domain.detection.energy_season import LocalTime, Season
from twinql.domain.detection.finding import Memory


@dataclass(frozen=True, slots=True)
class Usual:
    """What a reading is compared with, in the unit of the channel; None where too little is known.

    Attributes:
        low: What is this or less is low; known early, so that one learns how long it usually is.
        floor: The low of the time of day, or of the channel while that is not known.
        high: The channel's high; None while too little is known to find anything.
        season_high: The high of the time of day.
        spike: What is more than this is a spike; None where all was zero so far.
        outlier: What is more than this no load does; likewise.
    """

    low: float | None = None
    floor: float = 0.0
    high: float | None = None
    season_high: float | None = None
    spike: float | None = None
    outlier: float | None = None


class Extremes:
    """A channel's highs and lows: of all its days, and of each time of day."""

    def __init__(self, memory: Memory | None = None) -> None:
        """Begin with nothing, or go on from memory."""
        known = memory or {}
        self._highs = Highs(blocks=HISTORY_DAYS, rank=RANK, memory=known.get("highs"))
        self._lows = Highs(blocks=HISTORY_DAYS, rank=RANK, memory=known.get("lows"))
        self._season = Season(known.get("season"))

    @property
    def ready(self) -> bool:
        """Whether enough days were seen to say what is usual."""
        return self._highs.seen >= WARM_UP_DAYS

    @property
    def negative(self) -> bool:
        """Whether the channel usually gets below zero, as one that counts both ways does."""
        return self._lows.high is not None and self._lows.high > 0

    def usual(self, when: LocalTime, *, raised: float = 1.0, spikes: float = 1.0, outliers: float = 1.0) -> Usual:
        """Say what a reading is compared with.

        Args:
            when: Where it lies.
            raised: How many times the usual level the channel is at; 1 unless its level is shifted upwards.
            spikes: What the excess of spikes over what is usual is divided by.
            outliers: What that of outliers is divided by.

        Returns:
            What is usual, with the highs raised by that much.
        """
        if self._highs.high is None or self._lows.high is None:
            return Usual()
        high, bottom = self._highs.high * raised, -self._lows.high
        span = high - min(bottom, 0.0)
        floor = self._season.low(when)
        floor = bottom if floor is None else floor
        low = LOW_SHARE * floor if bottom >= 0 else bottom - (SPIKE_OVER - 1) * span
        if not self.ready:
            return Usual(low, floor)
        if span <= 0:
            return Usual(low, floor, high)
        spike, season_high = high + (eased(SPIKE_OVER, spikes) - 1) * span, self._season.high(when)
        if season_high is not None and bottom >= 0:
            season_high *= raised
            least = eased(SPIKE_OVER_AT_LEAST, spikes) * high
            spike = min(spike, max(least, eased(SPIKE_OVER_SEASON, spikes) * season_high))
        outlier = high + (eased(TAMPER_OVER, outliers) - 1) * span
        return Usual(low, floor, high, season_high, spike, outlier)

    def add(self, when: LocalTime, value: float, *, too_high: bool, too_low: bool) -> None:
        """Count a reading, but little where it was found too high or too low."""
        (self._highs.add_found if too_high else self._highs.add)(when.day, value)
        (self._lows.add_found if too_low else self._lows.add)(when.day, -value)
        self._season.add(when, value, too_high=too_high, too_low=too_low)

    def memory(self) -> dict[str, Any]:
        """Return all that it needs to go on."""
        return {"highs": self._highs.memory(), "lows": self._lows.memory(), "season": self._season.memory()}
