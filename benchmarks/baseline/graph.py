"""The part of TwinQL's graph that the reads ask for, as Strawberry's documentation has one write it.

Types with resolvers, rows by asyncpg, a DataLoader wherever many parents ask for the same.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NewType, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from benchmarks.baseline.database import CHANNELS, DAYS, METER, METERS, PERIOD, READINGS, Rows
from twinql.domain.global_id import decode_as, encode
from twinql.domain.instants import format_instant, parse_instant

DateTime = NewType("DateTime", datetime)
Load = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]


@strawberry.enum
class Bucket(Enum):
    """How a series is divided."""

    DAY = "DAY"


class World:
    """What an operation asks, and its loaders."""

    def __init__(self, rows: Rows) -> None:
        """Ask these rows."""
        self.rows = rows
        self.channels: DataLoader[UUID, list[Any]] = DataLoader(load_fn=self._channels)
        self._newest: dict[int, DataLoader[int, list[Any]]] = {}

    def newest(self, many: int) -> "DataLoader[int, list[Any]]":
        """Return the loader of so many readings a channel."""
        if many not in self._newest:

            async def load(numbers: Sequence[int]) -> list[list[Any]]:
                return _grouped(await self.rows.fetch(READINGS, numbers, many), "channel_number", numbers)

            self._newest[many] = DataLoader(load_fn=load)
        return self._newest[many]

    async def _channels(self, meters: Sequence[UUID]) -> list[list[Any]]:
        return _grouped(await self.rows.fetch(CHANNELS, meters), "asset_id", meters)


def _grouped(rows: Sequence[Any], column: str, keys: Sequence[Any]) -> list[list[Any]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return [groups[key] for key in keys]


Info = strawberry.Info[World, None]


@strawberry.input
class PeriodInput:
    """A period."""

    from_: DateTime = strawberry.field(name="from")
    until: DateTime


@strawberry.type
class Reading:
    """What was read."""

    observed_at: DateTime
    value: float | None
    quality: str

    @classmethod
    def of(cls, row: Any) -> Self:
        """Show a row."""
        return cls(observed_at=row["observed_at"], value=row["value"], quality=row["quality"])


@strawberry.type
class ReadingConnection:
    """Readings."""

    nodes: list[Reading]


@strawberry.type
class Series:
    """Readings in columns."""

    starts: list[DateTime]
    values: list[float | None]
    quality: list[str]


@strawberry.type
class Channel:
    """A channel."""

    id: strawberry.ID
    unit: str
    number: strawberry.Private[int]

    @strawberry.field
    async def readings(self, info: Info, first: int = 100) -> ReadingConnection:
        """Load the newest ones."""
        rows = await info.context.newest(first).load(self.number)
        return ReadingConnection(nodes=[Reading.of(row) for row in rows])

    @strawberry.field
    async def latest(self, info: Info) -> Reading | None:
        """Load the newest one."""
        rows = await info.context.newest(1).load(self.number)
        return Reading.of(rows[0]) if rows else None

    @strawberry.field
    async def series(
        self, info: Info, during: PeriodInput, bucket: Bucket | None = None, max_points: int = 1000
    ) -> Series:
        """Load a period."""
        statement = PERIOD if bucket is None else DAYS
        rows = (await info.context.rows.fetch(statement, self.number, during.from_, during.until))[:max_points]
        return Series(
            starts=[row["start_at"] for row in rows],
            values=[row["value"] for row in rows],
            quality=[row["quality"] for row in rows],
        )


@strawberry.type
class ChannelConnection:
    """Channels."""

    nodes: list[Channel]


@strawberry.type
class Meter:
    """A meter."""

    id: strawberry.ID
    name: str
    serial_number: str
    commodity: str
    created_at: DateTime
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: Any) -> Self:
        """Show a row."""
        return cls(
            id=strawberry.ID(encode("Meter", row["id"])),
            name=row["name"],
            serial_number=row["serial_number"],
            commodity=row["commodity"],
            created_at=row["created_at"],
            key=row["id"],
        )

    @strawberry.field
    async def channels(self, info: Info, first: int = 100) -> ChannelConnection:
        """Load its channels."""
        rows = (await info.context.channels.load(self.key))[:first]
        return ChannelConnection(
            nodes=[
                Channel(id=strawberry.ID(encode("Channel", row["id"])), unit=row["unit"], number=row["number"])
                for row in rows
            ]
        )


@strawberry.type
class MeterConnection:
    """Meters."""

    nodes: list[Meter]


@strawberry.type
class Query:
    """Where reading begins."""

    @strawberry.field
    async def meter(self, info: Info, id: strawberry.ID) -> Meter | None:  # noqa: A002 - GraphQL's name
        """Load a meter."""
        rows = await info.context.rows.fetch(METER, [decode_as(id, "Meter").key])
        return Meter.of(rows[0]) if rows else None

    @strawberry.field
    async def meters(self, info: Info, first: int = 100) -> MeterConnection:
        """Load meters by name."""
        return MeterConnection(nodes=[Meter.of(row) for row in await info.context.rows.fetch(METERS, first)])


_INSTANT = strawberry.scalar(name="DateTime", serialize=format_instant, parse_value=parse_instant)
schema = strawberry.Schema(
    Query,
    extensions=[ParserCache, ValidationCache],
    config=StrawberryConfig(scalar_map={DateTime: _INSTANT}),
)
