"""The grid on which a temperature and what moves it are laid beside each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.scenarios.scenario import Floats

_MOST_STEPS: Final = 120
_PAST_STEPS: Final = 3_000
"""Some thousands are enough to fit a dozen numbers, and few enough to do so in a second."""
_PAST_S: Final = 30 * 86_400
"""A longer past of live readings takes too long to read, and a machine is no longer what it was."""
_ROUND_S: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


@dataclass(frozen=True, slots=True)
class Stretch:
    """How finely time is cut.

    Attributes:
        step_s: Length of a step. [s]
        steps: Steps of the horizon.
        past_steps: Steps of the past.
    """

    step_s: int
    steps: int
    past_steps: int


def stretch_for(*, horizon_s: float, spacing_s: float, sparse_s: float) -> Stretch:
    """Choose steps that cover a horizon: round ones, at most 120, none finer than what is read.

    Args:
        horizon_s: How far to look ahead, more than 0. [s]
        spacing_s: Time between two readings of the temperature. [s]
        sparse_s: Time between two readings when the past was recorded: a year of minutes behind a day of seconds. [s]
    """
    wanted = max(horizon_s / _MOST_STEPS, spacing_s, sparse_s)
    step_s = next((each for each in _ROUND_S if each >= wanted), int(np.ceil(wanted / 3600)) * 3600)
    return Stretch(step_s, int(np.ceil(horizon_s / step_s)), min(_PAST_STEPS, _PAST_S // step_s))


def held(values: Floats, before: float | None) -> Floats:
    """Fill gaps with what was set last: an actuator stays as it is until it is set anew.

    Args:
        values: One a step, shape (n,). NaN is a gap.
        before: What was set before all of them; None where nobody knows.
    """
    filled = np.concatenate([[np.nan if before is None else before], values])
    place = np.where(np.isnan(filled), 0, np.arange(len(filled)))
    return np.asarray(filled[np.maximum.accumulate(place)][1:])
