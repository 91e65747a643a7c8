"""Alarm limits: a value beyond one of them, and back inside by more than the deadband."""

from collections.abc import Callable, Sequence
from operator import gt, lt
from typing import Final, NamedTuple, Self

from twinql.domain.detection.finding import Bounds, Cause, Fact, Finding, Memory, Watched


class _Limit(NamedTuple):
    cause: Cause
    beyond: Callable[[float, float], bool]
    inwards: float
    """The sign of the way back inside."""
    words: str


_LIMITS: Final = (
    _Limit(Cause.LIMIT_LOW_LOW, lt, 1.0, "below the lowest limit"),
    _Limit(Cause.LIMIT_LOW, lt, 1.0, "below the low limit"),
    _Limit(Cause.LIMIT_HIGH, gt, -1.0, "above the high limit"),
    _Limit(Cause.LIMIT_HIGH_HIGH, gt, -1.0, "above the highest limit"),
)


class LimitDetector:
    """Compares each value with the alarm limits of its channel.

    A condition begins with a value beyond the limit, and not at it, and ends with one that is back inside by the
    deadband. The four stand for themselves: beyond the highest limit the high one is exceeded too. Where limits
    were changed meanwhile, the last value is compared with them as they are now.
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        self._limits = tuple(zip(_LIMITS, _values(watched.bounds), strict=True))
        bounds = watched.bounds
        self._deadbands = {each.cause: bounds.deadbands.get(each.cause, bounds.deadband) for each in _LIMITS}
        self._scale = _scale(watched.bounds)
        self._unit = watched.unit
        self._beyond = set((memory or {}).get("beyond", ()))
        self._last: tuple[float, float] | None = _pair((memory or {}).get("last"))
        self._compared = self._last is None

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> Self:
        """Begin, or go on from a memory."""
        return cls(watched, memory)

    def update(self, at_s: float, value: float) -> list[Finding]:
        """Look at the next value."""
        self._last, self._compared = (at_s, value), True
        found = []
        for limit, bound in self._limits:
            name = limit.cause.value
            held = name in self._beyond
            if bound is None:
                holds = False
            else:
                holds = limit.beyond(value, bound + limit.inwards * self._deadbands[limit.cause] if held else bound)
            if holds == held:
                continue
            if not holds or bound is None:
                self._beyond.discard(name)
                found.append(Finding(limit.cause, at_s, holds=False))
                continue
            self._beyond.add(name)
            fact = Fact(
                code="VALUE",
                message=f"The value is {limit.words}.",
                value=value,
                threshold=bound,
                unit=self._unit,
                first_s=at_s,
                last_s=at_s,
            )
            score = 1.0 + abs(value - bound) / self._scale
            found.append(Finding(limit.cause, at_s, holds=True, score=score, facts=(fact,)))
        return found

    def compare(self) -> list[Finding]:
        """Compare the last value with the limits, once after a restart: they may have been changed meanwhile."""
        return [] if self._compared or self._last is None else self.update(*self._last)

    def memory(self) -> Memory:
        """Return which limits are exceeded, and the last value with its time."""
        return {"beyond": sorted(self._beyond), "last": self._last}


def _pair(stored: Sequence[float] | None) -> tuple[float, float] | None:
    return None if stored is None else (stored[0], stored[1])


def _values(bounds: Bounds) -> tuple[float | None, ...]:
    return bounds.low_low, bounds.low, bounds.high, bounds.high_high


def _scale(bounds: Bounds) -> float:
    """Return what one step of the score is: the room between the outer limits, or the size of the only one."""
    known = [each for each in _values(bounds) if each is not None]
    if len(known) > 1 and max(known) > min(known):
        return max(known) - min(known)
    return max([abs(each) for each in known if each != 0.0] + [bounds.deadband], default=1.0) or 1.0
