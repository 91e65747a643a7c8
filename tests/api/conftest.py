"""The executable schema over a real database, asked as somebody."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from strawberry import Schema

from tests.api.noon import NOW
from tests.asking import answer_of, boundless
from tests.world import World, make_world
from twinql.api import Engine, make_schema
from twinql.context import Context
from twinql.domain.identity import User
from twinql.live.service import open_feed
from twinql.live.workshop import Workshop
from twinql.storage.database import Database

FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SELECT pg_advisory_unlock_all")
"""How a transaction begins and ends, and how a connection goes back into the pool."""


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The schema, built once."""
    return make_schema()


@pytest.fixture(scope="session")
def boundless_engine(schema: Schema) -> Engine:
    """The engine, without its limits."""
    return boundless(schema)


@dataclass
class Asker:
    """Asks the graph as one user."""

    schema: Schema
    engine: Engine
    context: Context
    world: World

    async def answer(self, document: str, **variables: Any) -> Any:
        """Return the whole answer."""
        return await answer_of(self.engine, self.context, document, variables)

    async def ask(self, document: str, **variables: Any) -> Any:
        """Return the data of an answer that must be free of errors."""
        answer = await self.answer(document, **variables)
        assert not answer.errors, answer.errors
        return answer.data

    async def refusal(self, document: str, **variables: Any) -> tuple[str, str]:
        """Return code and message of the one error of an answer, in however many fields it came."""
        answer = await self.answer(document, **variables)
        (error,) = {(each["extensions"]["code"], each["message"]) for each in answer.errors}
        return error

    async def change(self, field: str, selection: str = "", /, **given: Any) -> dict[str, Any]:
        """Run one mutation with these fields as its input, and return its payload."""
        document = (
            f"mutation ($input: {field[0].upper()}{field[1:]}Input!) "
            f"{{ {field}(input: $input) {{ {selection} userErrors {{ code message path }} }} }}"
        )
        return (await self.ask(document, input=given))[field]

    async def changed(self, field: str, selection: str, /, **given: Any) -> dict[str, Any]:
        """Return the payload of a mutation that must be taken."""
        payload = await self.change(field, selection, **given)
        assert payload.pop("userErrors") == []
        return payload

    async def mistake(self, field: str, /, **given: Any) -> tuple[str, str]:
        """Return code and path of the one user error of a mutation; its message must be a sentence."""
        (error,) = (await self.change(field, **given))["userErrors"]
        assert error["message"].endswith("."), error
        return error["code"], ".".join(error["path"] or ())

    async def statements(self, document: str, **variables: Any) -> list[str]:
        """Return the questions that reach the database while an operation is answered."""
        async with self.overhearing() as asked:
            await self.ask(document, **variables)
        return [each for each in asked if each.startswith(("select", "with"))]

    @asynccontextmanager
    async def overhearing(self) -> AsyncIterator[list[str]]:
        """Collect what reaches the database as users meanwhile, but for what frames each question."""
        asked: list[str] = []

        def hear(each: Any) -> None:
            if not each.query.startswith(FRAME) and "set_config" not in each.query:
                asked.append(each.query.strip())

        pool = self.context.database.users
        async with AsyncExitStack() as held:
            heard = [await held.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())]
            for connection in heard:
                connection.add_query_logger(hear)
        yield asked
        async with AsyncExitStack() as held:
            heard = [await held.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())]
            for connection in heard:
                connection.remove_query_logger(hear)

    def as_user(self, user: User) -> "Asker":
        """Return the same asker as somebody else."""
        context = replace(self.context.fresh(), actor=user)
        return replace(self, context=context)


@pytest.fixture
async def asker(database_url: str, schema: Schema, boundless_engine: Engine, workshop: Workshop):
    """The owner of a world of their own."""
    world = await make_world(database_url)
    async with (
        Database.open(database_url, pool_size=4) as database,
        open_feed(database, database_url, retention=timedelta(hours=1)) as feed,
    ):
        context = Context(database, world.owner, datetime.now(UTC), feed, workshop=workshop)
        yield Asker(schema, boundless_engine, context, world)


@pytest.fixture
def asked(asker, monkeypatch):
    """Somebody who asks at a present of the test's own."""
    fresh = Context.fresh

    def then(context):
        made = fresh(context)
        made.now = NOW
        return made

    monkeypatch.setattr(Context, "fresh", then)
    return asker
