"""Holds what followers heard against what was committed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

GAP = -1
"""Stands in what a follower heard where a gap was announced."""


@dataclass(slots=True)
class Judgement:
    """What went wrong, all of it 0 where nothing did.

    Attributes:
        lost: Readings that were committed and are not in the table, or that the outbox does not hold.
        missed: Readings that a follower was not told, without a gap there.
        doubled: Readings that a follower was told again.
        out_of_order: Readings that were told before others that had been committed earlier.
        untrue: Readings that were told and are not stored, or not for this follower.
    """

    lost: int = 0
    missed: int = 0
    doubled: int = 0
    out_of_order: int = 0
    untrue: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.missed or self.doubled or self.out_of_order or self.untrue)

    def hear(self, heard: Iterable[int], truth: Sequence[int]) -> None:
        """Judge what one follower heard.

        Args:
            heard: The serials of what it was told, in order, with gaps.
            truth: The serials of all that concerns it, in the order in which they were committed.
        """
        places = {serial: place for place, serial in enumerate(truth)}
        told: set[int] = set()
        owed: set[int] = set()
        at, excused = 0, False
        for serial in heard:
            if serial == GAP:
                excused = True
            elif (place := places.get(serial)) is None:
                self.untrue += 1
            elif place in told:
                self.doubled += 1
            elif place < at:
                self.out_of_order += 1
                owed.discard(place)
                told.add(place)
            else:
                if not excused:
                    owed.update(range(at, place))
                told.add(place)
                at, excused = place + 1, False
        if not excused:
            owed.update(range(at, len(truth)))
        self.missed += len(owed)

    def keep(self, stored: Collection[int], told: Collection[int], confirmed: Iterable[int]) -> None:
        """Judge whether everything that was confirmed is stored, and everything that is stored can be told."""
        stored, told = set(stored), set(told)
        self.lost += len(set(confirmed) - stored) + len(stored - told)
        self.untrue += len(told - stored)

    def order(self, truth: Iterable[int], spans: Mapping[int, tuple[float, float]]) -> None:
        """Judge the order of the outbox.

        Args:
            truth: The serials in the order of the outbox.
            spans: By serial, a moment before its COMMIT and one after that was confirmed; not all are known.
        """
        latest = float("-inf")
        for serial in truth:
            begun, ended = spans.get(serial, (float("-inf"), float("inf")))
            self.out_of_order += ended < latest
            latest = max(latest, begun)
