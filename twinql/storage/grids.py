"""Reads what channels told at even instants, so that they can be set against each other."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.diagnosis.bands import HOLE
from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.diagnosis.stretch import Stretch, stretch_of
from twinql.domain.readings import Floats
from twinql.storage.database import Connection
from twinql.storage.diagnosis import columns_of
from twinql.storage.statements import load

MOST_POINTS = 2_000
"""At so many instants a channel is looked at, however long the time is."""
MOST_CHANGES = 20_000
"""So many changes of state are looked at: the newest."""
_LEAST_STEP_S = 1.0
_STATE_HOLDS_S = 7 * 86_400.0
_VALUE_HOLDS_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Even instants.

    Attributes:
        first: The first one.
        step_s: The time between two. [s]
        points: How many there are.
        slack_s: How much later than its instant a channel may be looked at, so that what repeats itself does not meet
            the grid always at the same place. [s]
    """

    first: datetime
    step_s: float
    points: int
    slack_s: float = 0.0


def grid_over(first: datetime, last: datetime, resolutions: Sequence[float | None]) -> Grid:
    """Lay a grid over a time: as fine as the coarsest of the channels speaks, but of so many steps at most."""
    span_s = (last - first).total_seconds()
    finest = max((each for each in resolutions if each), default=_LEAST_STEP_S)
    steps = max(1, min(MOST_POINTS, int(span_s // max(finest, _LEAST_STEP_S))))
    return Grid(first, span_s / steps, steps + 1)


def energy_grid(energy: Sheet, first: datetime, last: datetime) -> Grid:
    """Lay the one grid over a time on which all that is said of the energy of a machine rests.

    Where steps are coarser than readings come, a cycle of the machine would meet even instants always in the same
    state: so each step is looked at elsewhere within itself (stratified sampling, by the golden ratio).
    """
    grid = grid_over(first, last, [energy.resolution_s])
    return replace(grid, slack_s=grid.step_s) if grid.points > MOST_POINTS else grid


async def grids_of(connection: Connection, asked: Sequence[tuple[Sheet, Grid]]) -> list[Floats]:
    """Return what each channel told at the instants of its grid, shape (points,); NaN where that was too long ago.

    A value holds for three resolutions, a state without a resolution for a week, another value without one for an hour
    or three steps. Of intervals the value is that of the interval in which an instant lies. A register is looked at
    just at the instants, where its steps meet, and anything else up to `slack_s` later.
    """
    alike: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, (sheet, grid) in enumerate(asked):
        alike["ahead" if sheet.by_end else "held", grid.points].append(place)
    found: dict[int, Floats] = {}
    for (statement, points), places in alike.items():
        rows = await connection.fetch(
            load("diagnosis")[statement],
            [asked[place][0].number for place in places],
            [asked[place][1].first for place in places],
            [asked[place][1].step_s for place in places],
            [holds_s(*asked[place]) for place in places],
            points,
            [0.0 if asked[place][0].kind is ReadingKind.CUMULATIVE else asked[place][1].slack_s for place in places],
        )
        for row in rows:
            values = np.frombuffer(row["reading_values"], dtype=">f8").astype(np.float64)
            found[places[row["place"] - 1]] = values
    return [found[place] for place in range(len(asked))]


async def changes_of(connection: Connection, sheets: Sequence[Sheet], first: datetime, last: datetime) -> list[Stretch]:
    """Return when each channel of states told another state than before."""
    numbers = [sheet.number for sheet in sheets]
    rows = await connection.fetch(load("diagnosis")["changes"], numbers, first, last, MOST_CHANGES)
    found = {row["place"] - 1: stretch_of(*columns_of(row)) for row in rows}
    return [found.get(place, stretch_of(np.zeros(0), np.zeros(0))) for place in range(len(sheets))]


def before(grid: Grid, periods: int) -> Grid:
    """Return the same grid, begun so many of its lengths earlier."""
    length_s = grid.step_s * (grid.points - 1)
    points = (grid.points - 1) * (periods + 1) + 1
    return replace(grid, first=grid.first - timedelta(seconds=periods * length_s), points=points)


def holds_s(sheet: Sheet, grid: Grid) -> float:
    """Return for how long a reading tells what there is. [s]."""
    if sheet.by_end and sheet.resolution_s is not None:
        return float(sheet.resolution_s)
    if sheet.resolution_s is not None:
        return HOLE * sheet.resolution_s
    return _STATE_HOLDS_S if sheet.kind is ReadingKind.STATE else max(HOLE * grid.step_s, _VALUE_HOLDS_S)
