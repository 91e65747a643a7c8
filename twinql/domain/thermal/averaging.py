"""One model out of several layouts, weighted by how they did on what they had not seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinql.domain.thermal.balance import Scale
from twinql.domain.thermal.drivers import Driver, Floats, ThermalPast
from twinql.domain.thermal.limits import LEAST_R2, MOST_OF_BEST, MOST_OF_PERSISTENCE
from twinql.domain.thermal.meaning import parameters_of
from twinql.domain.thermal.model import Goodness, Part, ThermalModel
from twinql.domain.thermal.selection import Trial


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trial, and the scale of the past it was made on."""

    trial: Trial
    scale: Scale


def averaged(past: ThermalPast, drivers: tuple[Driver, ...], candidates: Sequence[Candidate]) -> ThermalModel:
    """Average layouts with weights inverse to their squared errors.

    Args:
        past: What they were fitted to.
        drivers: Those they use.
        candidates: At least one, all tried on the same points.

    Returns:
        The model, trusted or not.

    Source:
        Bates and Granger (1969), "The combination of forecasts".
    """
    errors = np.array([each.trial.rmse for each in candidates])
    good = errors <= MOST_OF_BEST * errors.min()
    weights = np.where(good, errors.min() / np.maximum(errors, 1e-12), 0.0) ** 2 if errors.min() > 0.0 else 1.0 * good
    weights = weights / weights.sum()
    parts = [
        Part(each.trial.estimate.balance, each.scale, each.trial.spread, float(weight))
        for each, weight in zip(candidates, weights, strict=True)
        if weight > 0.0
    ]
    parts.sort(key=lambda part: -part.weight)
    error = np.sum([weight * each.trial.error for each, weight in zip(candidates, weights, strict=True)], axis=0)
    goodness = _goodness(past, candidates[0], error, order=parts[0].balance.order)
    known = past.temperatures[~np.isnan(past.temperatures)]
    return ThermalModel(
        drivers=drivers,
        step_s=past.step_s,
        goodness=goodness,
        parameters=parameters_of(parts[0], past.step_s),
        lowest=float(known.min()),
        highest=float(known.max()),
        parts=tuple(parts),
    )


def _goodness(past: ThermalPast, any_one: Candidate, error: Floats, *, order: int) -> Goodness:
    unit = any_one.scale.spread
    rmse = float(np.sqrt(np.mean(error**2)))
    naive = float(np.sqrt(np.mean(any_one.trial.naive**2)))
    variance = float(any_one.trial.measured.var())
    r2 = 1.0 - rmse**2 / variance if variance > 0.0 else 0.0
    return Goodness(
        order=order,
        rmse=rmse * unit,
        r2=r2,
        persistence_rmse=naive * unit,
        count=int(np.count_nonzero(~np.isnan(past.temperatures))),
        from_s=past.begins_s,
        until_s=past.ends_s,
        trusted=r2 >= LEAST_R2 and rmse <= MOST_OF_PERSISTENCE * naive,
    )
