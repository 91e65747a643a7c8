"""An operation's way through the engine, over a real database."""

from contextlib import aclosing

import orjson
import pytest

from twinql.api.engine import Engine
from twinql.api.operation import Asked, RequestError, asked_of
from twinql.errors import UnavailableError

NESTED = orjson.loads("[" * 1_000 + "]" * 1_000)


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
        answer = await anext(events)
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
