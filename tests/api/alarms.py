"""What tests of alarms share: alarms that are raised as the watcher raises them, with evidence in real readings."""

import json
from datetime import UTC, datetime, timedelta

from twinql.domain.global_id import decode, encode

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RAISE = """
insert into alarms (
    organisation_id, site_id, asset_id, channel_id, cause, severity, message, evidence, raised_at, updated_at
)
select organisation_id, site_id, asset_id, id, $2::text::alarm_cause, $3::text::severity, $4, $5::text::jsonb, $6, $6
from channels where id = $1
returning id
"""
MOVE = """
insert into alarm_transitions (organisation_id, alarm_id, action, at, actor, observed_at, severity)
select
    organisation_id, id, $2::text::alarm_action, coalesce($3, now()), 'worker:watcher', $3,
    coalesce($4::text::severity, severity)
from alarms where id = $1
"""
READ = """
insert into readings (observed_at, value, channel_number, organisation_number)
select $2::timestamptz + n * interval '1 minute', 60 + n, number, organisation_number
from channels, generate_series(0, $3::int - 1) as n where id = $1
"""


async def write(asker, statement, *arguments):
    """Run a statement as the worker, and return what it gives."""
    async with asker.context.database.pool.acquire() as connection:
        return await connection.fetch(statement, *arguments)


async def record(asker, key, count, *, at=NOON):
    """Record a reading a minute, from 60 on and one more each time."""
    await write(asker, "select twinql.prepare_readings($1, $1)", at)
    await write(asker, READ, asker.world.channels[key], at, count)


def evidence_of(channel, *, first=NOON, last=NOON, value=67.0):
    """Return evidence as it is stored, of one channel."""
    return {
        "code": "LIMIT",
        "message": "It reads 67 °C, above its limit of 65 °C.",
        "value": value,
        "threshold": 65.0,
        "unit": "DEGREE_CELSIUS",
        "channelId": str(channel),
        "from": first.isoformat(),
        "until": last.isoformat(),
    }


async def raised(asker, key="temperature", cause="LIMIT_HIGH", severity="HIGH", *, at=NOON, evidence=None):
    """Raise an alarm, and return its global id."""
    channel = asker.world.channels[key]
    shown = [evidence_of(channel, last=at)] if evidence is None else evidence
    row = (await write(asker, RAISE, channel, cause, severity, f"{cause} on {key}.", json.dumps(shown), at))[0]
    return encode("Alarm", row["id"])


async def moved(asker, alarm, action, *, at=None, severity=None):
    """Move an alarm as the watcher does."""
    await write(asker, MOVE, decode(alarm).key, action, at, severity)


def minutes(count):
    """Return so many minutes."""
    return timedelta(minutes=count)
