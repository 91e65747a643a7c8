"""Two organisations on one server: whatever the one asks, nothing of the other is seen, changed or told apart."""

import asyncio
import json
import re
from contextlib import aclosing, suppress
from dataclasses import replace
from itertools import product
from uuid import UUID, uuid4

import asyncpg
import pytest
from graphql import is_required_argument

from tests.asking import followed
from tests.feeds import PATIENCE_S
from tests.walk import Walk
from tests.world import make_world
from twinql.domain import global_id
from twinql.domain.identity import User

FILL = """
with c as (select * from channels where organisation_id = $1 and key = 'temperature'),
e as (select * from channels where organisation_id = $1 and key = 'energy'),
r as (
    insert into readings (observed_at, value, channel_number, organisation_number)
    select timestamptz '2026-03-01 12:00:00+00', $3, x.number, x.organisation_number
    from (select * from c union all select * from e) as x
),
refused as (
    insert into rejected_readings (organisation_id, channel_id, reference, observed_at, value, code, message, source)
    select $1, id, $2, 'then', 'x', 'INVALID_VALUE', 'No number.', 'API' from c
),
f as (
    insert into forecasts (
        organisation_id, channel_id, issued_at, model, level, starts_at, step_seconds, p10, p50, p90, backtest_count
    )
    select $1, id, now(), $2, 0.8, now(), 60, '{1}', '{2}', '{3}', 0 from c
),
d as (
    insert into decisions (organisation_id, asset_id, channel_id, rule, action, urgency, reasons)
    select $1, asset_id, id, $2, 'INSPECT', 'LOW', '[]' from c returning id
),
ar as (
    insert into automation_rules (organisation_id, site_id, asset_id, name, set_channel_id, desired, expires_in_seconds)
    select $1, c.site_id, c.asset_id, $2, s.id, $3, 60 from c, channels as s
    where s.organisation_id = $1 and s.key = 'setpoint' returning id
),
ac as (
    insert into automation_conditions (organisation_id, rule_id, position, channel_id, measure, comparison, threshold)
    select $1, ar.id, 0, c.id, 'VALUE', 'ABOVE', $3 from ar, c
),
af as (
    insert into autonomy_records (organisation_id, decision_id, site_id, automation_rule_id, level, outcome, message)
    select $1, d.id, c.site_id, ar.id, 'ADVISE', 'ADVISED', $2 from d, c, ar
),
i as (
    insert into invitations (organisation_id, email, role, secret_hash, invited_by, expires_at)
    values ($1, $2 || '@people.example', 'VIEWER', sha256($2::text::bytea), $2, now() + interval '1 day')
),
k as (
    insert into api_keys (organisation_id, name, hash, prefix, created_by)
    values ($1, $2, sha256($2::text::bytea), 'twinql_' || $2, $2) returning id
),
kw as (
    insert into command_webhooks (organisation_id, api_key_id, address, secret, last_error)
    select $1, id, 'https://' || $2 || '.test', $2 || ' keeps it secret', $2 from k
),
o as (insert into api_key_channels (api_key_id, channel_id, organisation_id) select k.id, c.id, $1 from k, c),
s as (insert into suppliers (organisation_id, name, contact) values ($1, $2 || ' supplier', $2) returning id),
t as (
    insert into tariffs (organisation_id, supplier_id, name, direction, currency, unit)
    select $1, id, $2 || ' tariff', 'IMPORT', 'EUR', 'KILOWATT_HOUR' from s returning id
),
v as (
    insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, reason, terms)
    select $1, t.id, '2026-01-01', $2, $2, jsonb_build_object('bands', jsonb_build_array(
        jsonb_build_object('name', $2::text, 'dynamic', jsonb_build_object(
            'channel', p.id::text, 'factor', $3::text, 'surcharge', '0.01'
        ))
    ))
    from t, channels as p where p.organisation_id = $1 and p.key = 'price'
),
g as (
    insert into agreements (organisation_id, meter_id, tariff_id, valid_from)
    select $1, m.id, t.id, '2026-01-01' from t, meters as m where m.organisation_id = $1
),
h as (
    insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, note, recorded_by)
    select $1, id, '2026-02-01 12:00:00+00', 'EXCHANGE', $3, 0, $2, $2
    from channels where organisation_id = $1 and key = 'register'
),
b as (
    insert into calibrations (organisation_id, channel_id, performed_at, performed_by, certificate, note, recorded_by)
    select $1, id, '2026-02-01 12:00:00+00', $2, $2, $2, $2 from c
),
p as (
    insert into maintenance_tasks (
        organisation_id, asset_id, channel_id, kind, status, title, note, done_at, done_by, findings, created_by
    )
    select $1, asset_id, id, 'INSPECTION', 'DONE', $2, $2, '2026-02-01 12:00:00+00', $2, $2, $2 from c
),
il as (
    insert into interlocks (organisation_id, channel_id, kind, name, minimum, created_by)
    select $1, id, 'RANGE', $2, $3, $2 from channels where organisation_id = $1 and key = 'setpoint'
),
es as (
    insert into emergency_stops (
        organisation_id, site_id, triggered_by, reason, released_at, released_by, release_reason
    )
    select $1, site_id, $2, $2, now(), $2, $2 from c
),
zz as (
    insert into scenarios (
        organisation_id, site_id, asset_id, channel_id, kind, name, starts_at, step_seconds, level, asked,
        baseline_p10, baseline_p50, baseline_p90, alternative_p10, alternative_p50, alternative_p90, findings,
        created_by
    )
    select $1, site_id, asset_id, id, 'TEMPERATURE', $2, '2026-03-01 12:00:00+00', 60, 0.8, '{}',
        '{1}', array[$3::float8], '{3}', '{1}', array[$3::float8], '{3}', '{}', $2
    from c
),
dl as (
    insert into deferrable_loads (organisation_id, site_id, meter_id, channel_id, name, power_kw, run_seconds)
    select $1, e.site_id, e.asset_id, p.id, $2, 2, 3600 from e, channels as p
    where p.organisation_id = $1 and p.key = 'setpoint' returning id
),
lp as (
    insert into load_plans (
        organisation_id, site_id, meter_id, name, objective, starts_at, step_seconds, optimal, gap, elapsed_seconds,
        baseline_import_kw, baseline_export_kw, planned_import_kw, planned_export_kw, loads, findings, created_by
    )
    select $1, e.site_id, e.asset_id, $2, 'COST', '2026-03-01 12:00:00+00', 900, true, 0, 0.1,
        '{1}', '{0}', array[$3::float8], '{0}', jsonb_build_array(jsonb_build_object(
            'load_id', dl.id, 'name', $2::text, 'power_kw', $3::text::float8, 'runs', jsonb_build_array(),
            'usual', jsonb_build_array()
        )),
        jsonb_build_object('baseline', jsonb_build_object('peak_kw', $3::text::float8),
            'planned', jsonb_build_object('peak_kw', $3::text::float8)),
        $2
    from e, dl
),
q as (
    insert into alarm_rules (organisation_id, name, cause, severity, channel_id, limit_value)
    select $1, $2, 'LIMIT_HIGH', 'HIGH', id, $3 from c returning id
),
n as (
    insert into alarms (
        organisation_id, site_id, asset_id, channel_id, rule_id, cause, severity, message, evidence, raised_at
    )
    select $1, c.site_id, c.asset_id, c.id, q.id, 'LIMIT_HIGH', 'HIGH', $2, jsonb_build_array(jsonb_build_object(
        'code', 'LAST_VALUE', 'message', $2::text, 'value', $3::text::float8, 'threshold', null, 'unit', null,
        'channelId', c.id::text, 'from', '2026-03-01T12:00:00Z', 'until', '2026-03-01T12:00:00Z'
    )), '2026-03-01 12:00:00+00'
    from c, q
),
w as (
    insert into alarm_targets (organisation_id, name, kind, address, secret)
    values ($1, $2, 'WEBHOOK', 'https://' || $2 || '.test', $2 || ' keeps it secret')
),
l as (
    insert into audit_log (organisation_id, issuer, subject, client, request_id, operation, outcome)
    values ($1, $2, $2, $2, $2, 'createSite', 'SUCCEEDED')
),
series as (
    insert into command_schedules (organisation_id, name, idempotency_key, requested_by, reason)
    values ($1, $2, $2, 'user:' || $2, $2) returning id
)
insert into commands (organisation_id, channel_id, desired, idempotency_key, requested_by, expires_at, schedule_id)
select $1, c.id, 1, $2, $2, now() + interval '1 hour', series.id from channels as c, series
where c.organisation_id = $1 and c.key = 'setpoint'
"""
SIGN = """
with s as (update sites set name = $2 || ' site' where organisation_id = $1),
a as (update assets set name = $2 || ' ' || kind::text where organisation_id = $1),
m as (update meters set serial_number = $2 || '-1' where organisation_id = $1),
x as (update machines set model = $2 where organisation_id = $1)
update channels set name = $2 || ' ' || key where organisation_id = $1
"""
TELL = "update alarm_notifications set last_error = $2 where organisation_id = $1"
NODES = "{ __schema { types { name possibleTypes { name } } } }"


class Tenant:
    """One organisation whose every text and number can be told from the other's."""

    def __init__(self, world, mark, value):
        self.world, self.mark, self.value = world, mark, value

    @classmethod
    async def make(cls, url, name, value, world=None):
        world = world or await make_world(url, name)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(SIGN, world.organisation, name.lower())
            await connection.execute(FILL, world.organisation, name.lower(), value)
            await connection.execute(TELL, world.organisation, name.lower())
        finally:
            await connection.close()
        return cls(world, name.lower(), value)

    def traces(self):
        """Return what must stand in no answer to anybody else."""
        keys = [self.world.organisation, self.world.site, self.world.meter, self.world.machine]
        keys += self.world.channels.values()
        plain = [str(key) for key in keys]
        # A global id is base64 of a type and a key: told by the key in any of its three positions.
        return [self.mark, str(self.value), *plain]


def texts_of(answer):
    """Write an answer out, with every global id in it read."""
    errors = answer.errors or []
    told = json.dumps({"data": answer.data, "errors": errors}, default=str)
    for text in re.findall(r"[A-Za-z0-9_-]{40,}", told):
        with suppress(Exception):
            found = global_id.decode(text)
            told += f" {found.type}:{found.key}"
    return told


async def digest(url, organisation):
    """Return everything that an organisation holds, as the owner of the database sees it."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "select table_name::text as name, min(column_name::text) as scope from information_schema.columns"
            " where table_schema = 'public' and column_name in ('organisation_id', 'organisation_number')"
            " and table_name in (select tablename from pg_tables where schemaname = 'public') group by 1 order by 1"
        )
        number = await connection.fetchval("select number from organisations where id = $1", organisation)
        held = {}
        for name, scope in tables:
            if name == "audit_log":  # what others tried leaves no trace in it either, but it is told by its own test
                continue
            key = organisation if scope == "organisation_id" else number
            held[name] = await connection.fetchval(
                f"select coalesce(md5(string_agg(to_jsonb(t)::text, ',' order by to_jsonb(t)::text)), '')"
                f" from {name} as t where {scope} = $1",
                key,
            )
        return held
    finally:
        await connection.close()


@pytest.fixture
async def acme(asker, database_url):
    """The organisation that asks."""
    return await Tenant.make(database_url, "Acme", 17.25, asker.world)


@pytest.fixture
async def zenith(database_url, acme):
    """The organisation of whom nobody of Acme may learn anything."""
    del acme
    return await Tenant.make(database_url, "Zenith", 8642.125)


async def ids_of(asker):
    """Return an id of every type of node that an organisation has, found by asking for everything, ever deeper."""
    walk = Walk(asker.schema._schema, {"Site": "none"})
    found, told = {}, {}
    for depth, (kind, name, field) in product((3, 4), walk.roots()):
        if kind == "query" and not any(is_required_argument(each) for each in field.args.values()):
            answer = await asker.answer(walk.operation(kind, name, depth=depth, told=told))
            walk.tell(answer.data, told)
            for text in re.findall(r'"([A-Za-z0-9_-]{40,})"', json.dumps(answer.data, default=str)):
                with suppress(Exception):
                    found.setdefault(global_id.decode(text).type, text)
        if found.keys() == node_types(asker):
            break
    return found


def node_types(asker):
    """Return the names of all types that have an id."""
    return {each.name for each in asker.schema._schema.get_possible_types(asker.schema._schema.type_map["Node"])}


def unknown_like(text):
    """Return an id of the same form that nothing has."""
    return str(replace(global_id.decode(text), key=uuid4()))


def owner_of(asker, tenant):
    return asker.as_user(tenant.world.owner)


PARTS = 4
"""Into so many tests the longest walk is divided, which run beside each other."""
# Nothing of either was recorded later: all that can be seen is there.
AS_OF = {"asOf": '"2199-12-31T00:00:00Z"'}


@pytest.mark.parametrize("given", [{}, AS_OF])
async def test_everything_that_one_may_ask_shows_nothing_of_the_other(asker, acme, zenith, *, subtests, given):
    own = await ids_of(owner_of(asker, acme))
    theirs = await ids_of(owner_of(asker, zenith))
    assert set(own) == set(theirs) == node_types(asker)
    walk = Walk(asker.schema._schema, own, given)
    strangers, told = User("https://issuer.test", "stranger"), {}
    for kind, name, _ in walk.roots():
        if kind != "query":
            continue
        document = walk.operation(kind, name, depth=4, told=told)
        with subtests.test(name):
            answer = await asker.answer(document)
            walk.tell(answer.data, told)
            seen = texts_of(answer)
            assert not [each for each in zenith.traces() if each in seen.lower()], seen
            if name not in {"viewer", "rateLimit"}:
                unseen = texts_of(await asker.as_user(strangers).answer(document))
                assert not [each for each in acme.traces() + zenith.traces() if each in unseen.lower()], unseen
    # The same questions do find what is one's own: the test is not blind.
    own = [texts_of(await asker.answer(walk.operation("query", name, depth=4))) for name in ("sites", "node")]
    assert acme.mark in "".join(own)


@pytest.mark.parametrize("part", range(PARTS))
async def test_an_id_of_the_other_is_answered_as_one_that_nothing_has(
    asker, acme, zenith, *, database_url, subtests, monkeypatch, part
):
    # Who pays is asked anew once a minute, which falls on one of two calls where the walk takes longer.
    monkeypatch.setattr("twinql.api.admission.KNOWN_FOR_S", float("inf"))
    own = await ids_of(owner_of(asker, acme))
    theirs = await ids_of(owner_of(asker, zenith))
    walk = Walk(asker.schema._schema, own)
    before = await digest(database_url, zenith.world.organisation)
    places = [place for place in walk.places() if place.kind != "subscription"]
    assert len(places) > 20
    for place in places[part::PARTS]:
        for type_name in await _types_to_try(asker, walk, place, theirs):
            with subtests.test(place=str(place), id=type_name):
                await _told_alike(asker, walk, place, theirs[type_name], zenith)
    assert await digest(database_url, zenith.world.organisation) == before


async def _told_alike(asker, walk, place, foreign, zenith):
    unknown = unknown_like(foreign)
    told, asked = [], []
    for each in (unknown, foreign):
        async with asker.overhearing() as statements:
            answer = await asker.answer(walk.operation(place.kind, place.field, depth=2, swap=(place.path, each)))
        # Whose budget is spent is asked now and then, by the clock, and not by what is named.
        # And a connection that is new, since others idled too long, learns the types of the database first.
        apart = ("twinql.membership()", "typeinfo_tree")
        asked.append(sorted(each for each in statements if not any(part in each for part in apart)))
        text = texts_of(answer).replace(each, "ID").replace(str(global_id.decode(each).key), "KEY")
        # What differs from one call to the next, whoever is named: new ids, times and what is left to spend.
        told.append(re.sub(r'"[A-Za-z0-9_-]{40,}"| \w+:[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[0-9:.]+Z', "*", text))
    assert told[0] == told[1]
    assert asked[0] == asked[1]
    seen = told[1].lower()
    assert not [each for each in zenith.traces() if each in seen], seen


async def _types_to_try(asker, walk, place, theirs):
    """Return the types whose ids are taken at a place, with two that are refused as they are read.

    Which are taken, an id that is refused says; where none is, all of them.
    """
    names = sorted(theirs)
    turn = sum(map(ord, str(place))) % len(names)  # so that every type is tried somewhere
    wrong = [*names[turn:], *names[:turn]]
    for tried in wrong[:2]:
        answer = await asker.answer(
            walk.operation(place.kind, place.field, depth=1, swap=(place.path, unknown_like(theirs[tried])))
        )
        _, _, needed = texts_of(answer).partition("an id of ")
        if "is needed here" in needed:
            words = set(re.findall(r"\w+", needed.partition("is needed here")[0]))
            return [each for each in names if each in words or each in wrong[:2]]
    return names


async def test_the_other_s_cursors_lead_to_one_s_own_rows(asker, acme, zenith):
    lists = (
        "sites",
        "meters",
        "machines",
        "decisions",
        "commands",
        "rejectedReadings",
        "auditLog",
        "suppliers",
        "tariffs",
        "alarms",
        "alarmRules",
        "alarmTargets",
    )
    for name in lists:
        page = f"query($after: String) {{ {name}(after: $after) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}"
        cursor = (await owner_of(asker, zenith).ask(page))[name]["pageInfo"]["endCursor"]
        assert cursor is not None, name
        answer = await owner_of(asker, acme).answer(page, after=cursor)
        assert not [each for each in zenith.traces() if each in texts_of(answer).lower()], name


async def test_an_organisation_s_header_opens_no_door(asker, zenith):
    intruder = replace(asker.world.owner, organisation=UUID(str(zenith.world.organisation)))
    nobody = replace(asker.world.owner, organisation=uuid4())
    asked = "{ viewer { role organisation { name } advice } sites { nodes { name } } }"
    assert (await asker.as_user(intruder).answer(asked)).data == (await asker.as_user(nobody).answer(asked)).data


async def test_one_follows_only_one_s_own(asker, acme, zenith, database_url):
    await asker.context.feed.now()
    subscription = "subscription { readingsRecorded(filter: {}) { readings { value } ranges { __typename } } }"
    stream = await followed(asker.engine, asker.context, subscription, {})
    connection = await asyncpg.connect(database_url)
    write = """
        insert into readings (observed_at, value, channel_number, organisation_number)
        select timestamptz '2026-03-01 13:00:00+00', $2, number, organisation_number from channels
        where organisation_id = $1 and key = 'temperature'
    """
    try:
        async with aclosing(stream), asyncio.timeout(PATIENCE_S):
            first = asyncio.ensure_future(anext(stream))
            while not asker.context.feed.followers:  # noqa: ASYNC110 - nobody else waits for this
                await asyncio.sleep(0)
            # Theirs comes first in commit order: what arrives first is nevertheless one's own.
            await connection.execute(write, zenith.world.organisation, zenith.value)
            await connection.execute(write, acme.world.organisation, acme.value)
            event = (await first).data["readingsRecorded"]
    finally:
        await connection.close()
    assert [each["value"] for each in event["readings"]] == [acme.value]
    assert event["ranges"] == []
