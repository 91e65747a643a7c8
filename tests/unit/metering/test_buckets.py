"""What flowed is in exactly one stretch of time, to the last billionth."""

import itertools
import zoneinfo
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twinql.domain.calendar import edges
from twinql.domain.metering.buckets import bucketed
from twinql.domain.metering.intervals import BILLION, Fill, Flag, Intervals
from twinql.domain.readings import from_us, to_us
from twinql.domain.series import Bucket
from twinql.errors import RangeTooLargeError

HOUR_US = 3_600_000_000
ZONES = sorted(zoneinfo.available_timezones())


def intervals(ends, amounts, starts=None, flags=None):
    ends = np.array(ends, dtype=np.int64)
    starts = np.concatenate([[ends[0] - HOUR_US], ends[:-1]]) if starts is None else np.array(starts, dtype=np.int64)
    flags = np.zeros(len(ends), np.uint8) if flags is None else np.array(flags, dtype=np.uint8)
    return Intervals(starts, ends, np.array(amounts, dtype=np.int64), flags, np.full(len(ends), -1, np.int32))


def test_an_interval_belongs_to_the_bucket_in_which_it_ends():
    found = bucketed(intervals([HOUR_US, 2 * HOUR_US, 3 * HOUR_US], [1, 2, 4]), np.array([0, 2 * HOUR_US, 4 * HOUR_US]))
    assert found.amounts.tolist() == [3, 4]
    assert found.known.tolist() == [2, 1]


def test_what_ends_outside_is_in_no_bucket():
    found = bucketed(intervals([0, HOUR_US, 2 * HOUR_US], [1, 2, 4]), np.array([0, HOUR_US]))
    assert found.amounts.tolist() == [2]


def test_unknown_intervals_are_counted_apart():
    flags = [0, Flag.UNKNOWN]
    found = bucketed(intervals([HOUR_US, 2 * HOUR_US], [1, 0], flags=flags), np.array([0, 2 * HOUR_US]), Fill.LINEAR)
    assert (found.amounts.tolist(), found.known.tolist(), found.unknown.tolist()) == ([1], [1], [1])
    assert found.doubtful.tolist() == [True]


def test_a_long_interval_is_spread_only_when_asked():
    manual = intervals([10 * HOUR_US], [100], starts=[0], flags=[Flag.LONG])
    by_hour = np.arange(0, 11) * HOUR_US
    assert bucketed(manual, by_hour).amounts.tolist() == [0] * 9 + [100]
    spread = bucketed(manual, by_hour, Fill.LINEAR)
    assert spread.amounts.tolist() == [10] * 10
    assert spread.doubtful.all()


def test_a_spread_interval_that_reaches_out_gives_its_share_alone():
    manual = intervals([10 * HOUR_US], [100], starts=[0], flags=[Flag.LONG])
    assert bucketed(manual, np.array([2, 5, 6]) * HOUR_US, Fill.LINEAR).amounts.tolist() == [30, 10]


@given(st.integers(0, 10**18), st.lists(st.integers(1, 10**12), min_size=2, max_size=30, unique=True))
def test_however_a_long_interval_is_divided_its_parts_add_up(amount, cuts):
    cuts = sorted(cuts)
    manual = intervals([cuts[-1]], [amount], starts=[cuts[0]], flags=[Flag.LONG])
    assert bucketed(manual, np.array(cuts), Fill.LINEAR).amounts.sum() == amount


def offsets_of(zone, begins):
    """Return a year's offsets from UTC: of each day, and of each hour of days on which they change."""
    days = [begins + timedelta(days=day) for day in range(370)]
    found = []
    for day, following in itertools.pairwise(days):
        at = [each.astimezone(zone).utcoffset() for each in (day, following)]
        hours = range(24) if at[0] != at[1] else range(1)
        found += [(day + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in hours]
    return tuple(found)


@pytest.mark.parametrize("year", [2025, 2011])
def test_half_hours_add_up_to_days_and_days_to_months_in_every_zone_of_the_world(year):
    """Over a year with its changes of clocks, and one in which Samoa skipped a day."""
    random = np.random.default_rng(year)
    begins = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=2)
    quarter_us = 900_000_000
    ends = to_us(begins) + quarter_us * np.arange(1, 4 * 24 * 370)
    metered = intervals(ends, random.integers(0, 3 * BILLION, len(ends)), starts=ends - quarter_us)
    total = np.concatenate([[0], np.cumsum(metered.amounts)])
    alike = {}
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        offsets = offsets_of(zone, begins)
        if not any(offset % timedelta(minutes=15) for offset in offsets):
            alike.setdefault(offsets, []).append(name)
    assert sum(map(len, alike.values())) > 550
    for name, *_ in alike.values():  # zones that show the same all year long are one
        zone = zoneinfo.ZoneInfo(name)
        first, last = (datetime(each, 1, 1, tzinfo=zone) for each in (year, year + 1))
        halves, days, months = (edges(each, first, last, zone) for each in (Bucket.PT30M, Bucket.DAY, Bucket.MONTH))
        of_half, of_day, of_month = (bucketed(metered, each).amounts for each in (halves, days, months))
        assert set(days) <= set(halves), name
        assert set(months) <= set(days), name
        assert (np.add.reduceat(of_half, np.searchsorted(halves, days[:-1])) == of_day).all(), name
        assert (np.add.reduceat(of_day, np.searchsorted(days, months[:-1])) == of_month).all(), name
        between = np.searchsorted(ends, [months[0], months[-1]], side="right")
        assert of_month.sum() == total[between[1]] - total[between[0]], name


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - the zone is given below
    st.lists(st.tuples(st.integers(60, 40 * 86_400), st.integers(0, 10**15)), min_size=1, max_size=12),
    st.integers(1, 28),
    st.sampled_from(Fill),
)
def test_however_seldom_a_register_is_read_half_hours_are_days_and_days_are_billing_months(
    name, first, steps, billing_day, fill
):
    zone = zoneinfo.ZoneInfo(name)
    ends = to_us(first.replace(tzinfo=UTC)) + 1_000_000 * np.cumsum([each for each, _ in steps])
    manual = intervals(ends, [each for _, each in steps], flags=[Flag.LONG] * len(steps))
    whole = (from_us(int(manual.starts[0])), from_us(int(ends[-1])))
    by_half, by_day, by_month = (
        edges(each, *whole, zone, billing_day=billing_day) for each in (Bucket.PT30M, Bucket.DAY, Bucket.BILLING_MONTH)
    )
    # Where a clock is no quarter of an hour off, no half hour of it begins where its days do.
    assume(set(by_day[:-1]) <= {*by_half, by_day[0]})
    for finer, coarser in ((by_half, by_day), (by_day, by_month)):
        fine, coarse = (bucketed(manual, each, fill) for each in (finer, coarser))
        assert (fine.amounts >= 0).all()
        assert coarse.amounts.sum() == manual.amounts.sum()
        places = np.searchsorted(coarser, finer[:-1], side="right") - 1
        summed = np.zeros(len(coarse.amounts), dtype=np.int64)
        np.add.at(summed, places, fine.amounts)
        assert summed.tolist() == coarse.amounts.tolist()


def test_more_than_can_be_added_up_is_refused_and_never_wraps_around():
    nonsense = intervals([HOUR_US * hour for hour in (1, 2, 3)], [3_900_000_000 * BILLION] * 3)
    with pytest.raises(RangeTooLargeError, match="9 billion kWh"):
        bucketed(nonsense, np.array([0, 4 * HOUR_US]))
