"""Reads the runs of machines of the same model, as rows by channels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.maintenance.runs import Run
from twinql.domain.readings import Floats
from twinql.domain.remaining_life.limits import MOST_CHANNELS, MOST_RUNS, SAMPLES_OF_ROW
from twinql.domain.remaining_life.rows import rows_from, rows_of
from twinql.domain.remaining_life.runs import ObservedRun
from twinql.domain.units import Unit, convert
from twinql.storage.database import Connection
from twinql.storage.diagnosis import sheet_of
from twinql.storage.grids import Grid, grids_of, holds_s
from twinql.storage.maintenance import runs_of
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run as it was recorded.

    Attributes:
        began: When it began.
        ended: When it ended; None while it goes on.
        failed: Whether it ended in a failure.
        sheets: The channels that tell of it, in the order in which they are compared; None for one it has not.
    """

    began: datetime
    ended: datetime | None
    failed: bool
    sheets: Sequence[Sheet | None]


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a machine can be compared with.

    Attributes:
        sheets: Its own channels.
        present: Its present run; None where nobody knows when that began.
        runs: Runs of machines of its model whose beginning is known, its own earlier ones among them: the newest of
            those that failed, and of the others.
        unbegun: How many failures there are of machines of which nobody knows since when they had run.
        impossible: How many that came before their run began, or just then.
    """

    sheets: Sequence[Sheet]
    present: Recorded | None
    runs: Sequence[Recorded]
    unbegun: int = 0
    impossible: int = 0


async def fleets_of(connection: Connection, machines: Sequence[UUID], now: datetime) -> list[Fleet]:
    """Return what each machine can be compared with: who may see a machine sees its organisation's."""
    found: Mapping[int, list[UUID]] = defaultdict(list)
    for row in await connection.fetch(load("remaining_life")["fleet"], list(machines)):
        found[row["place"] - 1].append(row["id"])
    assets = list({each for some in found.values() for each in some})
    sheets: Mapping[UUID, dict[str, Sheet]] = defaultdict(dict)
    for row in await connection.fetch(load("remaining_life")["channels"], assets):
        sheets[row["asset_id"]][row["key"]] = sheet_of(row)
    runs = dict(zip(assets, await runs_of(connection, assets), strict=True))
    fleets = []
    for place, machine in enumerate(machines):
        own = list(sheets[machine].values())[:MOST_CHANNELS]
        recorded = [
            (asset, each)
            for asset in found[place]
            for run in runs[asset]
            if (each := _recorded(run, own, sheets[asset], now)) is not None
        ]
        present = next((each for asset, each in recorded if asset == machine and each.ended is None), None)
        failures = [run for asset in found[place] for run in runs[asset] if run.ended is not None and run.ended.failed]
        fleet = Fleet(
            own,
            present,
            _newest([each for _, each in recorded if each is not present]),
            unbegun=sum(run.began is None for run in failures),
            impossible=sum(run.length_s is not None and run.length_s <= 0 for run in failures),
        )
        fleets.append(fleet)
    return fleets


def _recorded(run: Run, own: Sequence[Sheet], theirs: Mapping[str, Sheet], now: datetime) -> Recorded | None:
    if run.began is None or run.began.at >= min(now, run.ended_at or now):
        return None
    over = run.ended is not None and run.ended.at <= now
    failed = over and run.complete
    alike = [_alike(sheet, theirs.get(sheet.key)) for sheet in own]
    return Recorded(run.began.at, run.ended_at if over else None, failed, alike)


def _alike(own: Sheet, other: Sheet | None) -> Sheet | None:
    same = other is not None and other.quantity is own.quantity and other.kind is own.kind
    return other if same and other is not None and other.unit.dimension == own.unit.dimension else None


def _newest(runs: Sequence[Recorded]) -> list[Recorded]:
    in_order = sorted(runs, key=lambda each: each.began, reverse=True)
    failed = [each for each in in_order if each.failed][:MOST_RUNS]
    return [*failed, *[each for each in in_order if not each.failed][: max(len(failed), 1)]]


async def observed(
    connection: Connection, own: Sequence[Sheet], runs: Sequence[Recorded], step_s: float, now: datetime
) -> list[ObservedRun]:
    """Read runs as rows of equal length, in the units of a machine's own channels.

    Args:
        connection: As somebody who may see them.
        own: The channels of the machine.
        runs: The runs; those that go on are read until now.
        step_s: How long a row is. [s]
        now: The present.
    """
    lengths = [((run.ended or now) - run.began).total_seconds() for run in runs]
    shapes = [rows_of(length_s, step_s) for length_s in lengths]
    grids = [_grid(run.ended or now, step_s, read) for run, (_, read) in zip(runs, shapes, strict=True)]
    asked = [
        (sheet, grid)
        for run, grid in zip(runs, grids, strict=True)
        for sheet in run.sheets
        if sheet is not None and grid.points
    ]
    told = iter(await grids_of(connection, asked))
    found = []
    for run, grid, (rows, read) in zip(runs, grids, shapes, strict=True):
        samples = np.full((grid.points, len(own)), np.nan)
        for column, sheet in enumerate(run.sheets):
            if sheet is not None and grid.points:
                samples[:, column] = _since(run.began, sheet, grid, next(told), own[column].unit)
        found.append(ObservedRun(rows_from(samples), run.failed, rows - read))
    return found


def _grid(until: datetime, step_s: float, rows: int) -> Grid:
    apart_s = step_s / SAMPLES_OF_ROW
    return Grid(until - timedelta(seconds=(rows * SAMPLES_OF_ROW - 1) * apart_s), apart_s, rows * SAMPLES_OF_ROW)


def _since(began: datetime, sheet: Sheet, grid: Grid, values: Floats, unit: Unit) -> Floats:
    """Return values in a unit, without those that may have been read before the run began, and hold on."""
    elapsed_s = (grid.first - began).total_seconds() + grid.step_s * np.arange(grid.points)
    return convert(np.where(elapsed_s >= holds_s(sheet, grid), values, np.nan), source=sheet.unit, target=unit)
