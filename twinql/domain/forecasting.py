"""What a channel will probably read: the simple model that did best on the channel's own past, and how good it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecast_models import Candidate, Floats, ForecastModel, last_known, paths

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

_FEWEST_VALUES: Final = 24
_MOST_ORIGINS: Final = 300
_OLDER_SHARE: Final = 0.6
_RECENT_STEPS: Final = 4
_LONGER_STEPS: Final = 12
_WORSE_THAN_USUAL: Final = 3.0
_MUCH_BETTER: Final = 0.5
_TREND_WINDOWS: Final = (4, 12)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How a model did on the younger part of the past, chosen and calibrated on the older part alone.

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
        accuracy: How the same procedure did on the past.
        last_value: The last value known. [unit of the channel]
    """

    model: ForecastModel
    lower: Floats
    median: Floats
    upper: Floats
    accuracy: Accuracy
    last_value: float


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
    that did best by rolling origin is used; when values leave the range they have kept to while it fails, and another
    candidate does not, that one is used instead: this is how a forecast notices that a pump has stopped.

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
    median = _known_or(trials[used[-1]].expected[-1], naive.expected[-1])
    low, high = _bounds(trials[used[-1]].error[origins], level)
    return Prediction(
        model=trials[used[-1]].candidate.model,
        lower=np.clip(median + low, lowest, highest),
        median=np.clip(median, lowest, highest),
        upper=np.clip(median + high, lowest, highest),
        accuracy=_accuracy(trials, used, naive, older=older, younger=origins[older.size :], level=level),
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
    fading = (np.inf,) if cumulative else (max(steps / 4, 2.0), float(steps))
    found.extend(Candidate(ForecastModel.LOCAL_TREND, window=w, damping=d) for w in _TREND_WINDOWS for d in fading)
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


def _choose(trials: Sequence[_Trial], naive: _Trial, values: Floats, older: Places) -> Places:
    """Say for each point of the past which candidate would have been used there, shape (n,).

    Usually it is the one with the best past. Where values leave the range known so far while that one fails, it is the
    best of another model, if that does better; and where a third one has done much better for longer, that one.
    """
    skills = np.array([_skill(trial, naive, older) for trial in trials])
    usual = int(np.argmin(skills))
    model = trials[usual].candidate.model
    others = np.where([trial.candidate.model is model for trial in trials], np.inf, skills)
    if not np.isfinite(others).any():
        return np.full(values.size, usual)
    lately = np.stack([_recent_error(trial.error, _RECENT_STEPS) for trial in trials])
    longer = np.stack([_recent_error(trial.error, _LONGER_STEPS) for trial in trials])
    typical = float(np.nanmean(lately[usual][older])) if not np.isnan(lately[usual][older]).all() else np.inf
    places = np.arange(values.size)
    with np.errstate(invalid="ignore"):
        fails = (lately[usual] > _WORSE_THAN_USUAL * typical) & _beyond_the_known(values)
        second = int(np.argmin(others))
        used = np.where(fails & (lately[second] < _MUCH_BETTER * lately[usual]), second, usual)
        third = np.argmin(np.nan_to_num(longer, nan=np.inf), axis=0)
        return np.where(fails & (longer[third, places] < _MUCH_BETTER * longer[used, places]), third, used)


def _beyond_the_known(values: Floats) -> Flags:
    """Say where a value lies outside of everything that was known a few steps before, shape (n,)."""
    known = last_known(values)
    before = np.concatenate([np.full(_RECENT_STEPS, np.nan), values[:-_RECENT_STEPS]])
    return (known > np.fmax.accumulate(before)) | (known < np.fmin.accumulate(before))


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


def _accuracy(
    trials: Sequence[_Trial],
    used: Places,
    naive: _Trial,
    *,
    older: Places,
    younger: Places,
    level: float,
) -> Accuracy:
    if younger.size == 0:
        return Accuracy(count=0, mae=None, naive_mae=None, coverage=None)
    error = np.stack([_known_or(trials[used[o]].error[o], naive.error[o]) for o in younger])
    bounds = {place: _bounds(trials[place].error[older], level) for place in np.unique(used[younger]).tolist()}
    low, high = (np.stack([bounds[used[o]][side] for o in younger]) for side in (0, 1))
    pairs = ~np.isnan(error) & ~np.isnan(naive.error[younger])
    if not pairs.any():
        return Accuracy(count=0, mae=None, naive_mae=None, coverage=None)
    return Accuracy(
        count=int(pairs.sum()),
        mae=float(np.abs(error[pairs]).mean()),
        naive_mae=float(np.abs(naive.error[younger][pairs]).mean()),
        coverage=float(((error >= low) & (error <= high))[pairs].mean()),
    )


def _known_or(first: Floats, second: Floats) -> Floats:
    return np.where(np.isnan(first), second, first)
