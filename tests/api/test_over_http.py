"""GraphQL over HTTP: media types, status codes, and what is answered to requests that are none."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.gates import NamedGate
from twinql.api import Engine, GraphEndpoint, Services
from twinql.api.media_types import EVENT_STREAM, GRAPHQL, JSON, answered_type, is_json
from twinql.errors import RateLimitedError, UnavailableError
from twinql.settings import Settings

QUERY = "{ viewer { role } }"
SUBSCRIPTION = "subscription { readingsRecorded(filter: {}) { cursor } }"
RECORD = "mutation { recordReadings(input: { readings: [] }) { userErrors { code } } }"
INVALID = ("", "{", "{ nothing }", "query ($id: ID!) { node(id: $id) { id } }", f"query A {QUERY} query B {QUERY}")


class Server:
    """The endpoint over HTTP, asked as the owner, and the codes of the errors that it counted."""

    def __init__(self, client: httpx.AsyncClient, counted: list[str]) -> None:
        self.client, self.counted = client, counted
        self.get, self.post = client.get, client.post

    async def error(self, body: str | bytes, status: int = 400, **headers: str) -> str:
        told = {"content-type": "application/json", **headers}
        answer = await self.client.post("/", content=body, headers=told)
        return self.only_error(answer, status)

    def only_error(self, answer: httpx.Response, status: int, code: str = "BAD_REQUEST") -> str:
        assert answer.status_code == status
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == code
        assert self.counted == [code]
        self.counted.clear()
        assert error["message"].endswith(".")
        return str(error["message"])


@pytest.fixture
async def server(asker, tmp_path) -> AsyncIterator[Server]:
    counted: list[str] = []
    gate = NamedGate({"owner": asker.world.owner})
    (tmp_path / "trusted.json").write_text(json.dumps({"who": QUERY, "record": RECORD}))
    settings = Settings(trusted_documents=tmp_path / "trusted.json")
    engine = Engine.of(asker.schema, settings, introspection=True)
    services = Services(engine, gate, lambda *_: asker.context, counted.append)
    transport = httpx.ASGITransport(GraphEndpoint(services))
    owner = {"authorization": "Bearer owner"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=owner) as client:
        yield Server(client, counted)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, application/json; charset=utf-8", GRAPHQL),
        (f"application/json, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, application/json;q=0.9", JSON),
        (f"{GRAPHQL};q=0.5, */*;q=0.1", GRAPHQL),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"*/*;q=0.1, {GRAPHQL};Q=0.05", JSON),
        ("application/json, text/plain, */*", JSON),
        (EVENT_STREAM, EVENT_STREAM),
        (f"{EVENT_STREAM}, multipart/mixed", EVENT_STREAM),
        (f"{EVENT_STREAM}, */*", EVENT_STREAM),
        (f"{EVENT_STREAM}, application/*", EVENT_STREAM),
        (f"{EVENT_STREAM}, application/json;q=0.9", EVENT_STREAM),
        (f"{EVENT_STREAM}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, {EVENT_STREAM}, multipart/mixed", GRAPHQL),
        (f"{EVENT_STREAM};q=0.5, */*", JSON),
        (f"{EVENT_STREAM};q=0", None),
        ("text/*", None),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;charset=latin-1", None),
        ("application/json;q=2", None),
        (",;=,/", None),
    ],
)
def test_the_answer_is_written_as_what_is_accepted_most(accept, chosen):
    assert answered_type(accept) == chosen


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ('Application/JSON ; Charset="UTF-8"', True),
        ("application/json; charset=utf-16", False),
        ("application/jsonp", False),
        ("text/plain; a=application/json", False),
        ("", False),
    ],
)
def test_only_json_in_utf_8_is_json(content_type, expected):
    assert is_json(content_type) is expected


async def test_what_cannot_be_written_as_accepted(server):
    answer = await server.post("/", json={"query": QUERY}, headers={"accept": "text/html"})
    assert GRAPHQL in server.only_error(answer, 406)


@pytest.mark.parametrize("query", INVALID)
async def test_a_request_error_is_200_to_old_clients_and_400_to_new_ones(server, query):
    for media_type, status in ((JSON, 200), (GRAPHQL, 400)):
        answer = await server.post("/", json={"query": query}, headers={"accept": media_type})
        assert answer.status_code == status
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert "data" not in answer.json()


async def test_partial_success_has_a_status_of_its_own_for_new_clients(server, monkeypatch):
    async def fails(*_args):
        raise UnavailableError("The database is away.")

    monkeypatch.setattr("twinql.api.passing.Passing.answer", fails)
    for media_type, status in ((JSON, 200), (GRAPHQL, 294)):
        answer = await server.post("/", json={"query": "{ sites { totalCount } }"}, headers={"accept": media_type})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, "UNAVAILABLE")
    assert server.counted == ["UNAVAILABLE"] * 2


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5_000])
async def test_numbers_that_json_does_not_have(server, token):
    said = await server.error(f'{{"query": {json.dumps(RECORD)}, "variables": {{"value": {token}}}}}')
    assert said.startswith("This is no JSON")
    assert "no NaN and no Infinity" in said


@pytest.mark.parametrize(
    "body",
    ["", "{", b"\xff\xfe", b'\xef\xbb\xbf{"query": ""}', b'{"query": "\xff"}', r'{"query": "\ud800"}', "[" * 10_000,
     '{"query": "{ viewer { role } }"} {}', "{'query': ''}"],
)  # fmt: skip
async def test_what_is_no_json(server, body):
    assert (await server.error(body)).startswith("This is no JSON")


@pytest.mark.parametrize(
    "body",
    ['{"query": "{a}", "query": "{b}"}', '{"query" :"{a}","query":"{b}"}', r'{"a\\": 1, "a\\": 2}',
     '{"query": "{a}", "variables": {"a": [{"b": 1, "b": 1}]}}', r'{"a": 1, "\u0061": 2}'],
)  # fmt: skip
async def test_the_same_name_twice_is_refused_since_readers_disagree_on_which_counts(server, body):
    for text in (body, f'{body[:-1]}, "more": "{"x" * 10_000}"}}'):
        assert "same name twice" in await server.error(text)


async def test_a_large_body_is_read_as_a_small_one_is(server):
    padding = "x" * 300_000
    for body, said in (
        (f'{{"a": "{padding}", "a": 1}}', "same name twice"),
        (f'{{"a": "{padding}"', "This is no JSON"),
    ):
        assert said in await server.error(body)
    answer = await server.post("/", json={"query": QUERY, "variables": {"a": padding}})
    assert answer.json()["data"] == {"viewer": {"role": "OWNER"}}


@pytest.mark.parametrize("text", [r"\":", r"\\\":", r"a\\", "a : b", r"\" : ", ":"])
async def test_a_text_that_looks_like_a_name_is_none(server, text):
    for more in ("", "x" * 10_000):
        variables = f'{{"{text}": "{text}", "b" : ["{text}", {{"{text}x": "{text}", "more": "{more}"}}]}}'
        body = f'{{"query": "{QUERY}", "variables": {variables}}}'
        answer = await server.post("/", content=body, headers={"content-type": "application/json"})
        assert answer.json()["data"] == {"viewer": {"role": "OWNER"}}


@pytest.mark.parametrize("body", ["null", '"text"', "5", "true"])
async def test_json_that_is_no_object(server, body):
    assert await server.error(body) == 'A request is an object such as {"query": "{ viewer { subject } }"}; send one.'


@pytest.mark.parametrize("body", ["{}", '{"query": null}'])
async def test_json_without_a_query(server, body):
    assert (await server.error(body)).startswith("No GraphQL query found in the request")


async def test_several_operations_in_a_list(server):
    assert "one operation in each request" in await server.error("[]")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql",
     "application/json; charset=utf-16"],
)  # fmt: skip
async def test_a_body_that_a_page_may_send_without_asking_is_not_read(server, content_type):
    said = await server.error(json.dumps({"query": QUERY}), 415, **{"content-type": content_type})
    assert "Content-Type: application/json" in said


async def test_a_method_that_means_nothing_here(server):
    answer = await server.client.put("/")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert "GET and POST" in server.only_error(answer, 405)
    options = await server.client.options("/")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


async def test_a_mutation_in_an_address(server):
    answer = await server.get("/", params={"query": RECORD})
    assert answer.headers["allow"] == "POST"
    assert "send them by POST" in server.only_error(answer, 405)


async def test_a_query_in_an_address(server):
    two = f"query A {QUERY} query B {{ viewer {{ subject }} }}"
    answer = await server.get("/", params={"query": two, "operationName": "B", "variables": "null", "extensions": "{}"})
    assert (answer.status_code, answer.json()["data"]) == (200, {"viewer": {"subject": "acme-owner"}})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("query={a}&variables={a:1}", "This is no JSON"),
        ("query={a}&variables=5", "`variables` is an object"),
        ("query={a}&query={b}", "same parameter twice"),
        ("query=%ff", "cannot be read"),
        ("query=%ed%a0%80", "cannot be read"),
        ("&".join(f"x{n}=" for n in range(50)), "cannot be read"),
        ("", "No GraphQL query found"),
    ],
)
async def test_an_address_that_is_no_request(server, address, said):
    assert said in server.only_error(await server.get(f"/?{address}"), 400)


async def test_a_subscription_without_a_socket(server):
    assert "open a WebSocket" in await server.error(json.dumps({"query": SUBSCRIPTION}))


async def test_whom_nobody_vouches_for_is_told_nothing_but_how_to_come_in(server):
    bodies = set()
    for token in ("Bearer stranger", "Basic b3duZXI=", ""):
        for body in (json.dumps({"query": QUERY}), "{"):
            headers = {"authorization": token, "content-type": "application/json"}
            answer = await server.post("/", content=body, headers=headers)
            assert answer.headers["www-authenticate"] == "Bearer"
            server.only_error(answer, 401, "UNAUTHENTICATED")
            bodies.add(answer.content)
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (RateLimitedError("Wait.", retry_after_s=2.5), 429, {"retry-after": "3"}),
        (UnavailableError("The keys are out of reach."), 503, {}),
    ],
)
async def test_what_keeps_somebody_out_for_now(server, monkeypatch, error, status, headers):
    async def admit(*_args):
        raise error

    monkeypatch.setattr(NamedGate, "admit", admit)
    answer = await server.get("/", params={"query": QUERY})
    assert headers.items() <= answer.headers.items()
    server.only_error(answer, status, error.code)


@pytest.mark.parametrize(
    ("site", "origin", "status"),
    [
        ("cross-site", None, 403),
        ("same-site", None, 403),
        ("cross-site", "http://localhost:3000", 200),
        ("same-origin", None, 200),
        ("none", None, 200),
    ],
)
async def test_a_link_or_an_image_of_another_site_asks_nothing(server, site, origin, status):
    headers = {"sec-fetch-site": site} | ({"origin": origin} if origin else {})
    answer = await server.get("/", params={"query": QUERY}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert "fetch" in server.only_error(answer, 403, "FORBIDDEN")


async def test_a_trusted_query_is_answered_once_for_as_long_as_its_data_stay_the_same(server, asker, monkeypatch):
    first = await server.get("/", params={"documentId": "who"})
    assert (first.status_code, first.json()["data"]) == (200, {"viewer": {"role": "OWNER"}})
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Accept, Authorization, X-Organisation"
    tag = first.headers["etag"]
    # What it cost is told anew each time, and changes nothing.
    for known, status in ((tag, 304), (f'"x", {tag.removeprefix("W/")}', 304), ("*", 304), ('W/"x"', 200)):
        again = await server.get("/", params={"documentId": "who"}, headers={"if-none-match": known})
        assert (again.status_code, again.headers["etag"]) == (status, tag)
        assert bool(again.content) is (status == 200)
    viewer = asker.as_user(asker.world.viewer).context
    monkeypatch.setattr(asker.context, "actor", viewer.actor)
    other = await server.get("/", params={"documentId": "who"}, headers={"if-none-match": tag})
    assert (other.status_code, other.json()["data"]) == (200, {"viewer": {"role": "VIEWER"}})


async def test_only_trusted_queries_in_an_address_are_kept_by_anybody(server):
    posted = await server.post("/", json={"query": "", "documentId": "who"})
    other = await server.get("/", params={"query": "{ viewer { subject } }"})
    for answer in (posted, other):
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert "etag" not in answer.headers
    unknown = await server.get("/", params={"documentId": "nobody"}, headers={"accept": GRAPHQL})
    server.only_error(unknown, 400, "PERSISTED_QUERY_NOT_FOUND")
    server.only_error(await server.get("/", params={"documentId": "record"}), 405)
