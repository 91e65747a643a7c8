"""Migrations without Node: applied once and in order, and refused where something is in the way."""

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest

from tests.prisma_cli import ROOT, write_migration
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, UnavailableError
from twinql.storage.migrations import declare_applied, declare_rolled_back, migrate, pending

FIRST, SECOND, THIRD = "20250101000000_first", "20250102000000_second", "20250103000000_third"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_migration(tmp_path, FIRST, "create table a (id integer constraint a_pkey primary key);\ncreate table b ();\n")
    write_migration(tmp_path, SECOND, "alter table a add x text;\n")
    return tmp_path


async def ask(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def tell(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def tables(url: str) -> list[str]:
    rows = await ask(
        url, "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
    )
    return sorted(row[0] for row in rows)


async def test_twinqls_own_migrations_apply_to_an_empty_database(empty_database_url: str) -> None:
    names = sorted(each.parent.name for each in (ROOT / "prisma" / "migrations").glob("*/migration.sql"))
    steps: list[str] = []
    assert await pending(empty_database_url) == names
    assert await migrate(empty_database_url, on_step=steps.append) == names == steps
    assert await pending(empty_database_url) == []
    assert await migrate(empty_database_url) == []


async def test_only_what_is_missing_is_applied(empty_database_url: str, folder: Path) -> None:
    assert await migrate(empty_database_url, folder=folder) == [FIRST, SECOND]
    write_migration(folder, THIRD, "create table c (id integer);\n")
    assert await pending(empty_database_url, folder=folder) == [THIRD]
    assert await migrate(empty_database_url, folder=folder) == [THIRD]


async def test_two_at_once_apply_each_migration_once(empty_database_url: str, folder: Path) -> None:
    both = await asyncio.gather(*(migrate(empty_database_url, folder=folder) for _ in range(2)))
    assert sorted(both) == [[], [FIRST, SECOND]]
    assert len(await ask(empty_database_url, "select from _prisma_migrations")) == 2


async def test_whoever_waits_a_minute_for_the_lock_is_told(
    empty_database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinql.storage.migrations.session._PATIENCE", "50ms")
    holder = await asyncpg.connect(empty_database_url)
    try:
        await holder.execute("select pg_advisory_lock(72707369)")
        with pytest.raises(UnavailableError, match="Another migration of this database"):
            await migrate(empty_database_url, folder=folder)
    finally:
        await holder.close()
    assert await tables(empty_database_url) == []


async def test_an_edited_or_a_forgotten_migration_stays_applied(empty_database_url: str, folder: Path) -> None:
    await migrate(empty_database_url, folder=folder)
    (folder / FIRST / "migration.sql").write_text("select 1;\n")
    assert await migrate(empty_database_url, folder=folder) == []
    (folder / FIRST / "migration.sql").unlink()
    (folder / FIRST).rmdir()
    assert await migrate(empty_database_url, folder=folder) == []


async def test_a_failed_migration_is_undone_whole_and_the_next_run_refuses(
    empty_database_url: str, folder: Path
) -> None:
    write_migration(folder, THIRD, "create table c (id integer);\nselect 1 / 0;\n")
    with pytest.raises(ConflictError, match=f"{THIRD} failed: division by zero"):
        await migrate(empty_database_url, folder=folder)
    assert await tables(empty_database_url) == ["_prisma_migrations", "a", "b"]
    [row] = await ask(empty_database_url, f"select * from _prisma_migrations where migration_name = '{THIRD}'")
    assert (row["finished_at"], row["rolled_back_at"], row["applied_steps_count"]) == (None, None, 0)
    assert "Database error code: 22012" in row["logs"]

    with pytest.raises(ConflictError) as refusal:
        await migrate(empty_database_url, folder=folder)
    assert f"{row['started_at']:%Y-%m-%d %H:%M:%S} UTC and failed: division by zero" in refusal.value.message
    assert f"twinql migrate --rolled-back {THIRD}" in refusal.value.message
    assert await pending(empty_database_url, folder=folder) == [THIRD]


async def test_a_migration_with_a_transaction_of_its_own_leaves_a_log_too(
    empty_database_url: str, folder: Path
) -> None:
    write_migration(folder, THIRD, "begin;\ncreate table c (id integer);\nselect 1 / 0;\ncommit;\n")
    with pytest.raises(ConflictError):
        await migrate(empty_database_url, folder=folder)
    [row] = await ask(empty_database_url, f"select logs from _prisma_migrations where migration_name = '{THIRD}'")
    assert "division by zero" in row["logs"]


async def test_what_was_rolled_back_runs_anew(empty_database_url: str, folder: Path) -> None:
    write_migration(folder, THIRD, "select 1 / 0;\n")
    with pytest.raises(ConflictError):
        await migrate(empty_database_url, folder=folder)
    with pytest.raises(NotFoundError, match=f"These have: {THIRD}"):
        await declare_rolled_back(empty_database_url, SECOND)
    await declare_rolled_back(empty_database_url, THIRD)
    (folder / THIRD / "migration.sql").write_text("select 1;\n")
    assert await migrate(empty_database_url, folder=folder) == [THIRD]


async def test_what_was_finished_by_hand_does_not_run(empty_database_url: str, folder: Path) -> None:
    write_migration(folder, THIRD, "select 1 / 0;\n")
    with pytest.raises(ConflictError):
        await migrate(empty_database_url, folder=folder)
    await declare_applied(empty_database_url, THIRD, folder=folder)
    assert await migrate(empty_database_url, folder=folder) == []
    with pytest.raises(ConflictError, match="applied already"):
        await declare_applied(empty_database_url, THIRD, folder=folder)
    with pytest.raises(NotFoundError, match="no migration named fourth"):
        await declare_applied(empty_database_url, "fourth", folder=folder)


async def test_tables_in_the_way_are_named_and_nothing_is_touched(empty_database_url: str) -> None:
    # What the older meter POC looks like.
    await tell(
        empty_database_url,
        "create table readings (id bigserial primary key, meter_id text, reading float8, timestamp timestamptz);"
        "insert into readings (meter_id, reading, timestamp) values ('m1', 1.5, now()); create table notes (id int)",
    )
    with pytest.raises(ConflictError) as refusal:
        await migrate(empty_database_url)
    assert await tables(empty_database_url) == ["notes", "readings"]
    assert len(await ask(empty_database_url, "select from readings")) == 1
    assert "the table public.readings" in refusal.value.message
    assert "the index" not in refusal.value.message, "it goes with its table"
    assert "import --from-table legacy.readings" in refusal.value.message

    # The way on works as it is printed.
    commands = re.findall(r"^  ((?:create|alter) .*;)$", refusal.value.message, re.MULTILINE)
    await tell(empty_database_url, "\n".join(commands))
    with pytest.raises(ConflictError, match="--beside-other-tables"):
        await migrate(empty_database_url)
    assert await migrate(empty_database_url, beside_other_tables=True)
    assert len(await ask(empty_database_url, "select from legacy.readings")) == 1


async def test_other_tables_stay_exactly_as_they_are(empty_database_url: str) -> None:
    await tell(empty_database_url, "create table notes (id serial primary key, body text)")
    looks = """
        select relname::text, relacl::text, relowner, relrowsecurity, relhastriggers, pg_get_expr(relpartbound, oid)
        from pg_class where relname like 'notes%' order by relname
    """
    before = await ask(empty_database_url, looks)
    await migrate(empty_database_url, beside_other_tables=True)
    assert await ask(empty_database_url, looks) == before
    assert len(before) == 3


async def test_an_index_that_a_renamed_table_kept_is_named(empty_database_url: str) -> None:
    await tell(
        empty_database_url, "create table readings (id int primary key); alter table readings rename to old_readings"
    )
    with pytest.raises(ConflictError, match=r"the index public\.readings_pkey of old_readings") as refusal:
        await migrate(empty_database_url, beside_other_tables=True)
    [command] = re.findall(r"^  (alter .*;)$", refusal.value.message, re.MULTILINE)
    await tell(empty_database_url, command)
    assert await migrate(empty_database_url, beside_other_tables=True)


async def test_what_an_earlier_twinql_left_behind_is_named(database_url: str) -> None:
    await tell(database_url, "drop schema public cascade; create schema public")
    with pytest.raises(ConflictError, match="drop schema twinql, twinql_private cascade;"):
        await migrate(database_url)
    await tell(database_url, "drop schema twinql, twinql_private cascade")
    assert await migrate(database_url)


async def test_every_table_and_type_of_twinql_is_looked_for(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    made = await ask(
        empty_database_url,
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')"
        " and relname <> '_prisma_migrations' union all"
        " select typname::text from pg_type where typnamespace = 'public'::regnamespace and typtype = 'e'",
    )
    await tell(empty_database_url, "drop table _prisma_migrations")
    with pytest.raises(ConflictError) as refusal:
        await migrate(empty_database_url)
    assert [row[0] for row in made if f" public.{row[0]}" not in refusal.value.message] == []


@pytest.mark.parametrize(
    "harmless",
    [
        "create view v as select 1 as x",
        "create type mood as enum ('good')",
        "create schema auth; create table auth.users (id int)",
        "create schema storage; create table storage.readings (id int)",
    ],
)
async def test_what_prisma_ignores_does_not_count_as_tables(
    empty_database_url: str, folder: Path, harmless: str
) -> None:
    await tell(empty_database_url, harmless)
    assert await migrate(empty_database_url, folder=folder) == [FIRST, SECOND]


async def test_a_folder_without_its_file_is_refused(empty_database_url: str, folder: Path) -> None:
    (folder / THIRD).mkdir()
    with pytest.raises(NotFoundError, match=f"{THIRD} has no migration.sql"):
        await migrate(empty_database_url, folder=folder)
    with pytest.raises(NotFoundError, match="no migrations in"):
        await migrate(empty_database_url, folder=folder / "nowhere")


async def test_an_address_as_prisma_writes_it_works(empty_database_url: str, folder: Path) -> None:
    url = f"{empty_database_url}?schema=public&pgbouncer=true&connection_limit=1&sslmode=prefer"
    assert await migrate(url, folder=folder) == [FIRST, SECOND]
    with pytest.raises(InvalidInputError, match="remove `schema=`"):
        await migrate(f"{empty_database_url}?schema=twin", folder=folder)


async def test_an_address_that_leads_nowhere_is_one_sentence(empty_database_url: str) -> None:
    with pytest.raises(InvalidInputError, match="There is no such database"):
        await pending(f"{empty_database_url}_not")
    with pytest.raises(UnavailableError, match="out of reach"):
        await pending("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(InvalidInputError, match="does not fit"):
        await pending("postgresql://nobody@127.0.0.1:high/nothing")


@pytest.fixture
async def server_login(database_url: str):
    """The address of a migrated database for a login that owns nothing in it."""
    name = f"visitor_{database_url.rpartition('_')[2]}"
    await tell(database_url, f"create role {name} login password 'visitor' in role twinql_worker")
    yield re.sub(r"//[^@]*@", f"//{name}:visitor@", database_url)
    await tell(database_url, f"drop role {name}")


async def test_a_login_that_owns_nothing_sees_whether_migrations_are_missing(server_login: str) -> None:
    assert await pending(server_login) == []


async def test_a_login_that_may_not_make_tables_is_told(server_login: str, tmp_path: Path) -> None:
    write_migration(tmp_path, FIRST, "create table a (id integer);\n")
    with pytest.raises(ForbiddenError, match="migrate as the owner"):
        await migrate(server_login, folder=tmp_path)
