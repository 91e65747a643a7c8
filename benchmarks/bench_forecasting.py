"""Measures what it costs to forecast a site of a thousand channels afresh, a day ahead, on one core.

Run: python benchmarks/bench_forecasting.py [--channels 1000]. One process, no database: what the worker process does.
The channels are made up, four weeks each: half-hourly energy of households, hourly loads, quarter-hourly temperatures,
registers of half hours, and machines every ten seconds for a quarter of an hour. The time is that of the processor.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from numpy.typing import NDArray

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.forecast import forecast
from twinql.domain.forecasting.grid import grid_for
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.prediction import Prediction

BEGINS_S = 1_740_960_000.0
ZONE = "Europe/Berlin"
DAY_S = 86_400
FRIDAYS = 5
"""Days of a week before its weekend."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--channels", type=int, default=1000)
    count = parser.parse_args().channels
    kinds = list(KINDS)
    total_s = 0.0
    for kind in kinds:
        make, step_s, horizon_s, cumulative = KINDS[kind]
        some = range(kinds.index(kind), count, len(kinds))
        grid = grid_for(horizon_s=horizon_s, spacing_s=step_s, kind=ReadingKind.INSTANTANEOUS)
        pasts = [Past(make(np.random.default_rng(seed), grid.past_steps), BEGINS_S, grid.step_s, ZONE) for seed in some]
        begun_s = process_time()
        made = [forecast(past, steps=grid.steps, cumulative=cumulative) for past in pasts]
        spent_s = process_time() - begun_s
        total_s += spent_s
        models = Counter(each.model.value for each in made if isinstance(each, Prediction))
        told = ", ".join(f"{model} {share}" for model, share in models.most_common())
        print(f"{kind:24}{grid.past_steps:6,} steps, {grid.steps:4} ahead {1e3 * spent_s / len(pasts):8.1f} ms  {told}")
    print(f"{count:,} channels on one core: {total_s:.1f} s, {1e3 * total_s / count:.1f} ms a channel; at most 30 s")


def household(rng: np.random.Generator, size: int) -> Floats:
    """Energy of half hours: a day's shape, weekends, and switching. [kWh]."""
    at = np.arange(size)
    shape = 0.1 + 0.3 * np.sin(np.pi * (at % 48) / 48) ** 4
    return np.asarray(np.where(_is_weekend(at // 48), 1.3, 1.0) * shape + 0.2 * rng.exponential(1.0, size) ** 2)


def load(rng: np.random.Generator, size: int) -> Floats:
    """Power of hours: a day's shape, quiet weekends, and a level that wanders. [kW]."""
    at = np.arange(size)
    wander = np.exp(np.cumsum(0.002 * rng.standard_normal(size)))
    return np.asarray(np.where(_is_weekend(at // 24), 8.0, 20.0) * (1.0 + np.sin(np.pi * (at % 24) / 24)) * wander)


def temperature(rng: np.random.Generator, size: int) -> Floats:
    """Outside temperature of quarter hours, below zero at night, with a hole of three days. [°C]."""
    at = np.arange(size)
    values = 4.0 + 6.0 * np.sin(2 * np.pi * at / 96) + np.cumsum(0.1 * rng.standard_normal(size))
    values[size // 2 : size // 2 + 288] = np.nan
    return np.asarray(values)


def register(rng: np.random.Generator, size: int) -> Floats:
    """Show a household's register each half hour. [kWh]."""
    return np.asarray(12_000.0 + np.cumsum(household(rng, size)))


def spindle(rng: np.random.Generator, size: int) -> Floats:
    """Temperature of a machine every ten seconds: work that comes and goes. [°C]."""
    steady = np.where((np.arange(size) // 60) % 2, 43.0, 40.0)
    return np.asarray(np.convolve(steady, np.full(18, 1 / 18), mode="same") + 0.03 * rng.standard_normal(size))


def _is_weekend(day: NDArray[np.int_]) -> NDArray[np.bool_]:
    return np.asarray(day % 7 >= FRIDAYS)


KINDS: Mapping[str, tuple[Callable[[np.random.Generator, int], Floats], int, int, bool]] = {
    "household, half hours": (household, 1800, DAY_S, False),
    "load, hours": (load, 3600, 2 * DAY_S, False),
    "temperature, quarters": (temperature, 900, DAY_S, False),
    "register, half hours": (register, 1800, DAY_S, True),
    "machine, ten seconds": (spindle, 10, 900, False),
}
"""How values are made, their spacing [s], how far ahead is looked [s], and whether they are a register."""


if __name__ == "__main__":
    main()
