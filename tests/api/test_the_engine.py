"""An operation's way through the engine, over a real database."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import count

import orjson
import pytest
import strawberry
from graphql.execution.collect_fields import FieldDetails

from tests.asking import as_read
from twinql.api.engine import Engine
from twinql.api.operation import Asked, RequestError, asked_of
from twinql.context import Context
from twinql.domain.identity import Worker
from twinql.errors import UnavailableError

NESTED = orjson.loads("[" * 1_000 + "]" * 1_000)


@strawberry.type
class Inner:
    number: int


@strawberry.type
class Tick:
    inner: Inner


@strawberry.type
class Query:
    nothing: int = 0

    @strawberry.field
    async def soon(self) -> Inner:
        return Inner(number=1)

    @strawberry.field
    async def later(self) -> list[str]:
        """Name the fields that are known when others have long been answered."""
        for _ in range(10):
            await asyncio.sleep(0)
        return sorted(each.node.name.value for each in gc.get_objects() if isinstance(each, FieldDetails))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[Tick, None]:
        for number in count():
            yield Tick(inner=Inner(number=number))


@pytest.fixture
def engine_of_events():
    context = Context(database=None, actor=Worker("nobody"), now=datetime.now(UTC), feed=None)
    return Engine(strawberry.Schema(Query, subscription=Subscription)), context


@pytest.fixture
def engine(schema):
    return Engine(schema)


async def refusal(engine, asker, query, **more):
    with pytest.raises(RequestError) as refused:
        await engine.prepare(Asked(query, **more), asker.context)
    (error,) = refused.value.errors
    assert refused.value.status == 400
    assert error["extensions"] == {"code": "BAD_REQUEST", "retryable": False}
    return error["message"]


async def test_fields_keep_their_identity_while_others_are_answered(engine_of_events):
    # What is selected below a field is found by its identity: another one must not get it meanwhile.
    engine, context = engine_of_events
    gc.collect()
    operation = await engine.prepare(Asked("{ soon { number } later }"), context)
    answer = await engine.execute(operation, context)
    assert answer.data == {"soon": {"number": 1}, "later": ["later", "number", "soon"]}


async def test_a_query_is_answered(engine, asker):
    operation = await engine.prepare(Asked("query Who { viewer { role subject } }"), asker.context)
    assert (operation.kind, operation.name) == ("query", "Who")
    answer = await engine.execute(operation, asker.context)
    assert answer.data == {"viewer": {"role": "OWNER", "subject": "acme-owner"}}
    assert answer.body().startswith(b'{"data":{"viewer":{"role":"OWNER"')


async def test_a_subscription_tells_its_events(engine, asker):
    asked = Asked("subscription { readingsRecorded(filter: {}, snapshot: true) { caughtUp cursor } }")
    operation = await engine.prepare(asked, asker.context)
    assert operation.kind == "subscription"
    async with aclosing(await engine.subscribe(operation, asker.context)) as events:
        answer = as_read(await anext(events))
    assert answer.errors is None
    assert answer.data["readingsRecorded"]["caughtUp"] is True
    assert asker.context.feed.followers == 0


async def test_a_subscription_that_cannot_begin_is_refused_with_its_code(engine, asker):
    asked = Asked("subscription { readingsRecorded(filter: {}, maxBatch: 0) { cursor } }")
    operation = await engine.prepare(asked, asker.context)
    with pytest.raises(RequestError) as refused:
        await engine.subscribe(operation, asker.context)
    assert refused.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "payload",
    [None, 5, "x", [], {}, {"query": 5}, {"query": "{a}", "variables": []},
     {"query": "{a}", "operationName": 1}, {"query": "{a}", "extensions": "x"}, {"documentId": "x" * 300}],
)  # fmt: skip
def test_what_has_not_the_shape_of_a_request_is_refused(payload):
    with pytest.raises(RequestError) as refused:
        asked_of(payload)
    (error,) = refused.value.errors
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["message"].endswith(".")


def test_a_request_is_read_from_json():
    assert asked_of({"query": "{a}", "variables": None}) == Asked("{a}")
    assert asked_of({"documentId": "sha256:ab", "operationName": ""}) == Asked(None, "sha256:ab")


@pytest.mark.parametrize(
    ("query", "more", "said"),
    [
        ("", {}, "Syntax Error"),
        ("{ viewer", {}, "Syntax Error"),
        ("{ nothing }", {}, "Cannot query field 'nothing'"),
        ("{ __typename } fragment F on Query { viewer { role } }", {}, "Fragment 'F' is never used"),
        ("query A { viewer { role } } query B { viewer { role } }", {}, "operationName"),
        ("query A { viewer { role } }", {"operation_name": "B"}, "no operation named 'B'"),
        ("query A($id: ID!) { node(id: $id) { id } }", {}, "Variable '$id'"),
        ("query A($id: ID!) { node(id: $id) { id } }", {"variables": {"id": [1]}}, "Variable '$id'"),
        ("{ node(id: 1) " + "{ site " * 3_000, {}, "nested too deeply"),
        ("query A($id: ID!) { node(id: $id) { id } }", {"variables": {"id": NESTED}}, "nested too deeply"),
    ],
)
async def test_what_cannot_be_executed_is_refused_before_anything_is(engine, asker, query, more, said):
    assert said in await refusal(engine, asker, query, **more)


async def test_an_unexpected_failure_is_masked_and_an_expected_one_is_not(engine, asker, monkeypatch):
    for error, code in (
        (RuntimeError("the password is hunter2"), "INTERNAL"),
        (UnavailableError("Away."), "UNAVAILABLE"),
    ):

        async def fails(_self, error=error):
            raise error

        operation = await engine.prepare(Asked("{ viewer { role } }"), asker.context)
        monkeypatch.setattr("twinql.context.Context.membership", fails)
        (shown,) = (await engine.execute(operation, asker.context)).errors
        monkeypatch.undo()
        assert shown["extensions"]["code"] == code
        assert "hunter2" not in shown["message"]


async def test_nothing_of_an_event_is_kept(engine_of_events):
    engine, context = engine_of_events
    operation = await engine.prepare(Asked("subscription { ticks { inner { number } } }"), context)
    async with aclosing(await engine.subscribe(operation, context)) as events:
        for number in range(100):
            assert (await anext(events)).data == {"ticks": {"inner": {"number": number}}}
    assert operation.executor._relevant_sub_fields == {}


@pytest.mark.parametrize("value", ["1" * 5_000, "1e999", "-1e400"])
async def test_numbers_beyond_all_numbers_are_refused_in_documents(asker, value):
    place = f'{{channelId: "x", observedAt: "2026-01-01T00:00:00Z", value: {value}}}'
    site = f'name: "x", timeZone: "UTC", attributes: {{a: {value}}}'
    for document in (
        f"mutation {{ recordReadings(input: {{readings: [{place}]}}) {{ userErrors {{ code }} }} }}",
        f"mutation {{ createSite(input: {{{site}}}) {{ userErrors {{ code }} }} }}",
        f"{{ sites(first: {value}) {{ nodes {{ id }} }} }}",
        f"{{ nodes(ids: [{value}]) {{ id }} }}",
    ):
        answer = await asker.answer(document)
        assert "INTERNAL" not in str(answer.errors), (document[:60], answer.errors)
