"""The demo site in a real database: made once, with a past, alive, and honest about stops."""

import asyncio
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.world import make_world
from twinql.devices.demo import Demo, running_demo
from twinql.devices.demo_site import SIMULATOR, ensure_demo_site
from twinql.devices.history import load_past, simulate_past
from twinql.devices.switchboard import change, recall, with_fault, without_fault
from twinql.domain.readings import Outcome
from twinql.domain.simulation.faults import FaultName, switched_on
from twinql.domain.tariffs.check import check_terms
from twinql.domain.tariffs.wire import from_json
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError, NotFoundError, UnavailableError
from twinql.storage.database import Database
from twinql.storage.demo import forget_before

NOW_S = datetime(2026, 10, 25, 9, 30, 7, tzinfo=UTC).timestamp()
MINUTE_S = NOW_S // 60 * 60
DAY_S = 86_400


class Clock:
    """A clock that stands until it is told the time."""

    def __init__(self, now_s=NOW_S):
        self.now_s = now_s

    def __call__(self):
        return self.now_s


class Stage:
    """A database with one organisation, and questions to ask of it."""

    def __init__(self, database, organisation_id):
        self.database, self.organisation_id = database, organisation_id

    async def sql(self, statement, *arguments):
        async with self.database.pool.acquire() as connection:
            return await connection.fetch(statement, *arguments)

    async def series(self, demo, signal, since_s=0.0):
        number = demo.site.channels[signal].facts.number
        rows = await self.sql(
            "select extract(epoch from observed_at)::float8 as at_s, value, source from readings"
            " where channel_number = $1 and observed_at > to_timestamp($2) order by observed_at",
            number,
            since_s,
        )
        assert {row["source"] for row in rows} <= {"SIMULATION"}
        return {row["at_s"]: row["value"] for row in rows}

    async def begun(self, clock, days=2):
        """A demo whose past is loaded and whose present is recorded, to be stepped by hand."""
        site = await ensure_demo_site(self.database, self.organisation_id)
        demo = Demo(self.database, site, 7, days, clock)
        await demo._load(*await demo._begin())
        await demo.simulator.step(clock())
        return demo


@pytest.fixture
async def stage(database_url):
    world = await make_world(database_url)
    async with Database.open(database_url, pool_size=3) as database:
        yield Stage(database, world.organisation)


async def test_the_demo_site_is_made_once(stage):
    first = await ensure_demo_site(stage.database, stage.organisation_id)
    again = await ensure_demo_site(stage.database, stage.organisation_id)
    assert (again.house.id, again.factory.id) == (first.house.id, first.factory.id)
    assert len(first.channels) == 23
    kinds = {row["kind"] for row in await stage.sql("select distinct kind::text from channels")}
    assert {"INSTANTANEOUS", "CUMULATIVE", "STATE"} <= kinds
    pump = await stage.sql(
        "select p.name as parent from assets a join assets p on p.id = a.parent_id where a.external_id = $1",
        "demo/factory/pump",
    )
    assert pump[0]["parent"] == "CNC milling machine"


async def test_what_was_renamed_stays_and_what_was_archived_is_left_alone(stage):
    site = await ensure_demo_site(stage.database, stage.organisation_id)
    latency = site.channels["mill.network_latency"].facts.number
    await stage.sql("update channels set archived_at = now() where number = $1", latency)
    await stage.sql("update sites set name = 'Mine', attributes = '{}' where id = $1", site.house.id)
    await stage.sql("update assets set archived_at = now() where external_id = 'demo/factory/dehumidifier'")
    again = await ensure_demo_site(stage.database, stage.organisation_id)
    assert again.house.id == site.house.id
    left_alone = {"mill.network_latency", "dehumidifier.running", "dehumidifier.power"}
    assert set(site.channels) - set(again.channels) == left_alone


async def test_the_house_is_charged_by_tariffs_that_hold_water(stage):
    site = await ensure_demo_site(stage.database, stage.organisation_id)
    rows = await stage.sql(
        "select t.name, t.unit::text, r.terms from tariffs t join tariff_revisions r on r.tariff_id = t.id"
    )
    terms = {row["name"]: from_json(row["terms"]) for row in rows}
    for row in rows:
        check_terms(terms[row["name"]], Unit(row["unit"]))
    assert terms["Day ahead"].bands[0].dynamic.channel == site.plans["market.price"].facts.id
    charged = await stage.sql("select t.name from agreements g join tariffs t on t.id = g.tariff_id order by t.name")
    assert [row["name"] for row in charged] == ["Roof", "Two rates"]
    await ensure_demo_site(stage.database, stage.organisation_id)
    assert len(await stage.sql("select from tariffs")) == len(terms) == 4


async def test_prices_and_emissions_are_told_three_days_ahead_and_go_on_after_a_stop(stage):
    clock = Clock()
    demo = await stage.begun(clock)

    async def told(signal):
        number = demo.site.plans[signal].facts.number
        rows = await stage.sql(
            "select extract(epoch from observed_at)::int8 as at_s from readings where channel_number = $1 order by 1",
            number,
        )
        return [row["at_s"] for row in rows]

    whole = await told("market.price")
    assert whole == list(range(whole[0], whole[-1] + 1, 1800)) == await told("market.carbon")
    assert whole[0] - (NOW_S - 2 * DAY_S) <= 1800
    assert 3 * DAY_S - 1800 < whole[-1] - NOW_S <= 3 * DAY_S
    clock.now_s += 3 * 3600
    await stage.begun(clock)
    later = await told("market.price")
    assert later == list(range(whole[0], whole[-1] + 3 * 3600 + 1, 1800))


async def test_a_running_demo_leaves_alone_what_people_archive_meanwhile(stage):
    demo = await stage.begun(Clock(), days=1)
    await stage.sql("update channels set archived_at = now() where key = 'network_latency'")
    await demo._look_at_site(demo.simulator)
    recorded = await demo.simulator.step(NOW_S + 2)
    assert recorded.count(Outcome.REJECTED) == 0
    assert "mill.network_latency" not in demo.simulator.site.channels


async def test_the_past_is_whole_and_the_present_goes_on_without_a_seam(stage):
    clock = Clock()
    demo = await stage.begun(clock)
    temperature = await stage.series(demo, "mill.temperature")
    minutes = [at_s for at_s in temperature if at_s <= MINUTE_S]
    assert minutes == list(np.arange(MINUTE_S - 2 * DAY_S + 60, MINUTE_S + 1, 60))
    assert max(temperature) == NOW_S // 2 * 2
    register = await stage.series(demo, "house.import_energy")
    assert [at_s % 900 for at_s in register] == [0] * (2 * 96)
    assert np.all(np.diff(list(register.values())) >= 0)


async def test_a_running_demo_has_its_site_at_once_and_then_past_and_present(stage):
    running = running_demo(stage.database, stage.organisation_id, seed=7, history_days=1, clock=Clock())
    async with running as demo:
        assert len(demo.site.channels) == 23
        with pytest.raises(UnavailableError, match="starting"):
            demo.apply(demo.site.channels["pump.running"].facts.number, 0.0)
        await asyncio.wait_for(demo.whole.wait(), 60)
        demo.apply(demo.site.channels["pump.running"].facts.number, 0.0)
        assert not demo.simulator.actuators.pump_on
    assert len(await stage.series(demo, "mill.temperature")) >= 1440


async def test_two_demos_of_one_seed_tell_the_same(stage):
    site = await ensure_demo_site(stage.database, stage.organisation_id)
    past = simulate_past(site.world(7), until_s=int(MINUTE_S), days=1)
    again = simulate_past(site.world(7), until_s=int(MINUTE_S), days=1)
    assert all(np.array_equal(past.tracks[signal].values, again.tracks[signal].values) for signal in past.tracks)
    assert set(site.channels) <= set(past.tracks)


async def test_a_past_that_was_broken_off_is_completed_at_the_next_start(stage):
    clock = Clock()
    site = await ensure_demo_site(stage.database, stage.organisation_id)
    demo = Demo(stage.database, site, 7, 3, clock)
    _, missing = await demo._begin()
    assert missing == [1, 2]
    whole = await stage.begun(clock, days=3)
    temperature = await stage.series(whole, "mill.temperature")
    assert len([at_s for at_s in temperature if at_s <= MINUTE_S]) == 3 * 1440
    past = simulate_past(site.world(7), until_s=int(MINUTE_S), days=3)
    first = past.tracks["mill.temperature"].values[0]
    assert temperature[MINUTE_S - 3 * DAY_S + 60] == first


async def test_loading_a_past_twice_changes_nothing(stage):
    demo = await stage.begun(Clock())
    before = await stage.sql("select count(*), sum(value) from readings")
    past = simulate_past(demo.site.world(7), until_s=int(MINUTE_S), days=2)
    await load_past(stage.database, demo.site, past, [0, 1])
    assert await stage.sql("select count(*), sum(value) from readings") == before


async def test_after_a_stop_there_is_a_hole_and_the_world_has_gone_on(stage):
    clock = Clock()
    first = await stage.begun(clock)
    clock.now_s += 3 * 3600
    second = await stage.begun(clock)
    temperature = await stage.series(second, "mill.temperature", NOW_S + 2)
    assert list(temperature) == [clock.now_s // 2 * 2]
    for _ in range(15):
        clock.now_s += 60
        await second.simulator.step(clock.now_s)
    register = await stage.series(second, "house.import_energy", MINUTE_S - 3600)
    past = simulate_past(first.site.world(7), until_s=int(MINUTE_S) + DAY_S, days=3)
    minute = {at_s: place for place, at_s in enumerate(past.tracks["mill.temperature"].at_s)}
    last_s = max(register)
    expected = past.tracks["house.import_energy"].values[minute[last_s]]
    assert last_s > NOW_S + 3 * 3600
    assert register[last_s] == pytest.approx(expected, abs=1e-6)


async def test_live_readings_come_every_two_seconds_and_states_when_they_change(stage):
    clock = Clock()
    demo = await stage.begun(clock)
    for _ in range(30):
        clock.now_s += 2
        recorded = await demo.simulator.step(clock.now_s)
        assert recorded.count(Outcome.REJECTED) == 0
    assert len(await stage.series(demo, "mill.temperature", NOW_S)) == 30
    assert len(await stage.series(demo, "mill.tool_wear", NOW_S)) == 1
    demo.apply(demo.site.channels["pump.running"].facts.number, 0.0)
    clock.now_s += 2
    await demo.simulator.step(clock.now_s)
    assert (await stage.series(demo, "pump.running", clock.now_s - 3)) == {clock.now_s // 2 * 2: 0.0}


async def test_a_short_pause_is_made_good_and_a_long_one_is_not(stage):
    clock = Clock()
    demo = await stage.begun(clock)
    await demo.simulator.step(NOW_S + 20)
    assert len(await stage.series(demo, "mill.temperature", NOW_S)) == 10
    await demo.simulator.step(NOW_S + 620)
    assert len(await stage.series(demo, "mill.temperature", NOW_S)) == 11


async def test_a_pump_that_is_switched_off_warms_the_spindle_and_stays_off_after_a_restart(stage):
    clock = Clock()
    demo = await stage.begun(clock)
    before = list((await stage.series(demo, "mill.temperature", NOW_S - 60)).values())[-1]
    demo.apply(demo.site.channels["pump.running"].facts.number, 0.0)
    demo.apply(demo.site.channels["mill.spindle_speed_setpoint"].facts.number, 12_000.0)
    for _ in range(4):
        clock.now_s += 60
        await demo.simulator.step(clock.now_s)
    warmer = list((await stage.series(demo, "mill.temperature", NOW_S - 60)).values())[-1]
    assert warmer > before + 10.0
    clock.now_s += 10
    again = await stage.begun(clock)
    assert again.simulator.actuators.pump_on is False
    assert again.simulator.actuators.speed_rpm == 12_000.0


async def test_only_actuators_obey_and_only_what_they_can_do(stage):
    demo = await stage.begun(Clock(), days=1)
    with pytest.raises(NotFoundError, match="No actuator"):
        demo.apply(demo.site.channels["mill.temperature"].facts.number, 20.0)
    with pytest.raises(InvalidInputError, match="0 to 12000"):
        demo.apply(demo.site.channels["mill.spindle_speed_setpoint"].facts.number, 13_000.0)
    with pytest.raises(InvalidInputError, match="ON"):
        demo.apply(demo.site.channels["dehumidifier.running"].facts.number, 0.5)


async def test_a_fault_is_switched_on_and_off_from_another_process(stage):
    clock = Clock()
    demo = await stage.begun(clock)
    site_id = demo.site.memory_site_id
    fault = switched_on(FaultName.STUCK_SENSOR, at_s=clock.now_s)
    await change(stage.database, site_id, lambda memory: with_fault(memory, fault))
    for _ in range(5):
        clock.now_s += 2
        await demo.simulator.step(clock.now_s)
    stuck = (await stage.series(demo, "mill.temperature", NOW_S)).values()
    assert len(stuck) == 5
    assert len(set(stuck)) == 1
    assert (await recall(stage.database, site_id)).faults[0].held == next(iter(stuck))
    await change(stage.database, site_id, lambda memory: without_fault(memory, FaultName.STUCK_SENSOR))
    await demo.simulator.step(clock.now_s + 2)
    assert len(set((await stage.series(demo, "mill.temperature", NOW_S)).values())) == 2


async def test_a_register_that_was_reset_goes_on_from_there_after_a_restart(stage):
    clock = Clock()
    demo = await stage.begun(clock)
    fault = switched_on(FaultName.REGISTER_RESET, at_s=clock.now_s)
    await change(stage.database, demo.site.memory_site_id, lambda memory: with_fault(memory, fault))
    await demo.simulator.step((clock.now_s // 900 + 1) * 900)
    clock.now_s = (clock.now_s // 900 + 1) * 900 + 10
    again = await stage.begun(clock)
    register = list((await stage.series(again, "house.import_energy", NOW_S)).values())
    assert 17.25 <= register[-1] < 20.0
    assert again.simulator.state.house.registers.imported_kwh == pytest.approx(register[-1], abs=0.1)


async def test_old_simulated_readings_are_forgotten_and_nothing_else(stage):
    demo = await stage.begun(Clock())
    temperature = demo.site.channels["mill.temperature"].facts
    await stage.sql(
        "insert into readings (channel_number, organisation_number, observed_at, value) values ($1, $2, $3, 20)",
        temperature.number,
        temperature.organisation_number,
        datetime(2026, 10, 1, tzinfo=UTC),
    )
    before = datetime.fromtimestamp(MINUTE_S - DAY_S, UTC)
    gone = await forget_before(stage.database, SIMULATOR, [temperature.number], before)
    assert gone == 1439
    rows = await stage.sql(
        "select min(observed_at) from readings where channel_number = $1 and source = 'SIMULATION'", temperature.number
    )
    assert rows[0]["min"] == before
    kept = await stage.sql("select count(*) from readings where source = 'DATABASE'")
    assert kept[0]["count"] == 1
    assert not await stage.sql("select from reading_corrections"), "what is too old is let go for good"
