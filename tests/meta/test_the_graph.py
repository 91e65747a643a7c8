"""What the graph promises: every part of it is described, named alike inside and out, and bound to a role."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from resolvers.mutation import Mutation
from schema.payload import DEVICES, NEEDS, Guarded, Payload
from subscriptions.subscription import Subscription
from twinql.api import make_schema, sdl_of
from twinql.domain.membership import Role, Who

GRAPH = make_schema()
# Read back from its own language, as every caller sees it.
SDL: GraphQLSchema = build_schema(sdl_of(GRAPH))
OURS = {name: kind for name, kind in SDL.type_map.items() if not name.startswith("__")}
BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}
SENTENCE = re.compile(r"\S.*[.?]", re.DOTALL)


def _described() -> Iterator[tuple[str, str | None]]:
    for name, kind in OURS.items():
        if name in BUILT_IN:
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", each.description) for value, each in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            yield from ((f"{name}.{field}", each.description) for field, each in kind.fields.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, each in kind.fields.items():
                yield from ((f"{name}.{field}({it})", argument.description) for it, argument in each.args.items())


def test_every_part_of_the_graph_is_described_in_sentences() -> None:
    missing = [name for name, text in _described() if not SENTENCE.fullmatch(text or "")]
    assert missing == []


def test_a_class_and_its_graphql_type_have_one_name() -> None:
    names = {}
    for name, kind in GRAPH.schema_converter.type_map.items():
        origin = getattr(kind.definition, "origin", None) or getattr(kind.definition, "wrapped_cls", None)
        if isinstance(origin, type) and getattr(kind.definition, "concrete_of", None) is None:
            names[name] = origin.__name__
    assert len(names) > 50
    assert [name for name, its_class in names.items() if its_class != name] == []


def test_inputs_and_payloads_are_called_so() -> None:
    inputs = [name for name, kind in OURS.items() if isinstance(kind, GraphQLInputObjectType)]
    assert [name for name in inputs if not name.endswith(("Input", "Filter"))] == []
    outputs = [name for name, kind in OURS.items() if isinstance(kind, GraphQLObjectType)]
    assert [name for name in outputs if name.endswith(("Type", "Input"))] == []


FIELDS = {field.python_name: field for field in get_object_definition(Mutation, strict=True).fields}


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_mutation_declares_who_may_call_it(name: str) -> None:
    assert isinstance(FIELDS[name].metadata[NEEDS], Role | Who)
    assert isinstance(FIELDS[name].metadata[DEVICES], bool)
    assert "Needs " in FIELDS[name].description


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_no_mutation_goes_past_the_guard_that_has_it_audited(name: str) -> None:
    first = FIELDS[name].extensions[0]
    assert isinstance(first, Guarded)
    assert first.needs is FIELDS[name].metadata[NEEDS]


def test_a_device_may_do_what_a_device_does_and_nothing_else() -> None:
    meant = {"record_readings", "report_command"}
    assert {name for name, field in FIELDS.items() if field.metadata[DEVICES]} == meant


@pytest.mark.parametrize("field", get_object_definition(Subscription, strict=True).fields, ids=lambda it: it.name)
def test_every_subscription_declares_who_may_follow(field: StrawberryField) -> None:
    assert isinstance(field.metadata[NEEDS], Role)
    assert isinstance(field.metadata[DEVICES], bool)
    assert "Needs the role " in field.description


def test_every_subscription_tells_where_to_go_on_and_what_it_could_not_tell() -> None:
    subscription = SDL.subscription_type
    assert subscription is not None
    for name, field in subscription.fields.items():
        assert "after" in field.args, name
        told = SDL.type_map[str(field.type).rstrip("!")]
        assert isinstance(told, GraphQLObjectType)
        assert {"cursor", "caughtUp", "gap"} <= set(told.fields), name


def test_every_mutation_takes_one_input_and_answers_a_payload_of_its_own() -> None:
    mutation = SDL.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        title = name[0].upper() + name[1:]
        assert list(field.args) == ["input"], name
        assert str(field.args["input"].type) == f"{title}Input!", name
        assert str(field.type) == f"{title}Payload!", name
        assert [str(each) for each in field.type.of_type.interfaces] == ["Payload"], name


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_payload_can_be_made_of_user_errors_alone(name: str) -> None:
    payload = get_type_hints(FIELDS[name].base_resolver.wrapped_func)["return"]
    assert issubclass(payload, Payload)
    assert payload(user_errors=[]).user_errors == []


def test_every_list_of_nodes_is_a_connection_that_can_be_paged() -> None:
    for name, kind in OURS.items():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for field, each in kind.fields.items():
            if str(each.type).rstrip("!").endswith("Connection"):
                assert {"first", "after", "last", "before"} <= set(each.args), f"{name}.{field}"


def test_the_schema_file_is_what_the_code_says() -> None:
    written = (Path(__file__).resolve().parents[2] / "schema.graphql").read_text(encoding="utf-8")
    assert written == sdl_of(GRAPH), "run `make schema` and commit the result"
