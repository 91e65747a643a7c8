"""A world with several rows of most kinds, some of them odd, for questions that nobody thought of."""

from datetime import UTC, datetime
from typing import cast

import asyncpg
from graphql import GraphQLInterfaceType, GraphQLSchema

from schema.declared import entity_of
from tests.tenants import Tenant, make_tenant
from twinql.domain import global_id
from twinql.domain.readings import to_us
from twinql.storage.read import Entity

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
TEXTS = ("temp", "e_%", "", "é", "Mill", "M-1", "no such thing", "\\")
TIMES = tuple(
    f"2026-{each}Z"
    for each in ("01-01T00:00:00", "02-01T12:00:00", "03-01T00:00:00", "03-01T02:15:00.250", "03-01T05:00:00",
                 "03-02T00:00:00", "03-29T01:00:00", "04-01T00:00:00")
)  # fmt: skip

_MORE = """
with s as (
    insert into sites (organisation_id, name, time_zone, latitude, longitude, attributes, limit_kw, archived_at)
    select $1, name, zone, 52.5 + n, -n / 3.0, attributes::jsonb, n * 100, case n when 2 then $2::timestamptz end
    from (values
        (1, E'Halle "7"\\t\\\\ \\u00e9\\U0001f3ed', 'America/New_York', '{"a": [1, 2.50, "\\"\\u00e9"], "b": null}'),
        (2, 'Halle 8', 'Asia/Kolkata', '{"nested": {"list": [], "big": 12345678901234567890}}')
    ) as given (n, name, zone, attributes)
    returning id, name
),
a as (
    insert into assets (organisation_id, site_id, parent_id, kind, name, external_id, archived_at, attributes)
    select $1, m.site_id, m.id, each::asset_kind, lower(each) || ' part ' || n, 'part-' || m.kind || each || n,
        case n when 3 then $2::timestamptz + interval '1 millisecond' end, '{"list": []}'::jsonb
    from assets as m, unnest(array['METER', 'MACHINE']) as each, generate_series(1, 3) as n
    where m.organisation_id = $1
    union all
    select $1, s.id, null, 'METER'::asset_kind, s.name || ' meter', null, null, '{}'::jsonb from s
    returning id, kind, name
),
p as (
    insert into meters (id, organisation_id, serial_number, commodity)
    select id, $1, 'S-' || row_number() over (order by id),
        (enum_range(null::commodity))[1 + row_number() over (order by id) % 3]
    from a where kind = 'METER'
)
insert into machines (id, organisation_id, model) select id, $1, null from a where kind = 'MACHINE'
"""
_CHANNELS = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds,
    states, writable, schedule, limit_low, limit_high, register_maximum, multiplier, target_minimum, archived_at
)
select c.organisation_id, c.organisation_number, a.site_id, a.id, c.key, c.key || ' of ' || a.name, c.quantity, c.unit,
    c.kind, c.resolution_seconds + 93784, c.states, c.writable, false, 10.25, 1e21,
    case c.kind when 'CUMULATIVE' then 999999.9 end, 1.50, 1e-7, a.archived_at
from channels as c join assets as m on m.id = c.asset_id
join assets as a on a.organisation_id = c.organisation_id and a.kind = m.kind and a.id <> m.id
where c.organisation_id = $1 and a.name not like '% 2'
"""
_READINGS = """
insert into readings (observed_at, value, channel_number, organisation_number, quality)
select $2::timestamptz + n * interval '30 minutes' + n % 3 * interval '1 microsecond',
    case when n % 7 = 3 then null when c.kind = 'STATE' then n % 3 when n = 5 then -0.0 when n = 6 then 1e-300
        when n = 8 then 1e22 else n / 3.0 end,
    c.number, c.organisation_number,
    case n % 7 when 3 then 'BAD' when 5 then 'EDITED' when 6 then 'UNCERTAIN' else 'GOOD' end::reading_quality
from channels as c, generate_series(0, 11) as n
where c.organisation_id = $1 and abs(hashtext(c.id::text)) % 4 > 0
"""
_ALARMS = """
insert into alarms (
    organisation_id, site_id, asset_id, channel_id, rule_id, cause, severity, state, condition_holds, message,
    evidence, score, raised_at, acknowledged_at, acknowledged_by, shelved_until, closed_at
)
select $1, c.site_id, c.asset_id, c.id, case n % 2 when 0 then r.id end, 'LIMIT_HIGH',
    (enum_range(null::severity))[1 + n % 3], state, n < 3, E'Too high: "90,5 \\u00b0C".',
    jsonb_build_array(
        jsonb_build_object('code', 'LAST_VALUE', 'message', 'Now', 'value', n / 7.0, 'threshold', null, 'unit', c.unit,
            'channelId', c.id, 'from', '2026-03-01T00:00:00Z', 'until', '2026-03-01T12:00:00.5Z'),
        jsonb_build_object('code', 'USUAL', 'message', E'"usual"', 'value', null, 'threshold', 1e300, 'unit', null,
            'channelId', c.id, 'from', '2026-03-01T00:00:00Z', 'until', '2026-03-01T12:00:00Z')
    ),
    n / 7.0, $2::timestamptz + n / 2 * interval '1 hour',
    case when n % 2 = 1 then $2::timestamptz end, case when n % 2 = 1 then 'me' end,
    case state when 'SHELVED' then $2::timestamptz end,
    case state when 'NORMAL' then $2::timestamptz end
from (select *, row_number() over () as number_of from channels where organisation_id = $1) as c,
    (select row_number() over () as n, state from unnest(enum_range(null::alarm_state)) as state) as states,
    alarm_rules as r
where r.organisation_id = $1 and c.number_of % 6 = n % 6 and c.key <> 'temperature'
"""
_DECISIONS = """
insert into decisions (
    organisation_id, asset_id, channel_id, rule, action, status, urgency, confidence, reasons, alternatives,
    expected_impact, proposal, realised_impact, realised_at, made_at, valid_until, settled_at, settled_by
)
select $1, c.asset_id, case n % 3 when 0 then null else c.id end, 'LIMIT_WILL_BE_CROSSED', 'REDUCE_LOAD', status,
    (enum_range(null::urgency))[1 + n % 4], n / 9.0,
    jsonb_build_array(
        jsonb_build_object('code', 'FORECAST_CROSSES_LIMIT', 'message', E'Soon "hot".', 'value', n / 3.0,
            'threshold', 75, 'unit', c.unit, 'channel_key', null),
        jsonb_build_object('code', 'COOLING_IS_OFF', 'message', 'Off.', 'value', null, 'threshold', null, 'unit', null,
            'channel_key', 'cooling')
    ),
    case n % 2 when 0 then '[]' else '[{"action": "INSPECT", "message": "Look \\u00e9."}]'::jsonb end,
    case n % 2 when 0 then '{}' else '{"time_to_threshold_s": 93784.5, "extreme_value": 1e2}'::jsonb end,
    case when n > 1 then jsonb_build_object('channel_id', c.id, 'desired', n, 'action', null, 'expires_in_s', 900.0,
        'expect', case n when 2 then jsonb_build_object(
            'channel_id', c.id, 'direction', 'RISES', 'within_s', 60) end) end,
    null, null,
    $2::timestamptz + n * interval '1 minute', case n % 2 when 0 then $2::timestamptz end,
    case status when 'OPEN' then null else $2::timestamptz end,
    case status when 'OPEN' then null else 'me' end
from channels as c,
    (select row_number() over () as n, status from unnest(enum_range(null::decision_status)) as status) as s
where c.organisation_id = $1 and c.key = 'temperature'
"""
_COMMANDS = """
insert into commands (
    organisation_id, channel_id, desired, idempotency_key, requested_by, reason, requested_at, expires_at, not_before,
    expectation, verification, interlocks
)
select $1, c.id, n / 3.0, 'key ' || c.id || ' ' || n, 'me',
    case n % 3 when 0 then E'"because"' end, $2::timestamptz + n / 2 * interval '1 hour',
    $2::timestamptz + interval '1 day',
    case n when 4 then $2::timestamptz + interval '5 hours' end,
    case when n < 4 then effect end,
    case when n < 3 then jsonb_build_object('status', 'VERIFIED', 'observed', n / 3.0, 'observed_at', null,
        'superseded_at', '2026-03-01T12:00:00.25Z', 'effect', case n when 1 then jsonb_build_object(
            'status', 'ALREADY_THERE', 'expected', effect, 'reference', 1e300, 'observed', 2, 'change', null,
            'observed_at', '2026-03-01T12:00:00Z') end) end,
    case when n < 3 then jsonb_build_array(
        jsonb_build_object('kind', 'RANGE', 'allowed', true, 'message', E'"in"', 'value', n, 'minimum', null,
            'maximum', 1e3, 'interlock_id', null, 'observed_at', null, 'source', null, 'other_channel_id', c.id),
        jsonb_build_object('kind', 'INPUT_QUALITY', 'allowed', false, 'message', 'Old.', 'value', 1.5,
            'minimum', null, 'maximum', null, 'observed_at', '2026-03-01T12:00:00Z', 'source', 'DEVICE')) else '[]' end
from channels as c, generate_series(1, 5) as n, lateral (
    select jsonb_build_object('channel_id', c.id, 'direction', 'FALLS', 'by', 0.5, 'value', null,
        'within_s', case n when 3 then 90.5 else 5400.0 end) as effect
) as stated
where c.organisation_id = $1 and c.writable and c.archived_at is null
"""
_PLANS = """
with t as (
    insert into command_transitions (command_id, sequence, organisation_id, status, actor, at)
    select c.id, 1, $1, 'REQUESTED',
        (array['device:' || k.id, 'device:simulator', 'worker:a:b'])[1 + c.desired::int % 3], c.requested_at
    from commands as c join api_keys as k using (organisation_id)
    where organisation_id = $1 and c.idempotency_key ~ ' [1-4]$' and k.name = 'Gateway'
)
update load_plans set findings = '{"baseline": {}, "planned": {}}'
where organisation_id = $1 and $2::timestamptz is not null
"""


async def fill(url: str) -> tuple[Tenant, Tenant]:
    """Make two organisations with such rows."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "select twinql.prepare_readings($1::timestamptz, $1::timestamptz + interval '40 days')", BEGIN
        )
        tenants = [await make_tenant(url, connection, name) for name in ("Acme", "Zenith")]
        for tenant in tenants:
            await connection.execute(_MORE, tenant.world.organisation, BEGIN)
            await connection.execute(_CHANNELS, tenant.world.organisation)
            for statement in (_READINGS, _ALARMS, _DECISIONS, _COMMANDS, _PLANS):
                await connection.execute(statement, tenant.world.organisation, BEGIN)
    finally:
        await connection.close()
    return tenants[0], tenants[1]


async def ids_of(url: str, schema: GraphQLSchema, own: Tenant, other: Tenant) -> dict[str, list[str]]:
    """Return some global ids by type: of what one organisation has, and one of another's."""
    found: dict[str, list[str]] = {}
    connection = await asyncpg.connect(url)
    try:
        for type_ in schema.get_possible_types(cast("GraphQLInterfaceType", schema.type_map["Node"])):
            entity = entity_of(type_.extensions["strawberry-definition"].origin)
            for tenant, most in ((own, 6), (other, 1)):
                rows = await connection.fetch(_some(entity, tenant), most)
                found.setdefault(type_.name, []).extend(_id(type_.name, row) for row in rows)
    finally:
        await connection.close()
    return found


def _some(entity: Entity, tenant: Tenant) -> str:
    of = f"organisation_id = '{tenant.world.organisation}'"
    if entity.name == "Reading":
        of = f"r.organisation_number = {tenant.world.number}"
    elif entity.name == "Organisation":
        of = f"id = '{tenant.world.organisation}'"
    instant = ", observed_at" if entity.name == "Reading" else ""
    key = entity.columns["row_id"]
    return f"select {key} as key{instant} from {entity.table.source} where {of} order by 1 limit $1"


def _id(type_name: str, row: asyncpg.Record) -> str:
    return global_id.encode(type_name, row["key"], *(to_us(each) for each in list(row.values())[1:]))
