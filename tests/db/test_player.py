"""Readings of the past are played through the ordinary way in."""

import numpy as np
import pytest

from tests.world import make_world
from twinql.devices.demo_site import ensure_demo_site
from twinql.devices.player import Piece, Player
from twinql.domain.readings import Outcome, ReadingBatch
from twinql.domain.replay import score
from twinql.storage.database import Database
from twinql.storage.record import AsSent

START_S = 1_790_000_000.0
MINUTE_US = 60_000_000


class Time:
    """A clock that goes on when somebody waits, and tells what to do at a moment."""

    def __init__(self):
        self.now_s, self.plans = START_S, []

    def __call__(self):
        return self.now_s

    async def sleep(self, seconds):
        self.now_s += max(seconds, 1e-6)
        while self.plans and self.plans[0][0] <= self.now_s:
            self.plans.pop(0)[1]()


@pytest.fixture
async def stage(database_url):
    world = await make_world(database_url)
    async with Database.open(database_url, pool_size=2) as database:
        site = await ensure_demo_site(database, world.organisation)
        yield database, site


def piece_of(site, values, speed=60.0):
    """Values of the mill's latency, five minutes apart, in 2013."""
    count = len(values)
    at_us = 1_386_000_000_000_000 + np.arange(count) * 5 * MINUTE_US
    batch = ReadingBatch(np.zeros(count, np.int32), at_us, np.array(values, np.float64), np.zeros(count, np.int8))
    facts = site.channels["mill.network_latency"].facts
    sent = lambda row: AsSent("latency", str(at_us[row]), str(values[row]), f"file.csv:{row + 2}")  # noqa: E731
    return Piece(site.organisation_id, [facts], batch, score(at_us, speed=speed), sent)


async def rows_of(database):
    async with database.pool.acquire() as connection:
        rows = await connection.fetch(
            "select extract(epoch from observed_at)::float8 - $1 as at_s, value, source from readings order by 1",
            START_S,
        )
    assert {row["source"] for row in rows} == {"REPLAY"}
    return [(round(row["at_s"], 3), row["value"]) for row in rows]


async def test_what_was_five_minutes_apart_comes_every_five_seconds_at_speed_sixty(stage):
    database, site = stage
    clock = Time()
    player = Player(database, piece_of(site, [10, 20, 30]), clock=clock, sleep=clock.sleep)
    await player.play()
    assert await rows_of(database) == [(0.0, 10.0), (5.0, 20.0), (10.0, 30.0)]
    assert player.outcomes == {Outcome.RECORDED: 3}
    assert clock.now_s == pytest.approx(START_S + 10.0, abs=0.01)


async def test_a_pause_moves_what_comes_after_it(stage):
    database, site = stage
    clock = Time()
    player = Player(database, piece_of(site, [10, 20, 30]), clock=clock, sleep=clock.sleep)

    # Paused at 7 s; a minute passes before it goes on.
    def pause_for_a_minute():
        player.toggle()
        assert player.paused
        clock.now_s += 60.0
        player.toggle()

    clock.plans = [(START_S + 7.0, pause_for_a_minute)]
    await player.play()
    assert not player.paused
    assert await rows_of(database) == [(0.0, 10.0), (5.0, 20.0), (70.0, 30.0)]


async def test_what_is_not_plausible_is_told_and_kept_as_everywhere(stage):
    database, site = stage
    clock = Time()
    player = Player(database, piece_of(site, [10, np.inf, -5]), clock=clock, sleep=clock.sleep)
    await player.play()
    assert player.outcomes == {Outcome.RECORDED: 2, Outcome.REJECTED: 1}
    async with database.pool.acquire() as connection:
        (rejected,) = await connection.fetch("select origin, source, code from rejected_readings")
    assert dict(rejected) == {"origin": "file.csv:3", "source": "REPLAY", "code": "INFINITE_VALUE"}


async def test_nothing_to_play_ends_at_once(stage):
    database, site = stage
    player = Player(database, piece_of(site, []))
    await player.play()
    assert player.played == 0
