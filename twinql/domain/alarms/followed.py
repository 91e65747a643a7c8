"""One channel between its readings and its alarms: what is wrong with it, and what of that is due to be told."""

from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from twinql.domain.alarms.pending import Due, Now, Pending
from twinql.domain.alarms.policy import Policies
from twinql.domain.detection.finding import Cause, Finding, Memory, Watched
from twinql.domain.detection.watch import ChannelWatch
from twinql.domain.readings import StoredQuality

OLDEST_S: Final = 86_400.0
"""What is found in readings that were observed longer ago raises no alarm: an import of the past is no incident. [s]"""
OLDEST_RESOLUTIONS: Final = 3.0
"""Unless a channel speaks so rarely that this many resolutions are longer."""
VERSION: Final = 1


class Row(NamedTuple):
    """One reading, as it is looked at.

    Attributes:
        at_s: Its observation time, seconds since 1970 UTC. [s]
        value: None where there is none. [unit of the channel]
        quality: How far it can be trusted.
        recorded_s: When TwinQL learned it, likewise. [s]
    """

    at_s: float
    value: float | None
    quality: StoredQuality
    recorded_s: float


class Followed:
    """A channel that is followed, with the conditions that hold and those that are about to alarm.

    Attributes:
        watched: What detectors know of it.
        policies: What holds for its alarms.
        live: Whether it ever spoke of the present. One that was only ever filled from the past is not missed.
    """

    def __init__(self, watched: Watched, policies: Policies, memory: Memory | None = None) -> None:
        """Begin, or go on from a memory; from one of another version, or of another meaning, it begins afresh."""
        self.watched, self.policies = watched, policies
        known = memory if memory is not None and memory.get("as") == _meaning(watched) else {}
        self.afresh = not known
        self.live: bool = known.get("live", False)
        self._watch = ChannelWatch.of(watched, known.get("watch"))
        self._pending = Pending.of(known.get("pending"))
        self._seen_s: float = known.get("seen", 0.0)

    @property
    def newest_s(self) -> float | None:
        """The newest observation time seen, seconds since 1970 UTC; None before the first. [s]."""
        return self._watch.last_s

    def memory(self) -> Memory:
        """Return all that it needs to go on later, fit for JSON."""
        return {
            "as": _meaning(self.watched),
            "live": self.live,
            "seen": self._seen_s,
            "watch": self._watch.memory(),
            "pending": self._pending.memory(),
        }

    def changed(self, watched: Watched, policies: Policies) -> Self:
        """Go on under other limits or rules; where values mean something else now, begin afresh."""
        return type(self)(watched, policies, self.memory())

    def take(self, row: Row, *, now_s: float) -> list[Due]:
        """Look at a reading, in the order of recording, and return what is due."""
        self._see(row, now_s)
        found = self._watch.update(*row)
        return self._advance(found, now_s) if found or self._pending else []

    def tick(self, now_s: float, *, silent: bool = True) -> list[Due]:
        """Look at the clock, and return what is due.

        Args:
            now_s: The present, seconds since 1970 UTC. [s]
            silent: Whether silence counts: not while nobody could have recorded anything.
        """
        self._seen_s = max(self._seen_s, now_s)
        found = self._watch.tick(now_s) if self.live and silent else []
        return self._advance(found, now_s) if found or self._pending else []

    def learn(self, row: Row, *, now_s: float) -> None:
        """Look at a reading of the past: whatever it shows is not told; `settle` tells of what holds then."""
        self._see(row, now_s)
        self._watch.update(*row)

    def settle(self, raised: Iterable[Cause], *, now_s: float) -> None:
        """Compare what holds with the alarms that are open and say that it does; the next tick tells the difference."""
        self._seen_s = max(self._seen_s, now_s)
        self._pending.settle(self.holding, raised, self._now(now_s))

    @property
    def holding(self) -> dict[Cause, Finding]:
        """The conditions that hold."""
        return dict(self._watch.holding)

    def _see(self, row: Row, now_s: float) -> None:
        self._seen_s = max(self._seen_s, row.recorded_s)
        self.live = self.live or row.at_s >= self._oldest_s(now_s)

    def _advance(self, found: list[Finding], now_s: float) -> list[Due]:
        return self._pending.advance(found, self.policies, self._now(now_s))

    def _now(self, now_s: float) -> Now:
        newest = [each for each in (self._watch.last_s, self._watch.ahead_s) if each is not None]
        return Now(max(newest, default=None), self._seen_s, self._oldest_s(now_s))

    def _oldest_s(self, now_s: float) -> float:
        return now_s - max(OLDEST_S, OLDEST_RESOLUTIONS * (self.watched.resolution_s or 0.0))


def _meaning(watched: Watched) -> list[object]:
    """Return what must stay the same for a memory to be worth something."""
    direction = None if watched.direction is None else watched.direction.value
    return [VERSION, watched.kind.value, watched.quantity, watched.unit, direction]
