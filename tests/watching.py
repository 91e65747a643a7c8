"""What tests of watching share: a shift in the test's hands, over a plant whose present is today's."""

from contextlib import asynccontextmanager
from datetime import timedelta

from twinql.live.shift import Shift
from twinql.storage.locks import Duty, take_turn
from twinql.storage.watching import session

_HEAR = """
insert into readings (observed_at, recorded_at, value, channel_number, organisation_number)
select at, at, value, c.number, c.organisation_number
from unnest($1::float8[]) with ordinality as given (value, place)
cross join lateral (select $2::timestamptz - (cardinality($1) - place) * $3::interval as at) as instant, channels as c
where c.id = $4
"""


@asynccontextmanager
async def watching(plant):
    """Take the turn and begin; nothing is done but what the test asks for."""
    async with session(plant.url, lambda: None) as connection:
        assert await take_turn(connection, Duty.WATCHING)
        shift = Shift(connection, plant.clock)
        await shift.begin()
        yield shift


async def catch_up(shift):
    """Read all that there is, and look at the clock."""
    while not await shift.read_on():
        pass
    while await shift.meet_next():
        pass
    await shift.look()


async def today(plant):
    """Put the plant's clock on the present, and make room for its readings."""
    (row,) = await plant.sql("select date_trunc('second', now()) as now")
    plant.now = row["now"]
    await plant.sql("select twinql.prepare_readings($1::timestamptz - interval '60 days', $1)", plant.now)


async def told(plant):
    """Every step of every alarm, in order: key of the channel, cause, action."""
    rows = await plant.sql(
        "select c.key, a.cause::text, t.action::text from alarm_transitions as t join alarms as a on a.id = t.alarm_id"
        " join channels as c on c.id = a.channel_id order by a.raised_at, a.cause, a.id, t.sequence"
    )
    return [tuple(row) for row in rows]


async def run_up(plant, key="temperature", *, value=40.0, minutes=30, step_s=60):
    """Record a calm past that ends a step ago, each value a little off from the one before."""
    count = minutes * 60 // step_s
    values = [value + 0.01 * (place * 7 % 10) for place in range(count)]
    await hear(plant, key, values, step_s=step_s, until=plant.now - timedelta(seconds=step_s))


async def hear(plant, key, values, *, step_s=60, until=None):
    """Record values of which the last one is of an instant, by default now, each as it was observed."""
    step, channel = timedelta(seconds=step_s), plant.world.channels[key]
    await plant.sql(_HEAR, [float(value) for value in values], until or plant.now, step, channel)
