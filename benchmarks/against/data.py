"""The data that everybody is asked for: 200 hourly meters of one organisation, 200 meters of ten minutes of another.

They are made by the real migrations and by COPY, once, in a database that is kept; a second run finds them there.
Rows lie as they come in: those of hourly meters a day at a time, first all meters' Monday, then all meters' Tuesday;
those of ten minutes live, first all meters' reading of one instant, then all meters' next one.
"""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from time import perf_counter

import asyncpg
import numpy as np

from twinql.live.ready import build_waiting
from twinql.storage.database import Database
from twinql.storage.migrations import migrate

METERS = 200
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
HOURLY, TEN_MINUTES = "Hourly", "Ten minutes"
RESOLUTIONS_S = {HOURLY: 3600, TEN_MINUTES: 600}
TOGETHER_S = {HOURLY: 86_400, TEN_MINUTES: 600}
"""How much of a meter's readings lies side by side. [s]"""
ISSUER_URL = "http://127.0.0.1:9"
"""Nobody is asked there: tokens are signed with a secret."""
ISSUER = f"{ISSUER_URL}/auth/v1"
_MICROSECONDS = 10**6
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(("at_size", ">i4"), ("at", ">i8")),
        *(("value_size", ">i4"), ("value", ">f8")),
        *(("channel_size", ">i4"), ("channel", ">i4")),
        *(("organisation_size", ">i4"), ("organisation", ">i4")),
    ]
)
"""A row of COPY's binary format."""
_COLUMNS = ["observed_at", "value", "channel_number", "organisation_number"]
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_WORLD = """
with o as (insert into organisations (name) values ($1) returning id, number),
member as (
    insert into memberships (organisation_id, issuer, subject, role)
    select id, $2, lower($1), role::membership_role from o, (values ('OPERATOR')) as roles (role)
),
s as (
    insert into sites (organisation_id, name, time_zone) select id, $1, 'Europe/Amsterdam' from o
    returning id, organisation_id
),
a as (
    insert into assets (organisation_id, site_id, kind, name)
    select s.organisation_id, s.id, 'METER', $1 || ' ' || to_char(i, 'FM000') from s, generate_series(1, $3::int4) as i
    returning id, organisation_id, site_id, name
),
m as (
    insert into meters (id, organisation_id, serial_number, commodity)
    select id, organisation_id, 'S ' || name, 'ELECTRICITY' from a
)
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, direction,
    resolution_seconds
)
select o.id, o.number, a.site_id, a.id, 'energy', 'Energy', 'ENERGY', 'KILOWATT_HOUR', 'INTERVAL', 'IMPORT', $4
from o join a on a.organisation_id = o.id
order by a.name
"""
_CHANNELS = """
select c.number, c.organisation_number from channels as c join organisations as o on o.id = c.organisation_id
where o.name = $1 and c.key = 'energy' order by c.number
"""


async def bring_up(url: str) -> None:
    """Migrate the database, and fill it where it is empty."""
    await migrate(url)
    owner = await asyncpg.connect(url)
    try:
        for name, resolution_s in RESOLUTIONS_S.items():
            if not await owner.fetchval("select exists (select from organisations where name = $1)", name):
                async with owner.transaction():
                    await _fill(owner, name, resolution_s)
                await owner.execute("vacuum (analyze) readings")
        await _keep_ready(url)
        await owner.execute("vacuum (analyze) organisations, memberships, sites, assets, meters, channels")
    finally:
        await owner.close()


async def _keep_ready(url: str) -> None:
    """Let TwinQL build what it keeps of days that are over, as a server does after an import."""
    began = perf_counter()
    async with Database.open(url) as database:
        while await build_waiting(database, datetime.now(UTC)):
            pass
    if (took := perf_counter() - began) > 1:
        print(f"the days of all channels made ready in {took:.0f} s", flush=True)


async def _fill(owner: asyncpg.Connection, name: str, resolution_s: int) -> None:
    began, rows = perf_counter(), 0
    await owner.execute(_WORLD, name, ISSUER, METERS, resolution_s)
    await owner.execute("select twinql.prepare_readings($1, $2)", FIRST, LAST)
    channels = np.array([tuple(each) for each in await owner.fetch(_CHANNELS, name)])
    rng = np.random.default_rng(resolution_s)
    first = FIRST
    while first < LAST:
        last = min(LAST, (first + timedelta(days=31)).replace(day=1))
        data = _binary(channels, (first, last), name, rng)
        rows += (len(data) - 21) // _ROW.itemsize
        # As TwinQL's triggers see every row: by one COPY for each month.
        await owner.copy_to_table("readings", source=BytesIO(data), columns=_COLUMNS, format="binary")
        first = last
    # Nobody follows what was announced meanwhile.
    await owner.execute("delete from twinql_private.outbox")
    print(f"{rows:,} readings of {name!r} copied in {perf_counter() - began:.0f} s", flush=True)


def _binary(channels: np.ndarray, period: tuple[datetime, datetime], name: str, rng: np.random.Generator) -> bytes:
    """Make what COPY reads: stretches of time, in each the channels, of each some readings, stamped at their ends."""
    (first, last), resolution_s = period, RESOLUTIONS_S[name]
    together = TOGETHER_S[name] // resolution_s
    steps = round((last - first).total_seconds() / resolution_s)
    shape = (steps // together, len(channels), together)
    begin = int((first - _POSTGRES_EPOCH) / timedelta(microseconds=1))
    ends = begin + resolution_s * _MICROSECONDS * np.arange(1, steps + 1).reshape(-1, 1, together)
    rows = np.zeros(shape, _ROW)
    rows["fields"] = len(_COLUMNS)
    rows["at_size"], rows["at"] = 8, ends
    rows["value_size"], rows["value"] = 8, rng.gamma(2.0, resolution_s / 14_400, shape).round(3)
    rows["channel_size"], rows["channel"] = 4, channels[:, :1]
    rows["organisation_size"], rows["organisation"] = 4, channels[:, 1:]
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"
