"""What happened to registers: said once, taken back once, in agreement with readings, and known as of any time."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from tests.world import make_world
from twinql.domain.identity import Worker
from twinql.domain.metering.intervals import RegisterEventType
from twinql.domain.metering.statements import RegisterStatement
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.register_events import events_known, record_event, retract_event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
READ = """
insert into readings (observed_at, value, quality, channel_number, organisation_number) values ($1, $2, $3, $4, $5)
"""


def exchange(at=NOON, final=110.0, start=5.0, kind=RegisterEventType.EXCHANGE, note=None):
    return RegisterStatement(at=at, type=kind, final=final, start=start, note=note)


class Register:
    """A register of one organisation, with whoever may speak of it."""

    def __init__(self, database, world, number):
        self.database, self.world, self.number = database, world, number
        self.channel = world.channels["register"]

    async def read(self, at, value, quality="GOOD"):
        await self.database.pool.execute(READ, at, value, quality, self.number, self.world.number)

    async def say(self, statement, *, actor=None, channel=None, organisation=None):
        return await record_event(
            self.database,
            actor or self.world.operator,
            organisation or self.world.organisation,
            channel or self.channel,
            statement,
            now=NOW,
        )

    async def take_back(self, event, *, actor=None):
        await retract_event(self.database, actor or self.world.operator, self.world.organisation, event)

    async def known(self, as_of=None):
        async with self.database.transaction(Worker("test"), readonly=True) as connection:
            return [
                (each.at, each.final, each.start)
                for each in (await events_known(connection, [self.number], as_of))[self.number]
            ]

    async def now(self):
        return await self.database.pool.fetchval("select clock_timestamp()")


@pytest.fixture
async def register(database, database_url):
    world = await make_world(database_url)
    number = await database.pool.fetchval("select number from channels where id = $1", world.channels["register"])
    register = Register(database, world, number)
    await register.read(NOON - HOUR, 100.0)
    await register.read(NOON + HOUR, 7.0)
    return register


async def test_events_are_known_as_they_were_said_and_taken_back(register):
    before = await register.now()
    first = await register.say(exchange(final=109.0))
    said = await register.now()
    await register.take_back(first)
    await register.take_back(first)  # nothing more happens
    gone = await register.now()
    await register.say(exchange(note=" by the supplier "))
    assert [await register.known(at) for at in (before, said, gone, None)] == [
        [],
        [(NOON, 109.0, 5.0)],
        [],
        [(NOON, 110.0, 5.0)],
    ]
    rows = await register.database.pool.fetch("select * from register_events order by recorded_at")
    assert [row["recorded_by"] for row in rows] == ["acme-operator"] * 2
    assert [row["retracted_by"] for row in rows] == ["acme-operator", None]
    assert rows[1]["note"] == "by the supplier"


async def test_what_readings_and_other_events_say_is_not_contradicted(register):
    for wrong, path in ((exchange(final=99.0), "finalValue"), (exchange(start=8.0), "startValue")):
        with pytest.raises(InvalidInputError, match="showed") as refused:
            await register.say(wrong)
        assert refused.value.path == (path,)
    await register.say(exchange(final=100.0, start=7.0))
    # Between the event and the reading before it, and between the event and the one after it.
    with pytest.raises(InvalidInputError, match=r"showed 100 KILOWATT_HOUR"):
        await register.say(exchange(NOON - HOUR / 2, final=100.0, start=101.0))
    with pytest.raises(InvalidInputError, match=r"showed 7 KILOWATT_HOUR"):
        await register.say(exchange(NOON + HOUR / 2, final=6.0, start=0.0))
    await register.say(exchange(NOON + HOUR / 2, final=8.0, start=0.0))
    assert len(await register.known()) == 2


async def test_a_reading_at_the_very_instant_is_of_the_new_register_and_a_bad_one_says_nothing(register):
    await register.read(NOON, 6.0)
    await register.read(NOON - HOUR / 2, 500.0, "BAD")
    with pytest.raises(InvalidInputError, match="showed 6"):
        await register.say(exchange(start=6.5))
    await register.say(exchange(start=6.0))


async def test_what_no_register_does_is_refused(register):
    nan = float("nan")
    for wrong, path in (
        (exchange(NOW + HOUR), "at"),
        (exchange(final=nan), "finalValue"),
        (exchange(start=float("-inf")), "startValue"),
        (exchange(final=110.0, start=110.0, kind=RegisterEventType.ROLLOVER), "startValue"),
        (exchange(note="x" * 1001), "note"),
    ):
        with pytest.raises(InvalidInputError) as refused:
            await register.say(wrong)
        assert refused.value.path == (path,)
    await register.database.pool.execute("update channels set register_maximum = 109 where key = 'register'")
    with pytest.raises(InvalidInputError, match="begins again at 109"):
        await register.say(exchange())
    with pytest.raises(InvalidInputError, match="only a CUMULATIVE one"):
        await register.say(exchange(), channel=register.world.channels["energy"])


async def test_one_instant_has_one_event_that_holds(register):
    await register.say(exchange())
    with pytest.raises(ConflictError, match="already"):
        await register.say(exchange(final=111.0))


async def test_operators_speak_of_registers_of_their_own_organisation(register, database_url):
    zenith = await make_world(database_url, "Zenith")
    event = await register.say(exchange())
    with pytest.raises(ForbiddenError):
        await register.say(exchange(NOON + HOUR / 2, final=8.0, start=0.0), actor=register.world.viewer)
    with pytest.raises(ForbiddenError):
        await register.take_back(event, actor=register.world.viewer)
    for attempt in (
        register.say(exchange(), actor=zenith.operator, organisation=zenith.organisation),
        register.take_back(event, actor=zenith.operator),
        register.say(exchange(), channel=uuid4()),
        register.take_back(uuid4()),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    assert len(await register.known()) == 1


async def test_nobody_takes_back_otherwise_than_now_and_in_their_own_name(register):
    event = await register.say(exchange())
    asked = "update register_events set {} where id = $1"
    for change in (
        "final_value = 120",
        "note = 'another'",
        "retracted_at = now()",
        "retracted_at = now(), retracted_by = 'me', start_value = 0",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="only ever taken back"):
            await register.database.pool.execute(asked.format(change), event)
    before = await register.now()
    await register.database.pool.execute(asked.format("retracted_at = '1999-01-01Z', retracted_by = 'me'"), event)
    assert await register.database.pool.fetchval("select retracted_at > $1 from register_events", before)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await register.database.pool.execute(asked.format("retracted_at = null, retracted_by = null"), event)
