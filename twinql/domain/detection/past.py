"""Looks at a stretch of the past with the detectors that watch the present."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.energy_limits import WARM_UP_DAYS
from twinql.domain.detection.finding import Cause, Finding, Watched
from twinql.domain.detection.stuck import FLAT_KNOWN_S, KNOWN_FROM
from twinql.domain.detection.watch import ChannelWatch
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.readings import Floats, StoredQuality
from twinql.domain.units import Quantity

BY_ARRIVAL: Final = frozenset({Cause.STALE, Cause.CLOCK_OFF})
"""What is told by when readings came in, which a stored stretch does not show as it was."""
_DAY_S: Final = 86_400.0
_CODES: Final = frozenset({Quantity.STATE.value, Quantity.SWITCH.value})


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A condition that held for a while.

    Attributes:
        finding: How it began.
        until_s: Observation time of the reading that shows its end; None where it held to the end. [s]
    """

    finding: Finding
    until_s: float | None


class Past:
    """Looks at readings in the order of their observation, slice by slice, and keeps what held at or after a time.

    Attributes:
        first_s: The first usable reading, seconds since 1970 UTC; None before it. [s]
        last_s: The last one. [s]
        count: How many usable readings there were.
    """

    def __init__(self, watched: Watched, from_s: float) -> None:
        """Begin with no memory.

        Args:
            watched: What is known of the channel.
            from_s: What ended before is left out: until then is learned. [s]
        """
        self.first_s: float | None = None
        self.last_s: float | None = None
        self.count = 0
        self._watched = watched
        self._from_s = from_s
        self._watch = ChannelWatch.of(watched)
        self._open: dict[Cause, Finding] = {}
        self._ended: list[Anomaly] = []

    def look(self, at_s: Floats, values: Floats) -> None:
        """Look at the next readings.

        Args:
            at_s: Their observation times, shape (n,), increasing, seconds since 1970 UTC. [s]
            values: Shape (n,); NaN where there is no usable one. [unit of the channel]
        """
        usable = np.isfinite(values)
        if usable.any():
            times = at_s[usable]
            self.first_s = float(times[0]) if self.first_s is None else self.first_s
            self.last_s = float(times[-1])
            self.count += len(times)
        for at, value in zip(at_s.tolist(), values.tolist(), strict=True):
            for edge in self._watch.update(at, value, StoredQuality.GOOD, at):
                self._keep(edge)

    def anomalies(self) -> Sequence[Anomaly]:
        """Return what held, in the order in which it began."""
        open_ones = [Anomaly(each, None) for each in self._open.values()]
        return sorted([*self._ended, *open_ones], key=lambda each: each.finding.at_s)

    def reason(self) -> Reason | None:
        """Say why not all that there is can be found: statistics need a history, which limits do not."""
        if self._watched.schedule:
            message = "This is a schedule: it is told by somebody and not measured, so that nothing can be found."
            return Reason(ReasonCode.NOT_FOR_THIS_KIND, message)
        days = _days_needed(self._watched)
        if days is None:
            return None
        if self.count < KNOWN_FROM or self.first_s is None or self.last_s is None:
            return too_few(KNOWN_FROM, self.count)
        available = (self.last_s - self.first_s) / _DAY_S
        return None if available >= days else too_few(ceil(days), int(available), "days of readings")

    def _keep(self, edge: Finding) -> None:
        if edge.cause in BY_ARRIVAL:
            return
        if edge.holds:
            self._open[edge.cause] = edge
        elif (begun := self._open.pop(edge.cause, None)) is not None and edge.at_s >= self._from_s:
            self._ended.append(Anomaly(begun, edge.at_s))


def _days_needed(watched: Watched) -> float | None:
    """Return how many days of readings statistics need; None where there are none. [d]."""
    if watched.writable or watched.kind is ReadingKind.STATE or watched.quantity in _CODES:
        return None
    if watched.kind is ReadingKind.CUMULATIVE or (
        watched.kind is ReadingKind.INTERVAL and Quantity(watched.quantity).additive
    ):
        return float(WARM_UP_DAYS)
    return FLAT_KNOWN_S / _DAY_S
