"""Reads readings out in bulk, a stretch at a time, whatever their number."""

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from twinql.domain.channels import ReadingKind
from twinql.domain.identity import Actor
from twinql.domain.readings import StoredQuality
from twinql.domain.units import Quantity, Unit
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
AT_A_TIME = 5_000
"""How many readings are held at a time."""


@dataclass(frozen=True, slots=True)
class ExportedChannel:
    """A channel with the names that tell it apart.

    Attributes:
        id: Its identity outside.
        number: Its identity inside.
        key: Its short name.
        quantity: What it measures.
        unit: The unit of its values.
        kind: How its values are to be read.
        site: The name of its site.
        meter: The serial number of its meter, if it belongs to one.
        machine: The name of its machine, if it belongs to one.
    """

    id: UUID
    number: int
    key: str
    quantity: Quantity
    unit: Unit
    kind: ReadingKind
    site: str
    meter: str | None
    machine: str | None


@dataclass(frozen=True, slots=True)
class ExportedReading:
    """One reading; `value` is None where a BAD one has none."""

    observed_at: datetime
    value: float | None
    quality: StoredQuality


async def exported_channels(
    connection: Connection, *, organisation: UUID | None = None, ids: Collection[UUID] | None = None
) -> list[ExportedChannel]:
    """Return the channels that the actor may see: of one organisation, with these ids, or all."""
    wanted = None if ids is None else list(ids)
    rows = await connection.fetch(load("export")["channels"], organisation, wanted)
    return [
        ExportedChannel(
            id=row["id"],
            number=row["number"],
            key=row["key"],
            quantity=Quantity(row["quantity"]),
            unit=Unit(row["unit"]),
            kind=ReadingKind(row["kind"]),
            site=row["site"],
            meter=row["meter"],
            machine=row["machine"],
        )
        for row in rows
    ]


async def exported_readings(
    database: Database,
    actor: Actor,
    channel: ExportedChannel,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AsyncGenerator[list[ExportedReading]]:
    """Yield a channel's readings of a period, oldest first, as the actor may see them.

    An INTERVAL reading belongs to the period when its end lies in since < t ≤ until, any other when since ≤ t < until.
    """
    by_end = channel.kind is ReadingKind.INTERVAL
    arguments = (channel.number, since or EARLIEST, until or LATEST, by_end)
    async with database.transaction(actor, readonly=True) as connection:
        cursor = await connection.cursor(load("export")["readings"], *arguments)
        while rows := await cursor.fetch(AT_A_TIME):
            yield [ExportedReading(row["observed_at"], row["value"], StoredQuality(row["quality"])) for row in rows]
