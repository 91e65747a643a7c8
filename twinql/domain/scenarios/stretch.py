"""The grid on which a temperature and what moves it are laid beside each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.scenarios.scenario import Floats

_MOST_TOLD: Final = 120
_MOST_STEPS: Final = 1_440
"""A simulation of more steps takes too long, and goes further ahead than the past that is fitted to tells of."""
_FINE_S: Final = 60
"""Steps of a minute are fine enough for a horizon of hours: finer ones would leave a past of less than two days."""
_PAST_STEPS: Final = 3_000
"""Some thousands are enough to fit a dozen numbers, and few enough to do so in a second."""
_PAST_S: Final = 30 * 86_400
"""A longer past of live readings takes too long to read, and a machine is no longer what it was."""
_ROUND_S: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


@dataclass(frozen=True, slots=True)
class Stretch:
    """How finely time is cut.

    Attributes:
        step_s: Length of a step of the simulation. [s]
        steps: Steps of the horizon.
        past_steps: Steps of the past.
        told_every: Of so many steps one is told.
    """

    step_s: int
    steps: int
    past_steps: int
    told_every: int

    @property
    def told_s(self) -> int:
        """Length of a step that is told. [s]."""
        return self.step_s * self.told_every


def stretches_for(*, horizon_s: float, spacing_s: float, sparse_s: float) -> list[Stretch]:
    """Choose steps that cover a horizon: round ones, none finer than what is read, of which at most 120 are told.

    A temperature answers in its own time, however far somebody looks ahead: steps are as fine as it is read, as far as
    they are not too many. Where they are, the finest ones come first, to see how fast it is.

    Args:
        horizon_s: How far to look ahead, more than 0. [s]
        spacing_s: Time between two readings of the temperature. [s]
        sparse_s: Time between two readings when the past was recorded: a year of minutes behind a day of seconds. [s]
    """
    read_s = max(spacing_s, sparse_s)
    told_s = _round(max(horizon_s / _MOST_TOLD, read_s))
    finest_s = _round(max(read_s, min(told_s, _FINE_S)), told_s)
    step_s = _round(max(horizon_s / _MOST_STEPS, finest_s), told_s)
    count = int(np.ceil(horizon_s / told_s))
    return [
        Stretch(each, count * told_s // each, min(_PAST_STEPS, _PAST_S // each), told_s // each)
        for each in dict.fromkeys((finest_s, step_s))
    ]


def longest_s(step_s: float) -> float:
    """Return how far ahead a temperature can be followed in steps that are no longer than this. [s]."""
    return float(_MOST_STEPS * max((each for each in _ROUND_S if each <= step_s), default=_ROUND_S[0]))


def _round(wanted_s: float, within_s: int | None = None) -> int:
    """Return the shortest round length that is as long as wanted, and that a longer one is a multiple of. [s]."""
    for each in _ROUND_S:
        if each >= wanted_s and (within_s is None or within_s % each == 0):
            return each
    return int(np.ceil(wanted_s / 3600)) * 3600 if within_s is None else within_s


def held(values: Floats, before: float | None) -> Floats:
    """Fill gaps with what was set last: an actuator stays as it is until it is set anew.

    Args:
        values: One a step, shape (n,). NaN is a gap.
        before: What was set before all of them; None where nobody knows.
    """
    filled = np.concatenate([[np.nan if before is None else before], values])
    place = np.where(np.isnan(filled), 0, np.arange(len(filled)))
    return np.asarray(filled[np.maximum.accumulate(place)][1:])
