"""Decisions on which somebody acted: what was expected of them, what was read since, and what is kept of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.decisions.realised import Course, Power
from twinql.domain.decisions.recommendation import RealisedImpact
from twinql.domain.decisions.vocabulary import DecisionAction
from twinql.domain.outlook import Limit
from twinql.domain.units import Unit, convert
from twinql.storage.database import Connection
from twinql.storage.statements import load

_AT_ONCE: Final = 100
_OLDEST: Final = timedelta(hours=24)
_LIMIT_CODES: Final = frozenset({"FORECAST_CROSSES_LIMIT", "LIMIT_CROSSED"})


@dataclass(frozen=True, slots=True)
class Acted:
    """A decision on which somebody acted, and whose time has come.

    Attributes:
        id: The decision.
        action: What it recommended.
        made_at: When it was made.
        acted_at: When somebody acted on it.
        until_at: Up to when is to be looked.
        limit: The limit of which it spoke; None where it spoke of none.
        channel_number: The channel that gave rise to it.
        expected: What was expected of that if nothing was done.
        power_number: A channel that reads the power of its asset; None where there is none.
        power_unit: The unit of that.
        meter_id: The meter in whose tariff it is charged; None where there is none.
    """

    id: UUID
    action: DecisionAction
    made_at: datetime
    acted_at: datetime
    until_at: datetime
    limit: Limit | None
    channel_number: int
    expected: Course
    power_number: int | None
    power_unit: Unit | None
    meter_id: UUID | None


async def acted_on(connection: Connection, now: datetime) -> list[Acted]:
    """Return decisions of which it can be measured now what came of them."""
    return [_acted(row) for row in await connection.fetch(load("realising")["acted"], now, now - _OLDEST, _AT_ONCE)]


async def course_of(connection: Connection, number: int, since: datetime, until: datetime) -> Course:
    """Return what a channel read after an instant and up to another."""
    rows = await connection.fetch(load("realising")["read"], number, since, until)
    return Course(np.array([row["at_s"] for row in rows]), np.array([row["value"] for row in rows], dtype=np.float64))


async def power_of(connection: Connection, acted: Acted) -> Power | None:
    """Return what the power of an asset was before and after somebody acted; None where nobody reads it."""
    if acted.power_number is None or acted.power_unit is None:
        return None
    elapsed = acted.until_at - acted.acted_at
    before = await course_of(connection, acted.power_number, acted.made_at - elapsed, acted.made_at)
    after = await course_of(connection, acted.power_number, acted.acted_at, acted.until_at)
    kw = [convert(each.values, source=acted.power_unit, target=Unit.KILOWATT) for each in (before, after)]
    return Power(kw[0], kw[1], elapsed.total_seconds())


async def keep(connection: Connection, decision_id: UUID, found: RealisedImpact, now: datetime) -> None:
    """Keep what came of a decision."""
    await connection.execute(load("realising")["keep"], decision_id, found.as_json(), now)


def _acted(row: asyncpg.Record) -> Acted:
    medians: Sequence[float] = row["p50"] or ()
    step_s = row["step_seconds"] or 0
    first_s = row["starts_at"].timestamp() if row["starts_at"] is not None else 0.0
    return Acted(
        id=row["id"],
        action=DecisionAction(row["action"]),
        made_at=row["made_at"],
        acted_at=row["acted_at"],
        until_at=row["until_at"],
        limit=_limit(row["reasons"]),
        channel_number=row["channel_number"],
        expected=Course(first_s + step_s * np.arange(1.0, len(medians) + 1.0), np.array(medians, dtype=np.float64)),
        power_number=row["power_number"],
        power_unit=None if row["power_unit"] is None else Unit(row["power_unit"]),
        meter_id=row["meter_id"],
    )


def _limit(reasons: Sequence[dict[str, Any]]) -> Limit | None:
    """Read the limit of which a decision speaks from its reasons; what is expected lies on its bad side."""
    found = next((each for each in reasons if each["code"] in _LIMIT_CODES), None)
    if found is None or found["threshold"] is None or found["value"] is None:
        return None
    return Limit(found["threshold"], is_high=found["value"] > found["threshold"])
