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
MACHINE = "mutation ($input: CreateMachineInput!) { createMachine(input: $input) { machine { id } } }"
NAMES = {each.name.value: each for each in OPERATIONS if each.name}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the demo, with a site and a machine before its own that have nothing to look at."""
    with served(tmp_path_factory.mktemp("demo") / "data", TWINQL_DEMO_HISTORY_DAYS="2") as running:
        site = _ask(
            running, query='mutation { createSite(input: { name: "A desk", timeZone: "UTC" }) { site { id } } }'
        )
        made = {"siteId": site["createSite"]["site"]["id"], "name": "A computer"}
        _ask(running, query=MACHINE, variables={"input": made})
        yield running


def _ask(demo: Served, **body: Any) -> Any:
    answer = demo.client.post("/graphql", json=body).json()
    assert "errors" not in answer, answer
    return answer["data"]


def _first(listed: dict[str, Any]) -> dict[str, Any]:
    """Find what the page finds: the first node, or the first one that has a channel."""
    return next(node for node in listed["nodes"] if "channels" not in node or node["channels"]["nodes"])


def _first_id(listed: dict[str, Any]) -> str:
    found = _first(listed)
    identity: str = (found["channels"]["nodes"][0] if "channels" in found else found)["id"]
    return identity


@pytest.fixture(scope="module")
def variables(demo: Served) -> dict[str, Any]:
    listed = _ask(demo, query=STARTING_POINTS)
    points = {name: _first_id(each) for name, each in listed.items()}
    points |= {"site": _first(listed["outside"])["id"], "machine": _first(listed["temperature"])["id"]}
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
