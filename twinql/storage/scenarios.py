"""Scenarios as they were worked out."""

from datetime import datetime
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.identity import Actor, subject_of
from twinql.domain.scenarios.scenario import Course, Floats, Scenario
from twinql.errors import ForbiddenError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load


async def keep(connection: Connection, scenario: Scenario, actor: Actor, *, now: datetime) -> UUID:
    """Store a scenario in the name of who asked for it, and return its id."""
    scenario_id: UUID = await connection.fetchval(
        load("scenarios")["insert"],
        scenario.channel_id,
        scenario.kind.value,
        scenario.name,
        scenario.starts_at,
        scenario.step_s,
        scenario.level,
        scenario.asked,
        *_columns(scenario.baseline),
        *_columns(scenario.alternative),
        scenario.findings,
        now,
        subject_of(actor),
    )
    return scenario_id


async def delete_scenario(database: Database, actor: Actor, scenario_id: UUID) -> None:
    """Delete a scenario.

    Raises:
        NotFoundError: There is none that the actor may see.
        ForbiddenError: The actor may not delete it.
    """
    try:
        async with database.transaction(actor) as connection:
            deleted = await connection.fetchval(load("scenarios")["delete"], scenario_id)
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("Scenarios are deleted by an OPERATOR or OWNER; ask one, or ask for the role.") from error
    if deleted is None:
        message = "There is no scenario with this id that you may see; look it up with `scenarios`."
        raise NotFoundError(message, path=("id",))


def _columns(course: Course) -> tuple[list[float | None], ...]:
    return _list(course.lower), _list(course.median), _list(course.upper)


def _list(values: Floats | None) -> list[float | None]:
    """Write values for a column: what is not known is null."""
    return [] if values is None else [None if np.isnan(each) else float(each) for each in values]
