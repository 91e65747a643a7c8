"""Readings become alarms, whatever way they came in: once, also where a watcher dies and another one goes on."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
import pytest

from tests.plant import Plant
from tests.watching import catch_up, hear, run_up, today, told, watching
from twinql.background import Foreground
from twinql.domain.alarms.vocabulary import AlarmAction
from twinql.domain.readings import OnConflict, ReadingBatch, ReadingSource, to_us
from twinql.live import roster, watcher
from twinql.live import shift as shift_module
from twinql.live.shift import Shift
from twinql.storage.alarms import step
from twinql.storage.channels import facts_by_id
from twinql.storage.locks import Duty, take_turn
from twinql.storage.outbox import listening
from twinql.storage.record import Recording, record_readings
from twinql.storage.watching import session, subject_of

HOT = ("temperature", "LIMIT_HIGH")


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        await today(plant)
        yield plant


async def recorded(plant, values, *, key="temperature", step_s=60, **how):
    """Record values that end now as every way in does that goes through TwinQL."""
    async with plant.database.transaction(plant.world.operator) as connection:
        facts = list((await facts_by_id(connection, [plant.world.channels[key]])).values())
    last_us = to_us(plant.now)
    at_us = np.array([last_us - place * step_s * 1_000_000 for place in range(len(values))][::-1])
    batch = ReadingBatch(
        np.zeros(len(values), np.int32), at_us, np.array(values, float), np.zeros(len(values), np.int8)
    )
    how = {"source": ReadingSource.API, "now_us": to_us(datetime.now(UTC)) + 86_000_000_000} | how
    recording = Recording(organisation_id=plant.world.organisation, **how)
    return await record_readings(plant.database, plant.world.operator, facts, batch, recording)


async def heat(plant, shift, *values):
    """Record these values one minute after the other, and let the watcher see each."""
    for value in values:
        plant.wait(minutes=1)
        await hear(plant, "temperature", [value])
        await catch_up(shift)


async def test_a_value_beyond_its_limit_is_raised_with_its_numbers_and_returns(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await heat(plant, shift, 40.0, 66.5, 67.0)
        (alarm,) = await plant.sql("select * from alarms")
        assert alarm["message"] == "temperature is 66.5 °C, above its high limit of 65 °C."
        assert (alarm["severity"], alarm["rule_id"], alarm["asset_id"]) == ("HIGH", None, plant.world.machine)
        assert alarm["raised_at"] == plant.now - timedelta(minutes=1)
        (fact,) = alarm["evidence"]
        assert (fact["value"], fact["threshold"], fact["unit"]) == (66.5, 65.0, "DEGREE_CELSIUS")
        assert fact["channelId"] == str(plant.world.channels["temperature"])
        assert datetime.fromisoformat(fact["from"]) == alarm["raised_at"]
        await heat(plant, shift, 40.0, 40.0, 40.0)
        assert await told(plant) == [(*HOT, "RAISED"), (*HOT, "RETURNED")]
        (alarm,) = await plant.sql("select * from alarms")
        assert alarm["returned_at"] == plant.now - timedelta(minutes=2)
        assert (shift.open, shift.lag_s) == (1, 0.0)


async def test_every_way_in_is_watched(plant):
    plant.wait(minutes=-10)  # the database stamps what is recorded by its own clock
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        plant.wait(minutes=2)
        await recorded(plant, [66.0, 67.0])
        await catch_up(shift)
        assert await told(plant) == [(*HOT, "RAISED")]
        plant.wait(minutes=6)
        await recorded(plant, [40.0] * 4, source=ReadingSource.IMPORT, announce_ranges=True)
        (kinds,) = await plant.sql("select array_agg(distinct kind) as all from twinql_private.outbox")
        assert "RANGES" in kinds["all"]
        await catch_up(shift)
        assert await told(plant) == [(*HOT, "RAISED"), (*HOT, "RETURNED")]
        plant.wait(minutes=2)
        await plant.record("temperature", [66.0, 68.0])
        plant.wait(seconds=30)
        await catch_up(shift)
        assert await told(plant) == [(*HOT, "RAISED"), (*HOT, "RETURNED"), (*HOT, "RAISED_AGAIN")]


async def test_one_that_ends_within_its_on_delay_is_not_raised(plant):
    await plant.sql(
        "insert into alarm_rules (organisation_id, name, cause, severity, on_delay_seconds)"
        " values ($1, 'Patient', 'LIMIT_HIGH', 'LOW', 150)",
        plant.world.organisation,
    )
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await heat(plant, shift, 66.0, 66.0, 40.0)
        assert await told(plant) == []
        await heat(plant, shift, 66.0, 66.0, 66.0, 66.0)
        assert await told(plant) == [(*HOT, "RAISED")]
        (alarm,) = await plant.sql("select severity::text, rule_id from alarms")
        assert alarm["severity"] == "LOW"
        assert alarm["rule_id"] is not None


async def test_a_watcher_that_dies_is_followed_by_one_that_tells_nothing_twice_and_misses_nothing(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await shift.keep()
        # From here on nothing is kept but what goes with an alarm.
        await heat(plant, shift, 66.0, 67.0)
        await heat(plant, shift, 68.0)
    (kept,) = await plant.sql("select position from twinql_private.watch_place")
    (newest,) = await plant.sql("select max(position) as position from twinql_private.outbox")
    assert kept["position"] < newest["position"]
    plant.wait(minutes=2)
    await hear(plant, "temperature", [40.0, 40.0, 76.0], step_s=20)
    async with watching(plant) as shift:
        await catch_up(shift)
        plant.wait(seconds=30)
        await catch_up(shift)
    assert await told(plant) == [(*HOT, "RAISED"), ("temperature", "LIMIT_HIGH_HIGH", "RAISED")]


async def test_of_two_watchers_one_works_and_the_other_takes_over_when_it_is_gone(plant):
    await run_up(plant)
    async with session(plant.url, lambda: None) as second:
        async with watching(plant) as shift:
            assert not await take_turn(second, Duty.WATCHING)
            await catch_up(shift)
            await heat(plant, shift, 66.0, 67.0)
        await second.execute("select pg_advisory_lock(7205011)")  # Postgres takes a moment to end the other session
        successor = Shift(second, plant.clock)
        await successor.begin()
        await heat(plant, successor, 68.0, 40.0, 40.0)
    assert await told(plant) == [(*HOT, "RAISED"), (*HOT, "RETURNED")]


async def test_two_processes_that_watch_at_once_raise_one_alarm(plant):
    await run_up(plant)
    await hear(plant, "temperature", [66.0, 67.0], step_s=20)
    news = asyncio.Event()
    async with listening(plant.url, news.set), watcher.watching(plant.url) as one, watcher.watching(plant.url) as other:
        async with asyncio.timeout(30):
            while not await told(plant):
                await news.wait()
                news.clear()
        assert [one.shift is None, other.shift is None].count(True) == 1
    assert await told(plant) == [(*HOT, "RAISED")]


async def test_what_the_outbox_no_longer_keeps_is_made_good_from_the_readings(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await heat(plant, shift, 66.0, 67.0)
        await shift.keep()
    plant.wait(minutes=5)
    await plant.record("temperature", [40.0, 76.0, 40.0, 4.0, 4.0])
    await plant.sql("delete from twinql_private.outbox")
    await plant.sql("update twinql_private.feed set pruned_position = pruned_position + 1000000")
    async with watching(plant) as shift:
        await catch_up(shift)
        plant.wait(minutes=2)
        await catch_up(shift)
    # The heat between is over and nobody is told of it; what holds now is told.
    assert await told(plant) == [
        (*HOT, "RAISED"), (*HOT, "RETURNED"), ("temperature", "LIMIT_LOW", "RAISED"),
    ]  # fmt: skip


async def test_at_first_sight_only_what_holds_now_is_told(plant):
    await run_up(plant)
    await plant.record("temperature", [66.0, 67.0, 40.0], until=plant.now - timedelta(minutes=10, seconds=30))
    await plant.record("temperature", [4.0])
    await plant.record("energy", [1.0] * 48, step_s=1800, until=plant.now - timedelta(days=9))
    plant.wait(minutes=1)
    async with watching(plant) as shift:
        await catch_up(shift)
        plant.wait(seconds=20)
        await catch_up(shift)
    assert await told(plant) == [("temperature", "LIMIT_LOW", "RAISED")]


async def test_an_import_of_the_past_is_no_incident(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await plant.record("energy", [3.0, 9000.0] * 40, step_s=1800, until=plant.now - timedelta(days=10))
        await plant.sql("update channels set limit_high = 100 where key = 'energy'")
        await shift.reload()
        await plant.record("energy", [3.0, 9000.0] * 40, step_s=1800, until=plant.now - timedelta(days=3))
        await catch_up(shift)
        plant.wait(hours=3)
        await catch_up(shift)
    assert [each for each in await told(plant) if each[0] == "energy"] == []


async def test_late_corrected_and_deleted_rows_do_no_harm(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await heat(plant, shift, 40.0)
        await plant.sql(
            "insert into readings (observed_at, value, channel_number, organisation_number)"
            " select $1::timestamptz, 99, number, organisation_number from channels where key = 'temperature'",
            plant.now - timedelta(minutes=17, seconds=31),
        )
        await recorded(plant, [99.0, 40.5], on_conflict=OnConflict.CORRECT)
        await plant.sql("update readings set value = 98 where observed_at < $1", plant.now - timedelta(minutes=20))
        await plant.sql("delete from readings where observed_at > $1", plant.now - timedelta(minutes=3))
        await catch_up(shift)
        assert await told(plant) == []
        await heat(plant, shift, 66.0, 67.0)
    assert await told(plant) == [(*HOT, "RAISED")]


async def test_a_channel_that_falls_silent_is_told_and_heard_again(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await heat(plant, shift, *[40.0 + 0.01 * place for place in range(5)])
        plant.wait(minutes=30)
        await catch_up(shift)
        (alarm,) = await plant.sql("select message, raised_at from alarms")
        assert alarm["message"] == "temperature has been silent for 30 min (allowed: 3 min)."
        assert alarm["raised_at"] == plant.now
        await heat(plant, shift, 40.0, 40.1)
        (alarm,) = await plant.sql("select returned_at, raised_at from alarms")
        assert alarm["returned_at"] == alarm["raised_at"] + timedelta(minutes=1)
    assert await told(plant) == [("temperature", "STALE", "RAISED"), ("temperature", "STALE", "RETURNED")]


async def test_what_people_change_is_noticed(plant):
    channel = plant.world.channels["temperature"]
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await plant.sql("update channels set limit_high = 30, limit_deadband = 1 where id = $1", channel)
        await shift.reload()
        await heat(plant, shift, 40.0, 40.0)
        assert await told(plant) == [(*HOT, "RAISED")]
        (rule,) = await plant.sql(
            "insert into alarm_rules (organisation_id, name, cause, severity, site_id, enabled)"
            " values ($1, 'Quiet', 'LIMIT_HIGH', 'LOW', $2, false) returning id",
            plant.world.organisation,
            plant.world.site,
        )
        await shift.reload()
        await catch_up(shift)
        assert (await told(plant))[1:] == [(*HOT, "RETURNED")]
        await plant.sql("update alarm_rules set archived_at = now() where id = $1", rule["id"])
        await shift.reload()
        plant.wait(seconds=30)
        await catch_up(shift)
        assert (await told(plant))[2:] == [(*HOT, "RAISED_AGAIN")]
        await plant.sql("update channels set archived_at = now() where id = $1", channel)
        await shift.reload()
        (alarm,) = await plant.sql("select state::text, closed_at from alarms")
        assert alarm["state"] == "NORMAL"
        assert await plant.sql("select from twinql_private.watch_memories where channel_number = $1", 0) == []
        await heat(plant, shift, 50.0)
        assert len(await told(plant)) == 5


async def test_a_channel_that_breaks_a_detector_does_not_blind_it_to_others(plant, monkeypatch):
    await run_up(plant)
    await run_up(plant, "setpoint", value=9000.0)
    async with watching(plant) as shift:
        await catch_up(shift)
        (row,) = await plant.sql("select number from channels where key = 'setpoint'")
        broken = shift._roster.channels[row["number"]].followed

        def fail(*_, **__):
            raise ZeroDivisionError

        monkeypatch.setattr(broken._watch, "update", fail)
        plant.wait(minutes=2)
        await plant.record("setpoint", [9000.0])
        await plant.record("temperature", [66.0, 67.0])
        await catch_up(shift)
        await shift.keep()
    assert await told(plant) == [(*HOT, "RAISED")]


async def test_a_site_in_a_zone_that_nobody_knows_does_not_blind_it_to_others(plant, monkeypatch):
    def nobodys(row):
        subject = subject_of(row)
        zone = "Nowhere/X" if row["number"] in lost else subject.watched.zone
        return replace(subject, watched=replace(subject.watched, zone=zone))

    # The database refuses such zones; but what it knows as one, another library may not.
    lost = set()
    monkeypatch.setattr(roster, "subject_of", nobodys)
    limit = "update channels set limit_high = $2 where id = $1"
    temperature, setpoint = plant.world.channels["temperature"], plant.world.channels["setpoint"]
    await plant.sql(limit, setpoint, 100.0)
    await run_up(plant)
    await run_up(plant, "setpoint", value=50.0)
    (row,) = await plant.sql("select number from channels where id = $1", temperature)
    async with watching(plant) as shift:
        await catch_up(shift)
        await shift.keep()
        lost.add(row["number"])
        await plant.sql(limit, temperature, 60.0)
        await shift.reload()
        await shift.keep()
        assert shift._roster.channels[row["number"]].followed is None
        await hear(plant, "temperature", [66.0])
        await hear(plant, "setpoint", [200.0])
        await catch_up(shift)
        plant.wait(minutes=1)
        await catch_up(shift)
    raised = ("setpoint", "LIMIT_HIGH", "RAISED")
    assert await told(plant) == [raised]
    async with watching(plant) as shift:
        await catch_up(shift)
        await shift.keep()
        lost.clear()
        await plant.sql(limit, temperature, 61.0)
        await shift.reload()
        await heat(plant, shift, 66.0, 66.0)
    assert set(await told(plant)) == {(*HOT, "RAISED"), raised}


async def test_a_reading_of_the_future_hides_nothing_before_and_after_a_restart(plant):
    await run_up(plant)
    ahead = (
        "insert into readings (observed_at, recorded_at, value, channel_number, organisation_number)"
        " select $1::timestamptz + interval '4 h', $1, 40, number, organisation_number"
        " from channels where key = 'temperature'"
    )
    async with watching(plant) as shift:
        await catch_up(shift)
        await plant.sql(ahead, plant.now)
        await heat(plant, shift, 66.0, 67.0)
        assert await told(plant) == [(*HOT, "RAISED")]
    await plant.sql("delete from twinql_private.watch_memories")
    async with watching(plant) as shift:
        await catch_up(shift)
        await heat(plant, shift, 40.0, 40.0, 40.0)
    assert await told(plant) == [(*HOT, "RAISED"), (*HOT, "RETURNED")]


async def test_a_channel_that_is_used_again_is_watched_before_it_speaks(plant):
    archive = "update channels set archived_at = $2 where id = $1"
    temperature = plant.world.channels["temperature"]
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await heat(plant, shift, 66.0, 67.0)
        await plant.sql(archive, temperature, plant.now)
        await shift.reload()
        await plant.sql(archive, temperature, None)
        await shift.reload()
        await catch_up(shift)
        plant.wait(seconds=30)
        await catch_up(shift)
        told_so_far = await told(plant)
        assert told_so_far.count((*HOT, "RAISED")) == 2
        assert ("temperature", "STALE", "RAISED") not in told_so_far
        plant.wait(minutes=6)
        await catch_up(shift)
        assert (await told(plant)).count(("temperature", "STALE", "RAISED")) == 1


async def test_a_shelf_ends_by_itself(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await heat(plant, shift, 66.0, 67.0)
        (alarm,) = await plant.sql("select id from alarms")
        now = datetime.now(UTC)
        until = now + timedelta(minutes=5)
        how = {"until": until, "now": now}
        await step(plant.database, plant.world.operator, alarm["id"], AlarmAction.SHELVED, **how)
        plant.wait(minutes=6)
        await hear(plant, "temperature", [68.0])
        await catch_up(shift)
    assert [action for *_, action in await told(plant)] == ["RAISED", "SHELVED", "UNSHELVED"]


async def test_a_lost_connection_ends_the_shift(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        await plant.sql(
            "select pg_terminate_backend(l.pid) from pg_locks as l where l.locktype = 'advisory' and l.objid = 7205011"
            # Tests that run beside this one on the same server have watchers of their own.
            " and l.database = (select oid from pg_database where datname = current_database())"
        )
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)):
            await catch_up(shift)


async def test_where_the_past_is_filled_in_later_it_is_learned_and_tells_nothing_itself(plant):
    await run_up(plant)
    async with watching(plant) as shift:
        await catch_up(shift)
        usual = [40.0 + np.sin(place / 20.0) for place in range(6 * 144)]
        await recorded(plant, usual, step_s=600, source=ReadingSource.IMPORT, announce_ranges=True)
        await catch_up(shift)
        plant.wait(minutes=11)
        await hear(plant, "temperature", [41.0])
        await catch_up(shift)
        assert await told(plant) == []
        # Slowly to where it has not been in all those days, and not yet beyond a limit.
        plant.wait(minutes=360)
        await hear(plant, "temperature", [41.0 + place / 30.0 for place in range(360)])
        await catch_up(shift)
        assert ("temperature", "DRIFT", "RAISED") in await told(plant)
        assert not [each for each in await told(plant) if each[1].startswith("LIMIT")]


async def test_watching_gives_way_to_whoever_is_being_answered_unless_it_is_late(plant, monkeypatch):
    class Heard(Foreground):
        asked = 0

        async def quiet(self, *, most_s):
            self.asked += most_s > 0

    monkeypatch.setattr(shift_module, "SLICE_S", -1.0)
    await run_up(plant)
    async with session(plant.url, lambda: None) as connection:
        assert await take_turn(connection, Duty.WATCHING)
        heard = Heard()
        shift = Shift(connection, plant.clock, heard)
        await shift.begin()
        await catch_up(shift)
        for lag_s, gives_way in ((shift_module.LATE_S, False), (0.0, True)):
            plant.wait(minutes=1)
            await hear(plant, "temperature", [40.0])
            shift.lag_s, heard.asked = lag_s, 0
            await shift.read_on()
            assert (heard.asked > 0) is gives_way
