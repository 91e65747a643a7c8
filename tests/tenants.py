"""Plain SQL as the roles of the API, in a world where every table holds rows of two organisations."""

import json
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from tests.world import ISSUER, World, make_world

TABLES = (
    "organisations", "memberships", "sites", "assets", "meters", "machines", "channels", "readings",
    "reading_corrections", "rejected_readings", "forecasts", "decisions", "commands", "command_transitions",
    "command_schedules",
    "api_keys", "api_key_channels", "command_webhooks", "invitations", "audit_log", "suppliers", "tariffs",
    "tariff_revisions",
    "agreements", "agreement_history", "register_events", "calibrations", "alarm_rules", "alarms",
    "alarm_transitions", "alarm_targets", "alarm_notifications", "maintenance_tasks", "scenarios",
    "site_autonomy", "automation_rules", "automation_conditions", "autonomy_records",
    "deferrable_loads", "load_plans",
    "interlocks", "emergency_stops",
)  # fmt: skip
VIEWS = ("latest_readings", "meter_readings")
DEVICE_CHANNELS = ("temperature", "setpoint")
# What a Supabase project says before anybody makes a table: everything new is open to everybody.
AS_SUPABASE = """
do $$
declare
    missing text;
begin
    foreach missing in array array['anon', 'authenticated', 'service_role'] loop
        if not exists (select from pg_roles where rolname = missing) then
            execute format('create role %I nologin', missing);
        end if;
    end loop;
end
$$;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
"""
_FILL = """
with c as (select * from channels where organisation_id = $1 and key = 'temperature'),
e as (select * from channels where organisation_id = $1 and key = 'energy'),
r as (
    insert into readings (observed_at, value, channel_number, organisation_number)
    select timestamptz '2026-03-01 12:00:00+00', 20, x.number, x.organisation_number
    from (select * from c union all select * from e) as x
),
refused as (
    insert into rejected_readings (organisation_id, channel_id, reference, observed_at, value, code, message, source)
    select $1, id, key, 'then', 'x', 'INVALID_VALUE', 'No number.', 'API' from c
),
f as (
    insert into forecasts (
        organisation_id, channel_id, issued_at, model, level, starts_at, step_seconds, p10, p50, p90, backtest_count
    )
    select $1, id, now(), 'naive', 0.8, now(), 60, '{1}', '{2}', '{3}', 0 from c returning id
),
d as (
    insert into decisions (organisation_id, asset_id, channel_id, rule, action, urgency, reasons)
    select $1, asset_id, id, 'limit', 'INSPECT', 'LOW', '[]' from c returning id
),
ar as (
    insert into automation_rules (organisation_id, site_id, asset_id, name)
    select $1, site_id, asset_id, 'Cool it' from c returning id
),
ac as (
    insert into automation_conditions (organisation_id, rule_id, position, channel_id, measure, comparison, threshold)
    select $1, ar.id, 0, c.id, 'VALUE', 'ABOVE', 60 from ar, c
),
af as (
    insert into autonomy_records (organisation_id, decision_id, site_id, level, outcome)
    select $1, d.id, c.site_id, 'ADVISE', 'ADVISED' from d, c
),
i as (
    insert into invitations (organisation_id, role, secret_hash, invited_by, expires_at)
    select $1, 'VIEWER', sha256($1::text::bytea), 'me', now() + interval '1 day'
),
a as (
    insert into audit_log (organisation_id, issuer, subject, client, request_id, operation, outcome)
    values ($1, 'https://issuer.test', 'me', '127.0.0.1', 'r', 'createSite', 'SUCCEEDED')
),
u as (
    insert into suppliers (organisation_id, name) values ($1, 'Supplier') returning id
),
t as (
    insert into tariffs (organisation_id, supplier_id, name, direction, currency, unit)
    select $1, id, 'Flat', 'IMPORT', 'EUR', 'KILOWATT_HOUR' from u returning id
),
v as (
    insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, terms)
    select $1, id, '2026-01-01', 'me', '{"bands": [{"name": "all", "price": "0.2"}]}' from t
),
g as (
    insert into agreements (organisation_id, meter_id, tariff_id, valid_from)
    select $1, (select asset_id from e), id, '2026-01-01' from t
),
h as (
    insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
    select $1, id, '2026-02-01 12:00:00+00', 'EXCHANGE', 100, 0, 'me' from channels
    where organisation_id = $1 and key = 'register'
),
x as (
    insert into calibrations (organisation_id, channel_id, performed_at, performed_by, recorded_by)
    select $1, id, '2026-02-01 12:00:00+00', 'Laboratory', 'me' from c
),
j as (
    insert into maintenance_tasks (organisation_id, asset_id, channel_id, kind, title, created_by)
    select $1, asset_id, id, 'INSPECTION', 'Look at it', 'me' from c
),
y as (
    insert into alarm_rules (organisation_id, name, cause, severity, channel_id)
    select $1, 'Hot', 'LIMIT_HIGH', 'HIGH', id from c
),
z as (
    insert into alarms (organisation_id, site_id, asset_id, channel_id, cause, severity, message, raised_at)
    select $1, site_id, asset_id, id, 'LIMIT_HIGH', 'HIGH', 'Too hot.', '2026-03-01 12:00:00+00' from c
),
p as (
    insert into scenarios (
        organisation_id, site_id, asset_id, channel_id, kind, name, starts_at, step_seconds, level, asked,
        baseline_p10, baseline_p50, baseline_p90, alternative_p10, alternative_p50, alternative_p90, findings,
        created_by
    )
    select $1, site_id, asset_id, id, 'TEMPERATURE', 'Hotter', '2026-03-01 12:00:00+00', 60, 0.8, '{}',
        '{1}', '{2}', '{3}', '{1}', '{2}', '{3}', '{}', 'me'
    from c
),
dl as (
    insert into deferrable_loads (organisation_id, site_id, meter_id, name, power_kw, run_seconds)
    select $1, site_id, asset_id, 'Boiler', 2, 3600 from e
),
lp as (
    insert into load_plans (
        organisation_id, site_id, meter_id, name, objective, starts_at, step_seconds, optimal, gap, elapsed_seconds,
        baseline_import_kw, baseline_export_kw, planned_import_kw, planned_export_kw, loads, findings, created_by
    )
    select $1, site_id, asset_id, 'Tomorrow', 'COST', '2026-03-01 12:00:00+00', 900, true, 0, 0.1,
        '{1}', '{0}', '{1}', '{0}', '[]', '{}', 'me'
    from e
),
s as (
    insert into command_schedules (organisation_id, name, idempotency_key, requested_by)
    values ($1, 'Night', 'night', 'user:me') returning id
),
il as (
    insert into interlocks (organisation_id, channel_id, kind, name, minimum, created_by)
    select $1, id, 'RANGE', 'Least', 1, 'me' from channels where organisation_id = $1 and key = 'setpoint'
),
es as (
    insert into emergency_stops (
        organisation_id, site_id, triggered_by, reason, released_at, released_by, release_reason
    )
    select $1, site_id, 'me', 'Smoke', now(), lower(o.name) || '-owner', 'None'
    from c join organisations as o on o.id = c.organisation_id
),
k as (
    insert into commands (organisation_id, channel_id, desired, idempotency_key, requested_by, expires_at, schedule_id)
    select $1, c.id, 1, 'key', 'me', now() + interval '1 hour', s.id from channels as c, s
    where c.organisation_id = $1 and c.key = 'setpoint' returning id
)
select id from k
"""
_STEP = """
insert into command_transitions (command_id, sequence, organisation_id, status, actor)
values ($1, 1, $2, 'REQUESTED', 'user:me')
"""
_TELL = """
with t as (
    insert into alarm_targets (organisation_id, name, kind, address, secret)
    values ($1, 'Desk', 'WEBHOOK', 'https://desk.test', 'secret of the desk') returning id
)
insert into alarm_notifications (organisation_id, target_id, alarm_id, sequence)
select $1, t.id, a.id, 1 from t, alarms as a where a.organisation_id = $1
"""
_CORRECT = """
update readings set value = 21
where channel_number = (select number from channels where organisation_id = $1 and key = 'temperature')
"""
_AGREE_OTHERWISE = "update agreements set valid_until = '2027-01-01' where organisation_id = $1"
_KEY = """
insert into api_keys (organisation_id, name, hash, prefix, created_by)
values ($1, 'Press', sha256($2::text::bytea), 'twinql_abcde', 'me')
returning id
"""
_OPEN = "insert into api_key_channels (api_key_id, channel_id, organisation_id) values ($1, $2, $3)"
_HOOK = """
with k as (
    insert into api_keys (organisation_id, name, hash, prefix, created_by)
    values ($1, 'Gateway', sha256($1::uuid::text::bytea), 'twinql_fghij', 'me') returning id
)
insert into command_webhooks (organisation_id, api_key_id, address, secret)
select $1, id, 'https://press.test', 'secret of the press' from k
"""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One organisation with rows in every table.

    Attributes:
        world: Its things and members.
        command: A command to its setpoint.
        key: A device's key, for DEVICE_CHANNELS.
    """

    world: World
    command: UUID
    key: UUID

    def owns(self, table: str) -> str:
        """Return the condition that a row is of this organisation."""
        column = {
            "organisations": "id",
            "readings": "organisation_number",
            "reading_corrections": "organisation_number",
        }
        name = column.get(table, "organisation_id")
        return f"{name} = {self.world.number}" if name.endswith("number") else f"{name} = '{self.world.organisation}'"

    def acting(self, connection, who, **settings):
        """Act as somebody of this organisation: a role, `device`, or `stranger`."""
        if who == "device":
            claims = {"iss": "twinql:api-key", "sub": str(self.key), "role": "twinql_device"}
            return Acting(connection, "twinql_device", claims, **settings)
        subject = who if who == "stranger" else f"{self.world.owner.subject.rpartition('-')[0]}-{who.lower()}"
        claims = {"iss": ISSUER, "sub": subject, "role": "authenticated"}
        return Acting(connection, "authenticated", claims, **settings)


class Acting:
    """A transaction in a role with claims, undone at its end."""

    def __init__(self, connection, role, claims, *, organisation="", headers=""):
        self.connection, self.transaction = connection, connection.transaction()
        self.settings = (role, json.dumps(claims), organisation, headers)

    async def __aenter__(self):
        await self.transaction.start()
        await self.connection.execute(
            "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),"
            " set_config('twinql.organisation', $3, true), set_config('request.headers', $4, true)",
            *self.settings,
        )
        return self.connection

    async def __aexit__(self, *_):
        await self.transaction.rollback()


async def make_tenant(url, connection, name):
    """Make an organisation with rows in every table."""
    world = await make_world(url, name)
    command = await connection.fetchval(_FILL, world.organisation)
    await connection.execute(_STEP, command, world.organisation)
    await connection.execute(_CORRECT, world.organisation)
    await connection.execute(_AGREE_OTHERWISE, world.organisation)
    await connection.execute(_TELL, world.organisation)
    key = await connection.fetchval(_KEY, world.organisation, name)
    for channel in DEVICE_CHANNELS:
        await connection.execute(_OPEN, key, world.channels[channel], world.organisation)
    await connection.execute(_HOOK, world.organisation)
    return Tenant(world, command, key)


async def refused(connection, statement, *values):
    """Say whether a statement is refused, or finds nothing that it may touch."""
    try:
        async with connection.transaction():
            return (await connection.execute(statement, *values)).split()[-1] == "0"
    except asyncpg.InsufficientPrivilegeError:
        return True
