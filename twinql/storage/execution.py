"""What machines are doing."""

from collections.abc import Sequence
from uuid import UUID

from twinql.domain.assets import Execution
from twinql.storage.database import Connection
from twinql.storage.statements import load


async def executions_of(connection: Connection, machines: Sequence[UUID]) -> list[Execution | None]:
    """Return what each machine is doing; None where it has no channel `execution` or nothing was read."""
    found: list[Execution | None] = [None] * len(machines)
    for row in await connection.fetch(load("execution")["of_machines"], list(machines)):
        found[row["place"] - 1] = Execution(label=row["label"], since=row["since"], observed_at=row["observed_at"])
    return found
