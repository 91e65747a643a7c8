"""The limit: one hand-written statement for each read, whose bytes are the answer.

Begin and become, statement, commit, as TwinQL does them, or the statement alone for the owner of the tables; once in a
bare loop, and once behind the leanest ASGI application. Run as a server: python -m benchmarks.against.bare DATABASE
CLAIMS, the latter empty for the owner.
"""

import json
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import asyncpg
import uvicorn

from benchmarks.against.data import ISSUER
from benchmarks.against.reads import THOUSAND_HOURS, YEAR
from twinql.domain.identity import User
from twinql.domain.instants import parse_instant
from twinql.storage.acting import read_as
from twinql.storage.months import learn_months
from twinql.storage.read.by_months import in_order_of_time

POOL_SIZE = 8
TIMEOUT_MS = "15000"


def _id(kind: str, key: str) -> str:
    """Write a global id. No line of it is so long that encode would break it."""
    return f"rtrim(translate(encode(convert_to('{kind}:' || {key}, 'UTF8'), 'base64'), E'+/\\n', '-_'), '=')"


def _at(column: str) -> str:
    return f"'\"' || replace(timezone(interval '0', {column})::text, ' ', 'T') || 'Z\"'"


def _whole(text: str, source: str) -> str:
    return f"select convert_to('{{\"data\":' || {text} || '}}', 'UTF8') {source}"


def _listed(item: str, source: str) -> str:
    return f"'{{\"nodes\":[' || coalesce((select string_agg({item}, ',') from {source}), '') || ']}}'"


def _of_meter(readings: str, *, unit: str = "") -> str:
    """Write a meter with its first channel."""
    channel = f"'{{\"id\":\"' || {_id('Channel', 'c.id')} || '\"{unit},' || {readings} || '}}'"
    channels = _listed(
        channel, "(select * from channels as c where c.asset_id = a.id order by c.key, c.id limit 1) as c"
    )
    return (
        f'\'{{"id":"\' || {_id("Meter", "a.id")} || \'","name":\' || to_json(a.name)::text || '
        f"',\"channels\":' || {channels} || '}}'"
    )


def _newest(many: int, columns: str) -> str:
    rest = "from readings where channel_number = c.number"
    return f"({in_order_of_time(columns, rest, by='observed_at', direction='desc', size=many)}) as r"


_UNIT = ',"unit":"\' || c.unit || \'"'
_VALUE = f"'{{\"observedAt\":' || {_at('r.observed_at')} || ',\"value\":' || coalesce(r.value::text, 'null')"
_QUALITY = """
case quality when 'EDITED' then 'GOOD' when 'ESTIMATED' then 'UNCERTAIN' when 'SUBSTITUTED' then 'UNCERTAIN'
    else quality::text end
"""
_QUOTED = """
case quality when 'GOOD' then '"GOOD"' when 'EDITED' then '"GOOD"' when 'BAD' then '"BAD"' else '"UNCERTAIN"' end
"""
_COLUMNS = f"""(
    select '"series":{{"starts":' || coalesce('["'
        || replace(array_to_string(array_agg(r.start_at), 'Z","'), ' ', 'T') || 'Z"]', '[]') || ',"values":['
        || coalesce(array_to_string(array_agg(r.value), ',', 'null'), '') || '],"quality":['
        || coalesce(string_agg({_QUOTED}, ','), '') || ']}}'
    from (
        select timezone(c.resolution_seconds * interval '-1 second', observed_at) as start_at, value, quality
        from readings where channel_number = c.number and observed_at > $2 and observed_at <= $3 order by observed_at
    ) as r
)"""
_ONE = "from meters as m join assets as a on a.id = m.id where m.id = $1"
_MANY = "(select a.* from meters as m join assets as a on a.id = m.id order by a.name, a.id limit {}) as a"
_DAYS = f"""
select convert_to('{{"data":{{"meter":{{"channels":{{"nodes":[{{"series":{{"starts":['
    || string_agg({_at("d.start_at")}, ',') || '],"values":['
    || string_agg(coalesce(d.total::text, 'null'), ',') || ']}}}}]}}}}}}}}', 'UTF8')
from (
    select
        date_trunc('day', r.observed_at - interval '1 microsecond', 'Europe/Amsterdam') as start_at,
        sum(r.value) as total
    from meters as m join channels as c on c.asset_id = m.id
    join readings as r on r.channel_number = c.number
    where m.id = $1 and r.observed_at > $2 and r.observed_at <= $3 and r.quality <> 'BAD'
    group by 1 order by 1
) as d
"""


@cache
def statements() -> dict[str, str]:
    """Return the statement of each read; the months of readings must have been learned before."""
    objects = "'\"readings\":' || " + _listed(
        f"{_VALUE} || ',\"quality\":\"' || {_QUALITY} || '\"}}'", _newest(1000, "observed_at, value, quality")
    )
    few = "'\"readings\":' || " + _listed(f"{_VALUE} || '}}'", _newest(24, "observed_at, value"))
    latest = f"'\"latest\":' || coalesce((select {_VALUE} || '}}' from {_newest(1, 'observed_at, value')}), 'null')"
    return {
        "meter": _whole(
            f'\'{{"meter":{{"id":"\' || {_id("Meter", "a.id")} || \'","name":\' || to_json(a.name)::text || '
            '\',"serialNumber":\' || to_json(m.serial_number)::text || \',"commodity":"\' || m.commodity || '
            f"'\",\"createdAt\":' || {_at('a.created_at')} || '}}}}'",
            _ONE,
        ),
        "rows": _whole(f"'{{\"meter\":' || {_of_meter(objects, unit=_UNIT)} || '}}'", _ONE),
        "columns": _whole(f"'{{\"meter\":' || {_of_meter(_COLUMNS, unit=_UNIT)} || '}}'", _ONE),
        "fifty": _whole(f"'{{\"meters\":' || {_listed(_of_meter(few), _MANY.format(50))} || '}}'", ""),
        "latest": _whole(f"'{{\"meters\":' || {_listed(_of_meter(latest), _MANY.format(100))} || '}}'", ""),
        "year": _DAYS,
    }


_PERIODS = {"columns": THOUSAND_HOURS, "year": YEAR}
_MORE = {key: [parse_instant(text) for text in period.values()] for key, period in _PERIODS.items()}
Ask = Callable[[str, str], Awaitable[bytes]]


def asking(pool: "asyncpg.Pool[Any]", claims: str | None) -> Ask:
    """Return what answers a read of a meter."""
    user = User(ISSUER, json.loads(claims)["sub"]) if claims else User(ISSUER, "")

    def values_of(read: str, meter: str) -> list[Any]:
        return [meter, *_MORE.get(read, ())] if "$1" in statements()[read] else []

    async def as_user(read: str, meter: str) -> bytes:
        async with pool.acquire() as connection:
            answer: bytes = await read_as(connection, user, TIMEOUT_MS, statements()[read], values_of(read, meter))
            return answer

    async def as_owner(read: str, meter: str) -> bytes:
        async with pool.acquire() as connection:
            answer: bytes = await connection.fetchval(statements()[read], *values_of(read, meter))
            return answer

    return as_user if claims else as_owner


async def open_pool(url: str) -> "asyncpg.Pool[Any]":
    """Open the connections; nothing is reset between requests, since each sets what it needs."""

    async def nothing(_connection: Any) -> None:
        pass

    pool = await asyncpg.create_pool(
        url,
        min_size=POOL_SIZE,
        max_size=POOL_SIZE,
        reset=nothing,
        max_cacheable_statement_size=100_000,
        server_settings={"plan_cache_mode": "force_generic_plan"},
    )
    await learn_months(pool)
    return pool


def application(ask: Ask) -> Any:
    """Make the application: `/READ/METER` is answered, and nothing else is looked at."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        body = await ask(*scope["path"][1:].split("/"))
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _serve(url: str, claims: str) -> None:
    async with await open_pool(url) as pool:
        listener = socket.create_server(("127.0.0.1", 0))
        print(f"ready on {listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            application(asking(pool, claims or None)),
            http="httptools",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
        )
        await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(*sys.argv[1:3]))
