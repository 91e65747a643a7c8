"""How rarely a magnitude was met: the upper tail of its distribution, learned online and carried beyond the record."""

from math import floor, log, log2, log10
from typing import Final

from twinql.domain.detection.finding import Memory
from twinql.domain.detection.stream_scale import CLIP, PAST

BINS_AN_OCTAVE: Final = 4
"""Magnitudes are counted in bins that grow geometrically: the tail is as fine as it is long."""
OCTAVES: Final = 12
"""How far below the record magnitudes are told apart; smaller ones count as if they were that large."""
TAIL_SHARE: Final = 0.03
"""The share of the largest magnitudes that the tail's index is fitted to."""
USUAL_INDEX: Final = 0.25
"""The index that is expected before anything is known: between that of a normal tail and that of a heavy one."""
USUAL_WEIGHT: Final = 5.0
"""How many magnitudes of the tail the expectation is worth."""
LEAST_INDEX: Final = 0.15
"""No tail is taken to be thinner: a bounded past is no promise that nothing lies beyond. What is twice the record is
then at most a hundred times rarer than the record."""
FARTHEST: Final = 1e-40
"""In relation to the record nothing is told to be rarer."""
REFIT_EVERY: Final = 50
RECORD: Final = 0.5
"""The record is the largest magnitude of which so much of one reading is left: what was met once is halved once, and
then is the record no longer."""
FORGOTTEN: Final = 0.01
"""What has become less than this share of one reading is left out."""


class Tail:
    """Counts magnitudes and says how rare one is that is this large or larger.

    Within what was met it is the share of larger ones; beyond the record it goes on as a power of the magnitude, whose
    index is Hill's mean of the logarithms above a high quantile. Counts are halved from time to time, so that the last
    `PAST` to twice as many slots speak. It knows no unit: magnitudes that are all multiplied by
    the same number are as rare as before.

    Source:
        Hill, A simple general approach to inference about the tail of a distribution, Ann. Statist. 3 (1975).
    """

    def __init__(self, memory: Memory | None = None) -> None:
        known = memory or {}
        self.total: float = known.get("total", 0.0)
        self._origin: float | None = known.get("origin")
        self._counts: dict[int, float] = {int(place): count for place, count in known.get("counts", ())}
        self._since: int = known.get("since", 0)
        self._index: float = known.get("index", USUAL_INDEX)
        self._cut: int = known.get("cut", 0)
        self._edge: int | None = known.get("edge")

    def rarity(self, magnitude: float) -> float:
        """Say how rare a magnitude is.

        Args:
            magnitude: Not negative. [any unit, always the same]

        Returns:
            The decimal logarithm of how many slots are met for one magnitude as large: 3 is one in a thousand. 0 for
            what is not in the tail, and while nothing is known. A past that is shorter than `PAST` counts as if it were
            as long: it says little, but what exceeds all of it is still worth telling.
        """
        if magnitude <= 0.0 or self._edge is None:
            return 0.0
        place, part = self._placed(magnitude)
        if place < self._cut:
            return 0.0
        larger = self._counts.get(place, 0.0) * (1.0 - part)
        larger += sum(count for each, count in self._counts.items() if each > place)
        octaves_beyond = (place + part - self._edge) / BINS_AN_OCTAVE
        beyond = max(2.0 ** (-octaves_beyond / self._index), FARTHEST) if octaves_beyond > 0.0 else 1.0
        return log10((max(self.total, PAST) + 1.0) / (larger + beyond))

    def clipped(self, magnitude: float) -> float:
        """Return a magnitude, or what is `CLIP` times the record where it lies beyond that; as it is without one."""
        if magnitude <= 0.0 or self._edge is None:
            return magnitude
        place, part = self._placed(magnitude)
        bins_beyond = place + part - self._edge - log2(CLIP) * BINS_AN_OCTAVE
        return magnitude if bins_beyond <= 0.0 else 2.0 ** (log2(magnitude) - bins_beyond / BINS_AN_OCTAVE)

    def add(self, magnitude: float, slots: float) -> None:
        """Count a magnitude for as many slots as it lasted; 0 counts among the small ones."""
        self.total += slots
        self._since += 1
        if magnitude > 0.0:
            if self._origin is None:
                self._origin = magnitude
            place, _ = self._placed(magnitude)
            if self._edge is not None:
                place = max(place, self._edge - OCTAVES * BINS_AN_OCTAVE)
            self._counts[place] = self._counts.get(place, 0.0) + slots
        if self.total >= 2.0 * PAST:
            self.total /= 2.0
            self._counts = {each: count / 2.0 for each, count in self._counts.items()}
        if self._counts and (self._since >= REFIT_EVERY or self._edge is None):
            self._fit(slots)

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {
            "total": self.total,
            "origin": self._origin,
            "counts": sorted(map(list, self._counts.items())),
            "since": self._since,
            "index": self._index,
            "cut": self._cut,
            "edge": self._edge,
        }

    def _placed(self, magnitude: float) -> tuple[int, float]:
        """Return the bin of a magnitude, and how far into it; rounded, so that a change of unit moves nothing."""
        assert self._origin is not None
        place = round((log2(magnitude) - log2(self._origin)) * BINS_AN_OCTAVE, 6)
        whole = floor(place)
        return whole, place - whole

    def _fit(self, slots: float) -> None:
        """Find the record, the high quantile and the index anew, and forget what was met once and long ago."""
        self._since = 0
        self._counts = {
            each: count for each, count in self._counts.items() if count > FORGOTTEN * slots
        } or self._counts
        places = sorted(self._counts, reverse=True)
        self._edge = next((each for each in places if self._counts[each] >= RECORD * slots), places[0]) + 1
        reached, weighed, cut = 0.0, 0.0, places[0]
        for each in places:
            cut = each
            reached += self._counts[each]
            if reached >= TAIL_SHARE * self.total:
                break
        for each in places:
            if each < cut:
                break
            weighed += self._counts[each] * (each - cut + 0.5)
        excess = weighed / BINS_AN_OCTAVE * log(2.0)
        index = (excess + USUAL_INDEX * USUAL_WEIGHT) / (reached + USUAL_WEIGHT)
        self._cut = cut
        self._index = max(index, LEAST_INDEX)
