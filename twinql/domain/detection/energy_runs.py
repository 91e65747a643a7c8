"""Counts how long something goes on, reading after reading, beside how long it usually does."""

from collections.abc import Sequence
from typing import Any

from twinql.domain.detection.energy_highs import Highs
from twinql.domain.detection.energy_limits import HISTORY_DAYS, RANK


class Runs:
    """A run that goes on, and the longest ones of other days.

    A run counts among the usual ones on the day on which it ends, and with what it has come to at each midnight, so
    that it is hardly its own measure while it lasts, but what goes on for ever is usual in the end.
    """

    def __init__(self, memory: Sequence[Any] | None = None) -> None:
        """Begin without a run, or go on from memory."""
        length, since_s, day, highs = memory or (0, None, None, None)
        self.length: int = length
        self.since_s: float | None = since_s
        self._day: int | None = day
        self._highs = Highs(blocks=HISTORY_DAYS, rank=RANK, memory=highs)

    @property
    def usual(self) -> float:
        """How many readings runs get to without being wrong."""
        return self._highs.high or 0.0

    def extend(self, at_s: float, day: int, *, found: bool) -> None:
        """Count a reading of the run, on its local day; `found` where the run was found to be wrong before."""
        if self.since_s is None:
            self.since_s = at_s
        elif day != self._day and not found:
            self._highs.add(day, self.length)
        self._day = day
        self.length += 1

    def end(self, day: int, *, found: bool, least: float = 0.0) -> None:
        """End the run on a local day; where it was found to be wrong, it counts little, as at most about `least`."""
        if found:
            self._highs.add_found(day, self.length, least=least)
        else:
            self._highs.add(day, self.length)
        self.length, self.since_s = 0, None

    def drop(self) -> None:
        """Forget the run: a hole cut it, so nobody knows how long it was."""
        self.length, self.since_s = 0, None

    def memory(self) -> list[Any]:
        """Return all that it needs to go on."""
        return [self.length, self.since_s, self._day, self._highs.memory()]
