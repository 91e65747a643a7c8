"""Works out the forecasts of many channels one after the other, as a worker process is handed them."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

import numpy as np

from twinql.domain.forecasting.candidates import naive
from twinql.domain.forecasting.forecast import forecast, unrolled
from twinql.domain.forecasting.grid import bridged
from twinql.domain.forecasting.measured import naive_scale
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.prediction import Prediction, Refusal
from twinql.domain.forecasting.simple import last_known
from twinql.domain.forecasting.wall_clock import OnWallClock, on_wall_clock


@dataclass(frozen=True, slots=True)
class Task:
    """One forecast to be made.

    Attributes:
        past: What was read until now, gaps and all.
        steps: How many steps of the past's length to forecast.
        joined: How many of them make one step of the answer; they go into it without rest.
        reach: Over how many empty steps readings are joined by a line; 0 where empty is empty.
        level: Share of outcomes that should lie between the bounds.
        cumulative: Whether the values are a register that counts up.
        lowest: Nothing below this is possible. [unit of the channel]
        highest: Nothing above this is possible. [unit of the channel]
        only: The model, when somebody asked for it by name.
    """

    past: Past
    steps: int
    joined: int = 1
    reach: int = 0
    level: float = 0.8
    cumulative: bool = False
    lowest: float = -np.inf
    highest: float = np.inf
    only: ForecastModel | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """The naive forecast that stands beside another one, so that what is read later scores both.

    Attributes:
        expected: What the seasonal naive forecast expects, or the last value where there is no season; NaN where it
            says nothing, shape (steps,). [unit of the channel]
        scale: Its mean absolute error within the past: what errors are divided by for MASE; of a register that of its
            increase a step. None where nothing can be compared. [unit of the channel]
    """

    expected: Floats
    scale: float | None


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast that was made, in steps of the answer."""

    prediction: Prediction
    beside: Beside

    @property
    def is_finite(self) -> bool:
        """Say whether it can be told, stored and scored: every number of it that is there is finite."""
        told, figures = self.prediction, (*astuple(self.prediction.accuracy), self.beside.scale)
        steps = np.concatenate([told.lower, told.median, told.upper, [told.last_value]])
        known = [each for each in figures if each is not None]
        return bool(np.isfinite(steps).all() and np.isfinite(known).all() and not np.isinf(self.beside.expected).any())


def forecast_all(tasks: Sequence[Task]) -> list[Made | Refusal]:
    """Make forecasts, in their order; one that cannot be worked out keeps none of the others from being made."""
    return [_made_or_not(task) for task in tasks]


def beside(past: Past, *, steps: int, cumulative: bool) -> Beside:
    """Make the naive forecast from a past.

    Args:
        past: What was read until now; at least one value.
        steps: How many steps to forecast.
        cumulative: Whether the values are a register that counts up.
    """
    clock = _clock(past.trimmed(), steps, cumulative=cumulative)
    past, steps = clock.past, clock.steps
    values = unrolled(past.values) if cumulative else past.values
    past = replace(past, values=values)
    here = np.array([values.size - 1])
    expected = naive(past, cumulative=cumulative).paths(past, here, steps=steps, learned_until=values.size)[0]
    expected = np.where(np.isnan(expected), last_known(values)[-1], expected)
    return Beside(expected[clock.places], naive_scale(np.diff(values) if cumulative else values, past.season))


def _made_or_not(task: Task) -> Made | Refusal:
    """Make one forecast, whatever numpy, scipy or statsmodels may raise; what is not finite is none."""
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            made = _made(task)
    except Exception as error:  # noqa: BLE001 - statsmodels has errors of its own, and others wait in this job
        return _not_computable(str(error) or type(error).__name__)
    return made if isinstance(made, Refusal) or made.is_finite else _not_computable("its values are beyond all bounds")


def _not_computable(why: str) -> Refusal:
    return Refusal("NOT_COMPUTABLE", f"The model cannot be worked out on this past ({why}); ask for another one.")


def _made(task: Task) -> Made | Refusal:
    past = task.past
    if task.reach:
        past = replace(past, values=bridged(past.values, reach=task.reach))
    clock = _clock(past, task.steps, cumulative=task.cumulative)
    prediction = forecast(
        clock.past,
        steps=clock.steps,
        level=task.level,
        cumulative=task.cumulative,
        lowest=task.lowest,
        highest=task.highest,
        only=task.only,
    )
    if isinstance(prediction, Refusal):
        return prediction
    return Made(
        prediction.at(clock.places).joined(task.joined),
        beside(_joined(past, task.joined), steps=task.steps // task.joined, cumulative=task.cumulative),
    )


def _clock(past: Past, steps: int, *, cumulative: bool) -> OnWallClock:
    """Lay a past on the wall clock; a register goes on counting whatever the clock does."""
    return OnWallClock(past, steps, np.arange(steps)) if cumulative else on_wall_clock(past, steps)


def _joined(past: Past, count: int) -> Past:
    """Return a past with so many steps joined to one, which holds the mean of those that are known."""
    if count == 1:
        return past
    rest = past.values.size % count  # the end stays where it is
    blocks = past.values[rest:].reshape(-1, count)
    known = ~np.isnan(blocks)
    total = np.where(known, blocks, 0.0).sum(axis=1)
    means = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
    return Past(means, past.begins_s + rest * past.step_s, past.step_s * count, past.zone)
