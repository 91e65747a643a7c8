"""How readings of a channel usually arrive: how long after the instants they name, and how far apart."""

from math import exp, nan
from statistics import median
from typing import Final, NamedTuple

from twinql.domain.detection.finding import Memory

LEARNED_FROM: Final = 20
"""So many deliveries in step tell what is usual."""
FOLLOWS: Final = 0.05
"""How fast what is usual follows what arrives: a share of each deviation."""
IN_STEP: Final = 0.5
"""Two deliveries are in step where the instants they name lie as far apart as they do, but for this share."""
JITTER_S: Final = 1.5
"""Or but for this much. [s]"""
OLD_AGE: Final = 0.95
"""Which quantile of the age of the newest reading, when the next one comes, is learned."""

AHEAD_S: Final = (5.0, 60.0)
"""A row is of the future where the instant that it names lies after its recording, by more than usual and this; [s]"""
AHEAD_SPREADS: Final = 8.0
"""or, up to the second of these, so many times as much as that usually varies."""
UNLEARNED_S: Final = 86_400.0
"""While nothing is learned, readings are thought to come with the age of the oldest that came, but at most this. [s]"""


class Delivery(NamedTuple):
    """Readings that were recorded at one instant.

    Attributes:
        recorded_s: That instant, seconds since 1970 UTC. [s]
        observed_s: The newest instant that they name. [s]
        apart_s: How long after the delivery before it came; NaN at the first one. [s]
        spacing_s: How far the instants that the two name are apart; NaN at the first one. [s]
    """

    recorded_s: float
    observed_s: float
    apart_s: float
    spacing_s: float

    @property
    def lag_s(self) -> float:
        """How long after the instant it names the newest of them came; negative where it names the future."""
        return self.recorded_s - self.observed_s

    @property
    def in_step(self) -> bool:
        """Whether time went on in them as it did outside: not in a backlog, an import of the past, or a late row."""
        return self.apart_s > 0.0 and abs(self.spacing_s - self.apart_s) <= max(JITTER_S, IN_STEP * self.apart_s)

    @property
    def age_s(self) -> float:
        """How old the newest reading of the delivery before was when this one came; NaN at the first one."""
        return self.lag_s + self.spacing_s


class Arrivals:
    """Gathers rows that were recorded together, and learns the lag and the age of those that come in step.

    Attributes:
        lag_s: How long after the instants they name readings usually come; None while that is not known. [s]
        spread_s: How far that usually is from it. [s]
        spacing_s: How far apart deliveries usually are; None while that is not known. [s]
        age_s: How old the newest reading mostly is at most when the next one comes; None while that is not known. [s]
        oldest_s: Until then, how old a row was at most when it was recorded. [s]
    """

    def __init__(self, memory: Memory | None = None) -> None:
        known = memory or {}
        self._open: tuple[float, float] | None = _pair(known.get("open"))
        self._before: tuple[float, float] | None = _pair(known.get("before"))
        self._first: list[list[float]] = [list(each) for each in known.get("first", ())]
        self.lag_s: float | None = known.get("lag")
        self.spread_s: float = known.get("spread", 0.0)
        self.spacing_s: float | None = known.get("spacing")
        self.age_s: float | None = known.get("age")
        self.oldest_s: float = known.get("oldest", 0.0)

    def arrived(self, at_s: float, recorded_s: float) -> Delivery | None:
        """Note a row, in the order of recording.

        Args:
            at_s: The instant that it names, seconds since 1970 UTC. [s]
            recorded_s: When it was recorded. [s]

        Returns:
            The delivery before this one where this row begins a new one.
        """
        if self.age_s is None:
            self.oldest_s = min(max(self.oldest_s, recorded_s - at_s), UNLEARNED_S)
        if self._open is not None and self._open[0] == recorded_s:
            self._open = (recorded_s, max(self._open[1], at_s))
            return None
        closed, self._open = self._open, (recorded_s, at_s)
        if closed is None:
            return None
        before, self._before = self._before, closed
        if before is None:
            return Delivery(*closed, apart_s=nan, spacing_s=nan)
        return Delivery(*closed, apart_s=closed[0] - before[0], spacing_s=closed[1] - before[1])

    def ahead(self, at_s: float, recorded_s: float) -> bool:
        """Say whether a row names an instant that was still to come when it was recorded, as rows here usually do not.

        Args:
            at_s: The instant that it names, seconds since 1970 UTC. [s]
            recorded_s: When it was recorded. [s]
        """
        least_s, most_s = AHEAD_S
        usual_s = max(0.0, -(self.lag_s or 0.0))
        return at_s - recorded_s > usual_s + min(max(least_s, AHEAD_SPREADS * self.spread_s), most_s)

    def learn(self, delivery: Delivery) -> None:
        """Take a delivery that is in step, and not suspected, as an example of what is usual."""
        if self.lag_s is None or self.spacing_s is None or self.age_s is None:
            self._first.append([delivery.lag_s, delivery.spacing_s, delivery.age_s])
            if len(self._first) < LEARNED_FROM:
                return
            lags, spacings, ages = zip(*self._first, strict=True)
            self.lag_s, self.spacing_s, self.age_s = median(lags), median(spacings), sorted(ages)[-2]
            self.spread_s = median(abs(each - self.lag_s) for each in lags)
            self._first = []
            return
        reach = 3.0 * self.spread_s + JITTER_S
        away = min(max(delivery.lag_s - self.lag_s, -reach), reach)
        self.lag_s += FOLLOWS * away
        self.spread_s += FOLLOWS * (abs(away) - self.spread_s)
        self.spacing_s += FOLLOWS * (min(delivery.spacing_s, 3.0 * self.spacing_s) - self.spacing_s)
        # Stochastic approximation of a quantile, in logarithms: an age of a week moves it no more than one of an hour.
        older = OLD_AGE if delivery.age_s > self.age_s else OLD_AGE - 1.0
        self.age_s *= exp(2.0 * FOLLOWS * older)

    def memory(self) -> Memory:
        """Return what was learned, and the rows of the last two instants of recording."""
        return {
            "open": self._open,
            "before": self._before,
            "first": self._first,
            "lag": self.lag_s,
            "spread": self.spread_s,
            "spacing": self.spacing_s,
            "age": self.age_s,
            "oldest": self.oldest_s,
        }


def _pair(stored: list[float] | tuple[float, float] | None) -> tuple[float, float] | None:
    return None if stored is None else (stored[0], stored[1])
