"""A real Postgres for every test that asks for one: migrated once into a template, cloned for each test.

By default it is the embedded one, a server for each pytest process. With TWINQL_TEST_DATABASE_URL set, that server is
used instead; its user must be allowed to create databases and roles.

What tests write goes to memory where there is room: a new database is hundreds of small files.
"""

import asyncio
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

from twinql.live.workshop import Workshop
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

# A shell that runs us in the background has Ctrl-C ignored, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

_ONE_MIGRATION_AT_A_TIME = 7_201_846
_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2 << 30  # of a pytest process: its log, its template, some databases and the data folder of a server


def _has_room(folder: Path) -> bool:
    """Say whether tests may write into a folder of memory and run programs from it."""
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", os.cpu_count() or 1))
    return min(shutil.disk_usage(folder).free, psutil.virtual_memory().available) > processes * _ROOM_BYTES


if "TMPDIR" not in os.environ and _has_room(_MEMORY):
    tempfile.tempdir = str(_MEMORY)


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """A worker process, shared by all tests: it starts with the first job."""
    workshop = Workshop()
    yield workshop
    workshop.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a database that tests leave alone, on the server that their own databases are made on."""
    if given := os.environ.get("TWINQL_TEST_DATABASE_URL"):
        yield given
        return
    with TemporaryDirectory(prefix="twinql-test-") as folder, EmbeddedPostgres.start(Path(folder), fast=True) as server:
        yield server.url


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> Iterator[str]:
    """The name of a migrated database without rows."""
    name = _new_name("template")
    _run(_make_template, postgres_url, name)
    yield name
    _run(_drop, postgres_url, name)


@pytest.fixture
async def database_url(postgres_url: str, template_database: str) -> AsyncIterator[str]:
    """The address of a migrated database for one test alone."""
    name = _new_name("test")
    # Copying files is four times as quick as writing a small database through the log.
    await _execute(postgres_url, f"create database {name} template {template_database} strategy file_copy")
    yield _beside(postgres_url, name)
    await _drop(postgres_url, name)


@pytest.fixture
async def empty_database_url(postgres_url: str) -> AsyncIterator[str]:
    """The address of a database for one test alone, with no migration applied."""
    name = _new_name("empty")
    await _execute(postgres_url, f"create database {name}")
    yield _beside(postgres_url, name)
    await _drop(postgres_url, name)


async def _make_template(postgres_url, name):
    connection = await asyncpg.connect(postgres_url)
    try:
        # Roles belong to the whole server: two pytest processes that share one must not both create them.
        await connection.execute("select pg_advisory_lock($1)", _ONE_MIGRATION_AT_A_TIME)
        await connection.execute(f"create database {name}")
        await migrate(_beside(postgres_url, name))
    finally:
        await connection.close()


async def _drop(postgres_url, name):
    await _execute(postgres_url, f"drop database if exists {name} with (force)")


async def _execute(url, statement):
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _run(work, *arguments):
    """Run to its end in a thread, so that the loop of the tests around a session's fixture stays as it is."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(work(*arguments))).result()


def _beside(url, name):
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _new_name(kind):
    return f"twinql_{kind}_{uuid.uuid4().hex[:12]}"
