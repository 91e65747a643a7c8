"""Fixtures of the live feed and of series."""

from datetime import UTC, datetime

import pytest

from tests.charts import Charts
from tests.feeds import A_DAY, Site, begun
from twinql.live import open_feed
from twinql.storage.database import Database


@pytest.fixture
async def site(database_url):
    async with Site.open(database_url) as site:
        yield site


@pytest.fixture
async def database(database_url):
    async with Database.open(database_url, pool_size=4) as database:
        yield database


@pytest.fixture
async def feed(database, database_url):
    async with open_feed(database, database_url, retention=A_DAY) as feed:
        await begun(feed)
        yield feed


@pytest.fixture
async def charts(database_url):
    async with Charts.open(database_url, now=datetime(2026, 11, 2, tzinfo=UTC)) as charts:
        yield charts
