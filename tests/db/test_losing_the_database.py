"""Work that is told to end while its database and its broker go away ends all the same."""

import asyncio
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from tests.between import between
from tests.brokers import broker, needs_mosquitto
from twinql import background
from twinql.app.access import Access
from twinql.app.metrics import Metrics
from twinql.app.twin import twin
from twinql.domain.identity import Worker
from twinql.errors import UnavailableError
from twinql.settings import Settings
from twinql.storage import database as database_module
from twinql.storage.database import Database

PATIENCE_S = 20.0
QUESTION = "select 1 /* a long question */"


async def ask(database):
    async with database.transaction(Worker("tests")) as connection:
        await connection.fetchval(QUESTION)


@asynccontextmanager
async def silent(database_url):
    """Give a database that never answers the question, and who stands before it."""
    async with between(database_url, silent_at=QUESTION.encode()) as (standing, url), Database.open(url) as database:
        yield standing, database


async def test_whoever_is_cancelled_while_the_connection_is_lost_stays_cancelled(database_url):
    async with asyncio.timeout(PATIENCE_S), silent(database_url) as (standing, database):
        asking = asyncio.create_task(ask(database))
        await standing.silent.wait()
        asking.cancel()
        await standing.called_off.wait()
        standing.leave()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_a_session_that_is_lost_just_before_it_is_given_back_says_that_the_database_is_away(database_url):
    other = await asyncpg.connect(database_url)
    async with asyncio.timeout(PATIENCE_S), Database.open(database_url) as database:
        for turn in range(16):
            with suppress(UnavailableError):
                async with database.session() as session:
                    pid = await session.fetchval("select pg_backend_pid()")
                    await other.fetchval("select pg_terminate_backend($1)", pid)
                    for _ in range(turn % 8):
                        await asyncio.sleep(0)
        async with database.session() as session:
            assert await session.fetchval("select 1") == 1
    await other.close()


async def test_work_ends_and_pools_close_though_the_database_does_not_answer(database_url, monkeypatch):
    monkeypatch.setattr(background, "CANCELS_AGAIN_S", 0.01)
    monkeypatch.setattr(database_module, "CLOSES_WITHIN_S", 0.01)
    async with (
        asyncio.timeout(PATIENCE_S),
        silent(database_url) as (standing, database),
        background.beside(asking=ask(database)),
    ):
        await standing.silent.wait()


@needs_mosquitto
async def test_a_server_stops_though_its_database_and_its_broker_go_away_meanwhile(database_url, tmp_path):
    stop = asyncio.Event()

    async def serve(settings):
        url = settings.database_url
        async with twin(settings, Access.of(settings), url=url, direct_url=url, metrics=Metrics()):
            await stop.wait()

    with broker(tmp_path / "broker") as mosquitto:
        async with between(database_url, silent_at=b"from deferrable_loads") as (standing, url):
            address = f"mqtt://127.0.0.1:{mosquitto.port}"
            settings = Settings(database_url=url, supabase_url="https://p.supabase.co", mqtt_url=address)
            async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
                tasks.create_task(serve(settings))
                await standing.silent.wait()
                stop.set()
                await standing.called_off.wait()
                standing.leave()
                mosquitto.stop()
