"""Thermal what-if: a house is fitted on the first 60 % of a past and simulated, open loop, over the rest."""

import csv
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.accuracy.figure import Figure
from twinql.domain.readings import Floats
from twinql.domain.thermal.drivers import Driver, DriverRole, ThermalPast
from twinql.domain.thermal.fit import fit
from twinql.domain.thermal.refusal import Refusal

FITTED_SHARE = 0.6
STEP_S = 1800.0
HEATED = (Driver("T_ext", DriverRole.SINK), Driver("P_hea", DriverRole.HEAT), Driver("I_sol", DriverRole.HEAT))
"""A test house: a heater, the sun, the air outside."""
LIVED_IN = (
    Driver("T_out", DriverRole.SINK),
    Driver("heater_W", DriverRole.HEAT),
    Driver("appliances_W", DriverRole.HEAT),
    Driver("lights_W", DriverRole.HEAT),
)
"""A passive house with people in it, whose windows, blinds and sun nobody measured."""
ROOMS = ("T1", "T3", "T4", "T5", "T8")
WINDOW = 400
FARTHEST_HOLE = 4


@dataclass(frozen=True, slots=True)
class Past:
    """A temperature and its drivers, half-hourly, with what comes after the fit."""

    temperatures: Floats
    drivers: Mapping[str, Floats]

    def cut(self, first: int, last: int) -> "Past":
        """Take a stretch."""
        return Past(self.temperatures[first:last], {key: each[first:last] for key, each in self.drivers.items()})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one open loop came out. [K]."""

    rmse: float
    persistence: float
    inside: float
    fit_s: float


def read(path: Path) -> dict[str, Floats]:
    """Read a CSV of numbers by its columns; what is no number is NaN."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([_number(row[name]) for row in rows]) for name in rows[0]}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def outcome(past: Past, drivers: Sequence[Driver], fitted: int) -> Outcome | Refusal:
    """Fit to the first so many steps, and simulate the others knowing their drivers alone."""
    older, younger = past.cut(0, fitted), past.cut(fitted, len(past.temperatures))
    known = ThermalPast(older.temperatures, older.drivers, STEP_S)
    began_s = time.process_time()
    model = fit(known, drivers)
    fit_s = time.process_time() - began_s
    if isinstance(model, Refusal):
        return model
    course = model.simulate(known, younger.drivers)
    if isinstance(course, Refusal):
        return course
    truth = younger.temperatures
    there = ~np.isnan(truth)
    inside = (course.lower <= truth) & (truth <= course.upper)
    return Outcome(
        rmse=_rms((course.median - truth)[there]),
        persistence=_rms((truth - older.temperatures[-1])[there]),
        inside=float(inside[there].mean()),
        fit_s=fit_s,
    )


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def houses(folder: Path) -> dict[str, Past]:
    """Read every file of a heated test house: T_ext, P_hea, I_sol and T_int."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        columns = read(path)
        keys = [driver.key for driver in HEATED]
        if {"T_int", *keys} <= set(columns):
            found[path.name] = Past(columns["T_int"], {key: columns[key] for key in keys})
    return found


def stretches(folder: Path) -> list[Past]:
    """Cut the rooms of every lived-in house into stretches of eight days in which almost everything is known."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        columns = read(path)
        if not {driver.key for driver in LIVED_IN} | set(ROOMS) <= set(columns):
            continue
        drivers = {driver.key: _filled(columns[driver.key]) for driver in LIVED_IN}
        for place, first in enumerate(range(0, len(columns["T_out"]) - WINDOW, WINDOW)):
            past = Past(columns[ROOMS[place % len(ROOMS)]], drivers).cut(first, first + WINDOW)
            ends = past.temperatures[[0, int(FITTED_SHARE * WINDOW) - 1]]
            whole = not np.isnan([*past.drivers.values()]).any() and not np.isnan(ends).any()
            if whole and np.isnan(past.temperatures).mean() < 1.0 - 0.9:
                found.append(past)
    return found


def _filled(values: Floats) -> Floats:
    """Bridge holes of a few steps by straight lines."""
    places, known = np.arange(len(values)), np.flatnonzero(~np.isnan(values))
    filled = np.interp(places, known, values[known])
    next_known = known[np.minimum(np.searchsorted(known, places), len(known) - 1)]
    last_known = known[np.maximum(np.searchsorted(known, places, side="right") - 1, 0)]
    return np.where(next_known - last_known <= FARTHEST_HOLE, filled, np.nan)


def measure(folder: Path) -> list[Figure]:
    """Measure the test houses as published, then within their fitted part, then the lived-in house."""
    found = []
    for name, past in houses(folder).items():
        count = int(FITTED_SHARE * len(past.temperatures))
        found.append(_told(f"{name}, fitted on 60 %, open loop over 40 %", outcome(past, HEATED, count)))
        within = past.cut(0, count)
        parts = [outcome(within, HEATED, place) for place in range(56, count - 16, 6)]
        found.append(_summed(f"{name}, within the first 60 %: {len(parts)} starts", parts))
    lived_in = stretches(folder)
    if lived_in:
        parts = [outcome(past, LIVED_IN, int(FITTED_SHARE * WINDOW)) for past in lived_in]
        found.append(_summed(f"lived-in house, {len(parts)} stretches of 8 days", parts))
    return found


def _told(data: str, came: Outcome | Refusal) -> Figure:
    got = (
        came.message
        if isinstance(came, Refusal)
        else f"{came.rmse:.2f} K, 80 % interval holds {came.inside:.0%}, fit {came.fit_s:.1f} s"
    )
    beside = "last value 6.4 K, first order 3.8 K, second order 1.4 K"
    if isinstance(came, Outcome):
        beside = f"last value {came.persistence:.1f} K; armadillo: first order 3.8 K, second order 1.4 K"
    return Figure("thermal what-if", data, beside, "≤ 1.2 K, holds 70 to 90 %, fit ≤ 1 s", got)


def _summed(data: str, parts: Sequence[Outcome | Refusal]) -> Figure:
    came = [part for part in parts if isinstance(part, Outcome)]
    if not came:
        return Figure("thermal what-if", data, "", "", f"all {len(parts)} refused")
    rmse, last = (float(np.mean([getattr(each, name) for each in came])) for name in ("rmse", "persistence"))
    inside, fit_s = (float(np.mean([getattr(each, name) for each in came])) for name in ("inside", "fit_s"))
    got = f"{rmse:.2f} K, holds {inside:.0%}, fit {fit_s:.1f} s, {len(parts) - len(came)} refused"
    return Figure("thermal what-if", data, f"last value {last:.2f} K", "(tuned on)", got)
