"""A small graph over WebSockets and event streams, for tests: `python speaking.py DATABASE_URL SUBJECT LIMITS`.

It serves everybody as that subject, within limits given as JSON, and prints its port when it is ready. Its
subscriptions end by themselves, fail, and tell more than anybody reads, which TwinQL's own do not.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import strawberry

from subscriptions.following import subscription
from tests.world import ISSUER
from twinql.api.endpoint import GraphEndpoint
from twinql.api.engine import Engine
from twinql.api.services import Limits, Services
from twinql.app.application import create_app
from twinql.app.listener import listen
from twinql.app.logs import configure_logs
from twinql.app.metrics import Metrics
from twinql.app.server import serve
from twinql.auth import Caller
from twinql.context import Context
from twinql.domain.identity import User
from twinql.domain.membership import Role
from twinql.errors import UnavailableError
from twinql.live import open_feed
from twinql.storage.database import Database


@strawberry.type
class Query:
    @strawberry.field
    async def slow(self, seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds


@strawberry.type
class Mutation:
    @strawberry.field
    def nothing(self) -> bool:
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int, delay_ms: int = 0) -> AsyncGenerator[int, None]:
        for number in range(1, to + 1):
            yield number
            await asyncio.sleep(delay_ms / 1000)

    @strawberry.subscription
    async def boom(self) -> AsyncGenerator[int, None]:
        yield 1
        raise RuntimeError("the password is hunter2")

    @strawberry.subscription
    async def away(self) -> AsyncGenerator[int, None]:
        yield 1
        raise UnavailableError("The database is away.")

    @strawberry.subscription
    async def flood(self, size: int) -> AsyncGenerator[str, None]:
        while True:
            yield "x" * size

    @subscription(needs=Role.OPERATOR, description="For operators.")
    async def steering(self) -> AsyncGenerator[int, None]:
        return endless()


async def endless() -> AsyncGenerator[int, None]:
    yield 1
    await asyncio.Event().wait()


class OpenGate:
    """Lets everybody in as one user."""

    def __init__(self, subject: str) -> None:
        self._caller = Caller(User(ISSUER, subject))

    async def admit(self, _authorization: str | None, _organisation: str | None) -> Caller:
        return self._caller


@asynccontextmanager
async def twin(metrics: Metrics) -> AsyncIterator[Any]:
    url, subject, limits = sys.argv[1:]
    async with (
        Database.open(url, pool_size=4) as database,
        open_feed(database, url, retention=timedelta(hours=1)) as feed,
    ):

        def make_context(caller: Caller, request_id: str, client: str) -> Context:
            return Context(database, caller.actor, datetime.now(UTC), feed, request_id, client)

        engine = Engine(strawberry.Schema(Query, Mutation, Subscription))
        told = Limits(**json.loads(limits))
        services = Services(engine, OpenGate(subject), make_context, lambda _code: None, told)
        metrics.watch("twinql_event_streams", "Event streams that are open.", lambda: len(services.streams))
        yield GraphEndpoint(services)


async def pending() -> list[str]:
    return []


configure_logs(level="info", style="json")
with listen("127.0.0.1", 0) as listener:
    port = listener.getsockname()[1]
    serve(create_app(twin=twin, pending=pending), listener, grace_s=1, ready=lambda: print(port, flush=True))
