"""What comes over HTTP and is no GraphQL request is answered in GraphQL's own form, with what to do."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from twinql.api import GraphEndpoint

JSON = {"content-type": "application/json"}
SUBSCRIPTION = "subscription { readingsRecorded(filter: {}) { cursor } }"
RECORD = "mutation ($value: Float) { recordReadings(input: { readings: [] }) { userErrors { code } } }"


class Server:
    """The endpoint over HTTP, and the codes of the errors that it counted."""

    def __init__(self, client: httpx.AsyncClient, counted: list[str]) -> None:
        self.client, self.counted = client, counted

    async def error(self, body: str | bytes, status: int = 400) -> str:
        answer = await self.client.post("/", content=body, headers=JSON)
        assert answer.status_code == status
        return self.only_error(answer)

    def only_error(self, answer: httpx.Response) -> str:
        (error,) = answer.json()["errors"]
        assert error["extensions"] == {"code": "BAD_REQUEST", "retryable": False}
        assert self.counted == ["BAD_REQUEST"]
        assert error["message"].endswith(".")
        return str(error["message"])


@pytest.fixture
async def server(asker) -> AsyncIterator[Server]:
    counted: list[str] = []
    endpoint = GraphEndpoint(asker.schema, lambda _request_id: asker.context, counted.append)
    transport = httpx.ASGITransport(endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Server(client, counted)


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_numbers_that_json_does_not_have(server, token):
    said = await server.error(f'{{"query": {json.dumps(RECORD)}, "variables": {{"value": {token}}}}}')
    assert said.startswith("This is no JSON")
    assert "no NaN and no Infinity" in said


@pytest.mark.parametrize("body", ["", "{", b"\xff\xfe", "[" * 100_000, '{"query": "{ viewer { role } }"} {}'])
async def test_what_is_no_json(server, body):
    assert (await server.error(body)).startswith("This is no JSON")


@pytest.mark.parametrize("body", ["null", '"text"', "5", "true", "{}", '{"query": null}', '{"query": ""}'])
async def test_json_without_a_query(server, body):
    assert await server.error(body) == (
        'No GraphQL query found in the request: send an object such as {"query": "{ viewer { subject } }"}.'
    )


async def test_several_operations_in_a_list(server):
    assert "one operation in each request" in await server.error("[]")


async def test_a_form(server):
    answer = await server.client.post("/", data={"query": "{ viewer { role } }"})
    assert answer.status_code == 400
    assert "Content-Type: application/json" in server.only_error(answer)


async def test_a_method_that_means_nothing_here(server):
    answer = await server.client.put("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert "GET and POST" in server.only_error(answer)


async def test_a_mutation_in_an_address(server):
    answer = await server.client.get("/", params={"query": RECORD})
    assert answer.status_code == 400
    assert "send them with POST" in server.only_error(answer)


async def test_variables_in_an_address_may_be_null_and_must_be_json(server):
    query = "{ viewer { role } }"
    for variables in ("null", "{}"):
        answer = await server.client.get("/", params={"query": query, "variables": variables})
        assert answer.json() == {"data": {"viewer": {"role": "OWNER"}}}
    answer = await server.client.get("/", params={"query": query, "variables": "{a: 1}"})
    assert server.only_error(answer).startswith("This is no JSON")


async def test_a_subscription_without_a_socket(server):
    assert "open a WebSocket" in await server.error(json.dumps({"query": SUBSCRIPTION}))


async def test_an_operation_that_is_nested_beyond_all_bounds(server):
    said = await server.error(json.dumps({"query": "{ node(id: 1) " + "{ site " * 20_000}), 200)
    assert said == "The operation is nested too deeply; ask for less at once."


async def test_which_of_several_operations_is_meant_must_be_said(server):
    two = "query A { viewer { role } } query B { viewer { subject } }"
    assert "operationName" in await server.error(json.dumps({"query": two}), 200)
    answer = await server.client.post("/", json={"query": two, "operationName": "B"})
    assert answer.json() == {"data": {"viewer": {"subject": "acme-owner"}}}
