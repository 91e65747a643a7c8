"""Plans of loads as they were worked out."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.identity import Actor, subject_of
from twinql.domain.load_planning.kept import KeptPlan
from twinql.errors import ConflictError, ForbiddenError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load


async def limit_of(connection: Connection, meter_id: UUID) -> float | None:
    """Return what the site of a meter may take in at most; None for no limit. [kW]."""
    limit: float | None = await connection.fetchval(load("load_plans")["limit"], meter_id)
    return limit


async def keep_plan(connection: Connection, kept: KeptPlan, actor: Actor, *, now: datetime) -> UUID:
    """Store a plan in the name of who asked for it, and return its id."""
    problem, plan = kept.problem, kept.plan
    courses = [
        course.tolist()
        for outcome in (plan.baseline, plan.planned)
        for course in (outcome.imported_kw, outcome.exported_kw)
    ]
    plan_id: UUID = await connection.fetchval(
        load("load_plans")["insert"],
        kept.meter_id,
        kept.name,
        problem.objective.value,
        problem.starts_at,
        problem.step_s,
        problem.limit_kw,
        plan.optimal,
        plan.gap,
        plan.elapsed_s,
        kept.currency,
        *courses,
        list(kept.loads),
        dict(kept.findings),
        now,
        subject_of(actor),
    )
    return plan_id


async def loads_of_plan(connection: Connection, plan_id: UUID) -> tuple[str, list[dict[str, Any]]]:
    """Return the name of a plan, and when its loads run.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    row = await connection.fetchrow(load("load_plans")["kept"], plan_id)
    if row is None:
        raise _missing()
    return row["name"], row["loads"]


async def check_no_rival(connection: Connection, plan_id: UUID) -> None:
    """Refuse to carry a plan out while another one switches the same loads on the same day: they would run twice.

    Raises:
        ConflictError: Commands of another plan wait.
    """
    row = await connection.fetchrow(load("load_plans")["rivals"], plan_id)
    if row is not None:
        message = (
            f"{row['load']} waits for the commands of another plan of that day, {row['plan']}, and would run twice; "
            "cancel its `schedule` with `cancelCommandSchedule` first."
        )
        raise ConflictError(message, path=("id",))


async def delete_plan(database: Database, actor: Actor, plan_id: UUID) -> None:
    """Delete a plan; commands that carry it out go on.

    Raises:
        NotFoundError: There is none that the actor may see.
        ForbiddenError: The actor may not delete it.
    """
    try:
        async with database.transaction(actor) as connection:
            deleted = await connection.fetchval(load("load_plans")["delete"], plan_id)
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("Plans are deleted by an OPERATOR or OWNER; ask one, or ask for the role.") from error
    if deleted is None:
        raise _missing()


def _missing() -> NotFoundError:
    message = "There is no plan with this id that you may see; look it up with `loadPlans`."
    return NotFoundError(message, path=("id",))
