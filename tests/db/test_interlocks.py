"""Interlocks over the real tables: the facts they rest on, two that are judged at once, and commands judged again."""

import asyncio
import random
from datetime import timedelta
from itertools import groupby

import pytest

from tests.db.test_dispatching import Device
from tests.plant import NOON, Plant
from twinql.devices.dispatcher import Dispatcher
from twinql.domain.identity import Worker
from twinql.domain.interlocks.definition import InterlockDefinition
from twinql.domain.interlocks.verdict import InterlockKind, refusals
from twinql.domain.readings import ReadingSource
from twinql.storage.database import Database
from twinql.storage.interlock_changes import create_interlock
from twinql.storage.interlocks import facts_for
from twinql.storage.managing import Management

WATCH = Worker("test")
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
READ = """
insert into readings (observed_at, recorded_at, value, quality, channel_number, organisation_number, source)
select $1, $2, $3, $4::text::reading_quality, number, organisation_number, $6::text::reading_source
from channels where id = $5
"""


class Guarded(Plant):
    """A plant whose clock of recording is in the test's hands too, with a switch `execution` beside the setpoint."""

    async def read(self, key, value, *, ago=SECOND, late=timedelta(0), quality="GOOD", source="DATABASE"):
        observed = self.now - ago
        await self.sql(READ, observed, observed + late, value, quality, self.world.channels[key], source)

    async def lay_down(self, kind, *, key="setpoint", beside=None, **said):
        management = Management(self.database, self.world.owner, self.world.organisation)
        definition = InterlockDefinition(name=kind, kind=InterlockKind(kind), **said)
        other = beside and self.world.channels[beside]
        return await create_interlock(management, definition, self.world.channels[key], other)

    async def laid(self, key="setpoint"):
        """What is known of the one interlock of a channel."""
        async with self.database.transaction(WATCH) as connection:
            facts = await facts_for(connection, self.world.channels[key], now=self.now)
        (found,) = facts.laid_down
        return found


@pytest.fixture
async def plant(database_url):
    async with Guarded.open(database_url) as plant:
        await plant.sql("delete from readings")
        await plant.sql("update channels set writable = true where key = 'execution'")
        await plant.read("setpoint", 6000.0)
        await plant.read("execution", 0.0)
        rows = await plant.sql("select number from channels where key in ('setpoint', 'execution')")
        plant.device = Device([row["number"] for row in rows])
        plant.dispatcher = Dispatcher(plant.database, [plant.device], plant.clock)
        yield plant


def refused(issued):
    return [verdict.kind.value for verdict in refusals(issued.verdicts)]


async def at_once(plant, *orders):
    """Issue commands in the same moment, and say which got through."""
    issued = await asyncio.gather(
        *(plant.issue(key, desired=desired, idempotency_key=f"{place}") for place, (key, desired) in enumerate(orders))
    )
    return sorted(tuple(refused(each)) for each in issued)


async def test_an_hour_has_room_for_its_commands_and_no_more_also_for_those_asked_at_once(plant):
    await plant.lay_down("COMMANDS_PER_HOUR", per_hour=2)
    full = ("COMMANDS_PER_HOUR",)
    assert await at_once(plant, *[("setpoint", 6000.0)] * 4) == [(), (), full, full]
    await plant.dispatcher.dispatch()
    plant.wait(minutes=59)
    await plant.read("setpoint", 6000.0)
    async with Database.open(plant.url, pool_size=1) as anew:
        plant.database, former = anew, plant.database
        assert refused(await plant.issue(idempotency_key="later")) == ["COMMANDS_PER_HOUR"]
        plant.database = former
    plant.wait(minutes=2)
    assert refused(await plant.issue(idempotency_key="latest")) == []


async def test_of_two_that_exclude_each_other_one_gets_through(plant):
    await plant.read("setpoint", 0.0, ago=timedelta(0))
    await plant.lay_down("MUTUAL_EXCLUSION", beside="execution")
    assert await at_once(plant, ("setpoint", 6000.0), ("execution", 1.0)) == [(), ("MUTUAL_EXCLUSION",)]


async def test_two_that_share_a_rate_are_held_to_it_together(plant):
    await plant.lay_down("RATE_OF_CHANGE", rate_per_minute=500.0)
    assert await at_once(plant, ("setpoint", 6400.0), ("setpoint", 5800.0)) == [(), ("RATE_OF_CHANGE",)]


async def test_a_command_is_judged_again_before_it_is_sent(plant):
    await plant.lay_down("CONDITION", beside="execution", maximum=0.0)
    issued = await plant.issue()
    assert issued.obstacles == ()
    await plant.read("execution", 1.0, ago=timedelta(0))
    await plant.dispatcher.dispatch()
    assert plant.device.heard == []
    assert await plant.life(issued.command_id) == ["REQUESTED", "QUEUED", "REJECTED"]
    (row,) = await plant.sql("select actor, detail from command_transitions where status = 'REJECTED'")
    assert row["actor"] == "worker:interlocks"
    assert "execution of Mill reads RUNNING and must read" in row["detail"]


async def test_a_verdict_is_kept_with_its_evidence(plant):
    laid = await plant.lay_down("CONDITION", beside="execution", minimum=1.0)
    issued = await plant.issue()
    again = await plant.issue()
    assert again.replayed
    assert again.verdicts == issued.verdicts
    (verdict,) = refusals(issued.verdicts)
    assert (verdict.interlock_id, verdict.other_channel_id) == (laid, plant.world.channels["execution"])
    assert (verdict.value, verdict.minimum, verdict.observed_at) == (0.0, 1.0, plant.now - SECOND)
    assert (await plant.issue(dry_run=True, idempotency_key="dry")).verdicts == issued.verdicts


async def test_nobody_lifts_an_interlock_by_writing_what_a_device_reads(plant):
    await plant.lay_down("CONDITION", beside="execution", minimum=1.0)
    plant.wait(minutes=1)
    await plant.read("execution", 0.0, ago=30 * SECOND, source="DEVICE")
    await plant.read("execution", 1.0, ago=10 * SECOND, source="MANUAL")
    refusal = await plant.issue(idempotency_key="by hand")
    (verdict,) = refusals(refusal.verdicts)
    assert (verdict.source, verdict.value) == (ReadingSource.MANUAL, None)
    assert "execution of Mill came by MANUAL, not from its device" in verdict.message
    assert (await plant.issue(idempotency_key="by hand")).verdicts == refusal.verdicts
    await plant.read("execution", 1.0, ago=5 * SECOND, source="DEVICE")
    assert refused(await plant.issue(idempotency_key="by the device")) == []


async def test_what_people_alone_have_read_for_a_month_goes_by_hand(plant):
    await plant.lay_down("CONDITION", beside="execution", minimum=1.0)
    plant.wait(minutes=1)
    await plant.read("execution", 1.0, source="SIMULATION", ago=10 * SECOND)
    await plant.read("execution", 1.0, source="MANUAL", ago=5 * SECOND)
    assert refused(await plant.issue(idempotency_key="a")) == ["CONDITION"]
    await plant.sql("update twinql_private.channels_of_devices set last_on = last_on - 31")
    assert refused(await plant.issue(idempotency_key="b")) == []


async def test_a_device_that_has_been_on_for_long_is_not_made_so_by_hand(plant):
    await plant.lay_down("MINIMUM_ON_TIME", hold_for=10 * MINUTE)
    await plant.sql("delete from readings")
    for ago, value, source in ((30, 6000.0, "DEVICE"), (4, 6000.0, "MANUAL"), (2, 6000.0, "DEVICE")):
        await plant.read("setpoint", value, ago=ago * MINUTE, source=source)
    assert (await plant.laid()).since == plant.now - 2 * MINUTE


async def test_a_channel_that_was_archived_tells_interlocks_nothing(plant):
    await plant.lay_down("CONDITION", beside="execution", maximum=0.0, max_age=HOUR)
    await plant.sql("update channels set archived_at = now() where key = 'execution'")
    (verdict,) = refusals((await plant.issue()).verdicts)
    assert "execution of Mill is archived" in verdict.message


async def test_what_is_said_of_a_channel_names_its_machine(plant):
    issued = await plant.issue(desired=20000.0, dry_run=True)
    assert [each.message for each in refusals(issued.verdicts)] == [
        "setpoint of Mill takes 0 to 12000 rpm; ask for a value within."
    ]


async def test_a_clock_that_is_ahead_is_told_until_a_later_reading_is_right(plant):
    await plant.lay_down("INPUT_QUALITY")
    await plant.read("setpoint", 5000.0, ago=-HOUR, late=-HOUR)
    assert (await plant.laid()).seen.ahead_until == plant.now + HOUR
    plant.wait(seconds=10)
    await plant.read("setpoint", 5000.0)
    assert (await plant.laid()).seen.ahead_until is None


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_the_database_tells_of_readings_is_what_the_long_way_round_tells(plant, seed):
    rng = random.Random(seed)
    await plant.sql("delete from readings")
    kind = "MINIMUM_ON_TIME" if seed < 3 else "RATE_OF_CHANGE"
    hold, age = 5 * MINUTE, 2 * MINUTE
    said = {"hold_for": hold} if seed < 3 else {"rate_per_minute": 1.0}
    await plant.lay_down(kind, max_age=age, **said)
    value, known = 0.0, []
    for second in range(0, 1800, 20):
        value = rng.choice([0.0, 6000.0]) if rng.random() < 0.08 else value
        late, quality = rng.choice([0, 0, 5, 70]), rng.choice(["GOOD"] * 9 + ["BAD"])
        known.append((NOON + second * SECOND, NOON + (second + late) * SECOND, value, quality))
    await plant.sql("select twinql.prepare_readings($1, $1)", NOON)
    for observed, recorded, each, quality in known:
        await plant.sql(READ, observed, recorded, each, quality, plant.world.channels["setpoint"], "DATABASE")
    for minutes in range(3, 31, 4):
        plant.now = NOON + minutes * MINUTE
        found, usable = await plant.laid(), [each for each in known if each[0] <= plant.now + MINUTE]
        assert (found.seen.observed_at, found.seen.value) == (usable[-1][0], usable[-1][2])
        assert found.seen.is_good is (usable[-1][3] == "GOOD")
        good = [each for each in usable if each[3] != "BAD"]
        if kind == "RATE_OF_CHANGE":
            lately = [
                each for each in good if max(each[:2]) > plant.now - MINUTE and each[0] > plant.now - age - MINUTE
            ]
            before = [each for each in good if not lately or each[0] < lately[0][0]][-1:]
            held = [each[2] for each in (*lately, *before)]
            assert (found.lowest, found.highest) == (min(held), max(held))
        else:
            # From the last reading before the stretch that matters on.
            start = max([each[0] for each in good if each[0] <= plant.now - hold - age], default=NOON)
            runs = [list(run) for _, run in groupby((e for e in good if e[0] >= start), key=lambda each: each[2] > 0)]
            if usable[-1][2] == 0:
                assert found.since is None
            elif runs[-1][0][2] > 0:
                assert found.since == max(runs[-1][0][:2])
