"""Addresses as Prisma and Supabase write them reach the same database."""

import pytest

from twinql.errors import InvalidInputError
from twinql.storage.address import for_asyncpg, is_pooled
from twinql.storage.database import Database

PRISMAS = "?schema=public&pgbouncer=true&connection_limit=1&sslmode=prefer"


async def test_the_pool_opens_on_an_address_that_prisma_understands(database_url: str) -> None:
    async with Database.open(database_url + PRISMAS, pool_size=1) as database:
        assert await database.pool.fetchval("select 1") == 1


def test_what_asyncpg_understands_is_kept() -> None:
    plain = "postgresql://u:p%40ss@h:5432/d?sslmode=require&host=%2Frun%2Fpg"
    assert for_asyncpg(plain) == plain
    assert for_asyncpg("postgresql://h/d?supa=base-pooler.x&sslmode=require") == "postgresql://h/d?sslmode=require"
    assert for_asyncpg("postgresql://h/d?pgbouncer=true") == "postgresql://h/d"


def test_another_schema_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="remove `schema=`"):
        for_asyncpg("postgresql://h/d?schema=twin")


@pytest.mark.parametrize(
    ("url", "pooled"),
    [
        ("postgresql://u:p@x.pooler.supabase.com:6543/postgres", True),
        ("postgresql://u:p@h:5432/d?pgbouncer=true", True),
        ("postgresql://u:p@h:5432/d?pgbouncer=false", False),
        ("postgresql://u:6543@h/d", False),
    ],
)
def test_a_transaction_pooler_is_known_by_its_port_or_its_flag(url: str, *, pooled: bool) -> None:
    assert is_pooled(url) is pooled
