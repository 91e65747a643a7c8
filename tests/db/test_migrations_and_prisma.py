"""Whichever of the two migrates, `twinql migrate` or the real Prisma CLI, the other one finds its own work."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from tests.prisma_cli import needs_prisma, prisma, scratch_project, write_migration
from twinql.errors import ConflictError
from twinql.storage.migrations import declare_applied, declare_rolled_back, migrate, pending

pytestmark = needs_prisma
FIRST, BAD = "20250101000000_first", "20250102000000_bad"
UP_TO_DATE = "Database schema is up to date!"
LEDGER = """
select checksum, migration_name, logs, rolled_back_at, applied_steps_count from _prisma_migrations order by started_at
"""
COLUMNS = """
select column_name, data_type, character_maximum_length, is_nullable, column_default
from information_schema.columns where table_name = '_prisma_migrations' order by ordinal_position
"""
INDEXES = "select indexdef from pg_indexes where tablename = '_prisma_migrations'"
SHAPE = """
select id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', finished_at >= started_at,
    started_at between now() - interval '5 minutes' and now()
from _prisma_migrations
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_migration(scratch_project(tmp_path), FIRST, "create table a (id integer);\n-- Grüße\n")
    return tmp_path


@pytest.fixture
def folder(project: Path) -> Path:
    return project / "prisma" / "migrations"


@pytest.fixture
async def other_database_url(empty_database_url: str):
    """A second empty database beside the first."""
    name = f"{empty_database_url.rpartition('/')[2]}_other"
    await tell(empty_database_url, f"create database {name}")
    yield f"{empty_database_url}_other"
    await tell(empty_database_url, f"drop database {name} with (force)")


async def tell(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def ask(url: str, query: str) -> list[tuple]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def deploy(url: str, project: Path) -> str:
    run = prisma("migrate", "deploy", url=url, cwd=project)
    assert run.returncode == 0, run.stdout
    return run.stdout


async def test_prisma_finds_twinqls_own_migrations_applied(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    assert UP_TO_DATE in prisma("migrate", "status", url=empty_database_url).stdout
    assert "No pending migrations to apply" in prisma("migrate", "deploy", url=empty_database_url).stdout


def test_the_schema_is_valid(postgres_url: str) -> None:
    run = prisma("validate", url=postgres_url)
    assert run.returncode == 0, run.stdout


async def test_the_migrations_make_what_the_schema_says(empty_database_url: str, other_database_url: str) -> None:
    # Prisma runs the migrations in a shadow database; it sees tables, columns, keys and indexes.
    drift = prisma(
        *("migrate", "diff", "--from-migrations", "prisma/migrations"),
        *("--to-schema", "prisma/schema.prisma", "--script", "--exit-code"),
        url=empty_database_url,
        shadow_url=other_database_url,
    )
    assert drift.returncode == 0, drift.stdout


async def test_a_migrated_database_is_what_the_schema_says(database_url: str) -> None:
    drift = prisma(
        *(
            "migrate",
            "diff",
            "--from-config-datasource",
            "--to-schema",
            "prisma/schema.prisma",
            "--script",
            "--exit-code",
        ),
        url=database_url,
    )
    assert drift.returncode == 0, drift.stdout


async def test_prisma_finds_the_embedded_database_of_a_running_server(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "connection.json").write_text(json.dumps({"url": database_url}))
    assert UP_TO_DATE in prisma("migrate", "status", data=tmp_path).stdout


async def test_twinql_finds_prismas_work_done(empty_database_url: str) -> None:
    assert prisma("migrate", "deploy", url=empty_database_url).returncode == 0
    assert await pending(empty_database_url) == []
    assert await migrate(empty_database_url) == []


async def test_both_write_the_same_table_and_the_same_rows(
    empty_database_url: str, other_database_url: str, project: Path, folder: Path
) -> None:
    write_migration(folder, "20250103000000_empty", "")
    write_migration(folder, "20250104000000_words", "-- nothing;\n/* yet */\n")
    await migrate(empty_database_url, folder=folder)
    deploy(other_database_url, project)
    for question in (LEDGER, COLUMNS, INDEXES, SHAPE):
        ours = await ask(empty_database_url, question)
        assert ours == await ask(other_database_url, question)
        assert ours


async def test_prisma_refuses_after_a_migration_that_failed_here(
    empty_database_url: str, project: Path, folder: Path
) -> None:
    write_migration(folder, BAD, "select 1 / 0;\n")
    with pytest.raises(ConflictError):
        await migrate(empty_database_url, folder=folder)
    refused = prisma("migrate", "deploy", url=empty_database_url, cwd=project)
    assert refused.returncode == 1
    assert "P3009" in refused.stdout
    assert BAD in refused.stdout

    assert prisma("migrate", "resolve", "--rolled-back", BAD, url=empty_database_url, cwd=project).returncode == 0
    (folder / BAD / "migration.sql").write_text("select 1;\n")
    assert await migrate(empty_database_url, folder=folder) == [BAD]
    assert UP_TO_DATE in prisma("migrate", "status", url=empty_database_url, cwd=project).stdout


async def test_twinql_refuses_after_a_migration_that_failed_there(
    empty_database_url: str, project: Path, folder: Path
) -> None:
    write_migration(folder, BAD, "select 1 / 0;\n")
    assert prisma("migrate", "deploy", url=empty_database_url, cwd=project).returncode == 1
    with pytest.raises(ConflictError, match=f"{BAD} began at .* UTC and failed: division by zero"):
        await migrate(empty_database_url, folder=folder)

    await declare_rolled_back(empty_database_url, BAD)
    (folder / BAD / "migration.sql").write_text("select 1;\n")
    assert BAD in deploy(empty_database_url, project)
    assert await pending(empty_database_url, folder=folder) == []


async def test_both_settle_a_failed_migration_alike(
    empty_database_url: str, other_database_url: str, project: Path, folder: Path
) -> None:
    write_migration(folder, BAD, "select 1 / 0;\n")
    for url in (empty_database_url, other_database_url):
        with pytest.raises(ConflictError):
            await migrate(url, folder=folder)
    await declare_applied(empty_database_url, BAD, folder=folder)
    assert prisma("migrate", "resolve", "--applied", BAD, url=other_database_url, cwd=project).returncode == 0
    alike = (
        "select migration_name, checksum, coalesce(logs, '-'), rolled_back_at is null, finished_at is null,"
        " finished_at = started_at, applied_steps_count from _prisma_migrations order by started_at"
    )
    assert (await ask(empty_database_url, alike))[1:] == (await ask(other_database_url, alike))[1:]
    assert UP_TO_DATE in prisma("migrate", "status", url=empty_database_url, cwd=project).stdout


async def test_both_refuse_a_database_of_somebody_elses_tables(
    empty_database_url: str, project: Path, folder: Path
) -> None:
    await tell(empty_database_url, "create table notes (id integer)")
    assert "P3005" in prisma("migrate", "deploy", url=empty_database_url, cwd=project).stdout
    with pytest.raises(ConflictError, match="already holds the table notes"):
        await migrate(empty_database_url, folder=folder)
    assert await migrate(empty_database_url, folder=folder, beside_other_tables=True) == [FIRST]
    assert "No pending migrations to apply" in deploy(empty_database_url, project)


async def test_both_keep_what_was_edited_or_forgotten(empty_database_url: str, project: Path, folder: Path) -> None:
    write_migration(folder, "20250103000000_third", "select 1;\n")
    await migrate(empty_database_url, folder=folder)
    (folder / FIRST / "migration.sql").write_text("select 2;\n")
    assert "No pending migrations to apply" in deploy(empty_database_url, project)
    assert await migrate(empty_database_url, folder=folder) == []
    (folder / FIRST / "migration.sql").unlink()
    (folder / FIRST).rmdir()
    assert "No pending migrations to apply" in deploy(empty_database_url, project)
    assert await migrate(empty_database_url, folder=folder) == []


async def test_both_at_once_apply_each_migration_once(empty_database_url: str, project: Path, folder: Path) -> None:
    write_migration(folder, "20250103000000_third", "select pg_sleep(0.2);\n")
    with ThreadPoolExecutor(max_workers=1) as thread:
        theirs = asyncio.get_running_loop().run_in_executor(thread, deploy, empty_database_url, project)
        ours = asyncio.create_task(_until_applied(empty_database_url, folder))
        await asyncio.gather(theirs, ours)
    assert await ask(empty_database_url, "select count(*) from _prisma_migrations") == [(2,)]


async def _until_applied(url: str, folder: Path) -> None:
    """Migrate again and again while the other one starts, so that the two meet."""
    for _ in range(20):
        await migrate(url, folder=folder)
