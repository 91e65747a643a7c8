"""Reading the lives of alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class AlarmStep:
    """A row of `alarm_transitions`; enums by their names, evidence as the JSON that it is."""

    sequence: int
    at: datetime
    action: str
    state: str
    severity: str
    actor: str
    comment: str | None
    shelved_until: datetime | None
    observed_at: datetime | None
    evidence: list[dict[str, Any]] | None


async def steps_of_alarms(
    connection: Connection, alarm_ids: Sequence[UUID], *, first: int, after: int | None
) -> list[list[AlarmStep]]:
    """Return steps of each alarm, newest first.

    Args:
        connection: In whose transaction they are read.
        alarm_ids: The alarms.
        first: How many of each at most.
        after: Only those before the step of this sequence; None for the newest ones.
    """
    lives: dict[UUID, list[AlarmStep]] = {each: [] for each in alarm_ids}
    for alarm_id, *step in await connection.fetch(load("alarm_transitions")["newest"], list(lives), first, after):
        lives[alarm_id].append(AlarmStep(*step))
    return [lives[each] for each in alarm_ids]
