"""Whether something that cools does less than it usually does, and since when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from twinql.domain.decisions.cooling import Cooler, after, does_less
from twinql.domain.events import ReadingEvent
from twinql.domain.readings import ReadingSource, StoredQuality
from twinql.live.cooling import Cooling

PUMP = Cooler(7, "power", "Pump: Electric power", "KILOWATT", 0.74)
MILL = UUID(int=1)
BEGIN = datetime(2026, 3, 3, tzinfo=UTC)


def after_all(*values, every_s=10.0):
    doing = None
    for place, value in enumerate(values):
        doing = after(PUMP, doing, place * every_s, value)
    return doing


def test_a_pump_that_runs_dry_is_told_with_what_it_draws_and_what_is_usual():
    doing = after_all(0.75, 0.75, 0.43, 0.42)
    assert (doing.less_since_s, doing.times) == (20.0, 2)
    reason = does_less(PUMP, doing, since_s=20.0, at_s=35.0)
    assert (reason.code, reason.value, reason.threshold) == ("COOLING_DOES_LESS", 0.42, 0.592)
    assert (reason.unit, reason.channel_key) == ("KILOWATT", "power")


@pytest.mark.parametrize(
    ("values", "since_s", "at_s"),
    [
        ((0.75, 0.75, 0.75), 30.0, 30.0),
        ((0.75, 0.75, 0.43), 30.0, 30.0),
        ((0.75, 0.43, 0.43), 9.0, 30.0),
        ((0.43, 0.43, 0.75), 30.0, 30.0),
        ((0.43, 0.43, 0.6), 30.0, 30.0),
        ((0.43, 0.43, 0.43), 30.0, 171.0),
    ],
    ids=["as usual", "one dip", "the rise began before", "back again", "a little less", "not heard of any more"],
)
def test_nothing_is_said_of(values, since_s, at_s):
    assert does_less(PUMP, after_all(*values), since_s=since_s, at_s=at_s) is None


def test_a_single_usual_reading_lets_it_begin_anew():
    doing = after_all(0.4, 0.4, 0.75, 0.4, 0.4)
    assert does_less(PUMP, doing, since_s=29.0, at_s=40.0) is None
    assert does_less(PUMP, doing, since_s=30.0, at_s=40.0) is not None


def read(seconds, value, *, number=7, quality=StoredQuality.GOOD):
    at = BEGIN + timedelta(seconds=seconds)
    return ReadingEvent(number, at, at, value, quality, ReadingSource.DEVICE)


def test_readings_of_what_cools_are_kept_and_bad_late_and_strange_ones_passed_over():
    cooling, begin_s = Cooling(), BEGIN.timestamp()
    cooling.learn({MILL: [PUMP]})
    cooling.take([read(0, 0.43), read(10, 0.43), read(5, 0.75), read(12, 0.75, number=8)])
    cooling.take([read(15, 0.75, quality=StoredQuality.BAD), read(16, None)])
    assert cooling.does_less(MILL, since_s=begin_s, at_s=begin_s + 20.0).value == 0.43
    assert cooling.does_less(uuid4(), since_s=begin_s, at_s=begin_s + 20.0) is None
    assert cooling.does_less(None, since_s=begin_s, at_s=begin_s + 20.0) is None
    # What is learned anew keeps what was read; what cools nothing any more is forgotten.
    cooling.learn({MILL: [PUMP]})
    assert cooling.does_less(MILL, since_s=begin_s, at_s=begin_s + 20.0) is not None
    cooling.learn({MILL: []})
    assert cooling.does_less(MILL, since_s=begin_s, at_s=begin_s + 20.0) is None


def test_what_is_switched_off_rests_and_is_looked_at_anew_once_it_is_on():
    cooling, begin_s = Cooling(), BEGIN.timestamp()
    cooling.learn({MILL: [replace(PUMP, switch=8)]})
    cooling.take([read(0, 0.43), read(10, 0.43)])
    assert cooling.does_less(MILL, since_s=begin_s, at_s=begin_s + 20.0) is not None
    cooling.take([read(12, 0.0, number=8)])
    assert cooling.does_less(MILL, since_s=begin_s, at_s=begin_s + 20.0) is None
    cooling.take([read(20, 0.0), read(30, 0.0), read(35, 1.0, number=8), read(40, 0.43)])
    assert cooling.does_less(MILL, since_s=begin_s + 40.0, at_s=begin_s + 45.0) is None
    cooling.take([read(50, 0.43)])
    assert cooling.does_less(MILL, since_s=begin_s + 39.0, at_s=begin_s + 50.0) is None
    assert cooling.does_less(MILL, since_s=begin_s + 40.0, at_s=begin_s + 50.0) is not None


def test_what_was_off_when_it_was_learned_rests_until_it_is_heard_to_be_on():
    cooling, begin_s = Cooling(), BEGIN.timestamp()
    cooling.learn({MILL: [replace(PUMP, switch=8, was_off=True)]})
    cooling.take([read(0, 0.0), read(10, 0.0)])
    assert cooling.does_less(MILL, since_s=begin_s, at_s=begin_s + 10.0) is None
    cooling.take([read(12, 1.0, number=8), read(20, 0.4), read(30, 0.4)])
    assert cooling.does_less(MILL, since_s=begin_s + 20.0, at_s=begin_s + 30.0) is not None
