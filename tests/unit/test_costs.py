"""What operations cost, worked out by hand, and the budget they are taken from."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, get_introspection_query, parse
from graphql.execution.values import VariableValues, get_variable_values

from twinql.api import make_schema
from twinql.api.budget import Budget
from twinql.api.cost import Prices
from twinql.api.engine import core_of
from twinql.errors import RateLimitedError
from twinql.settings import Settings

SCHEMA = core_of(make_schema())
PRICES = Prices(SCHEMA)
ALIASES = " ".join(f"a{n}: __typename" for n in range(240))
APP = Path(__file__).parents[2] / "twinql" / "app"
JANUARY = '{from: "2026-01-01T00:00:00Z", until: "2026-01-31T00:00:00Z"}'


def costs(text: str, **variables: Any) -> list[int]:
    document = parse(text)
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    found = []
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            definitions = each.variable_definitions or ()
            names = {it.variable.name.value for it in definitions}
            given = {name: value for name, value in variables.items() if name in names}
            values = get_variable_values(SCHEMA, definitions, given)
            assert isinstance(values, VariableValues), values
            found.append(PRICES.of(each, fragments, values))
    return found


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ __typename }", 0),
        ("{ rateLimit { remaining } }", 0),
        ("{ meter(id: 1) { name serialNumber site { name } } }", 2),
        ("{ sites { nodes { name } } }", 1 + 50),
        ("{ sites(first: 10) { nodes { name } } }", 1 + 10),
        ("{ sites(last: 10) { edges { cursor node { name } } } }", 1 + 10),
        ("{ sites(first: 10) { totalCount } }", 1 + 10 + 10),
        ("{ sites(first: 10) { nodes { meters(first: 20) { nodes { site { name } } } } } }", 1 + 10 * (1 + 1 + 20 * 2)),
        ("{ channel(id: 1) { readings { nodes { value corrections { reason } } } } }", 1 + 1 + 100 * (1 + 5)),
        ('{ nodes(ids: ["a", "b", "c"]) { id ... on Channel { latest { value } } } }', 3 * 2),
        (f"{{ channel(id: 1) {{ series(during: {JANUARY}) {{ values }} }} }}", 1 + 1 + 100 + 3),
        (f"{{ channel(id: 1) {{ series(during: {JANUARY}, bucket: DAY) {{ values }} }} }}", 1 + 1 + 3 + 3),
        (f"{{ channel(id: 1) {{ statistics(during: {JANUARY}) {{ mean }} }} }}", 1 + 1 + 3),
        (f"{{ meter(id: 1) {{ cost(during: {JANUARY}) {{ total lines {{ band }} }} }} }}", 1 + 1 + 3 + 25),
        (f"{{ site(id: 1) {{ cost(during: {JANUARY}) {{ total meters {{ cost {{ total }} }} }} }} }}", 2 + 60 + 40),
        ("{ sites @include(if: false) { nodes { id } } meter(id: 1) { id } }", 1),
        ("{ ...F } fragment F on Query { sites(first: 5) { ...N } } fragment N on SiteConnection { nodes { id } }", 6),
        ("{ sites(first: -3) { nodes { id } } }", 1),
        (f"{{ sites(first: 7) {{ nodes {{ {ALIASES} }} }} }}", 1 + 7 * (1 + 22)),
        (
            f"{{ meter(id: 1) {{ name ...F ...F }} }} fragment F on Meter {{ {ALIASES} }}",
            1 + (1 + 2 * 240 - 20 + 9) // 10,
        ),
        (f"{{ channel(id: 1) {{ series(during: {JANUARY}) {{ {ALIASES} }} }} }}", 1 + 1 + 103 + 22 * 103),
        (f"{{ {ALIASES} }}", 22),
    ],
)
def test_the_cost_of_a_query(text: str, cost: int) -> None:
    assert costs(text) == [cost]


def test_arguments_count_when_they_come_as_variables() -> None:
    text = (
        "query ($first: Int, $deep: Boolean! = false) "
        "{ sites(first: $first) { nodes { id meters @include(if: $deep) { nodes { id } } } } }"
    )
    assert costs(text, first=7) == [8]
    assert costs(text, first=7, deep=True) == [1 + 7 * (1 + 51)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"query ($n: Int = 3) {{ channel(id: 1) {{ series(during: {JANUARY}, maxPoints: $n) {{ unit }} }} }}", "n"),
        (f"query ($p: PeriodInput = {JANUARY}) {{ channel(id: 1) {{ gaps(during: $p) {{ missing }} }} }}", "p"),
    ],
)
def test_a_field_that_cannot_be_resolved_costs_nothing(text: str, name: str) -> None:
    assert costs(text)[0] > 1
    assert costs(text, **{name: None}) == [1]


def test_a_mutation_costs_by_the_rows_of_its_input() -> None:
    row = {"channelId": "x", "observedAt": "2026-01-01T00:00:00Z", "value": 1.0}
    text = "mutation ($rows: [ReadingInput!]!) { recordReadings(input: {readings: $rows}) { summary { recorded } %s } }"
    assert costs(text % "", rows=[row] * 100) == [10 + 1 + 100]
    assert costs(text % "outcomes { index }", rows=[row] * 100) == [10 + 1 + 200]
    assert costs(text % "outcomes { index }", rows=[row] * 10_000)[0] < Settings().cost_limit


def test_a_budget_that_is_used_up_keeps_no_emergency_stop_waiting() -> None:
    text = 'mutation {{ triggerEmergencyStop(input: {{siteId: "s", reason: "Smoke"}}) {{ cancelled {} }} }}'
    stopped = "emergencyStop { triggeredAt }"
    assert [costs(text.format(each)) for each in ("userErrors { message }", stopped)] == [[0], [1]]


def test_lists_within_lists_are_beyond_what_one_operation_may_cost() -> None:
    deep = "{ channel(id: 1) { " + "asset { channels { nodes { " * 4 + "id" + " } } }" * 4 + " } }"
    assert costs(deep)[0] > Settings().cost_limit


def test_what_the_page_and_tools_send_is_well_within() -> None:
    week = {"from": "2026-01-01T00:00:00Z", "until": "2026-01-08T00:00:00Z"}
    names = ("meter", "machine", "temperature", "outside", "site", "switch", "tariff")
    names += ("stopKey", "startKey", "serialNumber")
    given = dict.fromkeys(names, "x") | {"day": week, "week": week, "now": week["from"]}
    found = costs((APP / "examples.graphql").read_text(), **given)
    found += costs((APP / "starting_points.graphql").read_text())
    found += costs(get_introspection_query(input_value_deprecation=True))
    assert len(found) > 15
    assert max(found) < Settings().cost_limit / 5


def test_doubling_fragments_are_priced_in_one_pass() -> None:
    text = "{ ...F0 }" + " ".join(
        f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(200)
    ) + " fragment F200 on Query { viewer { role } }"  # fmt: skip
    assert costs(text) == [2**200]


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_budget_refills_all_the_time_and_each_has_its_own() -> None:
    clock = Clock()
    budget = Budget(600, clock)
    assert budget.spend("acme", 500).remaining == 100
    with pytest.raises(RateLimitedError) as refused:
        budget.spend("acme", 150)
    assert refused.value.retry_after_s == pytest.approx(5.0)
    assert budget.spend("other", 600).remaining == 0
    clock.now_s = 5.0
    state = budget.spend("acme", 150)
    assert (state.limit, state.remaining) == (600, 0)
    assert state.reset_at - datetime.now(UTC) == pytest.approx(timedelta(minutes=1), abs=timedelta(seconds=5))
    clock.now_s = 500.0
    assert budget.state("acme").remaining == 600
