"""Remembers how extreme a channel usually gets, in memory that does not grow."""

from collections.abc import Sequence
from typing import Any

from twinql.domain.detection.energy_limits import GROWTH, OFTEN, OFTEN_WITHIN


def eased(times: float, readily: float) -> float:
    """Return a multiple of what is usual whose excess over once is divided by how readily something shall be found.

    So whatever is found lies beyond the usual, however readily: 1.35 is 1.175 at 2, and 1.7 at a half.
    """
    return 1.0 + (times - 1.0) / readily


class Highs:
    """The rank-th largest of the maxima of the last blocks: of days, or of weeks.

    Blocks are counted where they hold readings: weeks without any forget nothing. Of the maxima only those are kept
    that could still become the rank-th largest: one is dropped once `rank` later ones are at least as large.
    """

    def __init__(self, *, blocks: int, rank: int, memory: Sequence[Any] | None = None) -> None:
        """Begin with nothing, or go on from memory: `blocks` is how many count, `rank` which of them is the high."""
        self._blocks, self._rank = blocks, rank
        seen, block, peak, kept, found = memory or (0, None, None, (), ())
        self.seen: int = seen
        self._block: int | None = block
        self._peak: float | None = peak
        self._kept: list[tuple[int, float]] = list(zip(kept[::2], kept[1::2], strict=True))
        self._found: list[int] = list(found)
        self.high: float | None = None
        self._settle()

    def add(self, block: int, value: float) -> None:
        """Count a value of a block; blocks come in order."""
        if block != self._block:
            self._close()
            self._block = block
        if self._peak is None or value > self._peak:
            self._peak = value

    def add_found(self, block: int, value: float, *, least: float = 0.0) -> None:
        """Count a value that was found to be wrong: little, unless it is found so often that it is no fault.

        Args:
            block: Its block.
            value: What it was.
            least: What the high is taken as where it is lower. [unit of the value]
        """
        if block != self._block:
            self._close()
            self._block = block
        if not self._found or self._found[-1] != self.seen:
            self._found = [*self._found, self.seen][-OFTEN:]
        often = len(self._found) == OFTEN and self.seen - self._found[0] < OFTEN_WITHIN
        if not often and self.high is not None:
            high = max(self.high, least)
            value = min(value, high * GROWTH if high > 0 else high / GROWTH)
        self.add(block, value)

    def _close(self) -> None:
        if self._peak is None:
            return
        first = self.seen - self._blocks + 1
        later = [*(each for each in self._kept if each[0] >= first), (self.seen, self._peak)]
        self._kept = [
            (number, value)
            for place, (number, value) in enumerate(later)
            if sum(after >= value for _, after in later[place + 1 :]) < self._rank
        ]
        self.seen += 1
        self._peak = None
        self._settle()

    def _settle(self) -> None:
        values = sorted((value for _, value in self._kept), reverse=True)
        self.high = values[self._rank - 1] if len(values) >= self._rank else None

    def memory(self) -> list[Any]:
        """Return all that it needs to go on; short, since a channel has many of these."""
        return [self.seen, self._block, self._peak, [each for pair in self._kept for each in pair], self._found]
