"""What an operation costs, what is left, who may look at the graph itself, and documents that are trusted."""

import json
from hashlib import sha256
from uuid import uuid4

import pytest
from graphql import get_introspection_query, get_variable_values, parse

from twinql.api import Engine
from twinql.api.cost import Prices
from twinql.api.operation import Asked, RequestError, asked_of
from twinql.domain.identity import User
from twinql.errors import InvalidInputError
from twinql.settings import Settings

STRANGER = User("https://issuer.test", "nobody-we-know")
SITES = "query Sites($first: Int) { sites(first: $first) { nodes { name } } }"
SITES_HASH = sha256(SITES.encode()).hexdigest()


@pytest.fixture
def engine_of(schema):
    def make(*, introspection=True, **settings):
        return Engine.of(schema, Settings(**settings), introspection=introspection)

    return make


async def refused(engine, context, query, **more):
    with pytest.raises(RequestError) as refusal:
        await engine.prepare(Asked(query, **more), context)
    (error,) = refusal.value.errors
    assert error["message"].endswith("."), error
    return refusal.value, error["extensions"]


async def answered(engine, context, query, **more):
    operation = await engine.prepare(Asked(query, **more), context)
    answer = await engine.execute(operation, context)
    assert answer.errors is None, answer.errors
    return answer


async def test_an_answer_tells_its_cost_and_what_is_left(engine_of, asker):
    engine = engine_of(cost_budget=1_000)
    first = await answered(engine, asker.context, SITES, variables={"first": 9})
    assert {"requested": 10, "limit": 1_000, "remaining": 990}.items() <= first.extensions["cost"].items()
    assert first.extensions["cost"]["resetAt"].endswith("Z")
    second = await answered(engine, asker.context, "{ rateLimit { limit remaining resetAt } }")
    assert second.extensions["cost"]["requested"] == 0
    assert second.data["rateLimit"]["limit"] == 1_000
    assert 990 <= second.data["rateLimit"]["remaining"] <= 1_000


PRICED = """
query ($first: Int = 3, $more: Int, $during: PeriodInput, $points: Int! = 100, $skip: Boolean!
  $ids: [ID!]! = ["a", "b"]) {
  sites(first: $first) { nodes {
    meters(first: $more) @skip(if: $skip) { nodes { channels(first: 2) { nodes {
      series(during: {from: "2026-01-01T00:00:00Z", until: "2026-03-01T00:00:00Z"}, maxPoints: $points) { values }
      readings(during: $during, first: $more) { nodes { value } }
    } } } }
  } }
  nodes(ids: $ids) { id }
}
"""
DURING = {"from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00+01:00"}
GIVEN = [
    {"skip": True},
    {"skip": False},
    {"skip": False, "more": 5, "first": None},
    {"skip": False, "more": 5},
    {"skip": True, "more": 5, "during": DURING},
    {"skip": False, "more": 7, "during": DURING, "points": 2000},
    {"skip": False, "more": 7, "during": None, "points": 2000, "ids": ["a"]},
    {"skip": False, "more": 7, "during": None, "points": 2000, "ids": ["a", "b", "c"]},
    {"skip": False, "more": 7, "during": None, "points": 2000, "ids": "a", "unknown": {"a": [1]}},
    {"skip": False, "points": 1, "unknown": 1},
]


async def test_what_is_kept_of_costs_and_variables_is_what_is_found_out_anew(engine_of, asker):
    engine = engine_of()
    parsed = parse(PRICED)
    prices = Prices(engine.schema)
    (operation,) = parsed.definitions
    found = []
    for given in GIVEN * 2 + GIVEN[::-1]:
        prepared = await engine.prepare(Asked(PRICED, variables=given), asker.context)
        values = get_variable_values(engine.schema, operation.variable_definitions, given)
        assert prepared.variables.coerced == values.coerced
        assert prepared.extensions["cost"]["requested"] == prices.of(operation, {}, values)
        found.append(prepared.extensions["cost"]["requested"])
    assert len(set(found)) > len(GIVEN) / 2
    for wrong in {}, {"skip": None}, {"skip": 1}, {"skip": True, "first": "1"}, {"skip": True, "during": {"from": "x"}}:
        with pytest.raises(RequestError):
            await engine.prepare(Asked(PRICED, variables=wrong), asker.context)


async def test_an_operation_that_costs_too_much_is_told_how_to_ask_for_less(engine_of, asker):
    engine = engine_of(cost_limit=100)
    refusal, told = await refused(engine, asker.context, SITES, variables={"first": 100})
    assert told == {"code": "COST_LIMIT_EXCEEDED", "retryable": False, "requested": 101, "limit": 100}
    assert "first" in refusal.errors[0]["message"]
    await answered(engine, asker.context, SITES, variables={"first": 99})


async def test_who_has_spent_all_is_told_when_to_come_back_and_others_are_not_held_up(engine_of, asker):
    engine = engine_of(cost_budget=100)
    colleague = asker.as_user(asker.world.viewer).context
    await answered(engine, asker.context, SITES, variables={"first": 90})
    refusal, told = await refused(engine, colleague, SITES, variables={"first": 90})
    assert (refusal.status, told["code"], told["retryable"]) == (429, "RATE_LIMITED", True)
    assert 0 < int(refusal.headers["retry-after"]) == told["retryAfter"] <= 60
    await answered(engine, asker.as_user(STRANGER).context, SITES, variables={"first": 90})


async def test_naming_another_organisation_opens_no_other_budget(engine_of, asker):
    engine = engine_of(cost_budget=100)
    one, other = (
        asker.as_user(User(STRANGER.issuer, STRANGER.subject, organisation=uuid4())).context for _ in range(2)
    )
    await answered(engine, one, SITES, variables={"first": 90})
    _, told = await refused(engine, other, SITES, variables={"first": 90})
    assert told["code"] == "RATE_LIMITED"


@pytest.mark.parametrize(
    "query", ["{ __schema { types { name } } }", '{ ...F } fragment F on Query { __type(name: "Site") { name } }']
)
async def test_members_alone_may_look_at_the_graph_where_it_is_closed(engine_of, asker, query):
    closed, stranger = engine_of(introspection=False), asker.as_user(STRANGER).context
    _, told = await refused(closed, stranger, query)
    assert told == {"code": "BAD_REQUEST", "retryable": False}
    await answered(closed, asker.context, query)
    await answered(closed, stranger, "{ __typename viewer { __typename } }")
    await answered(engine_of(), stranger, query)


async def test_what_client_tools_ask_of_the_graph_is_answered(engine_of, asker):
    answer = await answered(engine_of(), asker.context, get_introspection_query(input_value_deprecation=True))
    assert len(answer.data["__schema"]["types"]) > 100


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ viewr { role } }", {}),
        ("{ viewer { rol } }", {}),
        ("{ sites(frist: 1) { nodes { id } } }", {}),
        ("{ sites(filter: {serach: 1}) { nodes { id } } }", {}),
        ("{ sites(orderBy: NAME_ASCC) { nodes { id } } }", {}),
        ("query ($x: SiteFliter) { sites(filter: $x) { nodes { id } } }", {}),
        ("{ node(id: 1) { ... on Sites { id } } }", {}),
        ("{ node(id: 1) { ... Fra } } fragment Frag on Site { id }", {}),
        ("{ viewer @skp(if: true) { role } }", {}),
        ("query ($x: SiteFilter) { sites(filter: $x) { nodes { id } } }", {"x": {"serach": "a"}}),
        ("query ($x: NameOrder!) { sites(orderBy: $x) { nodes { id } } }", {"x": "NAME_ASCC"}),
    ],
)
async def test_names_are_suggested_where_the_graph_is_open_alone(engine_of, asker, query, variables):
    for introspection in (True, False):
        with pytest.raises(RequestError) as refusal:
            await engine_of(introspection=introspection).prepare(Asked(query, variables=variables), asker.context)
        said = json.dumps(refusal.value.errors)
        assert ("id you mean" in said) is introspection or "Fra" in query or "@skp" in query
        assert introspection or "id you mean" not in said


MANIFESTS = {
    "relay.json": {"0f5d": SITES},
    "apollo.json": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": "0f5d", "name": "Sites", "type": "query", "body": SITES}],
    },
}


@pytest.mark.parametrize("name", MANIFESTS)
async def test_a_trusted_document_is_asked_for_by_its_id(engine_of, asker, tmp_path, name):
    (tmp_path / name).write_text(json.dumps(MANIFESTS[name]))
    engine = engine_of(trusted_documents=tmp_path / name)
    for asked in (
        Asked(None, "0f5d"),
        Asked(None, f"sha256:{SITES_HASH}"),
        Asked(None, extensions={"persistedQuery": {"version": 1, "sha256Hash": SITES_HASH}}),
        Asked(SITES),
    ):
        operation = await engine.prepare(asked, asker.context)
        assert operation.trusted
        assert (await engine.execute(operation, asker.context)).errors is None
    assert not (await engine.prepare(Asked("{ __typename }"), asker.context)).trusted


async def test_a_folder_of_documents_is_trusted(engine_of, asker, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "sites.graphql").write_text(SITES)
    engine = engine_of(trusted_documents=tmp_path, trusted_only=True)
    for document_id in ("pages/sites", f"sha256:{SITES_HASH}"):
        assert (await engine.prepare(Asked(None, document_id), asker.context)).name == "Sites"
    refusal, told = await refused(engine, asker.context, "{ __typename }")
    assert (refusal.status, told["code"]) == (403, "TRUSTED_DOCUMENTS_ONLY")


@pytest.mark.parametrize("only", [False, True])
async def test_an_empty_text_beside_an_id_counts_as_none(engine_of, asker, tmp_path, only):
    (tmp_path / "sites.graphql").write_text(SITES)
    engine = engine_of(trusted_documents=tmp_path, trusted_only=only)
    for named in (
        {"documentId": f"sha256:{SITES_HASH}"},
        {"documentId": "sites"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": SITES_HASH}}},
    ):
        assert (await engine.prepare(asked_of({"query": "", **named}), asker.context)).trusted
    with pytest.raises(RequestError):
        await engine.prepare(asked_of({"query": "", "extensions": {"persistedQuery": None}}), asker.context)


async def test_an_id_that_nobody_knows_is_told_so(engine_of, asker, tmp_path):
    (tmp_path / "sites.graphql").write_text(SITES)
    for engine in (engine_of(), engine_of(trusted_documents=tmp_path, trusted_only=True)):
        _, told = await refused(engine, asker.context, None, document_id="sha256:" + "0" * 64)
        assert told == {"code": "PERSISTED_QUERY_NOT_FOUND", "retryable": False}
    with pytest.raises(RequestError, match="made known to the server"):
        await engine.prepare(Asked(None, "nobody"), asker.context)
    with pytest.raises(RequestError, match="send its text"):
        await engine_of().prepare(Asked(None, "nobody"), asker.context)
    _, told = await refused(engine_of(), asker.context, "{ __typename }", document_id=f"sha256:{SITES_HASH}")
    assert told["code"] == "BAD_REQUEST"


async def test_limits_on_documents_are_not_for_trusted_ones_and_the_cost_is(engine_of, asker, tmp_path):
    long = "query Long { viewer {" + "".join(f" a{n}: subject" for n in range(2_000)) + "} }"
    (tmp_path / "long.graphql").write_text(long)
    (tmp_path / "sites.graphql").write_text(SITES)
    engine = engine_of(trusted_documents=tmp_path, cost_limit=200)
    assert len((await answered(engine, asker.context, None, document_id="long")).data["viewer"]) == 2_000
    _, told = await refused(engine, asker.context, None, document_id="sites", variables={"first": 200})
    assert told["code"] == "COST_LIMIT_EXCEEDED"
    await refused(engine_of(), asker.context, long)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            '{"a": "query Broken { nothing }"}',
            "The trusted document Broken in .* does not fit the schema: Cannot query",
        ),
        ('{"a": "query {"}', "The trusted document a in .* does not fit the schema: Syntax Error"),
        ("[1]", "is no manifest of trusted documents"),
        ('{"operations": [{"id": 1}]}', "is no manifest of trusted documents"),
        ("{", "cannot be read"),
    ],
)
def test_a_manifest_that_does_not_fit_is_told_in_one_sentence(engine_of, tmp_path, content, said):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(InvalidInputError, match=said):
        engine_of(trusted_documents=tmp_path / "manifest.json")
    with pytest.raises(
        InvalidInputError, match=r"missing\.json, which cannot be read, for there is nothing there: name"
    ):
        engine_of(trusted_documents=tmp_path / "missing.json")
    with pytest.raises(InvalidInputError, match="TWINQL_TRUSTED_DOCUMENTS"):
        engine_of(trusted_only=True)


@pytest.mark.parametrize(
    "variables",
    [
        {"x": "a" * 500_001},
        {"x": ["a"] * 2_001},
        {"x": [{}] * 20_001},
        {"x": [["a"] * 1_000] * 300},
        {"x": {"a": {"a": [[[[[[[{}]]]]]]]}}},
    ],
)
async def test_variables_are_held_to_limits(engine_of, asker, variables):
    deep = variables
    if "a" in variables["x"]:
        for _ in range(20):
            deep = {"x": deep}
    _, told = await refused(engine_of(), asker.context, "query ($x: JSON) { __typename }", variables=deep)
    assert told["code"] == "BAD_REQUEST"
