"""Faults of meters: energy per half hour, with labelled faults."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from tools.accuracy.fault_scoring import Fault, Score
from tools.accuracy.figure import Figure
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.detection.energy import EnergyDetector
from twinql.domain.detection.finding import Watched

TUNED = frozenset({"10006414", "10006704", "10017562"})
"""The meters that thresholds were chosen on; every other one is held out."""
REACH = "F1 ≥ 0.85, ≤ 0.1 false alarms a meter-week"
WEEK = 336


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter: its number, the times [s since 1970] and values [kWh] of its readings, and what is wrong with them."""

    number: str
    times_s: Sequence[float]
    values: Sequence[float]
    faults: Sequence[Fault]


Alarms = Callable[[Sequence[float], Sequence[float]], Iterable[float]]
"""From times and values to the times at which an alarm is raised."""


def read(folder: Path) -> list[Meter]:
    """Read `readings.csv` (meter, timestamp, kwh) and `labels.json` (meter, kind, start, end)."""
    readings = pd.read_csv(folder / "readings.csv", dtype={"meter": str})
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    readings["at_s"] = [pd.Timestamp(each).timestamp() for each in readings.timestamp]
    return [
        Meter(
            str(number),
            rows.at_s.tolist(),
            rows.kwh.tolist(),
            [
                Fault(each["kind"], pd.Timestamp(each["start"]).timestamp(), pd.Timestamp(each["end"]).timestamp())
                for each in labels
                if str(each["meter"]) == number
            ],
        )
        for number, rows in readings.sort_values("at_s").groupby("meter")
    ]


def three_sigma(times_s: Sequence[float], values: Sequence[float]) -> Iterable[float]:
    """Raise wherever a reading lies further than three standard deviations from the mean of the week before it."""
    series = pd.Series(values)
    before = series.shift(1).rolling(WEEK, min_periods=WEEK)
    outside = (series - before.mean()).abs() > 3 * before.std()
    return [at for at, out in zip(times_s, outside, strict=True) if out]


def detected(times_s: Sequence[float], values: Sequence[float]) -> Iterable[float]:
    """Raise wherever TwinQL's detector finds that something begins to be wrong; the data name no zone."""
    detector = EnergyDetector.of(
        Watched(
            kind=ReadingKind.INTERVAL,
            quantity="ENERGY",
            unit="KILOWATT_HOUR",
            resolution_s=float(np.median(np.diff(times_s))),
            zone="UTC",
            direction=FlowDirection.IMPORT,
        )
    )
    for at, value in zip(times_s, values, strict=True):
        if any(finding.holds for finding in detector.update(at, value)):
            yield at


def scored(meters: Iterable[Meter], alarms: Alarms) -> Score:
    """Score what is raised on each meter for itself."""
    score = Score()
    for meter in meters:
        score.add(meter.times_s, list(alarms(meter.times_s, meter.values)), meter.faults)
    return score


def measure(folder: Path) -> Sequence[Figure]:
    """Measure the meters of a folder: all of them, and the halves that were tuned on and held out."""
    meters = read(folder)
    halves: Mapping[str, list[Meter]] = {
        "all": meters,
        "tuned on": [meter for meter in meters if meter.number in TUNED],
        "held out": [meter for meter in meters if meter.number not in TUNED],
    }
    return [
        Figure(
            "meter faults",
            f"meter_faults, {name}: {len(some)}",
            "rolling 3-sigma: " + _words(scored(some, three_sigma)),
            REACH,
            _got(some),
        )
        for name, some in halves.items()
        if some
    ]


def _words(score: Score) -> str:
    return f"F1 {score.f1:.2f}, {score.false_alarms_a_meter_week:.2f} false alarms a meter-week"


def _got(meters: Sequence[Meter]) -> str:
    began_s = process_time()
    score = scored(meters, detected)
    each_us = (process_time() - began_s) / sum(len(meter.values) for meter in meters) * 1e6
    kinds = ", ".join(f"{kind.replace('_', ' ')} {found}" for kind, found in score.by_kind().items())
    return f"{_words(score)}, {each_us:.0f} µs a reading; {kinds}"
