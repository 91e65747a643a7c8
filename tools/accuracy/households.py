"""Half-hourly energy of households, a day ahead."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import numpy as np

from tools.accuracy.day_ahead import SCALE_DAYS, Days, Errors
from tools.accuracy.figure import Figure
from twinql.domain.forecasting.past import Past

REACH: Final = "MASE ≤ 0.60 and WAPE ≤ 0.31"
ZONE: Final = "Australia/Sydney"
_FILE_CLOCK: Final = timezone(timedelta(hours=10))
"""The file's clock is never put forward; what people do moves an hour on it twice a year, as in Sydney."""
_STEP_S: Final = 1_800
_SPAN_DAYS: Final = 180
TUNED: Final = frozenset({"10006414", "10006704", "10017562"})
"""The meters on which what decides was chosen; the others are told apart."""
_WEEK: Final = (1, 2, 3, 4, 5, 6, 7)


def read(folder: Path) -> Mapping[str, Past]:
    """Read `half_hourly_kwh.csv` (meter, timestamp, kwh): the energy of each half hour from its start on, NaN a gap."""
    found: dict[str, dict[int, float]] = {}
    with (folder / "half_hourly_kwh.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            starts = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=_FILE_CLOCK)
            found.setdefault(row["meter"], {})[int(starts.timestamp()) // _STEP_S] = float(row["kwh"])
    return {meter: _laid_out(readings) for meter, readings in found.items()}


def measure(folder: Path) -> Sequence[Figure]:
    """Measure half a year of each meter: all of them, those that were tuned on, and the others."""
    scores = {meter: scored(past) for meter, past in read(folder).items()}
    parts = {
        "all": list(scores.values()),
        "tuned on": [each for meter, each in scores.items() if meter in TUNED],
        "held out": [each for meter, each in scores.items() if meter not in TUNED],
    }
    return [
        Figure(
            "day-ahead, half-hourly households",
            f"meters_sgsc, {name}: {len(some)}",
            f"yesterday MASE {yesterday.mase:.2f}, 7-day mean {week.mase:.2f}, WAPE {week.wape:.3f}",
            REACH,
            f"MASE {ours.mase:.3f}, WAPE {ours.wape:.3f}",
        )
        for name, some in parts.items()
        if some
        for ours, yesterday, week in [[_mean(some, way) for way in range(3)]]
    ]


def scored(past: Past) -> Sequence[Errors]:
    """Score the forecasts of one meter, yesterday, and the mean of the last seven days."""
    days = Days.of(past)
    first, until = SCALE_DAYS, min(SCALE_DAYS + _SPAN_DAYS, days.starts.size - 1)
    ways = (days.forecasts(first, until), days.mean_of(first, until, (1,)), days.mean_of(first, until, _WEEK))
    return [days.errors(each, first, until) for each in ways]


def _laid_out(readings: Mapping[int, float]) -> Past:
    first, last = min(readings), max(readings)
    values = np.array([readings.get(step, np.nan) for step in range(first, last + 1)])
    return Past(values, float(first * _STEP_S), _STEP_S, ZONE)


def _mean(scores: Sequence[Sequence[Errors]], way: int) -> Errors:
    return Errors(*(float(np.mean([getattr(each[way], name) for each in scores])) for name in ("mase", "wape")))
