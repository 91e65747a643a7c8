"""Serves a feed as Strawberry's documentation has one write it: an async generator for each follower.

What is published goes into a queue of each follower. Run: python -m benchmarks.feed.strawberry_server. A GET of
`/publish?events=E&each=N&ids=A,B` tells everybody E events, each with N readings of each of these channels.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, NewType
from urllib.parse import parse_qs

import strawberry
import uvicorn
import uvloop
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

from twinql.app.frames import SlicedWebSocket

Cursor = NewType("Cursor", str)
_START = datetime(2026, 6, 1, tzinfo=UTC)


@strawberry.enum
class Quality(Enum):
    """How far a reading can be trusted."""

    GOOD = "GOOD"


@strawberry.type
class Channel:
    """A channel."""

    id: strawberry.ID


@strawberry.type
class Reading:
    """What was read."""

    observed_at: datetime
    value: float
    quality: Quality
    channel: Channel


@strawberry.type
class Gap:
    """What is missing."""

    reason: str


@strawberry.type
class ReadingsRecorded:
    """An event."""

    cursor: Cursor
    caught_up: bool
    gap: Gap | None
    readings: list[Reading]


@strawberry.input
class ReadingFilter:
    """Whose readings."""

    channel_ids: list[strawberry.ID] | None = None
    site_ids: list[strawberry.ID] | None = None


class Broadcast:
    """The queues of all followers."""

    def __init__(self) -> None:
        """Begin without followers."""
        self.queues: set[asyncio.Queue[list[Reading]]] = set()

    def publish(self, readings: list[Reading]) -> None:
        """Tell everybody."""
        for queue in self.queues:
            queue.put_nowait(readings)


BROADCAST = Broadcast()


@strawberry.type
class Query:
    """Nothing is asked."""

    here: bool = True


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    async def readings_recorded(
        self,
        filter: ReadingFilter,  # noqa: A002 - TwinQL's name
        max_batch: int = 200,  # noqa: ARG002 - whoever asks TwinQL gives it
        after: Cursor | None = None,  # noqa: ARG002 - likewise
    ) -> AsyncGenerator[ReadingsRecorded, None]:
        """Tell what comes into the queue."""
        wanted = set(filter.channel_ids or ())
        queue: asyncio.Queue[list[Reading]] = asyncio.Queue()
        BROADCAST.queues.add(queue)
        try:
            while True:
                told = await queue.get()
                readings = [each for each in told if each.channel.id in wanted] if wanted else told
                if readings:
                    yield ReadingsRecorded(cursor=Cursor("x" * 66), caught_up=True, gap=None, readings=readings)
        finally:
            BROADCAST.queues.remove(queue)


schema = strawberry.Schema(
    Query,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map={Cursor: strawberry.scalar(name="Cursor", serialize=str, parse_value=str)}),
)
FEED: Any = GraphQL(schema, graphql_ide=None)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Publish, or let Strawberry answer."""
    if scope["path"] != "/publish":
        await FEED(scope, receive, send)
        return
    asked = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    for event in range(int(asked["events"])):
        BROADCAST.publish(_readings(asked["ids"].split(","), int(asked["each"]), event))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _readings(ids: list[str], each: int, event: int) -> list[Reading]:
    return [
        Reading(
            observed_at=_START + timedelta(seconds=event + n),
            value=21.5 + n % 7,
            quality=Quality.GOOD,
            channel=Channel(id=strawberry.ID(one)),
        )
        for one in ids
        for n in range(each)
    ]


async def _serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"ready on {listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        application, http="httptools", ws=SlicedWebSocket, lifespan="off", access_log=False, log_level="warning"
    )
    await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    uvloop.run(_serve())
