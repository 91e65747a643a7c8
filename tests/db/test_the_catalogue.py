"""What the live catalogue says: nothing without row-level security, nothing without words, no way past the parent."""

import re
from itertools import product
from pathlib import Path

import asyncpg
import pytest

from twinql.storage.migrations import migrate

PRISMA = (Path(__file__).resolve().parents[2] / "prisma" / "schema.prisma").read_text()
API_ROLES = ("anon", "authenticated", "service_role", "twinql_device", "twinql_server")
LEDGER = "_prisma_migrations"
_BLOCK = re.compile(r"^((?:///[^\n]*\n)+)(model|enum) \w+ \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_RELATIONS = """
select
    n.nspname as schema, c.relname as name, c.relkind::text as kind, c.relrowsecurity as guarded,
    -- A view asks as whoever looks.
    coalesce(c.reloptions @> array['security_invoker=true'], false) as invoker,
    obj_description(c.oid, 'pg_class') as comment
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'twinql', 'twinql_private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
_COLUMNS = """
select c.relname as relation, a.attname as name, col_description(c.oid, a.attnum) as comment
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname in ('public', 'twinql', 'twinql_private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
_INDEXES = """
select c.relname as name, i.indisunique as keeps, obj_description(c.oid, 'pg_class') as comment
from pg_index as i
join pg_class as c on c.oid = i.indexrelid
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'twinql', 'twinql_private')
"""
_OTHERS = """
select 'type ' || t.typname as name, obj_description(t.oid, 'pg_type') as comment
from pg_type as t join pg_namespace as n on n.oid = t.typnamespace
where t.typtype in ('e', 'd') and n.nspname in ('public', 'twinql', 'twinql_private')
union all
select 'function ' || p.proname, obj_description(p.oid, 'pg_proc')
from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
where n.nspname in ('public', 'twinql', 'twinql_private')
"""
_OPEN_TO = """
select c.relname, r.rolname
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
cross join pg_roles as r
where n.nspname = 'twinql_private' and c.relkind in ('r', 'p', 'v', 'm', 'S') and r.rolname = any($1)
    and case
        when c.relkind = 'S' then has_sequence_privilege(r.oid, c.oid, 'usage, select, update')
        else has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')
    end
"""


@pytest.fixture
async def connection(database_url):
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def _prepare(connection, month):
    """Make a month's partition as an import would."""
    async with connection.transaction():
        await connection.execute("set local role twinql_worker")
        await connection.execute("select twinql.prepare_readings($1::text::timestamptz, $1::text::timestamptz)", month)


async def test_every_table_partition_and_view_is_guarded_those_made_later_too(connection):
    await _prepare(connection, "1997-05-01T00:00:00Z")
    relations = await connection.fetch(_RELATIONS)
    assert "readings_1997_05" in {each["name"] for each in relations}
    views = [each for each in relations if each["kind"] in ("v", "m")]
    assert len(views) >= 2
    assert [each["name"] for each in views if not each["invoker"]] == []
    assert [each["name"] for each in relations if each["kind"] in ("r", "p", "f") and not each["guarded"]] == []


async def test_every_table_view_and_column_is_explained_those_made_later_too(connection):
    await _prepare(connection, "1997-05-01T00:00:00Z")
    relations, columns = await connection.fetch(_RELATIONS), await connection.fetch(_COLUMNS)
    assert [each["name"] for each in relations if each["name"] != LEDGER and not each["comment"]] == []
    silent = [each for each in columns if each["relation"] != LEDGER and not each["comment"]]
    assert [f"{each['relation']}.{each['name']}" for each in silent] == []
    assert [each["name"] for each in await connection.fetch(_OTHERS) if not each["comment"]] == []


async def test_every_index_keeps_something_apart_or_says_what_it_serves(connection):
    indexes = await connection.fetch(_INDEXES)
    assert [each["name"] for each in indexes if not each["keeps"] and not each["comment"]] == []


def _documented():
    """Read the words of schema.prisma: of each model and enum, and of each column."""
    tables, columns, enums = {}, {}, {}
    for words, kind, body in _BLOCK.findall(PRISMA):
        name = re.search(r'@@map\("(\w+)"\)', body)[1]
        (tables if kind == "model" else enums)[name] = _joined(words)
        if kind == "model":
            columns |= {(name, column): text for column, text in _columns(body)}
    return tables, columns, enums


def _columns(body):
    # A relation has no words: it is no column. A column without words is missed in the comparison.
    for words, field, line in re.findall(r"((?: *///[^\n]*\n)+) *(\w+) ([^\n]*)", body):
        mapped = re.search(r'@map\("(\w+)"\)', line)
        yield (mapped[1] if mapped else field), _joined(words)


def _joined(words):
    return " ".join(line.strip().removeprefix("///").strip() for line in words.splitlines())


async def test_the_words_of_the_prisma_schema_are_those_of_the_database(connection):
    tables, columns, enums = _documented()
    assert len(tables) >= 14
    assert len(columns) > 100
    in_public = {each["name"]: each for each in await connection.fetch(_RELATIONS) if each["schema"] == "public"}
    found = {name: each["comment"] for name, each in in_public.items() if each["kind"] in ("r", "p") and name != LEDGER}
    assert found == tables
    described = await connection.fetch(_COLUMNS)
    assert {
        (each["relation"], each["name"]): each["comment"] for each in described if each["relation"] in tables
    } == columns
    types = {each["name"].removeprefix("type "): each["comment"] for each in await connection.fetch(_OTHERS)}
    assert {name: types[name] for name in enums} == enums


async def test_no_api_role_has_any_grant_in_the_private_schema(connection):
    await _prepare(connection, "1997-05-01T00:00:00Z")
    assert await connection.fetch(_OPEN_TO, list(API_ROLES)) == []
    for role in API_ROLES:
        assert not await connection.fetchval("select has_schema_privilege($1, 'twinql_private', 'usage, create')", role)


async def test_the_worker_alone_reads_what_seals_cursors(connection):
    readers = await connection.fetch("""
        select rolname from pg_roles
        where (rolname = any($1) or rolname like 'twinql%') and not rolsuper
            and has_column_privilege(oid, 'twinql_private.feed'::regclass, 'cursor_secret', 'select')
            and has_schema_privilege(oid, 'twinql_private', 'usage')
    """, list(API_ROLES))  # fmt: skip
    assert [each["rolname"] for each in readers] == ["twinql_worker"]
    async with connection.transaction():
        await connection.execute("set local role twinql_worker")
        assert len(await connection.fetchval("select cursor_secret from twinql_private.feed")) == 32
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("update twinql_private.feed set cursor_secret = sha256('known')")


PARTITIONS = ("readings_1997_05", "readings_other")
ATTEMPTS = (
    "select * from twinql_private.{}",
    "insert into twinql_private.{} (observed_at, channel_number, organisation_number) values (now(), 1, 1)",
    "update twinql_private.{} set value = 1",
    "delete from twinql_private.{}",
    "truncate twinql_private.{}",
)


async def test_a_partition_is_reached_through_its_parent_only(connection, subtests):
    await _prepare(connection, "1997-05-01T00:00:00Z")
    for role, partition, attempt in product(API_ROLES, PARTITIONS, ATTEMPTS):
        with subtests.test(role=role, partition=partition, attempt=attempt.split()[0]):
            async with connection.transaction():
                await connection.execute(f"set local role {role}")
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute(attempt.format(partition))


async def test_supabase_realtime_sends_alarms_decisions_and_commands_and_readings_only_on_demand(empty_database_url):
    connection = await asyncpg.connect(empty_database_url)
    published = "select tablename from pg_publication_tables where pubname = 'supabase_realtime' order by 1"
    through_parent = "select pubviaroot from pg_publication where pubname = 'supabase_realtime'"
    try:
        await connection.execute("create publication supabase_realtime")
        await migrate(empty_database_url)
        always = ["alarms", "commands", "decisions"]
        assert [each[0] for each in await connection.fetch(published)] == always
        for _ in range(2):
            assert await connection.fetchval("select twinql_private.publish_readings(true)") is True
        assert [each[0] for each in await connection.fetch(published)] == [*always, "readings"]
        assert await connection.fetchval(through_parent) is True
        for _ in range(2):
            assert await connection.fetchval("select twinql_private.publish_readings(false)") is False
        assert [each[0] for each in await connection.fetch(published)] == always
    finally:
        await connection.close()


async def test_where_postgres_is_not_supabase_there_is_nothing_to_publish(connection):
    assert await connection.fetchval("select twinql_private.publish_readings(true)") is False
