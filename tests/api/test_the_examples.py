"""The operations in GraphiQL's first tab run as they are, with the variables that the page fills in."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, build_schema, parse, validate

from tests.served import ROOT, Served, served
from twinql.api import make_schema

APP = ROOT / "twinql" / "app"
EXAMPLES = (APP / "examples.graphql").read_text()
STARTING_POINTS = (APP / "starting_points.graphql").read_text()
OPERATIONS = [each for each in parse(EXAMPLES).definitions if isinstance(each, OperationDefinitionNode)]
NAMES = {each.name.value: each for each in OPERATIONS if each.name}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("demo") / "data", TWINQL_DEMO_HISTORY_DAYS="2") as running:
        yield running


def _ask(demo: Served, **body: Any) -> Any:
    answer = demo.client.post("/graphql", json=body).json()
    assert "errors" not in answer, answer
    return answer["data"]


def _first_id(listed: dict[str, Any]) -> str | None:
    node = next(iter(listed["nodes"]), None)
    return None if node is None else _first_id(node["channels"]) if "channels" in node else node["id"]


@pytest.fixture(scope="module")
def variables(demo: Served) -> dict[str, Any]:
    points = {name: _first_id(listed) for name, listed in _ask(demo, query=STARTING_POINTS).items()}
    assert all(points.values()), points
    now = datetime.now(UTC)

    def since(days: int) -> dict[str, str]:
        return {"from": (now - timedelta(days=days)).isoformat(), "until": now.isoformat()}

    once = {"stopKey": "stop", "startKey": "start", "serialNumber": "HP 1"}
    return {**points, **once, "now": now.isoformat(), "day": since(1), "week": since(7)}


def test_every_example_is_valid_and_uses_only_what_the_page_fills_in() -> None:
    schema = build_schema(make_schema().as_str())
    assert not validate(schema, parse(EXAMPLES))
    assert not validate(schema, parse(STARTING_POINTS))
    points = re.findall(r"^  (\w+):", STARTING_POINTS, flags=re.MULTILINE)
    asked = {each.variable.name.value for operation in OPERATIONS for each in operation.variable_definitions or ()}
    assert asked <= {*points, "now", "day", "week", "stopKey", "startKey", "serialNumber"}


@pytest.mark.parametrize("name", [n for n, each in NAMES.items() if each.operation is not OperationType.SUBSCRIPTION])
def test_an_example_is_answered(demo: Served, variables: dict[str, Any], name: str) -> None:
    data = _ask(demo, query=EXAMPLES, operationName=name, variables=variables)
    for field, answer in data.items():
        assert answer, field
        assert not answer.get("userErrors"), answer


def test_the_query_of_the_readme_is_answered_as_it_says(demo: Served) -> None:
    readme = (ROOT / "README.md").read_text()
    query, loop = re.findall(r"```graphql\n(.*?)```", readme, flags=re.DOTALL)
    assert not validate(build_schema(make_schema().as_str()), parse(loop))
    (answer,) = re.findall(r"```json\n(.*?)```", readme, flags=re.DOTALL)
    assert _shape(_ask(demo, query=query)) == _shape(json.loads(answer)["data"])


def _shape(value: Any) -> Any:
    """What an answer says apart from measured values and times."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items() if name not in {"value", "observedAt"}}
    return [_shape(each) for each in value] if isinstance(value, list) else value
