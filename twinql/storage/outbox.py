"""The outbox: what happened in the database, read in commit order."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from twinql.domain.columns import each_once
from twinql.domain.events import ChannelPlace, Event, EventKind, Following, RangeChanged, ReadingEvent
from twinql.domain.readings import ReadingSource, StoredQuality
from twinql.storage.address import for_asyncpg
from twinql.storage.database import Connection
from twinql.storage.statements import load

log = logging.getLogger(__name__)

CHANNEL = "twinql_outbox"
"""Where NOTIFY says that there is something new."""
CONNECT_S = 10.0
COMMAND_S = 30.0
CLOSE_S = 1.0

_KINDS = {each.value: each for each in EventKind}
_QUALITIES = {each.value: each for each in StoredQuality}
_SOURCES = {each.value: each for each in ReadingSource}


@dataclass(frozen=True, slots=True)
class FeedState:
    """Where the feed begins and ends.

    Attributes:
        epoch: The life of the feed.
        pruned: Events up to this position are no longer kept.
        newest: The position of the newest event.
        cursor_secret: What cursors are sealed with.
    """

    epoch: UUID
    pruned: int
    newest: int
    cursor_secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Some events in commit order, with the state of the feed at the instant they were read.

    Attributes:
        epoch: The life of the feed.
        pruned: Events up to this position are no longer kept: whoever reads on from before has missed some.
        events: At most as many as were asked for; fewer mean that there are no more.
    """

    epoch: UUID
    pruned: int
    events: tuple[Event, ...]


async def feed_state(connection: Connection) -> FeedState:
    """Return where the feed begins and ends now."""
    row = await connection.fetchrow(load("outbox")["state"])
    assert row is not None
    return FeedState(row["epoch"], row["pruned_position"], row["newest_position"], row["cursor_secret"])


async def read_on(connection: Connection, after: int, *, most: int) -> Page:
    """Return the events after a position, of every organisation."""
    return _page(await connection.fetch(load("outbox")["read_on"], after, most))


async def read_back(connection: Connection, after: int, *, until: int, following: Following, most: int) -> Page:
    """Return the events after one position and up to another that can concern a follower."""
    kinds = [kind.value for kind in following.kinds]
    rows = await connection.fetch(load("outbox")["read_back"], after, most, until, following.organisation_number, kinds)
    return _page(rows)


async def prune(connection: Connection, *, before: datetime, most: int) -> int:
    """Delete at most so many of the oldest events, if they were written before an instant; return how many."""
    pruned: int = await connection.fetchval(load("outbox")["prune"], before, most)
    return pruned


async def channel_places(connection: Connection, numbers: Iterable[int]) -> dict[int, ChannelPlace]:
    """Return where channels belong, by their numbers."""
    rows = await connection.fetch(load("outbox")["places"], list(numbers))
    return {row["number"]: ChannelPlace(row["number"], row["site_id"], row["asset_id"]) for row in rows}


@asynccontextmanager
async def listening(url: str, hint: Callable[[], None]) -> AsyncIterator[Connection]:
    """Connect as the worker and listen, for the length of a block; `hint` is called on news and on loss."""
    connection = await asyncpg.connect(
        for_asyncpg(url),
        timeout=CONNECT_S,
        command_timeout=COMMAND_S,
        server_settings={"application_name": "twinql feed"},
    )
    try:
        await connection.execute("set role twinql_worker")
        connection.add_termination_listener(lambda _connection: hint())
        await connection.add_listener(CHANNEL, lambda *_: hint())
        yield connection
    finally:
        # A connection that is half lost would never answer.
        await connection.close(timeout=CLOSE_S)


def _page(rows: list[asyncpg.Record]) -> Page:
    events = tuple(_event(row) for row in rows if row["position"] is not None)
    return Page(rows[0]["epoch"], rows[0]["pruned_position"], events)


def _event(row: asyncpg.Record) -> Event:
    kind = _KINDS.get(row["kind"], EventKind.UNKNOWN)
    payload = row["payload"]
    event = Event(row["position"], row["organisation_number"], row["written_at"], kind, size=len(payload))
    try:
        return replace(event, **_content(kind, payload))
    except (ValueError, KeyError, TypeError):
        # One event that cannot be read must not stop the feed: its followers are told of a gap.
        log.exception("An event of the outbox cannot be read.", extra={"position": event.position})
        return replace(event, readable=False)


def _content(kind: EventKind, payload: str) -> dict[str, Any]:
    match kind:
        case EventKind.READINGS:
            return {"readings": _readings(payload)}
        case EventKind.RANGES:
            return {"changed": _range(orjson.loads(payload))}
        case EventKind.ACCESS | EventKind.UNKNOWN:
            return {}
        case _:
            return {"ids": tuple(UUID(each) for each in orjson.loads(payload)["id"])}


@lru_cache(maxsize=8)  # the feed, the watcher and the advisor all read the same, one shortly after the other
def _readings(text: str) -> tuple[ReadingEvent, ...]:
    payload: Mapping[str, Any] = orjson.loads(text)
    columns = (
        payload["channel_number"],
        map(datetime.fromisoformat, payload["observed_at"]),
        each_once(payload["recorded_at"], datetime.fromisoformat),
        # JSON drops the point of a whole number.
        [value if value is None else float(value) for value in payload["value"]],
        each_once(payload["quality"], _QUALITIES.__getitem__),
        each_once(payload["source"], _SOURCES.__getitem__),
    )
    return tuple(map(ReadingEvent._make, zip(*columns, strict=True)))


def _range(payload: Mapping[str, Any]) -> RangeChanged:
    return RangeChanged(
        payload["channel_number"],
        datetime.fromisoformat(payload["first_at"]),
        datetime.fromisoformat(payload["last_at"]),
        payload["readings"],
    )
