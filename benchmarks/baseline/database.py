"""Rows for the baseline: a pool, and for each batch a transaction that acts as whoever asks."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

_BECOME = """
select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true),
    set_config('twinql.organisation', '', true), set_config('statement_timeout', '15000', true),
    set_config('idle_in_transaction_session_timeout', '60000', true), set_config('TimeZone', 'UTC', true)
"""
METER = """
select m.id, a.name, m.serial_number, m.commodity::text, a.created_at
from meters as m join assets as a on a.id = m.id where m.id = any($1::uuid[])
"""
METERS = """
select m.id, a.name, m.serial_number, m.commodity::text, a.created_at
from meters as m join assets as a on a.id = m.id order by a.name, a.id limit $1
"""
CHANNELS = """
select id, number, asset_id, unit::text from channels where asset_id = any($1::uuid[]) order by asset_id, key, id
"""
READINGS = """
select r.channel_number, r.observed_at, r.value, r.quality::text
from unnest($1::int4[]) as n (number) cross join lateral (
    select * from readings where channel_number = n.number order by observed_at desc limit $2
) as r
"""
PERIOD = """
select observed_at - interval '1 second' * c.resolution_seconds as start_at, r.value, r.quality::text
from channels as c join readings as r on r.channel_number = c.number
where c.number = $1 and r.observed_at > $2 and r.observed_at <= $3 order by r.observed_at
"""
DAYS = """
select date_trunc('day', r.observed_at - interval '1 microsecond', s.time_zone) as start_at, sum(r.value) as value,
    'GOOD' as quality
from channels as c join sites as s on s.id = c.site_id join readings as r on r.channel_number = c.number
where c.number = $1 and r.observed_at > $2 and r.observed_at <= $3 group by 1 order by 1
"""


class Rows:
    """Asks the database as somebody, or as its login where nobody is named."""

    def __init__(self, pool: "asyncpg.Pool[Any]", claims: str | None) -> None:
        """Ask over this pool."""
        self._pool, self._claims = pool, claims

    @asynccontextmanager
    async def _acting(self) -> AsyncIterator[Any]:
        async with self._pool.acquire() as connection:
            if self._claims is None:
                yield connection
                return
            async with connection.transaction(readonly=True):
                await connection.fetchrow(_BECOME, self._claims)
                yield connection

    async def fetch(self, statement: str, *values: object) -> Sequence[Any]:
        """Return the rows of a statement."""
        async with self._acting() as connection:
            rows: Sequence[Any] = await connection.fetch(statement, *values)
            return rows


async def open_pool(url: str, size: int) -> "asyncpg.Pool[Any]":
    """Open the connections; nothing is reset between requests, since each sets what it needs."""

    async def nothing(_connection: Any) -> None:
        pass

    return await asyncpg.create_pool(url, min_size=size, max_size=size, reset=nothing)
