"""How likely a machine fails within some time, by the times that it ran between its failures so far."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from math import exp, lgamma, log
from typing import Final

import numpy as np

from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.readings import Floats

FEWEST_FAILURES: Final = 5
_TRIALS: Final = 199
_SEED: Final = 2026
_LEAST_FIT: Final = 0.05
_WORTH_A_SHAPE: Final = 3.841
"""Twice the logarithm of a likelihood ratio that is significant at 5 %: χ² with one degree of freedom."""
_SHAPES: Final = (0.02, 50.0)
FAILED_STATES: Final = frozenset(
    {"FAULT", "FAULTED", "FAILURE", "FAILED", "ERROR", "BREAKDOWN", "DOWN", "TRIPPED", "BROKEN"}
)
"""States that are failures, by their label in capitals."""


class FailureModel(Enum):
    """How times between failures are spread."""

    EXPONENTIAL = "EXPONENTIAL"
    WEIBULL = "WEIBULL"


@dataclass(frozen=True, slots=True)
class Uptimes:
    """The times that a machine ran between failures.

    Attributes:
        complete_s: From the end of a failure to the beginning of the next, shape (n,). [s]
        running_s: From the end of the last one to the present; 0 while it has failed. [s]
        failures: How many failures there were.
        first_s: When the observed time begins. [s since 1970 UTC]
        last_s: When it ends. [s since 1970 UTC]
        failed: Whether it has failed at the end.
        began_s: When each failure began, ascending, shape (failures,): the first one then or before. [s since 1970 UTC]
        ended_s: When it had ended; the end of the observed time for one that goes on. [s since 1970 UTC]
    """

    complete_s: Floats
    running_s: float
    failures: int
    first_s: float
    last_s: float
    failed: bool
    began_s: Floats = field(default_factory=lambda: np.zeros(0))
    ended_s: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True)
class FittedFailures:
    """A model of the times between failures, and what it says.

    Attributes:
        model: Which one: EXPONENTIAL unless a likelihood ratio test finds WEIBULL better at 5 %.
        probability: How likely it fails within the horizon, 0 to 1.
        shape: Of a Weibull distribution: above 1 it wears out, below 1 it fails early; 1 for an exponential one.
        scale_s: Its scale, the time within which 63 % have failed. [s]
        mean_s: Mean time between failures. [s]
        distance: Kolmogorov and Smirnov's distance between the model and what happened, 0 to 1.
        fit: How likely so great a distance is where the model is true, 0 to 1.
    """

    model: FailureModel
    probability: float
    shape: float
    scale_s: float
    mean_s: float
    distance: float
    fit: float


def uptimes_of(at_s: Floats, codes: Floats, failed_codes: Collection[float], *, until_s: float) -> Uptimes | None:
    """Find the times between the failures in what a STATE channel told.

    The time before the first failure is left out: nobody knows how long the machine had run when it was first observed.

    Args:
        at_s: When it told so, ascending, shape (n,). [s]
        codes: Its states, shape (n,). NaN is unknown, and counts as the state before.
        failed_codes: Which states are failures.
        until_s: The present. [s]

    Returns:
        The times; None where nothing was told.
    """
    known = np.isfinite(codes)
    at_s, codes = at_s[known], codes[known]
    if not len(at_s):
        return None
    failed = np.isin(codes, list(failed_codes))
    begins = np.flatnonzero(failed & np.concatenate([[False], ~failed[:-1]]))
    ends = np.flatnonzero(~failed & np.concatenate([[False], failed[:-1]]))
    began, ended = at_s[begins], at_s[ends]
    after = [began[began > end] for end in ended]
    complete = np.array([times[0] - end for times, end in zip(after, ended, strict=True) if len(times)], dtype=float)
    running = 0.0 if failed[-1] or not len(ended) else max(until_s - float(ended[-1]), 0.0)
    every = np.append(at_s[:1][failed[:1]], began)
    over = np.append(ended, [until_s] if failed[-1] else [])
    return Uptimes(complete, running, len(every), float(at_s[0]), until_s, bool(failed[-1]), every, over)


def failure_within(uptimes: Uptimes, horizon_s: float) -> FittedFailures | Reason:
    """Say how likely a machine fails within some time, given for how long it has run since its last failure.

    Args:
        uptimes: The times between its failures; the one that goes on counts as censored.
        horizon_s: How far ahead, above zero. [s]

    Returns:
        The model and what it says; a reason for fewer than `FEWEST_FAILURES`, where it has failed now, or where no
        model fits.

    Source:
        Maximum likelihood with right-censoring (Lawless, 2003, Statistical Models and Methods for Lifetime Data, 5.2);
        P = 1 - S(age + horizon) / S(age); the fit by parametric bootstrap (Stute et al., 1993, Metrika 40).
    """
    if uptimes.failures < FEWEST_FAILURES:
        return too_few(FEWEST_FAILURES, uptimes.failures, "failures")
    if uptimes.failed:
        return Reason(ReasonCode.NO_ACTIVITY, "It has failed now; ask again when it runs.")
    times = uptimes.complete_s[uptimes.complete_s > 0]
    if len(times) < FEWEST_FAILURES - 1:
        return too_few(FEWEST_FAILURES - 1, len(times), "times between failures")
    model, shape, scale = _fitted(times, uptimes.running_s)
    distance = _distance(times, shape, scale)
    fit = _fit(len(times), model, distance)
    if fit < _LEAST_FIT:
        return Reason(ReasonCode.NO_MODEL, "Neither a Weibull nor an exponential distribution fits its failures.")
    age = uptimes.running_s / scale
    probability = -np.expm1(age**shape - (age + horizon_s / scale) ** shape)
    mean = scale * exp(lgamma(1 + 1 / shape))
    return FittedFailures(model, float(probability), shape, scale, mean, distance, fit)


def _fitted(times: Floats, running: float) -> tuple[FailureModel, float, float]:
    """Return the better model, its shape and its scale."""
    everything = np.append(times, running) if running > 0 else times
    shape = _shape(times, everything)
    scales = [_scale(times, everything, each) for each in (1.0, shape)]
    exponential, weibull = (
        _log_likelihood(times, everything, *each) for each in zip((1.0, shape), scales, strict=True)
    )
    if 2 * (weibull - exponential) > _WORTH_A_SHAPE:
        return FailureModel.WEIBULL, shape, scales[1]
    return FailureModel.EXPONENTIAL, 1.0, scales[0]


def _shape(times: Floats, everything: Floats) -> float:
    # It takes 20 MB, and is needed only where somebody asks about failures.
    from scipy.optimize import brentq  # noqa: PLC0415

    logs = np.log(everything / everything.max())
    own = float(np.log(times / everything.max()).mean())

    def slope(shape: float) -> float:
        powers = np.exp(shape * logs)
        return float((powers * logs).sum() / powers.sum()) - 1 / shape - own

    low, high = _SHAPES
    if slope(low) * slope(high) > 0:
        return high if slope(high) < 0 else low
    return float(brentq(slope, low, high))


def _scale(times: Floats, everything: Floats, shape: float) -> float:
    greatest = float(everything.max())
    mean = float(((everything / greatest) ** shape).sum()) / len(times)
    return greatest * exp(log(mean) / shape)


def _log_likelihood(times: Floats, everything: Floats, shape: float, scale: float) -> float:
    hazards = np.log(shape / scale) + (shape - 1) * np.log(times / scale)
    return float(hazards.sum() - ((everything / scale) ** shape).sum())


def _distance(times: Floats, shape: float, scale: float) -> float:
    """Return Kolmogorov and Smirnov's distance of complete times from a model."""
    expected = -np.expm1(-((np.sort(times) / scale) ** shape))
    steps = np.arange(len(times) + 1) / len(times)
    return float(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()))


def _fit(count: int, model: FailureModel, distance: float) -> float:
    """Return how often a true model is as far from as many times that were drawn from it, and fitted to them."""
    drawn = np.random.default_rng(_SEED).exponential(size=(_TRIALS, count))
    distances = []
    for times in drawn:
        shape = 1.0 if model is FailureModel.EXPONENTIAL else _shape(times, times)
        distances.append(_distance(times, shape, _scale(times, times, shape)))
    return (1 + sum(each >= distance for each in distances)) / (_TRIALS + 1)
