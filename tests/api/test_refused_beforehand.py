"""What is too much is refused before anything is read, with its limit; and no document is read twice."""

from dataclasses import replace
from datetime import UTC, datetime
from inspect import signature
from itertools import count
from types import SimpleNamespace

import httpx
import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type

from schema.declared import LISTED
from tests.edge import served
from tests.gates import NamedGate
from tests.talk import talking
from twinql.api import Engine, GraphEndpoint, Services, documents
from twinql.api.engine import core_of
from twinql.api.outsized import MOST_OF_A_PAGE, MOST_OF_PAGES
from twinql.context import Context
from twinql.domain.global_id import encode
from twinql.errors import InvalidInputError
from twinql.settings import Settings

CENTURY = 'during: {from: "1926-01-01T00:00:00Z", until: "2026-01-01T00:00:00Z"}'
WHO = "query Who { viewer { subject } }"


@pytest.fixture
def member(asker):
    """The owner, asking a server with its usual limits."""
    return replace(asker, engine=Engine.of(asker.schema, Settings(), introspection=True))


@pytest.mark.parametrize(
    ("asked", "code", "limit"),
    [
        ("sites(first: 100000) { nodes { id } }", "BAD_USER_INPUT", "0 to 500 items, and 100,000 were"),
        ("sites { nodes { meters(last: 9999) { nodes { id } } } }", "BAD_USER_INPUT", "0 to 500 items"),
        ("channel(id: $id) { readings(first: 1000000000) { nodes { value } } }", "BAD_USER_INPUT", "0 to 2,000 items"),
        ("channel(id: $id) { forecasts(first: 101) { nodes { id } } }", "BAD_USER_INPUT", "0 to 100 items"),
        (f"{'a: sites { nodes { meters { nodes { site { ' * 6}id{' } } } } }' * 6}", "BAD_REQUEST", "20 levels"),
        ("sites { nodes { channels { nodes { readings { nodes { id } } } } } }", "COST_LIMIT_EXCEEDED", "250,000"),
        (f"channel(id: $id) {{ series({CENTURY}, bucket: PT15M) {{ values }} }}", "RANGE_TOO_LARGE", "1,000 points"),
        (
            f"channel(id: $id) {{ series({CENTURY}, bucket: DAY, maxPoints: 10000) {{ values }} }}",
            "RANGE_TOO_LARGE",
            "ask for the bucket WEEK",
        ),
    ],
)
async def test_what_is_too_much_is_refused_before_any_statement_with_its_limit(member, asked, code, limit):
    await member.ask(WHO)  # whose budget it is, is known then
    document = f"query ($id: ID!) {{ channel(id: $id) {{ id }} ... on Query {{ {asked} }} }}"
    async with member.overhearing() as statements:
        answer = await member.answer(document, id=encode("Channel", member.world.channels["temperature"]))
    ((told, message),) = [(each["extensions"]["code"], each["message"]) for each in answer.errors]
    assert (answer.data, told) == (None, code)
    assert limit in message
    assert statements == []


async def test_the_longest_page_and_period_are_answered(member):
    during = 'during: {from: "2026-03-01T00:00:00Z", until: "2026-03-11T00:00:00Z"}'
    asked = f"readings(first: 2000) {{ nodes {{ value }} }} series({during}, bucket: PT15M) {{ values }}"
    key = encode("Channel", member.world.channels["temperature"])
    await member.ask(
        f"query ($id: ID!) {{ sites(last: 500) {{ nodes {{ id }} }} channel(id: $id) {{ {asked} }} }}", id=key
    )


def test_the_longest_pages_are_those_of_the_lists_themselves(schema):
    kinds = [
        each for each in core_of(schema).type_map.values() if isinstance(each, GraphQLObjectType | GraphQLInterfaceType)
    ]
    pages = {
        (name, field.extensions["strawberry-definition"])
        for kind in kinds
        for name, field in kind.fields.items()
        if "first" in field.args and get_named_type(field.type).name.endswith("Connection")
    }
    looked_at = {name for name, field in pages if LISTED in field.metadata}
    assert {name for name, _ in pages} == looked_at
    for name, field in pages:
        if LISTED in field.metadata:
            most, ask = MOST_OF_PAGES.get(name, MOST_OF_A_PAGE), field.base_resolver.wrapped_func
            parent = [SimpleNamespace(from_=None, until=None)] * ("self" in signature(ask).parameters)
            ask(*parent, first=most)
            with pytest.raises(InvalidInputError, match=f"0 to {most} items"):
                ask(*parent, first=most + 1)


async def test_a_document_is_read_once_for_http_and_websockets_and_a_trusted_one_not_at_all(
    asker, tmp_path, monkeypatch
):
    (tmp_path / "who.graphql").write_text(WHO)
    engine = Engine.of(asker.schema, Settings(trusted_documents=tmp_path), introspection=True)
    parsed, validated = count(), count()

    def counting(counter, work):
        return lambda *arguments, **more: (next(counter), work(*arguments, **more))[1]

    monkeypatch.setattr(documents, "parse", counting(parsed, documents.parse))
    monkeypatch.setattr(documents, "validate", counting(validated, documents.validate))

    def make_context(caller, *_):
        return Context(asker.context.database, caller.actor, datetime.now(UTC), asker.context.feed)

    services = Services(engine, NamedGate({"owner": asker.world.owner}), make_context, lambda _code: None)
    text = "{ viewer { subject role } }"
    async with served(GraphEndpoint(services)) as port:
        async with httpx.AsyncClient(headers={"authorization": "Bearer owner"}) as client:
            for body in ({"query": text}, {"query": text}, {"documentId": "who"}, {"query": WHO}):
                answer = await client.post(f"http://127.0.0.1:{port}/graphql", json=body)
                assert answer.json()["data"]["viewer"]["subject"] == asker.world.owner.subject
        async with talking(f"ws://127.0.0.1:{port}/graphql") as talk:
            await talk.greet(Authorization="Bearer owner")
            for name, document in (("text", text), ("trusted", WHO)):
                await talk.ask(name, document)
                event, _ = await talk.told(name)
                assert event["payload"]["data"]["viewer"]["subject"] == asker.world.owner.subject
    assert (next(parsed), next(validated)) == (1, 1)
