"""What is missing between readings, and at the edges of a period."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.gaps import gaps_between, too_far_apart_us
from twinql.domain.readings import to_us
from twinql.domain.series import Subject, expected_readings
from twinql.domain.units import Quantity, Unit

START = datetime(2026, 6, 1, tzinfo=UTC)
LATER = START + timedelta(days=100)
MINUTE = timedelta(minutes=1)


def subject(kind, resolution_s, *, schedule=False):
    return Subject(1, kind, Quantity.ENERGY, Unit.KILOWATT_HOUR, "UTC", resolution_s, None, schedule)


HALF_HOURS = subject(ReadingKind.INTERVAL, 1800)
QUARTERS = subject(ReadingKind.INSTANTANEOUS, 900)


def gaps(channel, length, minutes, *, now=LATER):
    """The gaps between readings at these minutes after the start, in minutes."""
    at = to_us(START) + np.array(minutes, dtype=np.int64) * 60_000_000
    far = np.flatnonzero(np.diff(at) >= too_far_apart_us(channel.resolution_s))
    neighbours = np.column_stack([at[:-1][far], at[1:][far]])
    ends = np.concatenate([at[:1], at[-1:]])
    found = gaps_between(channel, START, START + length * MINUTE, now, neighbours=neighbours, ends=ends)
    return [((gap.first - START) / MINUTE, (gap.last - START) / MINUTE, gap.missing) for gap in found]


def test_the_gaps_of_intervals_worked_by_hand():
    assert gaps(HALF_HOURS, 120, [30, 60, 90, 120]) == []
    assert gaps(HALF_HOURS, 120, [60, 120]) == [(0, 30, 1), (60, 90, 1)]
    assert gaps(HALF_HOURS, 120, [30]) == [(30, 120, 3)]
    assert gaps(HALF_HOURS, 120, []) == [(0, 120, 4)]


def test_the_gaps_of_instants_worked_by_hand():
    assert gaps(QUARTERS, 120, range(0, 120, 15)) == []
    assert gaps(QUARTERS, 120, [0, 15, 60, 75, 90, 105]) == [(15, 60, 2)]
    assert gaps(QUARTERS, 120, [30, 45]) == [(0, 30, 2), (45, 120, 4)]
    assert gaps(QUARTERS, 120, []) == [(0, 120, 8)]


def test_readings_with_a_rhythm_of_their_own_miss_nothing_at_the_edges():
    assert gaps(QUARTERS, 120, range(10, 120, 15)) == []
    assert gaps(HALF_HOURS, 120, [20, 50, 80, 110]) == []


def test_what_is_missing_and_what_is_there_make_what_is_expected():
    for there in ([30, 60], [60, 120], [120], [30, 120], []):
        missing = sum(gap[2] for gap in gaps(HALF_HOURS, 120, there))
        assert missing + len(there) == expected_readings(HALF_HOURS, START, START + 120 * MINUTE, LATER)


def test_an_interval_under_way_is_not_missing_yet():
    assert gaps(HALF_HOURS, 120, [30, 60], now=START + 85 * MINUTE) == []


def test_a_reading_may_be_half_a_step_late():
    assert gaps(QUARTERS, 120, [0, 15, 30, 52], now=START + 60 * MINUTE) == []
    assert gaps(QUARTERS, 120, [0, 15, 30], now=START + 52 * MINUTE) == []
    assert gaps(QUARTERS, 120, [0, 15, 30], now=START + 53 * MINUTE) == [(30, 53, 1)]


def test_nothing_is_missing_before_it_is_due_but_of_a_plan():
    before = START - MINUTE
    assert gaps(HALF_HOURS, 120, [], now=before) == []
    assert gaps(QUARTERS, 120, [], now=before) == []
    plan = subject(ReadingKind.INTERVAL, 1800, schedule=True)
    assert gaps(plan, 120, [30], now=before) == [(30, 120, 3)]


@pytest.mark.parametrize("hours", [23, 24, 25])
def test_a_day_of_any_length_holds_one_daily_reading(hours):
    instants, intervals = (subject(kind, 86_400) for kind in (ReadingKind.INSTANTANEOUS, ReadingKind.INTERVAL))
    assert gaps(instants, hours * 60, [0]) == []
    assert [gap[2] for gap in gaps(instants, hours * 60, [])] == [1]
    assert gaps(intervals, hours * 60, [hours * 60]) == []
    assert [gap[2] for gap in gaps(intervals, hours * 60, [])] == [1]
    assert expected_readings(instants, START, START + timedelta(hours=hours), LATER) == 1


def test_an_instant_is_due_where_a_period_begins_and_none_where_it_ends():
    assert expected_readings(QUARTERS, START, START + 120 * MINUTE, LATER) == 8
    assert expected_readings(QUARTERS, START, START + 121 * MINUTE, LATER) == 9
    assert expected_readings(HALF_HOURS, START, START + 121 * MINUTE, LATER) == 4
