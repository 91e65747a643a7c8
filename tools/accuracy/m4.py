"""Hourly series of the M4 competition, 48 steps ahead."""

import csv
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from tools.accuracy.figure import Figure
from tools.accuracy.m4_scoring import mase, msis, naive2, owa, smape
from twinql.domain.forecasting.forecast import forecast
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.prediction import Prediction

REACH: Final = "OWA ≤ 0.40, MSIS ≤ 5.6, ≤ 10 ms a series"
_BESIDE: Final = "best published of 60: OWA 0.410, MSIS 6.14 (all series)"
_LEVEL: Final = 0.95
_STEP_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class Series:
    """One series: what a forecast may know, and what came after it."""

    past: Floats
    observed: Floats


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one series.

    Attributes:
        ours: sMAPE [%] and MASE.
        naive: The same of Naive 2.
        yesterday: The same of repeating the last day.
        msis: Of the intervals of 95 %.
        held: Share of the values within them.
        seconds: What the forecast took of the processor. [s]
    """

    ours: tuple[float, float]
    naive: tuple[float, float]
    yesterday: tuple[float, float]
    msis: float
    held: float
    seconds: float


def read(folder: Path) -> list[Series]:
    """Read `train.csv` and `test.csv`: a heading, then a line a series, its name first, empty cells at its end."""
    pasts, futures = (_lines(folder / name) for name in ("train.csv", "test.csv"))
    return [Series(past, futures[name]) for name, past in pasts.items()]


def scored(series: Series) -> Score:
    """Forecast one series, and score it; its hours have no date and no zone."""
    steps = series.observed.size
    begun_s = time.process_time()
    made = forecast(Past(series.past, begins_s=0.0, step_s=_STEP_S), steps=steps, level=_LEVEL)
    seconds = time.process_time() - begun_s
    if not isinstance(made, Prediction):
        raise TypeError(made.message)
    yesterday = np.resize(series.past[-24:], steps)
    ours, naive, simple = (
        (smape(series.observed, each), mase(series.past, series.observed, each))
        for each in (made.median, naive2(series.past, steps), yesterday)
    )
    return Score(
        ours,
        naive,
        simple,
        msis(series.past, series.observed, made.lower, made.upper),
        float(((series.observed >= made.lower) & (series.observed <= made.upper)).mean()),
        seconds,
    )


def measure(folder: Path) -> Sequence[Figure]:
    """Measure the series of a folder: all of them, and every second one apart."""
    scores = [scored(each) for each in read(folder)]
    parts: Mapping[str, Sequence[Score]] = {"all": scores, "odd lines": scores[::2], "even lines": scores[1::2]}
    return [
        Figure(
            "hourly forecast, 48 steps",
            f"m4_hourly, {name}: {len(some)}",
            f"{_BESIDE}; yesterday OWA {owa([each.yesterday for each in some], [each.naive for each in some]):.3f}",
            REACH,
            _told(some),
        )
        for name, some in parts.items()
        if some
    ]


def _told(scores: Sequence[Score]) -> str:
    overall = owa([each.ours for each in scores], [each.naive for each in scores])
    width, held, seconds = (
        float(np.mean([getattr(each, name) for each in scores])) for name in ("msis", "held", "seconds")
    )
    return f"OWA {overall:.3f}, MSIS {width:.2f} (95 % hold {held:.0%}), {1000.0 * seconds:.1f} ms a series"


def _lines(path: Path) -> Mapping[str, Floats]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            name: np.array([float(cell) for cell in cells if cell])
            for name, *cells in islice(csv.reader(file), 1, None)
        }
