"""What is asked about channels that are on their way to a limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from twinql.domain.alarms.policy import Place
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Named:
    """A channel with its name and its place.

    Attributes:
        organisation_id: Whose it is.
        name: What people call it.
        place: Where it is.
    """

    organisation_id: UUID
    name: str
    place: Place


async def places_of(connection: Connection, channel_ids: Sequence[UUID]) -> list[Named]:
    """Return these channels with their names and places; one that is gone is missing."""
    return [
        Named(row["organisation_id"], row["name"], Place(row["id"], row["asset_id"], row["site_id"]))
        for row in await connection.fetch(load("foreseeing")["places"], channel_ids)
    ]


async def foreseen_on(connection: Connection) -> set[UUID]:
    """Return the channels whose alarm says that a limit will be crossed."""
    return {row["channel_id"] for row in await connection.fetch(load("foreseeing")["holding"])}


async def forgotten(connection: Connection, rule: str, *, before: datetime) -> list[UUID]:
    """Return those of them on which no decision of a rule is open, nor was settled since an instant."""
    return [row["channel_id"] for row in await connection.fetch(load("foreseeing")["forgotten"], rule, before)]
