"""Remaining useful life: runs to failure of turbofan engines (C-MAPSS)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.accuracy.figure import Figure
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.readings import Floats
from twinql.domain.remaining_life.model import learn
from twinql.domain.remaining_life.runs import ObservedRun

REACH = "RMSE ≤ 12.5 on the open (odd) units"
CAP = 125
"""Remaining lives are told, and scored, up to this. [cycles]"""
FOLDS = 5
CUTS = 20
"""Ages at which each run is cut off, by chance but always the same, in cross-validation."""
YOUNGEST, NEWEST = 30, 4
"""It is cut off after so many cycles at least, and so many before its end at least."""
RECENT = 10
"""Cycles that the linear fit takes the mean of."""

Forecaster = Callable[[Floats], tuple[float, float, float]]
"""From a run until now to p10, p50 and p90. [cycles]"""


@dataclass(frozen=True, slots=True)
class Case:
    """A run until now, and what was left, up to the cap. [cycles]."""

    values: Floats
    left: float


def read(folder: Path) -> tuple[list[Floats], list[Case]]:
    """Read `train_*.txt`, `test_*.txt` (unit, cycle, settings and sensors) and `rul_*.csv` (unit, rul)."""
    ends = np.loadtxt(next(folder.glob("rul_*.csv")), delimiter=",", skiprows=1)
    test = _by_unit(next(folder.glob("test_*.txt")))
    cases = [Case(test[int(unit)], min(float(left), CAP)) for unit, left in ends]
    return list(_by_unit(next(folder.glob("train_*.txt"))).values()), cases


def _by_unit(path: Path) -> dict[int, Floats]:
    rows = np.loadtxt(path)
    return {int(unit): rows[rows[:, 0] == unit, 2:] for unit in np.unique(rows[:, 0])}


def cases_of(run: Floats, *, seed: int) -> list[Case]:
    """Cut a run off at ages that are as likely as each other."""
    ages = np.random.default_rng(seed).integers(YOUNGEST, len(run) - NEWEST, CUTS)
    return [Case(run[:age], min(float(len(run) - age), CAP)) for age in np.unique(ages)]


def ours(runs: Sequence[Floats]) -> Forecaster:
    """Learn as TwinQL does."""
    model = learn([ObservedRun(run, failed=True) for run in runs], cap=CAP)
    if isinstance(model, Reason):
        raise SystemExit(model.message)

    def forecast(values: Floats) -> tuple[float, float, float]:
        life = model.remaining(ObservedRun(values, failed=False))
        if isinstance(life, Reason):
            raise SystemExit(life.message)
        return life.p10, life.p50, life.p90

    return forecast


def by_age(runs: Sequence[Floats]) -> Forecaster:
    """Subtract the age from the mean life."""
    mean = float(np.mean([len(run) for run in runs]))

    def forecast(values: Floats) -> tuple[float, float, float]:
        left = float(np.clip(mean - len(values), 0, CAP))
        return left, left, left

    return forecast


def linear(runs: Sequence[Floats]) -> Forecaster:
    """Fit a plane through the means of the newest cycles and the age, by least squares."""

    def features(values: Floats) -> Floats:
        return np.array([*values[-RECENT:].mean(axis=0), len(values), 1.0])

    rows = [features(run[:age]) for run in runs for age in range(RECENT, len(run) + 1, RECENT)]
    left = [min(len(run) - age, CAP) for run in runs for age in range(RECENT, len(run) + 1, RECENT)]
    plane = np.linalg.lstsq(np.array(rows), np.array(left, dtype=np.float64), rcond=None)[0]

    def forecast(values: Floats) -> tuple[float, float, float]:
        at = float(np.clip(features(values) @ plane, 0, CAP))
        return at, at, at

    return forecast


def crossed(runs: Sequence[Floats], make: Callable[[Sequence[Floats]], Forecaster]) -> tuple[Floats, Floats]:
    """Forecast each run from the runs of the other folds: p10, p50 and p90, shape (n, 3), and the truth."""
    told, truth = [], []
    for fold in range(FOLDS):
        forecast = make([run for number, run in enumerate(runs) if number % FOLDS != fold])
        for number in range(fold, len(runs), FOLDS):
            cases = cases_of(runs[number], seed=number)
            told += [forecast(case.values) for case in cases]
            truth += [case.left for case in cases]
    return np.array(told), np.array(truth)


def measure(folder: Path) -> Sequence[Figure]:
    """Measure by cross-validation among the runs to failure, and on the units that were cut off by others."""
    runs, cases = read(folder)
    simple = {"mean life less age": by_age, "linear fit": linear}
    truth = np.array([case.left for case in cases])
    begun_s = time.process_time()
    forecast = ours(runs)
    fit_s = time.process_time() - begun_s
    told = np.array([forecast(case.values) for case in cases])
    plain = {name: np.array([make(runs)(case.values) for case in cases]) for name, make in simple.items()}
    crossed_told, crossed_truth = crossed(runs, ours)
    crossed_plain = {name: crossed(runs, make)[0] for name, make in simple.items()}
    return [
        Figure(
            "remaining useful life",
            f"cmapss, test units: {len(cases)}",
            f"LSTM 16.1, best 11.0 (all test units); {_beside(plain, truth)}",
            REACH,
            f"{_score(told, truth)}, fit {fit_s:.1f} s",
        ),
        Figure(
            "remaining useful life",
            f"cmapss, cross-validated: {len(runs)} runs, {len(crossed_truth)} cuts",
            _beside(crossed_plain, crossed_truth),
            "p10 to p90 holds 80 %",
            _score(crossed_told, crossed_truth),
        ),
    ]


def _rmse(told: Floats, truth: Floats) -> float:
    return float(np.sqrt(np.mean((told[:, 1] - truth) ** 2)))


def _beside(plain: dict[str, Floats], truth: Floats) -> str:
    return ", ".join(f"{name} {_rmse(told, truth):.1f}" for name, told in plain.items())


def _score(told: Floats, truth: Floats) -> str:
    within = float(np.mean((told[:, 0] <= truth) & (truth <= told[:, 2])))
    return f"RMSE {_rmse(told, truth):.1f}, p10 to p90 holds {within:.0%}"
