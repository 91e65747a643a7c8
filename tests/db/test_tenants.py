"""Plain SQL as the API's roles: nobody sees or writes another organisation's rows, whatever the table."""

import json
from itertools import product

import asyncpg
import pytest

from tests.world import ISSUER, make_world

TABLES = (
    "organisations", "memberships", "sites", "assets", "meters", "machines", "channels", "readings",
    "reading_corrections", "rejected_readings", "forecasts", "decisions", "commands", "command_transitions",
)  # fmt: skip
VIEWS = ("latest_readings", "meter_readings")
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
k as (
    insert into commands (organisation_id, channel_id, desired, idempotency_key, requested_by, expires_at)
    select $1, id, 1, 'key', 'me', now() + interval '1 hour' from channels
    where organisation_id = $1 and key = 'setpoint' returning id
)
select id from k
"""
_STEP = """
insert into command_transitions (command_id, sequence, organisation_id, status, actor)
values ($1, 1, $2, 'QUEUED', 'me')
"""
_CORRECT = """
update readings set value = 21
where channel_number = (select number from channels where organisation_id = $1 and key = 'temperature')
"""


async def _filled(url, connection, name):
    world = await make_world(url, name)
    command = await connection.fetchval(_FILL, world.organisation)
    await connection.execute(_STEP, command, world.organisation)
    await connection.execute(_CORRECT, world.organisation)
    return world


@pytest.fixture
async def connection(database_url):
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def acme(database_url, connection):
    return await _filled(database_url, connection, "Acme")


@pytest.fixture
async def zenith(database_url, connection):
    return await _filled(database_url, connection, "Zenith")


class _As:
    """A transaction in a role with claims, undone at its end."""

    def __init__(self, connection, subject, role="authenticated", organisation=""):
        self.connection, self.role, self.organisation = connection, role, organisation
        self.claims = json.dumps({"iss": ISSUER, "sub": subject, "role": role})
        self.transaction = connection.transaction()

    async def __aenter__(self):
        await self.transaction.start()
        await self.connection.execute(
            "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),"
            " set_config('twinql.organisation', $3, true)",
            self.role,
            self.claims,
            self.organisation,
        )
        return self.connection

    async def __aexit__(self, *_):
        await self.transaction.rollback()


def _whose(table, world):
    """Return the condition that a row is of an organisation."""
    column = {"organisations": "id", "readings": "organisation_number", "reading_corrections": "organisation_number"}
    name = column.get(table, "organisation_id")
    return f"{name} = {world.number}" if name.endswith("number") else f"{name} = '{world.organisation}'"


async def _refused(connection, statement, *values):
    """Say whether a statement is refused, or finds nothing that it may touch."""
    try:
        async with connection.transaction():
            return (await connection.execute(statement, *values)).split()[-1] == "0"
    except asyncpg.InsufficientPrivilegeError:
        return True


async def test_every_table_is_looked_at(connection):
    found = await connection.fetch(
        "select tablename from pg_tables where schemaname = 'public' and tablename <> '_prisma_migrations'"
    )
    assert {each[0] for each in found} == set(TABLES)


async def test_a_member_reads_the_rows_of_their_organisation_and_no_other(connection, acme, zenith, subtests):
    for table in TABLES:
        with subtests.test(table):
            await _check_reading(connection, acme, zenith, table)


async def _check_reading(connection, acme, zenith, table):
    for world in (acme, zenith):
        assert await connection.fetchval(f"select count(*) from {table} where {_whose(table, world)}") > 0
    for role in ("owner", "operator", "viewer"):
        async with _As(connection, f"acme-{role}"):
            assert await connection.fetchval(f"select count(*) from {table} where {_whose(table, acme)}") > 0
            assert await connection.fetchval(f"select count(*) from {table} where not {_whose(table, acme)}") == 0
    async with _As(connection, "stranger"):
        assert await connection.fetchval(f"select count(*) from {table}") == 0
    # Naming an organisation to which one does not belong gives none.
    async with _As(connection, "acme-owner", organisation=str(zenith.organisation)):
        assert await connection.fetchval(f"select count(*) from {table}") == 0


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_shows_what_whoever_looks_may_see(connection, acme, zenith, view):
    del acme, zenith
    everything = await connection.fetchval(f"select count(*) from {view}")
    async with _As(connection, "acme-viewer"):
        assert 0 < await connection.fetchval(f"select count(*) from {view}") == everything / 2
    async with _As(connection, "stranger"):
        assert await connection.fetchval(f"select count(*) from {view}") == 0


async def test_whoever_is_nobody_sees_nothing(connection, acme, subtests):
    del acme
    for name in [*TABLES, *VIEWS, "_prisma_migrations"]:
        with subtests.test(name):
            async with _As(connection, "acme-owner", role="anon"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"select * from {name}")


async def test_nobody_writes_the_rows_of_another_organisation(connection, acme, zenith, subtests):
    for table in TABLES:
        with subtests.test(table):
            await _check_foreign_writes(connection, acme, zenith, table)


async def _check_foreign_writes(connection, acme, zenith, table):
    theirs = _whose(table, zenith)
    row = await connection.fetchval(f"select to_jsonb(t)::text from {table} as t where {theirs} limit 1")
    for subject in ("acme-owner", "acme-operator", "acme-viewer", "stranger"):
        async with _As(connection, subject):
            column = theirs.split()[0]
            # Under their key, and as a new row: neither is let through.
            insert = f"insert into {table} select * from jsonb_populate_record(null::{table}, $1::text::jsonb)"
            assert await _refused(connection, insert, row)
            assert await _refused(connection, f"update {table} set {column} = {column} where {theirs}")
            assert await _refused(connection, f"delete from {table} where {theirs}")
            assert await _refused(connection, f"truncate {table} cascade")
            # One's own rows cannot be given away either.
            given = theirs.split()[-1]
            assert await _refused(connection, f"update {table} set {column} = {given} where {_whose(table, acme)}")


async def test_a_member_writes_what_their_role_may(connection, acme, subtests):
    for table, subject in product(TABLES, ("acme-viewer", "acme-operator", "acme-owner")):
        with subtests.test(table=table, subject=subject):
            await _check_own_writes(connection, acme, table, subject)


async def _check_own_writes(connection, acme, table, subject):
    mine = _whose(table, acme)
    column = mine.split()[0]
    managed = {"memberships", "sites", "assets", "meters", "machines", "channels"}
    recorded = {"readings", "rejected_readings", "forecasts", "decisions", "commands"}
    may = {"acme-viewer": set(), "acme-operator": recorded, "acme-owner": managed | recorded}[subject]
    async with _As(connection, subject):
        changed = not await _refused(connection, f"update {table} set {column} = {column} where {mine}")
        assert changed == (table in may)
        removed = not await _refused(connection, f"delete from {table} where {mine}")
        assert removed == (table == "memberships" and subject == "acme-owner")


async def test_no_row_of_one_organisation_can_point_into_another(connection, acme, zenith):
    attempts = [
        ("update assets set site_id = $1 where organisation_id = $2", zenith.site),
        ("update assets set parent_id = $1 where organisation_id = $2", zenith.machine),
        ("update channels set asset_id = $1 where organisation_id = $2 and asset_id is not null", zenith.machine),
        ("update channels set site_id = $1 where organisation_id = $2", zenith.site),
    ]
    async with _As(connection, "acme-owner"):
        for statement, target in attempts:
            with pytest.raises((asyncpg.ForeignKeyViolationError, asyncpg.UniqueViolationError)):
                async with connection.transaction():
                    await connection.execute(statement, target, acme.organisation)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with connection.transaction():
                await connection.execute(
                    "insert into readings (observed_at, value, channel_number, organisation_number)"
                    " values ('2026-03-01T13:00:00Z', 1, $1, $2)",
                    await _number(connection, zenith),
                    acme.number,
                )


async def _number(connection, world):
    """Guess the number of a channel of somebody else: numbers are given out in order."""
    own = await connection.fetchval("select max(number) from channels")
    return own + len(world.channels)
