"""Quarter-hourly energy of a steel plant, a day ahead."""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from tools.accuracy.day_ahead import SCALE_DAYS, Days
from tools.accuracy.figure import Figure
from twinql.domain.forecasting.past import Past

REACH: Final = "MASE ≤ 0.60"
ZONE: Final = "Asia/Seoul"
_STEP_S: Final = 900
_WEEKS: Final = (7, 14, 21, 28)


def read(folder: Path) -> Past:
    """Read `steel_15min.csv` (date, Usage_kWh): rows in order, from the first quarter hour of 2018 on.

    A row names the end of its quarter hour, the last of a day with the date of that day: so the order counts.
    """
    with (folder / "steel_15min.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    begins = datetime.strptime(rows[0]["date"], "%d/%m/%Y %H:%M").replace(tzinfo=ZoneInfo(ZONE))
    return Past(np.array([float(row["Usage_kWh"]) for row in rows]), begins.timestamp() - _STEP_S, _STEP_S, ZONE)


def measure(folder: Path) -> Sequence[Figure]:
    """Measure every day after four weeks, and both halves of them apart."""
    days = Days.of(read(folder))
    first, until = SCALE_DAYS, days.starts.size - 1
    middle = (first + until) // 2
    ways = (days.forecasts(first, until), days.mean_of(first, until, (1,)), days.mean_of(first, until, _WEEKS))
    found = []
    for name, span in {"all": (first, until), "first half": (first, middle), "second half": (middle, until)}.items():
        ours, yesterday, weeks = (days.errors(each, *span) for each in ways)
        found.append(
            Figure(
                "day-ahead, steel plant",
                f"steel_meter, {name}: {span[1] - span[0]} days",
                f"yesterday MASE {yesterday.mase:.2f}, 4-week mean {weeks.mase:.2f}",
                REACH,
                f"MASE {ours.mase:.3f}, WAPE of days {ours.wape:.3f}",
            )
        )
    return found
