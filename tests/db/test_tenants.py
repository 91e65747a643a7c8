"""Plain SQL as the API's roles: who may do what in their own organisation, and nobody anything in another."""

from itertools import product

import asyncpg
import pytest

from tests.tenants import AS_SUPABASE, DEVICE_CHANNELS, TABLES, VIEWS, Acting, make_tenant, refused
from twinql.storage.migrations import migrate

# s: select, i: insert, u: update what may change, d: delete.
MATRIX = """
                     anon  stranger  VIEWER  OPERATOR  OWNER  device
organisations        -     -         s       s         su     s
memberships          -     -         sd      sd        siud   -
sites                -     -         s       s         siu    s
assets               -     -         s       s         siu    s
meters               -     -         s       s         siu    -
machines             -     -         s       s         siu    s
channels             -     -         s       s         siu    s
readings             -     -         s       siu       siu    siu
reading_corrections  -     -         s       s         s      s
rejected_readings    -     -         s       siu       siu    siu
forecasts            -     -         s       s         s      -
decisions            -     -         s       su        su     -
commands             -     -         s       s         s      s
command_transitions  -     -         s       s         s      s
command_schedules    -     -         s       s         s      -
api_keys             -     -         -       -         siu    -
api_key_channels     -     -         -       -         si     -
command_webhooks     -     -         -       -         siu    -
invitations          -     -         -       -         siu    -
audit_log            -     -         -       -         s      -
suppliers            -     -         s       s         siu    -
tariffs              -     -         s       s         siu    -
tariff_revisions     -     -         s       s         si     -
agreements           -     -         s       s         siud   -
agreement_history    -     -         s       s         s      -
register_events      -     -         s       siu       siu    -
calibrations         -     -         s       si        si     -
alarm_rules          -     -         s       s         siu    -
alarms               -     -         s       s         s      -
alarm_transitions    -     -         s       si        si     -
alarm_targets        -     -         -       -         siu    -
alarm_notifications  -     -         s       s         s      -
maintenance_tasks    -     -         s       siu       siu    -
scenarios            -     -         s       sd        sd     -
site_autonomy        -     -         s       su        su     -
automation_rules     -     -         s       s         siu    -
automation_conditions -    -         s       s         sid    -
autonomy_records     -     -         s       s         s      -
deferrable_loads     -     -         s       s         siu    -
load_plans           -     -         s       sd        sd     -
interlocks           -     -         s       s         siu    -
emergency_stops      -     -         s       si        siu    -
"""
_HEAD, *_ROWS = MATRIX.strip("\n").splitlines()
WHO = _HEAD.split()
MAY = {(table, who): verbs for table, *cells in map(str.split, _ROWS) for who, verbs in zip(WHO, cells, strict=True)}

# What each role would say; {me} is who speaks, {o} and {n} their organisation, the rest are its things.
INSERTS = {
    "interlocks": "insert into interlocks (organisation_id, channel_id, kind, name, per_hour, created_by)"
    " values ('{o}', '{setpoint}', 'COMMANDS_PER_HOUR', 'New', 10, '{me}')",
    "emergency_stops": "insert into emergency_stops (organisation_id, site_id, triggered_by, reason)"
    " values ('{o}', '{site}', '{me}', 'Smoke')",
    "organisations": "insert into organisations (name) values ('New')",
    "memberships": "insert into memberships (organisation_id, issuer, subject, role)"
    " values ('{o}', 'i', 's', 'VIEWER')",
    "sites": "insert into sites (organisation_id, name, time_zone) values ('{o}', 'New', 'UTC')",
    "assets": "insert into assets (organisation_id, site_id, kind, name) values ('{o}', '{site}', 'METER', 'New')",
    "meters": "insert into meters (id, organisation_id, serial_number, commodity)"
    " values ('{bare}', '{o}', 'M-2', 'GAS')",
    "machines": "insert into machines (id, organisation_id) values ('{bare_machine}', '{o}')",
    "channels": "insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)"
    " values ('{o}', {n}, '{site}', 'new', 'New', 'POWER', 'WATT', 'INSTANTANEOUS')",
    "readings": "insert into readings (observed_at, value, channel_number, organisation_number)"
    " values ('2026-03-01 13:00:00+00', 1, {channel_number}, {n})",
    "reading_corrections": "insert into reading_corrections (channel_number, organisation_number, observed_at,"
    " former_quality, former_source, former_recorded_at, corrected_by)"
    " values ({channel_number}, {n}, now(), 'GOOD', 'API', now(), 'me')",
    "rejected_readings": "insert into rejected_readings (organisation_id, channel_id, reference, observed_at, value,"
    " code, message, source) values ('{o}', '{channel}', 'new', 'then', 'x', 'INVALID_VALUE', 'No number.', 'API')",
    "forecasts": "insert into forecasts (organisation_id, channel_id, issued_at, model, level, starts_at, step_seconds,"
    " p10, p50, p90, backtest_count)"
    " values ('{o}', '{channel}', now(), 'm', 0.8, now(), 60, '{{1}}', '{{2}}', '{{3}}', 0)",
    "decisions": "insert into decisions (organisation_id, asset_id, rule, action, urgency, reasons)"
    " values ('{o}', '{machine}', 'r', 'INSPECT', 'LOW', '[]')",
    "commands": "insert into commands (organisation_id, channel_id, desired, idempotency_key, requested_by, expires_at)"
    " values ('{o}', '{setpoint}', 1, 'new', '{me}', now() + interval '1 hour')",
    "command_transitions": "insert into command_transitions (command_id, organisation_id, status, actor)"
    " values ('{command}', '{o}', 'CANCELLED', 'user:{me}')",
    "command_schedules": "insert into command_schedules (organisation_id, name, idempotency_key, requested_by)"
    " values ('{o}', 'New', 'new', 'user:{me}')",
    "api_keys": "insert into api_keys (organisation_id, name, hash, prefix, created_by)"
    " values ('{o}', 'New', sha256('x'), 'twinql_', '{me}')",
    "api_key_channels": "insert into api_key_channels (api_key_id, channel_id, organisation_id)"
    " values ('{key}', '{price}', '{o}')",
    "command_webhooks": "insert into command_webhooks (organisation_id, api_key_id, address, secret)"
    " values ('{o}', '{key}', 'https://x.test', 'secret of the press')",
    "invitations": "insert into invitations (organisation_id, role, secret_hash, invited_by, expires_at)"
    " values ('{o}', 'VIEWER', sha256('x'), '{me}', now() + interval '1 day')",
    "audit_log": "insert into audit_log (organisation_id, issuer, subject, client, request_id, operation, outcome)"
    " values ('{o}', 'i', '{me}', 'c', 'r', 'x', 'SUCCEEDED')",
    "suppliers": "insert into suppliers (organisation_id, name) values ('{o}', 'New')",
    "tariffs": "insert into tariffs (organisation_id, name, direction, currency, unit)"
    " values ('{o}', 'New', 'IMPORT', 'EUR', 'KILOWATT_HOUR')",
    "tariff_revisions": "insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, terms)"
    " values ('{o}', '{tariff}', '2026-02-01', '{me}', '{{}}')",
    "agreements": "insert into agreements (organisation_id, meter_id, tariff_id, valid_until)"
    " values ('{o}', '{meter}', '{tariff}', '2025-01-01')",
    "agreement_history": "insert into agreement_history (organisation_id, agreement_id, meter_id, tariff_id,"
    " former_recorded_at, changed_by) values ('{o}', '{tariff}', '{meter}', '{tariff}', now(), '{me}')",
    "register_events": "insert into register_events (organisation_id, channel_id, at, type, final_value, start_value,"
    " recorded_by) values ('{o}', '{register}', '2026-02-02 12:00:00+00', 'RESET', 10, 0, '{me}')",
    "calibrations": "insert into calibrations (organisation_id, channel_id, performed_at, performed_by, recorded_by)"
    " values ('{o}', '{channel}', now(), 'Laboratory', '{me}')",
    "alarm_rules": "insert into alarm_rules (organisation_id, name, cause, severity)"
    " values ('{o}', 'New', 'SPIKE', 'LOW')",
    "alarms": "insert into alarms (organisation_id, site_id, channel_id, cause, severity, message, raised_at)"
    " values ('{o}', '{site}', '{channel}', 'SPIKE', 'LOW', 'A spike.', now())",
    "alarm_transitions": "insert into alarm_transitions (organisation_id, alarm_id, action, actor)"
    " values ('{o}', '{alarm}', 'ACKNOWLEDGED', '{me}')",
    "alarm_targets": "insert into alarm_targets (organisation_id, name, kind, address)"
    " values ('{o}', 'New', 'EMAIL', 'desk@desk.test')",
    "alarm_notifications": "insert into alarm_notifications (organisation_id, target_id, alarm_id, sequence)"
    " values ('{o}', '{target}', '{alarm}', 1)",
    "maintenance_tasks": "insert into maintenance_tasks (organisation_id, asset_id, kind, title, created_by)"
    " values ('{o}', '{machine}', 'SERVICE', 'Oil it', '{me}')",
    "scenarios": "insert into scenarios (organisation_id, site_id, channel_id, kind, name, starts_at, step_seconds,"
    " level, asked, baseline_p10, baseline_p50, baseline_p90, alternative_p10, alternative_p50, alternative_p90,"
    " findings, created_by) values ('{o}', '{site}', '{channel}', 'TEMPERATURE', 'New', now(), 60, 0.8, '{{}}',"
    " '{{}}', '{{1}}', '{{}}', '{{}}', '{{1}}', '{{}}', '{{}}', '{me}')",
    "site_autonomy": "insert into site_autonomy (site_id, organisation_id) values ('{site}', '{o}')",
    "automation_rules": "insert into automation_rules (organisation_id, site_id, asset_id, name)"
    " values ('{o}', '{site}', '{machine}', 'New')",
    "automation_conditions": "insert into automation_conditions (organisation_id, rule_id, position, channel_id,"
    " measure, comparison, threshold) values ('{o}', '{rule}', 1, '{channel}', 'VALUE', 'BELOW', 1)",
    "autonomy_records": "insert into autonomy_records (organisation_id, decision_id, site_id, level, outcome)"
    " values ('{o}', '{decision}', '{site}', 'ADVISE', 'ADVISED')",
    "deferrable_loads": "insert into deferrable_loads (organisation_id, site_id, meter_id, name, power_kw, run_seconds)"
    " values ('{o}', '{site}', '{meter}', 'New', 1, 900)",
    "load_plans": "insert into load_plans (organisation_id, site_id, meter_id, name, objective, starts_at,"
    " step_seconds, optimal, gap, elapsed_seconds, baseline_import_kw, baseline_export_kw, planned_import_kw,"
    " planned_export_kw, loads, findings, created_by) values ('{o}', '{site}', '{meter}', 'New', 'PEAK', now(), 900,"
    " true, 0, 0.1, '{{1}}', '{{0}}', '{{1}}', '{{0}}', '[]', '{{}}', '{me}')",
}
UPDATES = {
    "interlocks": "name = name",
    "emergency_stops": "released_by = '{me}'",
    "organisations": "name = name",
    "memberships": "role = role",
    "sites": "name = name",
    "assets": "name = name",
    "meters": "serial_number = serial_number",
    "machines": "model = model",
    "channels": "name = name",
    "readings": "value = value",
    "reading_corrections": "reason = reason",
    "rejected_readings": "resolved_at = now()",
    "forecasts": "scored_at = now()",
    "decisions": "status = 'REJECTED', settled_at = now(), settled_by = '{me}'",
    "commands": "status = status",
    "command_transitions": "detail = detail",
    "command_schedules": "cancelled_at = now(), cancelled_by = 'user:{me}'",
    "api_keys": "revoked_at = now()",
    "api_key_channels": "channel_id = channel_id",
    "command_webhooks": "enabled = enabled",
    "invitations": "revoked_at = now()",
    "audit_log": "client = client",
    "suppliers": "name = name",
    "tariffs": "name = name",
    "tariff_revisions": "reason = reason",
    "agreements": "valid_until = valid_until",
    "agreement_history": "changed_by = changed_by",
    "register_events": "retracted_at = now(), retracted_by = '{me}'",
    "calibrations": "note = note",
    "alarm_rules": "enabled = enabled",
    "alarms": "message = message",
    "alarm_transitions": "comment = comment",
    "alarm_targets": "enabled = enabled",
    "alarm_notifications": "attempts = attempts",
    "maintenance_tasks": "title = title",
    "scenarios": "name = name",
    "site_autonomy": "paused_at = now(), paused_by = '{me}'",
    "automation_rules": "name = name",
    "automation_conditions": "threshold = threshold",
    "autonomy_records": "message = message",
    "deferrable_loads": "name = name",
    "load_plans": "name = name",
}
# What users may change of a row: neither what names it nor whose it is nor who made it.
CHANGEABLE = {
    "interlocks": {
        "name",
        "minimum",
        "maximum",
        "rate_per_minute",
        "hold_seconds",
        "on_above",
        "per_hour",
        "max_age_seconds",
        "applies_from",
        "applies_to",
        "archived_at",
    },
    "emergency_stops": {"released_at", "released_by", "release_reason"},
    "organisations": {"name"},
    "memberships": {"role"},
    "sites": {"name", "time_zone", "latitude", "longitude", "attributes", "limit_kw", "archived_at"},
    "assets": {"site_id", "parent_id", "name", "external_id", "attributes", "archived_at"},
    "meters": {"serial_number", "commodity", "billing_day", "calorific_value", "volume_correction"},
    "machines": {"manufacturer", "model"},
    "readings": {"recorded_at", "value", "quality", "source"},
    "rejected_readings": {"rejected_at", "resolved_at"},
    "decisions": {"status", "settled_at", "settled_by", "settled_reason"},
    "api_keys": {"name", "revoked_at"},
    "command_webhooks": {"address", "secret", "enabled"},
    "invitations": {"revoked_at"},
    "suppliers": {"name", "contact", "archived_at"},
    "tariffs": {"supplier_id", "name", "archived_at"},
    "agreements": {"valid_from", "valid_until"},
    "register_events": {"retracted_at", "retracted_by"},
    "alarm_rules": {
        "name",
        "enabled",
        "severity",
        "limit_value",
        "deadband",
        "sensitivity",
        "on_delay_seconds",
        "off_delay_seconds",
        "escalate_after_seconds",
        "escalate_to",
        "archived_at",
    },
    "alarm_targets": {"name", "address", "secret", "site_id", "minimum_severity", "enabled", "archived_at"},
    "deferrable_loads": {
        "channel_id",
        "name",
        "power_kw",
        "run_seconds",
        "energy_kwh",
        "earliest_minute",
        "latest_minute",
        "usual_minute",
        "interruptible",
        "minimum_run_seconds",
        "counted",
        "on_value",
        "off_value",
        "archived_at",
    },
    "maintenance_tasks": {
        "status",
        "title",
        "note",
        "due_at",
        "scheduled_for",
        "done_at",
        "done_by",
        "findings",
        "failed",
        "failed_at",
        "calibration_id",
        "cancelled_at",
        "cancelled_by",
    },
    "site_autonomy": {
        "level",
        "commands_per_hour",
        "weekdays",
        "first_minute",
        "last_minute",
        "set_at",
        "set_by",
        "paused_at",
        "paused_by",
        "pause_reason",
        "fell_back_at",
        "fell_back_because",
        "fell_back_channel_id",
        "trusted_since",
    },
    "automation_rules": {
        "asset_id",
        "name",
        "level",
        "urgency",
        "holds_for_seconds",
        "minimum_between_seconds",
        "weekdays",
        "first_minute",
        "last_minute",
        "set_channel_id",
        "desired",
        "expires_in_seconds",
        "expect_channel_id",
        "expect_direction",
        "expect_by",
        "expect_value",
        "expect_within_seconds",
        "phase",
        "holding_since",
        "outcome",
        "message",
        "outcome_at",
        "fell_back_at",
        "fell_back_because",
        "fell_back_channel_id",
        "archived_at",
    },
}
_COLUMNS = """
select c.relname as table, a.attname as column, has_column_privilege($1, c.oid, a.attnum, $2) as open
from pg_class as c
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""
_BARE = """
insert into assets (organisation_id, site_id, kind, name) values ($1, $2, $3::text::asset_kind, 'Bare') returning id
"""


@pytest.fixture
async def connection(database_url):
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def acme(database_url, connection):
    return await make_tenant(database_url, connection, "Acme")


@pytest.fixture
async def zenith(database_url, connection):
    return await make_tenant(database_url, connection, "Zenith")


async def words_of(connection, tenant, who):
    """Return what the statements above speak of, for somebody of an organisation."""
    world = tenant.world
    bare = {
        kind: await connection.fetchval(_BARE, world.organisation, world.site, kind) for kind in ("METER", "MACHINE")
    }
    number = "select number from channels where id = $1"
    return {
        "o": world.organisation, "n": world.number, "site": world.site, "machine": world.machine,
        "bare": bare["METER"], "bare_machine": bare["MACHINE"], "key": tenant.key, "command": tenant.command,
        "meter": world.meter,
        "tariff": await connection.fetchval("select id from tariffs where organisation_id = $1", world.organisation),
        "rule": await connection.fetchval(
            "select id from automation_rules where organisation_id = $1", world.organisation
        ),
        "decision": await connection.fetchval(
            "select id from decisions where organisation_id = $1", world.organisation
        ),
        "alarm": await connection.fetchval("select id from alarms where organisation_id = $1", world.organisation),
        "target": await connection.fetchval(
            "select id from alarm_targets where organisation_id = $1", world.organisation
        ),
        **{name: world.channels[name] for name in ("setpoint", "price", "register")},
        "channel": world.channels["temperature"],
        "channel_number": await connection.fetchval(number, world.channels["temperature"]),
        "me": f"acme-{who.lower()}",
    }  # fmt: skip


async def done(connection, tenant, table, words):
    """Return which verbs get through to the rows of an organisation."""
    mine, change = tenant.owns(table), UPDATES[table].format(**words)
    attempts = {
        "s": f"select from {table} where {mine}",
        "u": f"update {table} set {change} where {mine}",
        "i": INSERTS[table].format(**words),
        "d": f"delete from {table} where {mine}",
    }
    through = [verb for verb, statement in attempts.items() if not await refused(connection, statement)]
    assert await refused(connection, f"truncate {table} cascade")
    return "".join(verb for verb in "siud" if verb in through) or "-"


async def test_every_table_is_looked_at(connection):
    found = await connection.fetch(
        "select tablename from pg_tables where schemaname = 'public' and tablename <> '_prisma_migrations'"
    )
    assert {each[0] for each in found} == set(TABLES) == {table for table, _ in MAY}


@pytest.mark.parametrize("who", WHO)
async def test_each_role_may_do_what_the_matrix_says_in_its_own_organisation(connection, acme, zenith, subtests, who):
    del zenith
    words = await words_of(connection, acme, who)
    for table in TABLES:
        with subtests.test(table):
            async with acting(connection, acme, who):
                assert await done(connection, acme, table, words) == MAY[table, who]


@pytest.mark.parametrize("who", WHO)
async def test_no_role_may_do_anything_in_another_organisation(connection, acme, zenith, subtests, who):
    theirs = await words_of(connection, zenith, who)
    words = theirs | {"me": f"acme-{who.lower()}"}
    for table in TABLES:
        with subtests.test(table):
            async with acting(connection, acme, who):
                if table == "organisations" and who != "anon":
                    assert (
                        await connection.fetchval(f"select count(*) from organisations where {zenith.owns(table)}") == 0
                    )
                assert await done(connection, zenith, table, words) == "-"


def acting(connection, tenant, who):
    if who == "anon":
        return Acting(connection, "anon", {"role": "anon"})
    return tenant.acting(connection, who)


@pytest.mark.parametrize("who", ["VIEWER", "OPERATOR"])
async def test_whoever_is_no_owner_ends_no_membership_but_their_own(connection, acme, zenith, who):
    del zenith
    async with acting(connection, acme, who):
        ended = await connection.fetch("delete from memberships returning subject")
    assert [each["subject"] for each in ended] == [f"acme-{who.lower()}"]


async def test_users_change_only_what_may_change_of_a_row(connection):
    rows = await connection.fetch(_COLUMNS, "authenticated", "update")
    open_to = {}
    for row in rows:
        if row["open"]:
            open_to.setdefault(row["table"], set()).add(row["column"])
    kept = open_to.pop("channels")
    assert open_to == CHANGEABLE
    assert not kept & {"id", "number", "organisation_id", "organisation_number", "created_at"}


async def test_nobody_chooses_an_id_or_a_number_or_an_instant_that_is_given_out(connection):
    rows = await connection.fetch(_COLUMNS, "authenticated", "insert")
    chosen = {f"{row['table']}.{row['column']}" for row in rows if row["open"]}
    given_out = {name for name in chosen if name.endswith((".id", ".number", ".created_at", ".recorded_at"))}
    assert given_out == {"meters.id", "machines.id"}  # the ids of their assets


async def test_hashes_of_secrets_are_read_by_no_user(connection, acme):
    for column in ("api_keys.hash", "invitations.secret_hash", "alarm_targets.secret", "command_webhooks.secret"):
        table, name = column.split(".")
        async with acme.acting(connection, "OWNER"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"select {name} from {table}")


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_shows_what_whoever_looks_may_see(connection, acme, zenith, view):
    del zenith
    everything = await connection.fetchval(f"select count(*) from {view}")
    async with acme.acting(connection, "VIEWER"):
        assert 0 < await connection.fetchval(f"select count(*) from {view}") == everything / 2
    async with acme.acting(connection, "stranger"):
        assert await connection.fetchval(f"select count(*) from {view}") == 0


async def test_whoever_is_nobody_sees_nothing(connection, acme, subtests):
    del acme
    for name in [*TABLES, *VIEWS, "_prisma_migrations"]:
        with subtests.test(name):
            async with Acting(connection, "anon", {"role": "anon"}):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"select * from {name}")


async def test_a_device_sees_its_channels_and_what_they_hang_on(connection, acme, zenith):
    del zenith
    async with acme.acting(connection, "device"):
        keys = await connection.fetch("select key from channels order by key")
        assert tuple(each[0] for each in keys) == tuple(sorted(DEVICE_CHANNELS))
        assert await connection.fetchval("select array_agg(id) from assets") == [acme.world.machine]
        assert await connection.fetchval("select array_agg(id) from sites") == [acme.world.site]
        assert await connection.fetchval("select count(distinct channel_number) from readings") == 1
        assert await connection.fetchval("select array_agg(id) from commands") == [acme.command]


@pytest.mark.parametrize("end", ["revoked_at = now()", "created_at = now() - interval '2 s', expires_at = now()"])
async def test_a_key_that_is_no_longer_good_opens_nothing(connection, acme, subtests, end):
    await connection.execute(f"update api_keys set {end} where id = $1", acme.key)
    words = await words_of(connection, acme, "device")
    for table in TABLES:
        with subtests.test(table):
            async with acme.acting(connection, "device"):
                assert await done(connection, acme, table, words) == "-"


@pytest.mark.parametrize("who", ["OWNER", "OPERATOR"])
async def test_nobody_signs_with_the_name_of_another(connection, acme, who):
    words = await words_of(connection, acme, who) | {"me": "somebody-else"}
    for table in ("api_keys", "invitations", "calibrations", "alarm_transitions"):
        async with acme.acting(connection, who):
            assert await refused(connection, INSERTS[table].format(**words))
    async with acme.acting(connection, who):
        assert await refused(connection, f"update decisions set {UPDATES['decisions'].format(**words)}")


async def test_a_settled_decision_stays_settled(connection, acme):
    words = await words_of(connection, acme, "OPERATOR")
    settle = f"update decisions set {UPDATES['decisions'].format(**words)}"
    async with acme.acting(connection, "OPERATOR"):
        await connection.execute(settle)
        with pytest.raises(asyncpg.CheckViolationError, match="is settled"):
            await connection.execute(settle)


async def test_the_audit_log_is_only_ever_added_to_by_the_owner_of_the_database_too(connection, acme, subtests):
    del acme
    for attempt in ("update audit_log set client = ''", "delete from audit_log", "truncate audit_log"):
        with subtests.test(attempt), pytest.raises(asyncpg.IntegrityConstraintViolationError, match="only ever added"):
            await connection.execute(attempt)


async def test_only_those_who_may_record_make_partitions(connection, acme):
    prepare = "select twinql.prepare_readings(now() - interval '30 months', now() - interval '30 months')"
    for who in ("VIEWER", "stranger"):
        async with acme.acting(connection, who):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(prepare)
    for who in ("OPERATOR", "device"):
        async with acme.acting(connection, who):
            assert await connection.fetchval(prepare) == 1
            # Every partition makes everybody's statements longer: old readings share one.
            assert await connection.fetchval("select twinql.prepare_readings('1990-01-01Z', now())") <= 61
    assert await connection.fetchval("select twinql.prepare_readings('1996-01-01Z', '1996-01-01Z')") == 1


async def test_no_row_of_one_organisation_can_point_into_another(connection, acme, zenith):
    attempts = [
        ("update assets set site_id = $1 where organisation_id = $2", zenith.world.site),
        ("update assets set parent_id = $1 where organisation_id = $2", zenith.world.machine),
        ("update channels set asset_id = $1 where organisation_id = $2 and asset_id is not null", zenith.world.machine),
        ("update channels set site_id = $1 where organisation_id = $2", zenith.world.site),
    ]
    async with acme.acting(connection, "OWNER"):
        for statement, target in attempts:
            with pytest.raises((asyncpg.ForeignKeyViolationError, asyncpg.UniqueViolationError)):
                async with connection.transaction():
                    await connection.execute(statement, target, acme.world.organisation)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with connection.transaction():
                await connection.execute(
                    "insert into api_key_channels (api_key_id, channel_id, organisation_id) values ($1, $2, $3)",
                    *(acme.key, zenith.world.channels["price"], acme.world.organisation),
                )
    number = await connection.fetchval("select number from channels where id = $1", zenith.world.channels["price"])
    async with acme.acting(connection, "OWNER"):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(
                "insert into readings (observed_at, value, channel_number, organisation_number)"
                " values ('2026-03-01T13:00:00Z', 1, $1, $2)",
                *(number, acme.world.number),
            )


async def test_what_supabase_opens_by_default_is_closed_again(empty_database_url, subtests):
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(AS_SUPABASE)
    await migrate(empty_database_url)
    relations = await connection.fetch(
        "select oid::regclass::text as name, relkind::text as kind from pg_class"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S')"
    )
    for relation, role in product(relations, ("anon", "authenticated")):
        if relation["kind"] == "S":
            wanted = ["usage"] if (role, relation["name"]) == ("authenticated", "channels_number_seq") else []
            verbs, check = ("select", "usage", "update"), "has_sequence_privilege"
        else:
            # What is granted by column is held by the matrix above; nothing else is granted on a whole table.
            wanted = None if role == "authenticated" else []
            verbs, check = (
                ("select", "insert", "update", "delete", "truncate", "references", "trigger"),
                "has_table_privilege",
            )
        held = [
            verb
            for verb in verbs
            if await connection.fetchval(f"select {check}($1, $2, $3)", role, relation["name"], verb)
        ]
        with subtests.test(role=role, name=relation["name"]):
            assert (
                held == wanted
                if wanted is not None
                else not set(held) & {"truncate", "references", "trigger", "update"}
            )
    await connection.close()


_MANY = """
with o as (
    insert into organisations (name) select 'Other ' || i from generate_series(1, 30) as i returning id, number
),
s as (
    insert into sites (organisation_id, name, time_zone) select id, 'Site', 'UTC' from o returning id, organisation_id
)
insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
select o.id, o.number, s.id, 'power', 'Power', 'POWER', 'WATT', 'INSTANTANEOUS'
from o join s on s.organisation_id = o.id
"""
_MUCH = """
insert into readings (observed_at, value, channel_number, organisation_number)
select timestamptz '2026-03-01 00:00:00+00' + step * interval '1 minute', 1, number, organisation_number
from channels cross join generate_series(1, 2000) as step
where key in ('power', 'temperature')
on conflict do nothing
"""


@pytest.mark.parametrize("who", ["VIEWER", "device"])
async def test_beside_many_organisations_readings_still_come_in_the_order_of_their_index(connection, acme, who):
    await connection.execute("select twinql.prepare_readings('2026-03-01Z', '2026-03-01Z')")
    await connection.execute(_MANY)
    await connection.execute(_MUCH)
    await connection.execute("analyze readings")
    number = "select number from channels where id = $1"
    channel = await connection.fetchval(number, acme.world.channels["temperature"])
    read = f"explain select value from readings where channel_number = {channel} order by observed_at limit 100"
    await connection.execute("set random_page_cost = 1.1")  # as on a disk without a moving head
    async with acme.acting(connection, who):
        plan = "\n".join(each[0] for each in await connection.fetch(read))
    assert "Index Scan using readings_2026_03_pkey" in plan
    assert "  Sort  " not in plan


async def test_times_and_zones_that_do_not_exist_are_refused_by_whichever_door_they_come(connection, acme, subtests):
    calibrate = (
        "insert into calibrations (organisation_id, channel_id, performed_at, valid_until, performed_by, recorded_by)"
        " values ('{o}', '{channel}', '{performed}', '{until}', 'Laboratory', '{me}')"
    )
    words = await words_of(connection, acme, "OPERATOR")
    for performed, until in (("2026-01-01Z", "infinity"), ("-infinity", "2026-01-01Z"), ("0001-01-01Z BC", "now")):
        with subtests.test(f"{performed} to {until}"):
            async with acme.acting(connection, "OPERATOR"):
                with pytest.raises(asyncpg.CheckViolationError):
                    await connection.execute(calibrate.format(**words, performed=performed, until=until))
    for zone in ("Nowhere/X", "UTC+3", "../../etc/passwd", "", "europe/berlin"):
        with subtests.test(zone):
            async with acme.acting(connection, "OWNER"):
                with pytest.raises((asyncpg.CheckViolationError, asyncpg.InvalidParameterValueError)):
                    await connection.execute("update sites set time_zone = $1", zone)
    for zone in ("Europe/Berlin", "UTC", "Etc/GMT+3", "America/Argentina/Buenos_Aires", "NZ-CHAT"):
        with subtests.test(zone):
            async with acme.acting(connection, "OWNER"):
                assert await connection.execute("update sites set time_zone = $1", zone) == "UPDATE 1"
