"""Spikes, dips and shifts of level in a series of instantaneous values, sampled in whatever way."""

from typing import Final, Self

from twinql.domain.detection.finding import Cause, Fact, Finding, Memory, Watched
from twinql.domain.detection.stream_blocks import ShortMean
from twinql.domain.detection.stream_cadence import Cadence
from twinql.domain.detection.stream_condition import Condition
from twinql.domain.detection.stream_excursions import Excursions
from twinql.domain.detection.stream_scale import DAY_S, LEAST, LEVEL, LONG_LEVEL, RARE, WEEK_D, least_days
from twinql.domain.detection.stream_season import WeekProfile

CAUSES: Final = (Cause.SPIKE, Cause.DIP, Cause.LEVEL_SHIFT)


class StreamDetector:
    """Finds readings that lie rarely far from their baseline, and short means that lie rarely far from the long one.

    A baseline is a slowly following level with as much of the local week's profile as has proved to be in the series.
    How rare an excursion is, is learned from the series itself, upwards and downwards apart; no shape of distribution,
    unit or sampling is assumed. A finding's score is its rarity in relation to the one that is asked for.
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory or {}
        self._unit = watched.unit
        sensitivity = {cause: watched.sensitivity.get(cause, 1.0) for cause in CAUSES}
        self._required = {cause: RARE / each for cause, each in sensitivity.items()}
        self._least_s = {cause: DAY_S * least_days(each) for cause, each in sensitivity.items()}
        self._cadence = Cadence(watched.resolution_s, known.get("cadence"))
        self._profile = WeekProfile(watched.zone, known.get("profile"))
        self._readings = Excursions(LEVEL, known.get("readings"))
        self._means = Excursions(LONG_LEVEL, known.get("means"))
        self._short = ShortMean(known.get("short"))
        conditions = known.get("conditions", {})
        self._conditions = {cause: Condition(conditions.get(cause.value)) for cause in CAUSES}

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> Self:
        """Begin, or go on from a memory."""
        return cls(watched, memory)

    def update(self, at_s: float, value: float) -> list[Finding]:
        """Look at the next value."""
        if self._cadence.met(at_s):
            self._readings.begin_again()
            self._means.begin_again()
            self._short.begin_again()
        step_s = self._cadence.step_s
        usual = self._profile.usual(at_s)
        self._readings.look((value, usual), step_s=step_s, clips=self._known(at_s, DAY_S * WEEK_D))
        found = self._found(Cause.SPIKE, at_s, value, self._readings, first_s=at_s)
        found += self._found(Cause.DIP, at_s, value, self._readings, first_s=at_s)
        self._profile.learn(self._readings.learned)
        means = self._short.add(at_s, self._readings.learned, usual, step_s=step_s)
        if means is not None:
            newest, mean = means
            self._means.look(mean, newest=newest, step_s=self._short.length_s)
            found += self._found(Cause.LEVEL_SHIFT, at_s, mean[0], self._means, first_s=self._short.first_s)
        return found

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {
            "cadence": self._cadence.memory(),
            "profile": self._profile.memory(),
            "readings": self._readings.memory(),
            "means": self._means.memory(),
            "short": self._short.memory(),
            "conditions": {cause.value: each.memory() for cause, each in self._conditions.items()},
        }

    def _known(self, at_s: float, least_s: float) -> bool:
        return self._cadence.count > LEAST.readings and at_s - self._cadence.since_s >= least_s

    def _found(self, cause: Cause, at_s: float, value: float, of: Excursions, *, first_s: float) -> list[Finding]:
        """Follow the condition of a cause, and return what begins or ends."""
        condition, required = self._conditions[cause], self._required[cause]
        known = self._known(at_s, self._least_s[cause])
        meant = cause in (_UPWARDS if of.excursion > 0.0 else _DOWNWARDS)
        rarity = of.rarity if known and meant else 0.0
        if not condition.look(of.excursion, rarity, required=required, slots=of.slots):
            return []
        if not condition.holds:
            return [Finding(cause, at_s, holds=False)]
        assert of.baseline is not None
        facts = (
            Fact(*_WORDS[cause], value, of.baseline, self._unit, first_s, at_s),
            Fact("RETURN_PERIOD", _RETURNS, 10.0**of.rarity, 10.0**required, None, self._cadence.since_s, at_s),
        )
        return [Finding(cause, at_s, holds=True, score=rarity / required, facts=facts)]


_UPWARDS: Final = {Cause.SPIKE, Cause.LEVEL_SHIFT}
_DOWNWARDS: Final = {Cause.DIP, Cause.LEVEL_SHIFT}
_WORDS: Final = {
    Cause.SPIKE: ("VALUE", "The value is rarely far above what was expected at this time."),
    Cause.DIP: ("VALUE", "The value is rarely far below what was expected at this time."),
    Cause.LEVEL_SHIFT: (
        "SHORT_MEAN",
        "The mean of these readings is rarely far from the level before; in it, what lies far out is clipped.",
    ),
}
_RETURNS: Final = (
    "So many readings, or slots of 5 minutes where they come more often, pass on average for one as far out; "
    "beyond the farthest one seen this is an extrapolation."
)
