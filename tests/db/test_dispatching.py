"""Commands reach devices once, in time, and are believed only when a reading shows them."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
import pytest

from tests.plant import Plant
from twinql.devices import dispatcher
from twinql.devices.dispatcher import Acknowledgement, Dispatcher, dispatching
from twinql.domain.commands import CommandStatus
from twinql.domain.events import EventKind
from twinql.domain.identity import Worker
from twinql.domain.verification import EffectDirection, Expectation
from twinql.errors import InvalidInputError, UnavailableError
from twinql.live import open_feed
from twinql.storage import dispatch, verifying

SENT = ["REQUESTED", "QUEUED", "SENT"]
DONE = [*SENT, "ACKNOWLEDGED", "EXECUTED"]


@dataclass
class Device:
    """A device that hears commands, and answers as it was told to."""

    numbers: list
    answer: object = field(default_factory=lambda: Acknowledgement(executed=True, detail="done"))
    heard: list = field(default_factory=list)
    name: str = "lathe"

    def channels(self):
        return self.numbers

    async def send(self, command):
        self.heard.append(command)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        (row,) = await plant.sql("select number from channels where key = 'setpoint'")
        plant.device = Device([row["number"]])
        plant.dispatcher = Dispatcher(plant.database, [plant.device], plant.clock)
        yield plant


async def test_a_command_is_sent_acknowledged_executed_and_verified(plant):
    issued = await plant.issue(desired=6000.0)
    await plant.dispatcher.dispatch()
    (heard,) = plant.device.heard
    assert (heard.id, heard.desired, heard.channel_key) == (issued.command_id, 6000.0, "setpoint")
    assert await plant.life(issued.command_id) == DONE
    plant.wait(seconds=2)
    await plant.record("setpoint", [6000.0])
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*DONE, "VERIFIED"]
    rows = await plant.sql("select actor, detail from command_transitions order by sequence")
    assert [row["actor"] for row in rows[2:]] == [
        "worker:dispatcher",
        "device:lathe",
        "device:lathe",
        "worker:dispatcher",
    ]
    assert "6000" in rows[-1]["detail"]


async def test_a_reading_from_before_the_command_verifies_nothing(plant):
    await plant.record("setpoint", [6000.0], until=plant.now - timedelta(minutes=1))
    issued = await plant.issue(desired=6000.0)
    await plant.dispatcher.dispatch()
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == DONE


async def test_an_effect_that_does_not_show_is_said_with_the_numbers(plant):
    issued = await plant.issue(desired=6000.0)
    await plant.dispatcher.dispatch()
    plant.wait(minutes=1)
    await plant.record("setpoint", [9000.0])
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == DONE
    plant.wait(minutes=5)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*DONE, "NOT_OBSERVED"]
    (row,) = await plant.sql("select detail from command_transitions where status = 'NOT_OBSERVED'")
    assert "6000" in row["detail"]
    assert "9000" in row["detail"]


async def send(plant, desired, *, after_s):
    """Issue a command and hand it to the device, some seconds after the last one."""
    plant.wait(seconds=after_s)
    issued = await plant.issue(desired=desired, idempotency_key=f"{plant.now}")
    await plant.dispatcher.dispatch()
    return issued.command_id


async def why(plant, command_id):
    rows = await plant.sql(
        "select detail from command_transitions where command_id = $1 order by sequence desc limit 1", command_id
    )
    return rows[0]["detail"]


async def test_a_command_is_not_verified_by_the_effect_of_a_later_one(plant):
    first = await send(plant, 6000.0, after_s=0)
    second = await send(plant, 0.0, after_s=2)
    plant.wait(seconds=2)
    await plant.record("setpoint", [0.0], step_s=0)
    third = await send(plant, 6000.0, after_s=3)
    plant.wait(seconds=1)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.dispatcher.dispatch()
    assert await plant.life(first) == [*DONE, "NOT_OBSERVED"]
    assert await plant.life(second) == await plant.life(third) == [*DONE, "VERIFIED"]
    assert (await verification(plant, first))["superseded_at"] == "2026-03-02T12:00:02+00:00"
    assert (await verification(plant, third))["superseded_at"] is None
    assert await why(plant, first) == (
        "A command for another value overtook it at 2026-03-02T12:00:02Z, before a good reading showed 6000 rpm: "
        "the last one shows 9000 rpm."
    )


async def test_a_reading_from_before_the_next_command_still_verifies(plant):
    first = await send(plant, 6000.0, after_s=0)
    plant.now += timedelta(seconds=2)
    taken_at = plant.now
    second = await send(plant, 0.0, after_s=1)
    await plant.record("setpoint", [6000.0], step_s=0, until=taken_at)
    await plant.dispatcher.dispatch()
    assert await plant.life(first) == [*DONE, "VERIFIED"]
    assert await plant.life(second) == DONE


async def test_a_later_command_for_the_same_value_asks_for_the_same_effect(plant):
    first = await send(plant, 6000.0, after_s=0)
    second = await send(plant, 6000.0, after_s=5)
    plant.wait(seconds=1)
    await plant.dispatcher.dispatch()
    assert await plant.life(first) == await plant.life(second) == DONE
    plant.wait(seconds=54)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.dispatcher.dispatch()
    assert await plant.life(first) == await plant.life(second) == [*DONE, "VERIFIED"]
    assert (await verification(plant, first))["superseded_at"] is None


@pytest.mark.parametrize("quality", ["UNCERTAIN", "SUBSTITUTED", "ESTIMATED"])
async def test_a_reading_that_is_not_good_verifies_nothing(plant, quality):
    issued = await send(plant, 6000.0, after_s=0)
    plant.wait(seconds=2)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.sql("update readings set quality = $1::text::reading_quality where value = 6000", quality)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued) == DONE
    await plant.sql("update readings set quality = 'EDITED' where value = 6000")
    await plant.dispatcher.dispatch()
    assert await plant.life(issued) == [*DONE, "VERIFIED"]


async def test_a_reading_that_is_dated_ahead_verifies_nothing_before_its_time(plant):
    await plant.record("temperature", [64.0], until=plant.now - timedelta(minutes=1))
    issued = await plant.issue(expect=falls(plant))
    await plant.dispatcher.dispatch()
    ahead = plant.now + timedelta(seconds=50)
    await plant.record("setpoint", [6000.0], step_s=0, until=ahead)
    await plant.record("temperature", [50.0], step_s=0, until=ahead)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == DONE
    plant.wait(seconds=50)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*DONE, "VERIFIED"]


async def test_a_value_that_was_reached_before_the_command_is_said_to_have_been(plant):
    await plant.record("temperature", [50.0], until=plant.now - timedelta(minutes=1))
    reaches = falls(plant, direction=EffectDirection.REACHES, by=None, value=50.0)
    issued = await plant.issue(expect=reaches)
    await plant.dispatcher.dispatch()
    plant.wait(seconds=10)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.record("temperature", [50.0], step_s=0)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*DONE, "VERIFIED"]
    found = await verification(plant, issued.command_id)
    assert (found["status"], found["effect"]["status"]) == ("VERIFIED", "ALREADY_THERE")
    assert await why(plant, issued.command_id) == (
        "A reading of 2026-03-02T12:00:10Z shows 6000 rpm. It read so already, which shows nothing of the command: "
        "50 at 2026-03-02T12:00:10Z, 50 without the command."
    )


async def test_a_command_whose_effect_cannot_be_looked_for_keeps_no_other_from_being_verified(plant):
    await plant.record("temperature", [64.0], until=plant.now - timedelta(minutes=1))
    spoiled = await plant.issue(expect=falls(plant))
    await plant.sql(
        'update commands set expectation = expectation || \'{"within_s": "soon"}\' where id = $1', spoiled.command_id
    )
    await plant.dispatcher.dispatch()
    plant.wait(seconds=1)
    sound = await plant.issue(desired=6000.0, idempotency_key="sound")
    await plant.dispatcher.dispatch()
    plant.wait(seconds=1)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.dispatcher.dispatch()
    assert await plant.life(spoiled.command_id) == DONE
    assert await plant.life(sound.command_id) == [*DONE, "VERIFIED"]


async def test_a_command_that_the_device_refused_takes_nothings_place(plant):
    first = await send(plant, 6000.0, after_s=0)
    plant.device.answer = InvalidInputError("Not now.")
    await send(plant, 0.0, after_s=1)
    plant.wait(seconds=1)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.dispatcher.dispatch()
    assert await plant.life(first) == [*DONE, "VERIFIED"]


async def test_commands_go_out_in_the_order_in_which_they_were_asked(plant):
    for speed in (3000.0, 1000.0, 2000.0):
        await plant.issue(desired=speed, idempotency_key=str(speed))
        plant.wait(seconds=1)
    await plant.dispatcher.dispatch()
    assert [command.desired for command in plant.device.heard] == [3000.0, 1000.0, 2000.0]


async def test_an_expired_command_is_never_sent(plant):
    issued = await plant.issue(expires_in=timedelta(minutes=1))
    plant.wait(minutes=1)
    await plant.dispatcher.dispatch()
    assert plant.device.heard == []
    assert await plant.life(issued.command_id) == ["REQUESTED", "QUEUED", "EXPIRED"]


async def says(plant, at):
    """Let the clock of the database stand at an instant, whatever that of the server says."""
    await plant.sql(
        "create or replace function twinql.present() returns timestamptz language sql as "
        f"$$ select '{at.isoformat()}'::timestamptz $$"
    )


async def test_what_is_in_time_is_told_by_the_clock_of_the_database(plant):
    late = await plant.issue(idempotency_key="late", expires_in=timedelta(minutes=5))
    await says(plant, plant.now + timedelta(minutes=5))
    with pytest.raises(asyncpg.CheckViolationError, match="may be sent from"):
        await plant.sql(
            "insert into command_transitions (command_id, organisation_id, status, at, actor)"
            " select id, organisation_id, 'SENT', $1, 'worker:test' from commands",
            plant.now - timedelta(hours=1),
        )
    await plant.dispatcher.dispatch()
    assert await plant.life(late.command_id) == ["REQUESTED", "QUEUED", "EXPIRED"]
    early = await plant.issue(idempotency_key="early", not_before=plant.now + timedelta(minutes=1))
    await says(plant, plant.now)
    plant.wait(minutes=2)
    await plant.dispatcher.dispatch()
    assert await plant.life(early.command_id) == ["REQUESTED", "QUEUED"]
    await says(plant, plant.now)
    await plant.dispatcher.dispatch()
    assert await plant.life(early.command_id) == DONE


async def test_the_present_is_that_of_the_database(database_url):
    connection = await asyncpg.connect(database_url)
    try:
        ahead = await connection.fetchval("select twinql.present() - clock_timestamp()")
    finally:
        await connection.close()
    assert timedelta(seconds=-10) < ahead <= timedelta(0)


async def test_a_command_for_a_device_that_is_away_waits_and_is_sent_while_it_is_valid(plant):
    plant.device.numbers, numbers = [], plant.device.numbers
    issued = await plant.issue(expires_in=timedelta(minutes=10))
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == ["REQUESTED", "QUEUED"]
    plant.wait(minutes=9)
    plant.device.numbers = numbers
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == DONE


async def test_a_refused_command_is_rejected_with_the_devices_words(plant):
    plant.device.answer = InvalidInputError("The door is open; close it.")
    issued = await plant.issue()
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*SENT, "REJECTED"]
    (row,) = await plant.sql("select actor, detail from command_transitions where status = 'REJECTED'")
    assert tuple(row) == ("device:lathe", "The door is open; close it.")


async def test_silence_is_no_success_and_nothing_is_sent_twice(plant):
    plant.device.answer = UnavailableError("The line is down.")
    issued = await plant.issue()
    for _ in range(3):
        await plant.dispatcher.dispatch()
    assert len(plant.device.heard) == 1
    assert await plant.life(issued.command_id) == SENT
    plant.wait(minutes=2)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*SENT, "TIMED_OUT"]
    assert len(plant.device.heard) == 1


async def test_a_defect_of_a_transport_is_silence_too(plant):
    plant.device.answer = ZeroDivisionError()
    issued = await plant.issue()
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == SENT


async def test_a_rejected_command_is_not_sent(plant):
    await plant.issue(desired=99_999.0)
    await plant.dispatcher.dispatch()
    assert plant.device.heard == []


async def test_two_dispatchers_send_a_command_once(plant):
    for place in range(8):
        await plant.issue(idempotency_key=str(place))
    other = Dispatcher(plant.database, [plant.device], plant.clock)
    await asyncio.gather(plant.dispatcher.dispatch(), other.dispatch())
    assert sorted(command.id for command in plant.device.heard) == sorted({c.id for c in plant.device.heard})
    assert len(plant.device.heard) == 8


async def test_an_impossible_transition_is_refused(plant):
    issued = await plant.issue()
    async with plant.database.transaction(Worker("test")) as connection:
        for status in (CommandStatus.EXECUTED, CommandStatus.VERIFIED, CommandStatus.REQUESTED):
            assert not await dispatch.move(connection, issued.command_id, status, at=plant.now, actor="worker:test")
    assert await plant.life(issued.command_id) == ["REQUESTED", "QUEUED"]


async def test_a_nudged_dispatcher_sends_without_waiting(plant):
    async with dispatching(plant.database) as dispatcher:
        dispatcher.clock = plant.clock
        done = asyncio.Event()

        async def send(command):
            plant.device.heard.append(command)
            done.set()
            return Acknowledgement(executed=True)

        plant.device.send = send
        dispatcher.transports.append(plant.device)
        await plant.issue()
        dispatcher.nudge()
        await asyncio.wait_for(done.wait(), 10)
    assert len(plant.device.heard) == 1


async def test_what_waits_is_sent_as_soon_as_the_feed_tells_of_it(plant, monkeypatch):
    monkeypatch.setattr("twinql.devices.dispatcher.PERIOD_S", 600.0)
    heard = asyncio.Event()
    plant.device.send = lambda command: _hear(plant.device, command, heard)
    async with (
        open_feed(plant.database, plant.url, retention=timedelta(hours=1)) as feed,
        dispatching(plant.database) as dispatcher,
    ):
        dispatcher.clock = plant.clock
        dispatcher.transports.append(plant.device)
        feed.hint(EventKind.COMMANDS, dispatcher.nudge)
        await feed.now()
        # The transport gets its task in the first round that sees it.
        dispatcher.nudge()
        await plant.issue()
        await asyncio.wait_for(heard.wait(), 20)
    assert len(plant.device.heard) == 1


async def _hear(device, command, heard):
    device.heard.append(command)
    heard.set()


async def test_a_command_waits_for_its_hour_and_lives_from_then_on(plant):
    later = await plant.issue(not_before=plant.now + timedelta(minutes=10), expires_in=timedelta(minutes=1))
    sooner = await plant.issue(idempotency_key="sooner", desired=5000.0)
    await plant.dispatcher.dispatch()
    assert await plant.life(sooner.command_id) == DONE
    assert await plant.life(later.command_id) == ["REQUESTED", "QUEUED"]
    plant.wait(minutes=10)
    await plant.dispatcher.dispatch()
    assert await plant.life(later.command_id) == DONE


async def test_after_a_long_outage_only_what_is_still_valid_is_sent_and_in_order(plant):
    for minutes in (1, 30, 2, 40):
        await plant.issue(idempotency_key=f"{minutes}", desired=100.0 * minutes, expires_in=timedelta(minutes=minutes))
        plant.wait(seconds=1)
    plant.wait(minutes=20)
    await Dispatcher(plant.database, [plant.device], plant.clock).dispatch()
    assert [command.desired for command in plant.device.heard] == [3000.0, 4000.0]
    rows = await plant.sql("select status::text from commands order by requested_at")
    assert [row["status"] for row in rows] == ["EXPIRED", "EXECUTED", "EXPIRED", "EXECUTED"]


async def test_what_nobody_approved_in_time_expires(plant):
    issued = await plant.issue(needs_approval=True)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == ["REQUESTED", "AWAITING_APPROVAL"]
    plant.wait(minutes=5)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == ["REQUESTED", "AWAITING_APPROVAL", "EXPIRED"]
    assert plant.device.heard == []


async def test_the_next_command_to_a_channel_goes_out_once_the_one_before_is_answered(plant):
    plant.device.answer = None
    first = await plant.issue()
    plant.wait(seconds=1)
    second = await plant.issue(idempotency_key="second")
    await plant.dispatcher.dispatch()
    assert [command.id for command in plant.device.heard] == [first.command_id]
    await plant.report(first.command_id, "EXECUTED")
    await plant.dispatcher.dispatch()
    assert [command.id for command in plant.device.heard] == [first.command_id, second.command_id]
    assert await plant.life(first.command_id) == DONE


async def test_a_command_that_is_not_answered_holds_the_next_one_up_for_a_second_at_most(plant):
    plant.device.answer = None
    for key in ("lost", "second"):
        await plant.issue(idempotency_key=key)
    await plant.dispatcher.dispatch()
    plant.wait(seconds=1)
    await plant.dispatcher.dispatch()
    assert len(plant.device.heard) == 2


async def test_interlocks_judge_a_command_once_more_before_it_is_sent(plant):
    issued = await plant.issue(desired=6000.0)
    await plant.sql("update channels set plausible_maximum = 5000 where key = 'setpoint'")
    await plant.dispatcher.dispatch()
    assert plant.device.heard == []
    assert await plant.life(issued.command_id) == ["REQUESTED", "QUEUED", "REJECTED"]
    assert "0 to 5000" in await why(plant, issued.command_id)


def falls(plant, **more):
    return Expectation(
        **(
            {
                "channel_id": plant.world.channels["temperature"],
                "direction": EffectDirection.FALLS,
                "by": 3.0,
                "value": None,
                "within": timedelta(seconds=60),
            }
            | more
        )
    )


async def verification(plant, command_id):
    (row,) = await plant.sql("select verification from commands where id = $1", command_id)
    return row["verification"]


async def test_the_effect_that_was_stated_is_looked_for_beside_the_echo(plant):
    await plant.record("temperature", [64.0], until=plant.now - timedelta(minutes=1))
    issued = await plant.issue(expect=falls(plant))
    await plant.dispatcher.dispatch()
    plant.wait(seconds=20)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.record("temperature", [62.0], step_s=0)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == DONE
    assert await verification(plant, issued.command_id) is None
    plant.wait(seconds=20)
    await plant.record("temperature", [60.5], step_s=0)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*DONE, "VERIFIED"]
    found = await verification(plant, issued.command_id)
    assert (found["status"], found["observed"]) == ("VERIFIED", 6000.0)
    effect = found["effect"]
    assert (effect["reference"], effect["observed"], effect["change"]) == (64.0, 60.5, -3.5)
    assert await why(plant, issued.command_id) == (
        "A reading of 2026-03-02T12:00:20Z shows 6000 rpm. "
        "The expected effect shows: 60.5 at 2026-03-02T12:00:40Z, 64 without the command."
    )


async def test_an_echo_without_the_effect_is_not_verified(plant):
    await plant.record("temperature", [64.0], until=plant.now - timedelta(minutes=1))
    issued = await plant.issue(expect=falls(plant))
    await plant.dispatcher.dispatch()
    plant.wait(seconds=30)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.record("temperature", [63.0], step_s=0)
    plant.wait(seconds=40)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*DONE, "NOT_OBSERVED"]
    assert (await verification(plant, issued.command_id))["effect"]["change"] == -1.0


async def test_what_people_write_verifies_no_command_where_a_device_reads(plant):
    await plant.record("temperature", [64.0], until=plant.now - timedelta(minutes=1))
    issued = await plant.issue(expect=falls(plant))
    await plant.dispatcher.dispatch()
    await plant.sql("update readings set source = 'DEVICE'")
    for after_s, source in ((20, "API"), (10, "DEVICE")):
        plant.wait(seconds=after_s)
        await plant.record("setpoint", [6000.0], step_s=0)
        await plant.record("temperature", [60.0], step_s=0)
        await plant.sql(
            "update readings set source = $2::text::reading_source where observed_at = $1", plant.now, source
        )
        await plant.dispatcher.dispatch()
        assert await plant.life(issued.command_id) == (DONE if source == "API" else [*DONE, "VERIFIED"])
    assert (await verification(plant, issued.command_id))["effect"]["observed_at"] == f"{plant.now.isoformat()}"


@pytest.fixture
async def in_small_steps(monkeypatch):
    """Two readings of a channel are looked at before others have their turn, and four in one round."""
    monkeypatch.setattr(verifying, "READINGS_AT_ONCE", 2)
    monkeypatch.setattr(dispatcher, "READINGS_AT_ONCE", 2)
    monkeypatch.setattr(dispatcher, "READINGS_A_ROUND", 4)


@pytest.fixture
async def looked_at(plant, monkeypatch):
    """Collect which readings are looked at for effects."""
    rows, look_for = [], verifying.look_for

    def heard(expected, *, after, **known):
        rows.extend((each.at - plant.now).total_seconds() for each in after)
        return look_for(expected, after=after, **known)

    monkeypatch.setattr(verifying, "look_for", heard)
    return rows


async def waits_for_effect(plant, values, **expected):
    """A command that was executed half a minute ago and shows, and what the temperature read since then."""
    await plant.record("temperature", [64.0], until=plant.now - timedelta(minutes=1))
    issued = await plant.issue(expect=falls(plant, **expected))
    await plant.dispatcher.dispatch()
    plant.wait(seconds=30)
    await plant.record("setpoint", [6000.0], step_s=0)
    await plant.record("temperature", values, step_s=1)
    return issued.command_id


@pytest.mark.usefixtures("in_small_steps")
async def test_an_effect_is_found_however_many_readings_lie_before_it(plant, looked_at):
    command = await waits_for_effect(plant, [64.0] * 19 + [60.0])
    plant.wait(minutes=2)
    for _ in range(10):
        assert await plant.life(command) == DONE
        await plant.dispatcher.look_after()
    assert await plant.life(command) == [*DONE, "VERIFIED"]
    assert len(looked_at) == 20


async def test_what_was_looked_at_is_not_read_again(plant, looked_at):
    await waits_for_effect(plant, [64.0] * 20, within=timedelta(hours=1))
    await plant.dispatcher.look_after()
    assert len(looked_at) == 20
    looked_at.clear()
    await plant.dispatcher.look_after()
    # Readings overtake each other by seconds.
    assert looked_at == [-5.0, -4.0, -3.0, -2.0, -1.0, 0.0]


async def test_an_effect_whose_reading_came_late_is_found_before_it_is_said_to_be_missing(plant):
    command = await waits_for_effect(plant, [64.0] * 20)
    await plant.dispatcher.look_after()
    await plant.sql(
        "update readings set value = 60, observed_at = observed_at - interval '0.5 s'"
        " where observed_at = $1 and value = 64",
        plant.now - timedelta(seconds=15),
    )
    plant.wait(minutes=2)
    for _ in range(2):
        await plant.dispatcher.look_after()
    assert await plant.life(command) == [*DONE, "VERIFIED"]


@pytest.mark.usefixtures("in_small_steps")
async def test_a_round_looks_at_so_many_readings_and_all_have_their_turn(plant, looked_at):
    commands = [await waits_for_effect(plant, [64.0] * 20)]
    for key in "bcd":
        issued = await plant.issue(desired=6000.0, idempotency_key=key, expect=falls(plant))
        commands.append(issued.command_id)
        await plant.sql("update commands set requested_at = requested_at - interval '1 h' where id = $1", commands[-1])
        plant.wait(seconds=1)
        await plant.dispatcher.dispatch()
    plant.wait(minutes=3)
    for _ in range(60):
        looked_at.clear()
        await plant.dispatcher.look_after()
        assert len(looked_at) <= 4
    assert {tuple(await plant.life(each))[-1] for each in commands} == {"NOT_OBSERVED"}


async def test_the_course_without_the_command_is_what_it_is_compared_with(plant):
    await plant.record("temperature", [60.0], until=plant.now - timedelta(minutes=1))
    issued = await plant.issue(expect=falls(plant, baseline=((0.0, 60.0), (60.0, 66.0))))
    await plant.dispatcher.dispatch()
    plant.wait(seconds=30)
    await plant.record("setpoint", [6000.0], step_s=0)
    # It has not fallen at all; without the command it would have been at 63.
    await plant.record("temperature", [60.0], step_s=0)
    await plant.dispatcher.dispatch()
    assert await plant.life(issued.command_id) == [*DONE, "VERIFIED"]
    assert (await verification(plant, issued.command_id))["effect"]["reference"] == 63.0
