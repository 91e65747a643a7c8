"""What is announced to others: decisions and commands, in the order in which they were made or changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from twinql.domain.announcements import Announcement, command_announcement, decision_announcement
from twinql.domain.events import EventKind
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Place:
    """How far was announced.

    Attributes:
        position: The last place of the outbox.
        epoch: The life of the feed of which that is a place.
        read_at: When the outbox was read up to there, by the database's clock.
    """

    position: int
    epoch: UUID
    read_at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """What is to be announced next.

    Attributes:
        place: Where that ends.
        announcements: In commit order.
        complete: Whether there is no more.
        missed: Whether the outbox no longer kept all of it, so that what changed meanwhile is told as it is now.
    """

    place: Place
    announcements: Sequence[tuple[EventKind, Announcement]]
    complete: bool
    missed: bool


async def place(connection: Connection) -> Place | None:
    """Return how far was announced; None where nobody ever announced."""
    row = await connection.fetchrow(load("announcing")["place"])
    return None if row is None else Place(**row)


async def go_to(connection: Connection, to: Place) -> None:
    """Say how far was announced."""
    await connection.execute(load("announcing")["go_to"], to.position, to.epoch, to.read_at)


async def read_on(connection: Connection, after: Place | None, *, most: int) -> News:
    """Return what follows a place; after None nothing, but where the present is.

    Args:
        connection: Of the one whose turn it is.
        after: How far was announced.
        most: How many events of the outbox are read at most.
    """
    rows = await connection.fetch(load("announcing")["read_on"], after.position if after else 0, most if after else 0)
    state = rows[0]
    present = Place(state["newest_position"], state["epoch"], state["read_at"])
    if after is None:
        return News(present, (), complete=True, missed=False)
    if state["epoch"] != after.epoch or state["pruned_position"] > after.position:
        changed = [(row["kind"], row["id"]) for row in await connection.fetch(_CHANGED, after.read_at)]
        return News(present, await _announcements(connection, changed), complete=True, missed=True)
    changed = [(row["kind"], each) for row in rows if row["position"] is not None for each in row["ids"]]
    complete = len(rows) < most
    until = present if complete else Place(rows[-1]["position"], after.epoch, after.read_at)
    return News(until, await _announcements(connection, changed), complete=complete, missed=False)


async def _announcements(
    connection: Connection, changed: Sequence[tuple[str, UUID]]
) -> list[tuple[EventKind, Announcement]]:
    """Load what changed, as it is now: one statement for a run of one kind."""
    found: list[tuple[EventKind, Announcement]] = []
    for kind, ids in _runs(changed):
        statement, make = _TOLD[kind]
        rows = {row["id"]: row for row in await connection.fetch(load("announcing")[statement], ids)}
        found += [(kind, make(rows[each])) for each in ids if each in rows]
    return found


def _runs(changed: Sequence[tuple[str, UUID]]) -> Iterator[tuple[EventKind, list[UUID]]]:
    for kind, run in groupby(changed, lambda each: each[0]):
        yield EventKind(kind), [each for _, each in run]


_CHANGED = load("announcing")["changed_since"]
_TOLD: dict[EventKind, tuple[str, Any]] = {
    EventKind.COMMANDS: ("commands", command_announcement),
    EventKind.DECISIONS: ("decisions", decision_announcement),
}
