"""Rows of variables are coerced column by column to what graphql-core makes of them one by one, or are left to it."""

import math
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, Undefined
from graphql.utilities import coerce_input_value
from hypothesis import given
from hypothesis import strategies as st

from tests.asking import boundless
from twinql.api import make_schema, rows
from twinql.api.engine import core_of
from twinql.api.operation import Asked, RequestError
from twinql.api.rows import coerced_rows
from twinql.context import Context
from twinql.domain.columns import Columns
from twinql.domain.identity import Worker
from twinql.domain.instants import parse_instant

SCHEMA = make_schema()
KIND = core_of(SCHEMA).type_map["ReadingInput"]
assert isinstance(KIND, GraphQLInputObjectType)
ROWS = GraphQLList(GraphQLNonNull(KIND))
AT = "2026-01-01T00:00:00Z"
WHOLE = "mutation ($input: RecordReadingsInput!) { recordReadings(input: $input) { summary { recorded } } }"
INNER = "mutation ($rows: [ReadingInput!]!) { recordReadings(input: {readings: $rows}) { summary { recorded } } }"

ODD = st.sampled_from(
    [None, True, False, 0, 1, 1.0, -0.5, 1e300, math.inf, 2**70, "", "1", "GOOD", "KELVIN", AT, [], {}]
)
FIELDS = {
    "channelId": st.sampled_from(["a", "b", 1, "1"]) | ODD,
    "observedAt": st.sampled_from([AT, "2026-01-01T01:00:00.5+01:00", "2026-13-01T00:00:00Z", "2026-01-01"]) | ODD,
    "value": st.floats() | st.integers(-5, 5) | ODD,
    "unit": st.sampled_from(["WATT", "KELVIN", None, "GRAM"]) | ODD,
    "quality": st.sampled_from(["GOOD", "BAD"]) | ODD,
    "status": st.sampled_from(["ACTUAL", "ESTIMATED"]) | ODD,
    "nothing": ODD,
}


@st.composite
def tables(draw: st.DrawFn) -> list[Any]:
    """Rows, most of them of the same fields, and mostly right."""
    named = draw(st.sets(st.sampled_from(sorted(FIELDS)))) | {"channelId", "observedAt"}
    row = st.fixed_dictionaries({name: FIELDS[name] for name in sorted(named)})
    return draw(st.lists(row, min_size=1, max_size=4))


def opened(value: Any) -> Any:
    """Return a value with lists in the place of what is kept as columns."""
    if isinstance(value, dict):
        return {name: opened(each) for name, each in value.items()}
    return list(value) if isinstance(value, Columns) else value


@given(tables())
def test_rows_are_what_graphql_core_makes_of_them_or_are_left_to_it(table: list[Any]) -> None:
    quick, slow = coerced_rows(table, KIND), coerce_input_value(table, ROWS)
    assert quick is None if slow is Undefined else repr(list(quick or ())) == repr(slow)


@pytest.mark.parametrize("other", [{}, None, "a row", {"channelId": "a", "observedAt": AT, "value": 1.5}])
def test_rows_that_are_not_alike_are_left_to_graphql_core(other: Any) -> None:
    assert coerced_rows([{"channelId": "a", "observedAt": AT}, other], KIND) is None


def test_a_missing_field_takes_its_default() -> None:
    (row,) = coerced_rows([{"channelId": "a", "observedAt": AT}], KIND) or []
    assert row == coerce_input_value({"channelId": "a", "observedAt": AT}, KIND)
    assert row["observedAt"] == parse_instant(AT)


@pytest.mark.parametrize(("document", "place"), [(WHOLE, "input"), (INNER, "rows")])
@pytest.mark.parametrize("wrong", [{}, {"value": "much"}, {"observedAt": "noon"}, {"when": AT}, {"value": 2.5}])
async def test_an_operation_has_the_same_rows_and_the_same_errors(
    document: str, place: str, wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, context = boundless(SCHEMA), Context(database=None, actor=Worker("nobody"), now=None, feed=None)  # type: ignore[arg-type]
    monkeypatch.setattr(engine, "_admission", None)
    table = [{"channelId": "a", "observedAt": AT, "value": 1.0}] * 150 + [
        {"channelId": "b", "observedAt": AT, "value": 2.0} | wrong
    ]
    variables = {place: {"readings": table, "dryRun": True} if place == "input" else table}

    async def told() -> Any:
        try:
            operation = await engine.prepare(Asked(document, variables=variables), context)
        except RequestError as error:
            return error.errors
        return {name: opened(value) for name, value in operation.executor.variable_values.coerced.items()}

    quick = await told()
    monkeypatch.setattr(rows, "FEW", 10**9)
    assert quick == await told()
