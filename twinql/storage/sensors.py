"""What decisions about sensors rest on: alarms, calibrations, and channels that could stand in."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.decisions.sensors import SOON, Sensor, Substitute, Trouble
from twinql.domain.detection.finding import Cause
from twinql.domain.diagnosis.correlation import Correlation, correlate
from twinql.domain.forecasting.past import Floats
from twinql.storage.database import Connection
from twinql.storage.statements import load
from twinql.storage.what_if import read_on_grid

_LOOKED_BACK: Final = timedelta(days=2)
_STEP_S: Final = 300


async def sensors(connection: Connection, now: datetime) -> list[Sensor]:
    """Return the channels of all organisations whose sensor may need something."""
    return [_sensor(row) for row in await connection.fetch(load("sensors")["sensors"], now + SOON)]


async def substitutes_of(connection: Connection, channel_id: UUID, failed_at: datetime) -> list[Substitute]:
    """Return channels that could stand in for one, with how they went together in the two days before it failed."""
    rows = await connection.fetch(load("sensors")["substitutes"], channel_id)
    if not rows:
        return []
    numbers = [rows[0]["own_number"], *(row["number"] for row in rows)]
    grids = await read_on_grid(connection, numbers, failed_at - _LOOKED_BACK, failed_at, _STEP_S)
    own = grids[rows[0]["own_number"]].means
    found = []
    for row in rows:
        other = grids[row["number"]].means
        together = correlate(other, own)
        if isinstance(together, Correlation):
            deviation = _deviation(other, own)
            found.append(Substitute(row["key"], row["name"], together.r, deviation, together.pairs))
    return found


def _deviation(x: Floats, y: Floats) -> float:
    both = np.isfinite(x) & np.isfinite(y)
    slope, offset = np.polyfit(x[both], y[both], 1)
    return float(np.sqrt(np.mean((y[both] - offset - slope * x[both]) ** 2)))


def _sensor(row: asyncpg.Record) -> Sensor:
    return Sensor(
        id=row["id"],
        organisation_id=row["organisation_id"],
        asset_id=row["asset_id"],
        unit=row["unit"],
        guards=row["guards"],
        troubles=tuple(
            Trouble(Cause(each["cause"]), datetime.fromisoformat(each["since"]), each["score"], each["occurrences"])
            for each in row["troubles"]
        ),
        others=row["others"],
        silent=row["silent"],
        valid_until=row["valid_until"],
    )
