"""Whose rights a connection has: those of whoever asks in a transaction, and none at all outside of one."""

import asyncio
import re
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.db.test_behind_a_pooler import POOLER, pooled
from tests.tenants import TABLES, VIEWS, make_tenant
from tests.world import make_world
from twinql.domain.identity import Device, User, Worker
from twinql.errors import ForbiddenError
from twinql.storage.database import Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.locks import Round, one_at_a_time
from twinql.storage.migrations import migrate

_RELATIONS = """
select format('%I.%I', n.nspname, c.relname) as name, c.relkind in ('v', 'm') as is_view
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'twinql', 'twinql_private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
_FUNCTIONS = """
select p.oid::regprocedure::text as name, has_function_privilege(current_user, p.oid, 'execute') as open
from pg_proc as p where p.pronamespace in ('twinql'::regnamespace, 'twinql_private'::regnamespace)
"""
ATTEMPTS = ("select from {}", "insert into {} default values", "delete from {}", "truncate {}")


async def _open_to(pool, url):
    """Return what the connections of a pool can do by themselves, with every table and view there is."""
    owner = await asyncpg.connect(url)
    relations = await owner.fetch(_RELATIONS)
    await owner.close()
    assert len(relations) > len(TABLES) + len(VIEWS)
    through = []
    async with pool.acquire() as connection:
        for relation in relations:
            for attempt in ATTEMPTS[:1] if relation["is_view"] else ATTEMPTS:
                statement = attempt.format(relation["name"])
                try:
                    async with connection.transaction():
                        await connection.execute(statement)
                except asyncpg.InsufficientPrivilegeError:
                    continue
                through.append(statement)
    return through


async def test_on_the_embedded_default_nothing_is_open_outside_of_a_transaction(tmp_path):
    with EmbeddedPostgres.start(tmp_path, fast=True) as server:
        await migrate(server.url)
        async with Database.open(server.server_url, own_url=server.url) as database:
            assert await _open_to(database.users, server.url) == []
            login = "select session_user, rolsuper, rolbypassrls, rolinherit from pg_roles where rolname = session_user"
            assert tuple(await database.users.fetchrow(login)) == ("twinql_server", False, False, False)
            # Nor can it become more than one of those who ask.
            for role in ("postgres", "service_role", "twinql_worker"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await database.users.execute(f"set role {role}")
            world = await make_world(server.url)
            async with database.transaction(world.viewer) as connection:
                assert await connection.fetchval("select id from organisations") == world.organisation
            async with database.transaction(Worker("test")) as connection:
                assert await connection.fetchval("select current_user") == "twinql_worker"


async def test_the_passwords_of_the_embedded_default_are_kept_and_private(tmp_path):
    with EmbeddedPostgres.start(tmp_path, fast=True) as server:
        first = urlsplit(server.server_url).password
        assert urlsplit(server.url).password != first
    assert {file.stat().st_mode & 0o777 for file in tmp_path.glob("password*")} == {0o600}
    (tmp_path / "password-of-the-server").unlink()  # as a folder that an earlier TwinQL made
    with EmbeddedPostgres.start(tmp_path, fast=True) as server:
        assert urlsplit(server.server_url).password != first
        for url in (server.url, server.server_url):
            await (await asyncpg.connect(url)).close()


async def test_a_login_with_rights_gives_them_up_as_it_connects(database_url):
    async with Database.open(database_url) as database:
        assert await database.users.fetchval("select current_user") == "twinql_server"
        assert await _open_to(database.users, database_url) == []
        # Given back to the pool and taken again, it is the same.
        assert await _open_to(database.users, database_url) == []


async def test_no_function_is_open_to_the_login_by_itself(database_url):
    async with Database.open(database_url) as database:
        functions = await database.users.fetch(_FUNCTIONS)
    assert len(functions) > 10
    assert [each["name"] for each in functions if each["open"]] == []


@pytest.mark.skipif(POOLER is None, reason="pgbouncer is not here: install the package of that name")
async def test_a_pooler_that_does_not_say_so_is_no_obstacle(database_url, tmp_path):
    world = await make_world(database_url)
    async with pooled(database_url, tmp_path) as address:
        unsaid = address.replace("?pgbouncer=true", "")
        async with Database.open(unsaid) as database, database.transaction(world.viewer, readonly=True) as connection:
            assert await connection.fetchval("select current_user") == "authenticated"


async def test_a_login_that_may_become_nobody_is_told(database_url):
    name = f"lonely_{database_url.rpartition('_')[2]}"
    owner = await asyncpg.connect(database_url)
    await owner.execute(f"create role {name} login password 'lonely'")
    try:
        lonely = re.sub(r"//[^@]*@", f"//{name}:lonely@", database_url)
        async with Database.open(lonely, own_url=database_url) as database:
            with pytest.raises(ForbiddenError, match="may not act as authenticated"):
                async with database.transaction(User("i", "s")):
                    pass
    finally:
        await owner.execute(f"drop role {name}")
        await owner.close()


async def test_a_device_acts_with_its_key_and_after_it_with_nothing(database_url):
    owner = await asyncpg.connect(database_url)
    tenant = await make_tenant(database_url, owner, "Acme")
    async with Database.open(database_url) as database:
        async with database.transaction(Device(tenant.key)) as connection:
            assert await connection.fetchval("select current_user") == "twinql_device"
            assert await connection.fetchval("select count(*) from channels") == 2
        await owner.execute("update api_keys set revoked_at = now()")
        async with database.transaction(Device(tenant.key)) as connection:
            assert await connection.fetchval("select count(*) from channels") == 0
    await owner.close()


async def test_what_holds_a_lock_takes_no_connection_from_the_work_under_it(database_url):
    async with Database.open(database_url, own_pool_size=1) as database, asyncio.timeout(10), AsyncExitStack() as held:
        for what in Round:
            assert await held.enter_async_context(one_at_a_time(database, what))
        async with database.transaction(Worker("tests")) as connection:
            assert await connection.fetchval("select 1") == 1


async def test_one_process_at_a_time_makes_a_round_and_the_next_may_when_it_is_done(database_url):
    async with Database.open(database_url) as one, Database.open(database_url) as other:
        async with one_at_a_time(one, Round.LOADS) as first, one_at_a_time(other, Round.LOADS) as second:
            assert (first, second) == (True, False)
        async with one_at_a_time(other, Round.LOADS) as second:
            assert second
