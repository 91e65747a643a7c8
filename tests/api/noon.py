"""What tests at a present of their own share: readings so many minutes before it, and what is said of channels."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_INSERT = """
insert into readings (channel_number, organisation_number, observed_at, value, quality)
select c.number, c.organisation_number, r.observed_at, nullif(r.value, 'NaN'), r.quality::reading_quality
from channels as c, unnest($2::timestamptz[], $3::float8[], $4::text[]) as r (observed_at, value, quality)
where c.id = $1
"""


async def store(asker, key, minutes, values, quality=None):
    """Record values so many minutes before the present."""
    instants = [NOW - each * MINUTE for each in minutes]
    channel = asker.world.channels[key]
    qualities = quality or ["GOOD"] * len(values)
    await asker.context.database.pool.execute(_INSERT, channel, instants, [float(each) for each in values], qualities)


async def change(asker, key, columns):
    channel = asker.world.channels[key]
    await asker.context.database.pool.execute(f"update channels set {columns} where id = $1", channel)
