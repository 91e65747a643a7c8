"""A watch that is made anew from its memory goes on as if nothing had happened, whatever comes."""

import json
import random

import numpy as np
import pytest

from tests.watched_demo import ARRIVES_S, START_S, channels
from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Bounds, Cause, Watched
from twinql.domain.detection.watch import ChannelWatch
from twinql.domain.readings import QUALITIES, StoredQuality

MOST_BYTES = 20_000
"""A memory is never larger, whatever comes."""


def again(watch, watched):
    text = json.dumps(watch.memory(), allow_nan=False)
    assert len(text) < MOST_BYTES
    return ChannelWatch.of(watched, json.loads(text))


def wild(seed, count=1500):
    """Rows as no channel should send them: holes, backlogs, equal and older times, all qualities, jumps, rests."""
    draw = random.Random(seed)
    at_s, now_s, value = START_S, START_S, 20.0
    for _ in range(count):
        event = draw.random()
        step_s = draw.choice([2.0, 60.0, 60.0, 60.0, 900.0])
        now_s += step_s
        at_s = now_s
        if event < 0.02:
            at_s -= draw.choice([0.0, 60.0, 3600.0, 86_400.0 * 30])
        elif event < 0.03:
            now_s += 86_400.0 * draw.random() * 10
        elif event < 0.05:
            now_s -= step_s
        value = draw.choice([value, value, value + draw.gauss(0.0, 1.0), draw.gauss(20.0, 5.0), 0.0, 1e9, -1e-9])
        quality = draw.choice([StoredQuality.GOOD] * 8 + list(QUALITIES))
        yield at_s, None if draw.random() < 0.02 else value, quality, now_s + draw.random()


def of_every_kind():
    bounds = Bounds(low_low=-5.0, low=5.0, high=25.0, high_high=1e6, deadband=1.0)
    for kind, quantity, unit in (
        (ReadingKind.INSTANTANEOUS, "TEMPERATURE", "DEGREE_CELSIUS"),
        (ReadingKind.INTERVAL, "ENERGY", "KILOWATT_HOUR"),
        (ReadingKind.INTERVAL, "POWER", "KILOWATT"),
        (ReadingKind.CUMULATIVE, "ENERGY", "KILOWATT_HOUR"),
        (ReadingKind.STATE, "STATE", "ONE"),
    ):
        for resolution_s in (60.0, None):
            yield Watched(kind, quantity, unit, resolution_s, "Europe/Lisbon", rate_per_minute=3.0, bounds=bounds)


@pytest.mark.parametrize(
    "watched", list(of_every_kind()), ids=lambda each: f"{each.kind.value} {each.quantity} {each.resolution_s}"
)
def test_whatever_comes_it_never_fails_never_grows_and_goes_on(watched) -> None:
    for seed in range(2):
        whole, pieces = ChannelWatch.of(watched), ChannelWatch.of(watched)
        held: set[Cause] = set()
        for place, row in enumerate(wild(seed)):
            found = whole.update(*row)
            assert pieces.update(*row) == found
            if place % 7 == 0:
                now_s = row[3] + 400.0 * (place % 3)
                edges = whole.tick(now_s)
                assert pieces.tick(now_s) == edges
                found += edges
            if place % 31 == 0:
                pieces = again(pieces, watched)
            for each in found:
                assert each.holds is (each.cause not in held)
                held ^= {each.cause}
            assert set(whole.holding) == held
        assert json.dumps(pieces.memory(), sort_keys=True) == json.dumps(whole.memory(), sort_keys=True)
        assert pieces.holding == whole.holding


@pytest.mark.parametrize("rows", [[], [(START_S, 1.0)], [(START_S + 60.0 * place, 7.0) for place in range(300)]])
def test_nothing_one_point_and_all_equal(rows) -> None:
    for watched in of_every_kind():
        watch = ChannelWatch.of(watched)
        for at_s, value in rows:
            found = watch.update(at_s, value, StoredQuality.GOOD, at_s)
            assert [each for each in found if each.cause.value.startswith("LIMIT") is False] == []


def test_nothing_but_not_a_number_is_freshness_and_no_more() -> None:
    for watched in of_every_kind():
        watch = ChannelWatch.of(watched)
        for place in range(300):
            at_s = START_S + 60.0 * place
            assert watch.update(at_s, float("nan"), StoredQuality.BAD, at_s) == []
        assert watch.tick(START_S + 300 * 60.0) == []


def test_channels_of_the_demo_go_on_through_a_fortnight_with_a_departure_at_its_end() -> None:
    at_s = START_S + 600.0 * np.arange(1.0, 14 * 144 + 1)
    rng = np.random.default_rng(4)
    shape = 20.0 + 5.0 * np.sin(at_s / 86_400.0 * 2.0 * np.pi) + rng.normal(size=at_s.size)
    shape[-100:] += 0.5 * np.arange(100.0)
    shape[-400:-300] = 21.5
    for signal in ("mill.temperature", "mill.power", "house.import_energy", "mill.execution"):
        _, watched = channels()[signal]
        values = np.cumsum(np.abs(shape)) if watched.kind is ReadingKind.CUMULATIVE else shape
        whole, pieces = ChannelWatch.of(watched), ChannelWatch.of(watched)
        for place, (at, value) in enumerate(zip(at_s.tolist(), values.tolist(), strict=True)):
            found = whole.update(at, value, StoredQuality.GOOD, at + ARRIVES_S)
            assert pieces.update(at, value, StoredQuality.GOOD, at + ARRIVES_S) == found
            if place % 53 == 0 or found:
                pieces = again(pieces, watched)
        assert json.dumps(pieces.memory(), sort_keys=True) == json.dumps(whole.memory(), sort_keys=True)
