"""Anomalies in streams: the Numenta Anomaly Benchmark."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from tools.accuracy.figure import Figure
from tools.accuracy.nab_scoring import Window, normalised
from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Watched
from twinql.domain.detection.stream import CAUSES, StreamDetector
from twinql.domain.detection.stream_scale import LISTED_SENSITIVITY

REACH = "standard profile ≥ 60, ≤ 100 µs a point"
SERIES = Watched(
    ReadingKind.INSTANTANEOUS, "OTHER", "ONE", None, "UTC", sensitivity=dict.fromkeys(CAUSES, LISTED_SENSITIVITY)
)
"""Nothing is known of a series, and what is found is listed."""
WINDOW, STEP = 6_400, 1_600
"""Rows that the windowed Gaussian takes its mean and deviation from, and by how many they move on."""
QUIET = 100
"""Rows after an alarm of the windowed Gaussian that raise no other one."""
DEVIATIONS = (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0)
"""Of these the windowed Gaussian's threshold is the one that does best on the half that thresholds are chosen on."""


@dataclass(frozen=True, slots=True)
class File:
    """A file: its name, the times [s since 1970] and values of its rows, and the labelled windows by row."""

    name: str
    times_s: Sequence[float]
    values: Sequence[float]
    windows: Sequence[Window]


Alarms = Callable[[File], Sequence[int]]
"""From a file to the rows at which an alarm is raised."""


def read(folder: Path) -> list[File]:
    """Read `windows.json` (by file the first and last time of each window) and `data/*/*.csv` (timestamp, value)."""
    labels = json.loads((folder / "windows.json").read_text(encoding="utf-8"))
    files = []
    for path in sorted((folder / "data").glob("*/*.csv")):
        rows = pd.read_csv(path)
        name = path.relative_to(folder / "data").as_posix()
        at = pd.to_datetime(rows.timestamp, utc=True)
        place = {each: number for number, each in enumerate(at)}
        windows = [tuple(place[pd.Timestamp(each, tz="UTC")] for each in ends) for ends in labels[name]]
        times_s = (at - pd.Timestamp(0, tz="UTC")).dt.total_seconds().tolist()
        files.append(File(name, times_s, rows.value.astype(float).tolist(), [Window(*each) for each in windows]))
    return files


def tuned(files: Sequence[File]) -> list[File]:
    """Return the half that constants were chosen on: every second file of each folder, in the order of names."""
    by_folder = groupby(files, key=lambda each: each.name.split("/", maxsplit=1)[0])
    return [each for _, some in by_folder for each in list(some)[::2]]


def windowed_gaussian(file: File, *, deviations: float) -> Sequence[int]:
    """Raise wherever a value lies that many standard deviations from the mean of its window, but not again soon."""
    values = np.array(file.values)
    place = np.arange(len(values))
    first = np.maximum((place - WINDOW) // STEP, 0) * STEP
    last = np.where(place < WINDOW, place, first + WINDOW)
    sums, squares = (np.concatenate([[0.0], np.cumsum((values - values[0]) ** power)]) for power in (1, 2))
    count = np.maximum(last - first, 1)
    mean = (sums[last] - sums[first]) / count
    deviation = np.sqrt(np.maximum((squares[last] - squares[first]) / count - mean**2, 1e-12))
    alarms: list[int] = []
    for row in np.flatnonzero(np.abs(values - values[0] - mean) > deviations * deviation).tolist():
        if not alarms or row > alarms[-1] + QUIET:
            alarms.append(row)
    return alarms


def detected(file: File) -> Sequence[int]:
    """Raise wherever TwinQL's detector finds that something begins; rows not newer than all before are late."""
    detector = StreamDetector.of(SERIES)
    alarms, newest_s = [], -float("inf")
    for row, (at_s, value) in enumerate(zip(file.times_s, file.values, strict=True)):
        if at_s > newest_s:
            newest_s = at_s
            if any(finding.holds for finding in detector.update(at_s, value)):
                alarms.append(row)
    return alarms


def measure(folder: Path) -> Sequence[Figure]:
    """Measure the files of a folder: all of them, and the halves that were tuned on and held out."""
    files = read(folder)
    half = tuned(files)
    begun_s = time.process_time()
    found = {each.name: detected(each) for each in files}
    micros = 1e6 * (time.process_time() - begun_s) / sum(len(each.values) for each in files)
    simple = {count: {each.name: windowed_gaussian(each, deviations=count) for each in files} for count in DEVIATIONS}
    best = max(DEVIATIONS, key=lambda count: _score(half, simple[count]))
    halves: Mapping[str, list[File]] = {
        "all": files,
        "tuned on": half,
        "held out": [each for each in files if each not in half],
    }
    return [
        Figure(
            "streaming anomalies",
            f"nab, {name}: {len(some)}",
            f"windowed Gaussian: {_score(some, simple[best]):.1f} (published: 40; Numenta HTM 70, ARTime 75)",
            REACH,
            f"{_score(some, found):.1f}, {micros:.0f} µs a point",
        )
        for name, some in halves.items()
        if some
    ]


def _score(files: Sequence[File], alarms: Mapping[str, Sequence[int]]) -> float:
    return normalised((len(each.values), alarms[each.name], each.windows) for each in files)
