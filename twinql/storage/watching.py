"""What watching keeps and asks: its turn, its place in the outbox, what detectors remember, and what to watch."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from operator import itemgetter
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from twinql.domain.alarms.followed import Row
from twinql.domain.alarms.policy import Place, Rule
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.detection.finding import Bounds, Cause, Memory, Watched
from twinql.domain.readings import StoredQuality
from twinql.storage.database import Connection, prepare_codecs
from twinql.storage.outbox import listening
from twinql.storage.raising import WATCHER
from twinql.storage.statements import load

_AT_ONCE: Final = 200
_QUALITIES: Final = {each.value: each for each in StoredQuality}
_SESSION: Final = """
select
    set_config('request.jwt.claims', $1, false), set_config('TimeZone', 'UTC', false),
    set_config('tcp_keepalives_idle', '15', false), set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false)
"""
"""A machine that vanished must not keep its turn for the two hours that a dead connection may last."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A channel that is watched.

    Attributes:
        number: Its number.
        organisation_id: Whose it is.
        place: Where it is.
        name: What people call it.
        watched: What detectors know of it, by its own limits.
    """

    number: int
    organisation_id: UUID
    place: Place
    name: str
    watched: Watched


@dataclass(frozen=True, slots=True)
class Remembered:
    """What detectors remembered of a channel.

    Attributes:
        channel_number: The channel.
        position: Up to which place of the outbox its readings are in it.
        memory: What they wrote.
        saved_at: When it was kept.
    """

    channel_number: int
    position: int
    memory: Memory
    saved_at: datetime


class Kept(NamedTuple):
    """What is to be remembered of a channel.

    Attributes:
        channel_number: The channel.
        position: Up to which place of the outbox its readings are in it.
        observed_at: The newest observation that is in it.
        memory: As JSON.
    """

    channel_number: int
    position: int
    observed_at: datetime | None
    memory: str


@asynccontextmanager
async def session(url: str, hint: Callable[[], None]) -> AsyncIterator[Connection]:
    """Connect for the length of a block as the one who watches; `hint` is called on news and on loss.

    All that watching writes goes over this connection, so that whoever lost it and its turn can write no more.

    Args:
        url: A direct or session connection: the turn belongs to the session.
        hint: What to call when something is new.
    """
    async with listening(url, hint) as connection:
        await prepare_codecs(connection)
        await connection.execute(_SESSION, orjson.dumps({"sub": WATCHER}).decode())
        yield connection


async def subjects(connection: Connection) -> Sequence[asyncpg.Record]:
    """Return what is known of every channel in use, as rows that can be compared; `subject_of` reads one."""
    return await connection.fetch(load("watching")["channels"])


async def rules(connection: Connection) -> dict[UUID, list[Rule]]:
    """Return every rule in use, by organisation."""
    found: dict[UUID, list[Rule]] = {}
    for row in await connection.fetch(load("watching")["rules"]):
        rule = Rule(
            id=row["id"],
            cause=Cause(row["cause"]),
            site_id=row["site_id"],
            asset_id=row["asset_id"],
            channel_id=row["channel_id"],
            enabled=row["enabled"],
            severity=Severity(row["severity"]),
            limit_value=row["limit_value"],
            deadband=row["deadband"],
            sensitivity=row["sensitivity"],
            on_delay_s=row["on_delay_seconds"],
            off_delay_s=row["off_delay_seconds"],
        )
        found.setdefault(row["organisation_id"], []).append(rule)
    return found


async def place(connection: Connection) -> tuple[int, UUID] | None:
    """Return how far the outbox was read, with the life of the feed; None where nobody ever watched."""
    row = await connection.fetchrow(load("watching")["place"])
    return None if row is None else (row["position"], row["epoch"])


async def go_to(connection: Connection, position: int, epoch: UUID) -> None:
    """Say how far the outbox was read."""
    await connection.execute(load("watching")["go_to"], position, epoch)


async def memories(connection: Connection) -> AsyncIterator[Remembered]:
    """Return all that was remembered, page by page."""
    after = 0
    while rows := await connection.fetch(load("watching")["memories"], after, _AT_ONCE):
        for row in rows:
            yield Remembered(row["channel_number"], row["position"], row["memory"], row["saved_at"])
        after = rows[-1]["channel_number"]


async def remember(connection: Connection, kept: Sequence[Kept], *, now: datetime) -> None:
    """Keep what detectors remember, in a transaction of whoever watches."""
    for first in range(0, len(kept), _AT_ONCE):
        await connection.execute(load("watching")["remember"], *zip(*kept[first : first + _AT_ONCE], strict=True), now)


async def forget(connection: Connection, numbers: Sequence[int]) -> None:
    """Forget channels that are no longer in use."""
    await connection.execute(load("watching")["forget"], numbers)


async def newest(
    connection: Connection, number: int, *, after: datetime, until: datetime | None = None, most: int
) -> list[Row]:
    """Return the newest readings after an instant, in the order in which they were recorded."""
    return [_row(each) for each in await connection.fetch(load("watching")["newest"], number, after, until, most)]


async def learned(
    connection: Connection, number: int, *, after: datetime, until: datetime, most: int, step_s: int | None
) -> list[Row]:
    """Return what shows how a channel usually behaves, in the order of observation.

    It is its newest readings and, where a step is named, one for each step of the time before. A past that was filled
    in later says nothing about how readings usually arrive: its rows count as recorded no later than those after them.
    Nor does one that was recorded ahead of its time: it counts as recorded when its time had come.
    """
    rows = sorted(await newest(connection, number, after=after, until=until, most=most), key=itemgetter(0))
    if len(rows) == most and step_s is not None:
        first = datetime.fromtimestamp(rows[0].at_s, UTC)
        earlier = await connection.fetch(load("watching")["earlier"], number, after, first, step_s)
        rows = [*map(_row, earlier), *rows]
    recorded_s = accumulate((max(row.recorded_s, row.at_s) for row in reversed(rows)), min)
    return [row._replace(recorded_s=each) for row, each in zip(reversed(rows), recorded_s, strict=True)][::-1]


def _row(row: asyncpg.Record) -> Row:
    return Row(row["observed_at"].timestamp(), row["value"], _QUALITIES[row["quality"]], row["recorded_at"].timestamp())


async def count_open(connection: Connection) -> int:
    """Return how many alarms are open."""
    count: int = await connection.fetchval(load("watching")["open_count"])
    return count


def subject_of(row: asyncpg.Record) -> Subject:
    """Read a row of `subjects`."""
    return Subject(
        number=row["number"],
        organisation_id=row["organisation_id"],
        place=Place(channel_id=row["id"], asset_id=row["asset_id"], site_id=row["site_id"]),
        name=row["name"],
        watched=Watched(
            kind=ReadingKind(row["kind"]),
            quantity=row["quantity"],
            unit=row["unit"],
            resolution_s=None if row["resolution_seconds"] is None else float(row["resolution_seconds"]),
            zone=row["time_zone"],
            direction=None if row["direction"] is None else FlowDirection(row["direction"]),
            writable=row["writable"],
            register_maximum=row["register_maximum"],
            register_events_s=tuple(row["register_events_s"]),
            plausible_minimum=row["plausible_minimum"],
            plausible_maximum=row["plausible_maximum"],
            rate_per_minute=row["plausible_rate_per_minute"],
            bounds=Bounds(
                low_low=row["limit_low_low"],
                low=row["limit_low"],
                high=row["limit_high"],
                high_high=row["limit_high_high"],
                deadband=row["limit_deadband"] or 0.0,
            ),
        ),
    )
