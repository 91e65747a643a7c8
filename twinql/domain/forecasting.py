"""What a channel will probably read: the simple model that did best on the channel's own past, and how good it was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecast_models import Candidate, Floats, ForecastModel, last_known, paths

Places = NDArray[np.intp]

_FEWEST_VALUES: Final = 24
_MOST_ORIGINS: Final = 300
_OLDER_SHARE: Final = 0.6
_RECENT_STEPS: Final = 4
_WORSE_THAN_USUAL: Final = 3.0
_MUCH_BETTER: Final = 0.5
_TREND_WINDOWS: Final = (4, 12)
_LONGEST_TREND: Final = 30.0
"""After this many steps at the latest a slope has faded to 1/e, however long the horizon: five minutes of a machine."""
_FAR_FROM_USUAL: Final = 4.0
"""A value this many median absolute deviations from the median is unusual, whatever a few episodes have been like."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How the model of a forecast did on the younger part of the past, with bounds from the older part alone.

    Attributes:
        count: Pairs of an expected and an observed value that were compared.
        mae: Mean absolute error. [unit of the channel]
        naive_mae: Mean absolute error of repeating the last value, on the same pairs. [unit of the channel]
        coverage: Share of the observed values between the bounds, 0 to 1.
    """

    count: int
    mae: float | None
    naive_mae: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """A forecast on a grid of equal steps.

    Attributes:
        model: The model that made it.
        lower: Lower bounds, shape (steps,). [unit of the channel]
        median: Medians, shape (steps,). [unit of the channel]
        upper: Upper bounds, shape (steps,). [unit of the channel]
        accuracy: How this very model did on the past.
        last_value: The last value known. [unit of the channel]
    """

    model: ForecastModel
    lower: Floats
    median: Floats
    upper: Floats
    accuracy: Accuracy
    last_value: float

    def joined(self, count: int) -> "Prediction":
        """Return the same forecast with so many steps joined to one, which holds their mean."""
        lower, median, upper = (side.reshape(-1, count).mean(axis=1) for side in (self.lower, self.median, self.upper))
        return replace(self, lower=lower, median=median, upper=upper)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no forecast.

    Attributes:
        code: For programs.
        message: For people: what is wrong, and what would be needed.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Trial:
    """One candidate, tried from every point of the past."""

    candidate: Candidate
    expected: Floats
    error: Floats


def forecast(
    values: Floats,
    *,
    steps: int,
    seasons: Sequence[int] = (),
    level: float = 0.8,
    cumulative: bool = False,
    lowest: float = -np.inf,
    highest: float = np.inf,
    only: ForecastModel | None = None,
) -> Prediction | Refusal:
    """Forecast the next steps of a channel.

    The candidates are seasonal naive for every season that fits twice, persistence, and a damped local trend. The one
    that did best by rolling origin is used; where values are far from what is usual, it fails, and a trend has not
    failed, that one is used instead: this is how a forecast notices that a pump has stopped, also for the third time.

    Args:
        values: One a step, oldest first, the last one just before the first step to be forecast, shape (n,). NaN is a
            gap. [unit of the channel]
        steps: How many steps to forecast, at least 1.
        seasons: After how many steps the past may repeat itself.
        level: Share of outcomes that should lie between the bounds, between 0 and 1.
        cumulative: Whether the values are a register that counts up; a fall is a reset.
        lowest: Nothing below this is possible. [unit of the channel]
        highest: Nothing above this is possible. [unit of the channel]
        only: The model to use, when somebody asked for it by name.

    Returns:
        The forecast with its measured accuracy, or why there is none.
    """
    known = np.flatnonzero(~np.isnan(values))
    values, filled = values[known[0] if known.size else 0 :], known.size
    needed = max(_FEWEST_VALUES, 2 * steps)
    if filled == 0 or values.size < needed or filled < max(_FEWEST_VALUES, steps):
        return Refusal(
            "INSUFFICIENT_HISTORY",
            f"There are {filled} steps with readings; a forecast of {steps} steps needs a past of {needed}, "
            "at least half of it filled. Wait, or ask for a shorter horizon.",
        )
    y = unrolled(values) if cumulative else values
    trials = [
        _try_out(candidate, y, steps, cumulative=cumulative)
        for candidate in _candidates(values.size, steps, seasons, cumulative=cumulative)
        if only in (None, candidate.model)
    ]
    if not trials:
        return Refusal(
            "NO_SEASON", "The past is too short for a season to be seen twice; ask for another model, or wait."
        )
    naive = _try_out(Candidate(ForecastModel.PERSISTENCE), y, steps, cumulative=cumulative)
    origins = _origins(values.size, steps)
    older = origins[: max(1, int(origins.size * _OLDER_SHARE))]
    used = _choose(trials, naive, y, older)
    median = _known_or(used.expected[-1], naive.expected[-1])
    low, high = _bounds(used.error[origins], level)
    return Prediction(
        model=used.candidate.model,
        lower=np.clip(median + low, lowest, highest),
        median=np.clip(median, lowest, highest),
        upper=np.clip(median + high, lowest, highest),
        accuracy=_accuracy(used, naive, older=older, younger=origins[older.size :], level=level),
        last_value=float(last_known(values)[-1]),
    )


def unrolled(values: Floats) -> Floats:
    """Return a register as if it had never been reset, ending at the value it has now.

    Args:
        values: Register values in time order, shape (n,). NaN is a gap. [unit of the channel]

    Returns:
        The same shape, never falling: across a fall the register is taken to have stood still.
    """
    result = values.copy()
    known = np.flatnonzero(~np.isnan(values))
    if known.size:
        increase = np.maximum(np.diff(values[known]), 0.0)
        total = np.concatenate([[0.0], np.cumsum(increase)])
        result[known] = values[known[-1]] - total[-1] + total
    return result


def _candidates(size: int, steps: int, seasons: Sequence[int], *, cumulative: bool) -> list[Candidate]:
    found = [Candidate(ForecastModel.SEASONAL_NAIVE, season=s) for s in seasons if s > 1 and 2 * s + steps // 2 <= size]
    found.append(Candidate(ForecastModel.PERSISTENCE))
    fading = np.inf if cumulative else max(min(steps / 3, _LONGEST_TREND), 2.0)
    found.extend(Candidate(ForecastModel.LOCAL_TREND, window=window, damping=fading) for window in _TREND_WINDOWS)
    return found


def _try_out(candidate: Candidate, values: Floats, steps: int, *, cumulative: bool) -> _Trial:
    expected = paths(candidate, values, steps=steps, cumulative=cumulative)
    observed = np.concatenate([values[1:], np.full(steps, np.nan)])
    return _Trial(candidate, expected, np.lib.stride_tricks.sliding_window_view(observed, steps) - expected)


def _origins(size: int, steps: int) -> Places:
    """Choose the points of the past that are looked ahead from: after a start, and with all steps known since."""
    first, last = min(size // 4, size - 1 - steps), size - 1 - steps
    return np.unique(np.linspace(first, last, min(_MOST_ORIGINS, last - first + 1)).round().astype(np.intp))


def _skill(trial: _Trial, naive: _Trial, origins: Places) -> float:
    """Return the error of a candidate as a share of that of persistence on the same pairs; less is better."""
    error, naive_error = trial.error[origins], naive.error[origins]
    both = ~np.isnan(error) & ~np.isnan(naive_error)
    if not both.any() or both.sum() < 0.5 * np.count_nonzero(~np.isnan(naive_error)):
        return np.inf
    mine, theirs = float(np.abs(error[both]).mean()), float(np.abs(naive_error[both]).mean())
    return mine / theirs if theirs > 0.0 else (1.0 if mine == 0.0 else np.inf)


def _choose(trials: Sequence[_Trial], naive: _Trial, values: Floats, older: Places) -> _Trial:
    """Choose what to use now: usually the candidate with the best past.

    Where the values are far from what is usual, and that one has lately failed, it is the trend that did best lately,
    if it did much better. Only the last few steps and a median of the past count, so neither an earlier episode nor the
    horizon changes this.
    """
    usual = trials[int(np.argmin([_skill(trial, naive, older) for trial in trials]))]
    lately = _recent_error(usual.error, _RECENT_STEPS)
    typical = float(np.nanmedian(lately)) if not np.isnan(lately).all() else np.inf
    trends = [trial for trial in trials if trial.candidate.model is ForecastModel.LOCAL_TREND]
    if not trends or not _is_far_from_usual(values) or not lately[-1] > _WORSE_THAN_USUAL * typical:
        return usual
    trend = min(trends, key=_lately_wrong)
    return trend if _lately_wrong(trend) < _MUCH_BETTER * _lately_wrong(usual) else usual


def _lately_wrong(trial: _Trial) -> float:
    """Return how wrong the looks ahead of the last few steps have turned out so far."""
    return float(np.nan_to_num(_recent_error(trial.error, _RECENT_STEPS)[-1], nan=np.inf))


def _is_far_from_usual(values: Floats) -> bool:
    """Say whether the last value lies far from the median of all, as such distances go."""
    known = values[~np.isnan(values)]
    distance = np.abs(known - np.median(known))
    return bool(distance[-1] > _FAR_FROM_USUAL * np.median(distance))


def _recent_error(error: Floats, reach: int) -> Floats:
    """Average, at each point, how wrong the looks ahead of the last steps have turned out so far, shape (n,)."""
    size, steps = error.shape
    total, count = np.zeros(size), np.zeros(size)
    for ago in range(1, min(reach, size - 1) + 1):
        known = np.abs(error[:-ago, : min(ago, steps)])
        total[ago:] += np.nan_to_num(known).sum(axis=1)
        count[ago:] += np.count_nonzero(~np.isnan(known), axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _bounds(error: Floats, level: float) -> tuple[Floats, Floats]:
    """Find how far below and above the median the bounds lie, never narrower further ahead, shape (steps,) each."""
    tail = (1.0 - level) / 2.0
    ordered = np.sort(error, axis=0)  # NaN last
    low, high = (np.nan_to_num(_quantile(ordered, share)) for share in (tail, 1.0 - tail))
    return np.minimum.accumulate(np.minimum(low, 0.0)), np.maximum.accumulate(np.maximum(high, 0.0))


def _quantile(ordered: Floats, share: float) -> Floats:
    """Return a quantile of each column, NaN where it is empty: numpy's own takes ten times as long."""
    place = share * np.maximum(np.count_nonzero(~np.isnan(ordered), axis=0) - 1, 0)
    below = place.astype(np.intp)
    columns = np.arange(ordered.shape[1])
    first, second = ordered[below, columns], ordered[np.minimum(below + 1, len(ordered) - 1), columns]
    return np.asarray(np.where(place > below, first + (place - below) * (second - first), first))


def _accuracy(trial: _Trial, naive: _Trial, *, older: Places, younger: Places, level: float) -> Accuracy:
    error, naive_error = trial.error[younger], naive.error[younger]
    pairs = ~np.isnan(error) & ~np.isnan(naive_error)
    if not pairs.any():
        return Accuracy(count=0, mae=None, naive_mae=None, coverage=None)
    low, high = _bounds(trial.error[older], level)
    return Accuracy(
        count=int(pairs.sum()),
        mae=float(np.abs(error[pairs]).mean()),
        naive_mae=float(np.abs(naive_error[pairs]).mean()),
        coverage=float(((error >= low) & (error <= high))[pairs].mean()),
    )


def _known_or(first: Floats, second: Floats) -> Floats:
    return np.where(np.isnan(first), second, first)
