"""The database behind a real transaction pooler, as a Supabase project is reached by default."""

import asyncio
import os
import shutil
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import asyncpg
import numpy as np
import pytest

from tests.world import make_world
from twinql.domain.readings import Outcome, ReadingBatch, ReadingSource, to_us
from twinql.storage.channels import facts_by_id
from twinql.storage.database import Database
from twinql.storage.read import json_text
from twinql.storage.record import Recording, record_readings

POOLER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
pytestmark = pytest.mark.skipif(POOLER is None, reason="pgbouncer is not here: install the package of that name")

CONFIGURATION = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
"""


@asynccontextmanager
async def pooled(url, folder):
    """Run a pooler in transaction mode before a server, and yield the address of the same database through it."""
    parts = urlsplit(url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = folder / "pooler.ini"
    file.write_text(
        CONFIGURATION.format(
            host=parts.hostname, port=parts.port, user=parts.username, password=parts.password or "", listen=port
        )
    )
    command = [POOLER, str(file)]
    if os.geteuid() == 0:  # it refuses to run as root
        folder.chmod(0o755)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", POOLER, "/dev/stdin"]
    with file.open() as configuration:
        process = await asyncio.create_subprocess_exec(*command, stdin=configuration, stderr=asyncio.subprocess.PIPE)
    try:
        assert process.stderr
        async with asyncio.timeout(20):
            async for line in process.stderr:
                if b"process up" in line:
                    break
        drain = asyncio.create_task(process.stderr.read())
        yield parts._replace(netloc=f"twinql@127.0.0.1:{port}", query="pgbouncer=true").geturl()
    finally:
        process.terminate()
        await process.wait()
        await drain


async def test_users_read_and_record_through_a_pooler_that_shares_its_connections(database_url, tmp_path):
    world = await make_world(database_url)
    rival = await make_world(database_url, "Rival")
    async with pooled(database_url, tmp_path) as address, Database.open(address, pool_size=6) as database:

        async def record(minute):
            async with database.transaction(world.operator) as connection:
                facts = list((await facts_by_id(connection, [world.channels["temperature"]])).values())
            at = to_us(datetime(2026, 3, 1, 12, minute, tzinfo=UTC))
            batch = ReadingBatch(
                np.zeros(1, dtype=np.int32), np.array([at]), np.array([20.0]), np.zeros(1, dtype=np.int8)
            )
            how = Recording(source=ReadingSource.API, organisation_id=world.organisation, now_us=at)
            return (await record_readings(database, world.operator, facts, batch, how)).count(Outcome.RECORDED)

        async def seen(user):
            async with database.transaction(user, readonly=True) as connection:
                return await connection.fetchval("select count(*) from readings")

        assert sum(await asyncio.gather(*(record(minute) for minute in range(12)))) == 12
        counts = await asyncio.gather(*(seen(user) for user in (world.viewer, rival.owner) * 10))
        assert counts == [12, 0] * 10


async def test_limits_hold_in_each_transaction(database_url, tmp_path):
    world = await make_world(database_url)
    async with (
        pooled(database_url, tmp_path) as address,
        Database.open(address, pool_size=2, statement_timeout_s=7) as database,
        database.transaction(world.viewer, readonly=True) as connection,
    ):
        assert await connection.fetchval("show statement_timeout") == "7s"
        assert await connection.fetchval("show timezone") == "UTC"


@pytest.mark.parametrize("readonly", [True, False])
async def test_dates_are_written_alike_whatever_the_database_usually_does(database_url, readonly):
    world = await make_world(database_url)
    owner = await asyncpg.connect(database_url)
    try:
        name = await owner.fetchval("select current_database()")
        await owner.execute(f"alter database \"{name}\" set datestyle = 'German'")
    finally:
        await owner.close()
    async with (
        Database.open(database_url, pool_size=1) as database,
        database.transaction(world.viewer, readonly=readonly) as connection,
    ):
        written = json_text.instant("timestamptz '2026-11-22 06:20:00+00'")
        assert await connection.fetchval(f"select {written}") == '"2026-11-22T06:20:00Z"'
