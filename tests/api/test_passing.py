"""What the database writes is what Python resolves, and Python answers where the database cannot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from tests.world import make_world
from twinql.api import Engine
from twinql.api.operation import Asked
from twinql.domain.global_id import encode
from twinql.domain.identity import Device
from twinql.storage.months import learn_months

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
READINGS = """
insert into readings (observed_at, value, channel_number, organisation_number, quality)
select $2::timestamptz + n * interval '30 minutes', case n % 7 when 3 then null else n / 3.0 end, c.number,
    c.organisation_number, case n % 7 when 3 then 'BAD' when 5 then 'EDITED' else 'GOOD' end::reading_quality
from channels as c, generate_series(0, 9) as n
where c.id = any($1) and c.key in ('energy', 'temperature', 'execution')
"""
API_KEY = """
insert into api_keys (organisation_id, name, hash, prefix, created_by)
values ($1::uuid, 'Gateway', sha256($1::uuid::text::bytea), 'twinql_x', 'me') returning id
"""
SITES = """
update sites set latitude = 52.5, attributes = '{"a": [1, 2.50, "\\"é🏭"], "b": null}', limit_kw = 100;
update channels set limit_high = 90.5, resolution_seconds = 5400 where key = 'temperature';
update channels set archived_at = '2026-01-02T03:04:05.678Z' where key = 'price';
"""


@pytest.fixture
async def world(asker, database_url, schema):
    """Somebody with readings, and two engines: one that passes on what the database writes, and one that does not."""
    await make_world(database_url, "Other")
    pool = asker.context.database.pool
    await pool.fetchval("select twinql.prepare_readings($1, $1)", BEGIN)
    await learn_months(pool)
    await pool.execute(READINGS, list(asker.world.channels.values()), BEGIN)
    await pool.execute(SITES)
    return World(asker, Engine(schema, pass_through=False))


class World:
    """Asks both engines."""

    def __init__(self, asker, plain):
        self.asker = asker
        self.plain = replace(asker, engine=plain)
        self.ids = {
            "site": encode("Site", asker.world.site),
            "meter": encode("Meter", asker.world.meter),
            "machine": encode("Machine", asker.world.machine),
            **{key: encode("Channel", each) for key, each in asker.world.channels.items()},
        }

    def as_user(self, user):
        world = World(self.asker.as_user(user), None)
        world.plain = self.plain.as_user(user)
        return world

    def named(self, document, variables):
        """Return a document with the ids that it names as variables, and the values of all of them."""
        given = {name: each for name, each in self.ids.items() if f"${name}" in document}
        declared = "".join(f"${name}: ID! " for name in given)
        if "query (" in document:
            document = document.replace("query (", f"query ({declared}", 1)
        elif given:
            document = f"query ({declared}) {document}"
        return document, variables | given

    async def statements(self, document, **variables):
        """Return the questions that reach the database, but for that for the membership."""
        document, variables = self.named(document, variables)
        asked = await self.asker.statements(document, **variables)
        return [each for each in asked if "twinql.membership" not in each]

    async def same(self, document, *, whole=True, **variables):
        """Return the answer that both give; the whole of it is one statement, or it is not."""
        document, variables = self.named(document, variables)
        usual = await self.plain.answer(document, **variables)
        passed = await self.asker.answer(document, **variables)
        assert passed.data == usual.data
        assert list(walk(passed.data)) == list(walk(usual.data))
        assert passed.errors == usual.errors
        operation = await self.asker.engine.prepare(Asked(document, variables=variables), self.asker.context)
        answer = await self.asker.engine.execute(operation, self.asker.context)
        assert isinstance(answer.data, orjson.Fragment) is whole
        return passed


def walk(data):
    """Give the keys of an answer in their order."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from walk(value)
    elif isinstance(data, list):
        for each in data:
            yield from walk(each)


WHOLE = """
{ site(id: $site) { id name timeZone latitude longitude attributes powerLimit createdAt archivedAt } }

{ __typename one: meter(id: $meter) { __typename id a: name b: name commodity serialNumber billingDay } }

{ meter(serialNumber: "M-1") { name } none: meter(serialNumber: "M-9") { name } }

{ channel(id: $temperature) { limits { high low __typename } target { minimum } plausibility { action } } }

{ channel(id: $temperature) { quantity unit kind direction schedule writable site { name meters { totalCount } } } }

{ channel(id: $price) { asset { name } viewerCanUpdate viewerCanRecordReading viewerCanIssueCommand } }

{ channel(id: $setpoint) { asset { id name __typename parent { name } } viewerCanIssueCommand } }

{ meters(first: 5) { edges { cursor node { id name } __typename } pageInfo { hasNextPage endCursor startCursor } } }

{ sites { nodes { channels(first: 2) {
  totalCount nodes { key } pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor }
} } } }

{ sites { nodes {
  channels(last: 2) {
    nodes { key } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { key } }
  }
  none: channels(first: 0) { nodes { key } pageInfo { hasNextPage startCursor endCursor } }
  nothing: channels(last: 0) { nodes { key } pageInfo { hasPreviousPage startCursor endCursor } }
  counted: channels { totalCount } said: channels { pageInfo { __typename } __typename }
} } }

{ channel(id: $energy) {
  latest { id value unit status quality source observedAt intervalStart recordedAt label __typename }
} }

{ channel(id: $energy) { latest { __typename } readings(first: 3) { nodes { __typename } } } }

{ channel(id: $execution) { readings(first: 3, orderBy: OLDEST_FIRST) { nodes { label value channel { key } } } } }

{ channel(id: $energy) { readings(during: {from: "2026-03-01T00:00:00Z", until: "2026-03-01T02:00:00Z"}) {
  totalCount nodes { observedAt value quality status }
} } }

{ channel(id: $price) { latest { value } readings { nodes { value } pageInfo { startCursor endCursor hasNextPage } } } }

{ machine(id: $machine) {
  parts { nodes { __typename id name ... on Meter { serialNumber } ... on Machine { model } } }
  channels { nodes { key latest { value } } }
} }

query ($more: Boolean!, $less: Boolean = true) {
  site(id: $site) { name @skip(if: $more) ...F @include(if: $less) ... @skip(if: $less) { timeZone } }
}
fragment F on Site { id meters { nodes { ...M } } }
fragment M on Meter { name site { ...G } }
fragment G on Node { id }

{ site(id: $site) {
  a: channels(filter: {search: "e_%"}) { nodes { key } }
  b: channels(filter: {quantity: ENERGY, archived: null}) { nodes { key } }
} }

{ channel(id: $energy) {
  raw: series(during: {from: "2026-03-01T00:00:00Z", until: "2026-03-01T05:00:00Z"}) {
    __typename starts values quality unit timeZone bucket aggregate downsampled settlementDates settlementPeriods
    whole: completeness { expected actual __typename }
  }
  then: series(during: {from: "2026-03-01T00:00:00Z", until: "2026-03-01T05:00:00Z"}, asOf: "2026-03-02T00:00:00Z") {
    values completeness { actual expected }
  }
  statistics(during: {from: "2026-03-01T00:00:00Z", until: "2026-03-01T05:00:00Z"}, unit: KILOWATT) {
    count mean min max standardDeviation p05 p50 p95 unit
  }
} }

query ($period: PeriodInput = {from: "2026-02-28T10:00:00Z", until: "2026-03-02T00:30:00Z"}, $unit: Unit = WATT_HOUR) {
  machine(id: $machine) { channels { nodes {
    key days: series(during: $period, bucket: DAY) { starts values quality unit aggregate bucket timeZone }
    halves: series(during: $period, bucket: PT30M, aggregate: COUNT) { values settlementDates settlementPeriods unit }
  } } }
  channel(id: $energy) {
    series(during: $period, bucket: PT1H, unit: $unit) { values unit completeness { expected actual } }
    power: series(during: $period, bucket: PT1H, unit: KILOWATT) { values quality }
    last: series(during: $period, bucket: WEEK, aggregate: LAST, maxPoints: 2) { starts values quality }
  }
}

{ node(id: $energy) { __typename id ... on Channel { key latest { value } asset { id } } ... on Meter { name } } }

{ node(id: $meter) { id ... on Asset { a: name site { name } ... on Machine { model } } } }

{
  none: node(id: "Tm90aGluZzowMTkwYThlMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDE") { id }
  other: node(id: $machine) { __typename id }
}

{ machine(id: $machine) { execution { state label since observedAt __typename } } sites { nodes { machines { nodes {
  execution { state }
} } } } }

{ site(id: $site) { channels { nodes {
  key control { desired desiredSince reported reportedAt delta command { id } }
} } } }

{ alarms { nodes { state channel { latest { label } } } } }

{ alarms { nodes { id } totalCount } decisions { nodes { id } } commands { nodes { id } } suppliers { nodes { id } } }
""".strip().split("\n\n")


@pytest.mark.parametrize("document", WHOLE)
async def test_an_operation_over_tables_is_one_statement(world, document):
    more = {"more": True} if "$more" in document else {}
    assert (await world.same(document, **more)).errors is None
    assert len(await world.statements(document, **more)) == 1


PAGES = """
query ($after: String, $before: String) { channel(id: $energy) {
  on: readings(first: 4, after: $after) { edges { cursor node { value } } pageInfo { hasNextPage hasPreviousPage } }
  back: readings(last: 3, before: $before) {
    nodes { value } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} }
"""


async def test_pages_go_on_from_one_engine_to_the_other(world):
    after = before = None
    for _ in range(4):
        page = (await world.same(PAGES, after=after, before=before)).data["channel"]
        after = page["on"]["edges"][-1]["cursor"] if page["on"]["edges"] else after
        before = page["back"]["pageInfo"]["startCursor"] or before


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('{ site(id: "nonsense") { name } meters { nodes { name } } }', "BAD_USER_INPUT"),
        ("{ site(id: $meter) { name } }", "BAD_USER_INPUT"),
        ("{ meters(first: -1) { nodes { name } } sites { nodes { name } } }", "BAD_USER_INPUT"),
        ('{ meters(after: "nonsense") { nodes { name } } }', "BAD_USER_INPUT"),
        ('{ meters(after: "WyJhIiwiYiJd") { nodes { name } } }', "BAD_USER_INPUT"),
        ("{ meter { name } }", "BAD_USER_INPUT"),
    ],
)
async def test_what_is_wrong_with_arguments_is_told_as_usual(world, document, code):
    answer = await world.same(document, whole=False)
    assert {each["extensions"]["code"] for each in answer.errors} == {code}


MIXED = """
{ viewer { subject } meters { nodes { name channels { nodes { key latest { value } } } } } }

{ site(id: $site) { insights { kind } meters { nodes {
  name availability { status } site { name } channels(first: 2) { nodes { key asset { name } } pageInfo { endCursor } }
} } } }

{ nodes(ids: [$energy, $meter]) {
  id ... on Meter { channels { totalCount } } ... on Channel { site { name } }
} }

{ channel(id: $energy) { readings(asOf: "2026-03-02T00:00:00Z") { nodes { id value channel { key } } } } }

{ channel(id: $register) { series(
  during: {from: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z"}, bucket: DAY, asOf: "2026-03-02T00:00:00Z"
) { values aggregate } } }

{ __schema { queryType { name } } meters { nodes { name } } }
""".strip().split("\n\n")


@pytest.mark.parametrize("document", MIXED)
async def test_what_takes_python_is_mixed_with_what_the_database_writes(world, document):
    answer = await world.same(document, whole=False)
    assert answer.errors is None


async def test_relations_of_many_parents_are_one_statement(world):
    document = """{ site(id: $site) { channels { nodes {
        gaps(during: {from: "2026-03-01T00:00:00Z", until: "2026-03-01T02:00:00Z"}) { from }
        asset { name site { name } } latest { value }
    } } } }"""
    await world.same(document, whole=False)
    assert len([each for each in await world.statements(document) if "convert_to" in each]) == 2


async def test_another_organisation_sees_nothing(world):
    stranger = world.as_user(replace(world.asker.world.owner, subject="other-owner"))
    for document in ("{ site(id: $site) { name } }", "{ channel(id: $energy) { latest { value } } }"):
        assert set((await stranger.same(document)).data.values()) == {None}
    assert (await stranger.same("{ meters { nodes { name } } }")).data["meters"]["nodes"] == [{"name": "Main meter"}]


async def test_a_device_is_passed_on_what_it_may_see(world):
    pool = world.asker.context.database.pool
    key = await pool.fetchval(API_KEY, world.asker.world.organisation)
    energy = world.asker.world.channels["energy"]
    await pool.execute(
        "insert into api_key_channels (api_key_id, channel_id, organisation_id) values ($1, $2, $3)",
        key,
        energy,
        world.asker.world.organisation,
    )
    device = world.as_user(Device(key))
    during = 'during: {from: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z"}'
    charts = f"""{{
        channel(id: $energy) {{
            series({during}) {{ values timeZone completeness {{ expected actual }} }} statistics({during}) {{ mean }}
            days: series({during}, bucket: DAY) {{ values starts }}
        }}
        other: channel(id: $temperature) {{ series({during}, bucket: DAY) {{ values }} }}
    }}"""
    answer = await device.same(charts)
    assert answer.data["other"] is None
    assert answer.data["channel"]["statistics"]["mean"] > 0


COUNTED = """
insert into readings (observed_at, value, channel_number, organisation_number, quality)
select $2::timestamptz + n * interval '15 minutes', case when n = 20 then 0 else (99990 + n * 0.7) % 100000 end,
    c.number, c.organisation_number,
    case n % 11 when 3 then 'BAD' when 5 then 'ESTIMATED' else 'GOOD' end::reading_quality
from channels as c, generate_series(-3, 40) as n
where c.id = $1 and n not between 26 and 32
"""
EXCHANGED = """
insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
select organisation_id, id, $2, 'EXCHANGE', $3, 30, 'me' from channels where id = $1
"""
REGISTERS = """
query ($period: PeriodInput = {from: "2026-02-28T23:00:00Z", until: "2026-03-02T00:30:00Z"}) {
  channel(id: $register) {
    latest { value } series(during: $period, bucket: PT1H) { starts values quality unit aggregate bucket }
    quarters: series(during: $period, bucket: PT15M, aggregate: DELTA) { values quality }
    days: series(during: $period, bucket: DAY, unit: JOULE) { values quality unit }
    power: series(during: $period, bucket: PT30M, unit: KILOWATT) { values settlementPeriods }
    shown: series(during: $period, bucket: DAY, aggregate: LAST) { values quality aggregate }
  }
}
"""


async def test_what_registers_counted_is_written_through_rollovers_resets_exchanges_and_holes(world):
    pool, register = world.asker.context.database.pool, world.asker.world.channels["register"]
    await pool.execute("update channels set register_maximum = 100000 where id = $1", register)
    await pool.execute(COUNTED, register, BEGIN)
    key = await pool.fetchval(API_KEY, world.asker.world.organisation)
    await pool.execute(
        "insert into api_key_channels (api_key_id, channel_id, organisation_id) values ($1, $2, $3)",
        key,
        register,
        world.asker.world.organisation,
    )
    before = (await world.same(REGISTERS)).data
    assert {"GOOD", "UNCERTAIN", None} <= set(before["channel"]["series"]["quality"])
    await pool.execute(EXCHANGED, register, BEGIN + timedelta(hours=7), 500.0)
    after = (await world.same(REGISTERS)).data
    assert after != before
    assert len(await world.statements(REGISTERS)) == 1
    assert (await world.as_user(Device(key)).same(REGISTERS)).data == after
    # What is said of an instant does not fit what was read at it.
    await pool.execute(EXCHANGED, register, BEGIN + timedelta(hours=10), 0.5)
    await world.same(REGISTERS, whole=False)


async def test_roles_are_asked_for(world):
    viewer = world.as_user(world.asker.world.viewer)
    document = "{ channel(id: $setpoint) { viewerCanUpdate viewerCanIssueCommand viewerCanRecordReading } }"
    assert set((await viewer.same(document)).data["channel"].values()) == {False}
    assert set((await world.same(document)).data["channel"].values()) == {True}
    refused = await viewer.same("{ auditLog { nodes { id } } }", whole=False)
    assert {each["extensions"]["code"] for each in refused.errors} == {"FORBIDDEN"}


async def test_what_the_database_cannot_write_exactly_is_resolved(world):
    await world.asker.context.database.pool.execute(
        "update channels set register_maximum = 'NaN' where key = 'register'"
    )
    answer = await world.same("{ channel(id: $register) { name registerMaximum } }", whole=False)
    assert answer.data["channel"] == {"name": "register", "registerMaximum": None}
    assert len(answer.errors) == 1


async def test_a_mutation_passes_on_what_it_shows(world):
    shown = "site { name meters { nodes { name } } }"
    told = await world.asker.changed("updateSite", shown, id=world.ids["site"], name="New")
    assert told == {"site": {"name": "New", "meters": {"nodes": [{"name": "Main meter"}]}}}


async def test_arguments_come_from_variables_in_any_way_one_after_the_other(world):
    document = """query ($size: Int, $after: String, $filter: ChannelFilter, $during: PeriodInput) {
      meter(id: $meter) { channels(first: $size, after: $after, filter: $filter) {
        nodes { key readings(during: $during, first: $size) { nodes { value } } } edges { cursor }
      } }
    }"""
    asked, variables = world.named(document, {})
    whole = await world.asker.ask(asked, **variables)
    cursor = whole["meter"]["channels"]["edges"][0]["cursor"]
    during = {"from": "2026-03-01T00:00:00Z", "until": "2026-03-01T02:00:00+01:00"}
    for given in (
        {"size": 2, "during": during, "filter": {"kind": "INTERVAL"}},
        {"size": 1},
        {},
        {"size": None, "after": None, "filter": None, "during": None},
        {"size": 1, "after": cursor, "filter": {}},
        {"size": 3, "during": during | {"until": "2026-03-01T09:00:00Z"}, "filter": {"kind": None, "search": "e"}},
        {"size": 2},
    ):
        await world.same(document, **given)
