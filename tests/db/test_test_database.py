"""The databases that tests are given: real, separate, and gone afterwards."""

import asyncpg
import pytest


async def databases(url):
    connection = await asyncpg.connect(url)
    try:
        return {row["datname"] for row in await connection.fetch("select datname from pg_database")}
    finally:
        await connection.close()


@pytest.mark.parametrize("attempt", [1, 2])
async def test_each_test_has_a_database_to_itself(database_url, attempt):
    connection = await asyncpg.connect(database_url)
    await connection.execute("create table only_here (attempt integer)")
    await connection.execute("insert into only_here values ($1)", attempt)
    assert await connection.fetchval("select count(*) from only_here") == 1
    # Left open on purpose: a forgotten connection must not keep the database from being dropped.
    connection.terminate()


async def test_a_clone_is_named_in_its_address(database_url, postgres_url):
    assert database_url.rsplit("/", 1)[1] in await databases(postgres_url)
