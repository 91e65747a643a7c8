"""Wall clocks: the hour that never happens, the hour that happens twice, and everything between."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.local_time import offset_text, resolve, wall_text
from twinql.domain.readings import EPOCH

SYDNEY = ZoneInfo("Australia/Sydney")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
BERLIN = ZoneInfo("Europe/Berlin")


def walls(*texts):
    return np.array(texts, dtype="datetime64[us]").astype(np.int64)


def utc(resolved):
    return [str(each) for each in resolved.instant_us.astype("datetime64[us]").astype("datetime64[m]")]


def test_an_hour_that_never_happens_is_told_and_keeps_the_offset_before_it():
    resolved = resolve(
        walls("2013-10-06T01:30", "2013-10-06T02:00", "2013-10-06T02:30", "2013-10-06T03:00"), zone=SYDNEY
    )
    assert resolved.nonexistent.tolist() == [False, True, True, False]
    assert offset_text(int(resolved.offset_s[1])) == "+10:00"
    assert utc(resolved)[0] == "2013-10-05T15:30"
    assert utc(resolved)[3] == "2013-10-05T16:00"


def test_the_hour_that_happens_twice_is_told_apart_by_order():
    times = walls(
        "2013-04-07T01:30",
        "2013-04-07T02:00",
        "2013-04-07T02:30",
        "2013-04-07T02:00",
        "2013-04-07T02:30",
        "2013-04-07T03:00",
    )
    resolved = resolve(times, zone=SYDNEY)
    assert resolved.repeated.tolist() == [False, True, True, True, True, False]
    assert resolved.second.tolist() == [False, False, False, True, True, False]
    assert np.diff(resolved.instant_us).tolist() == [30 * 60 * 10**6] * 5


def test_a_file_sorted_by_the_clock_takes_each_pair_as_first_and_second():
    times = walls("2013-04-07T02:00", "2013-04-07T02:00", "2013-04-07T02:30", "2013-04-07T02:30")
    assert resolve(times, zone=SYDNEY).second.tolist() == [False, True, False, True]


def test_a_time_that_stands_alone_is_of_the_first_pass():
    resolved = resolve(walls("2013-04-07T01:00", "2013-04-07T02:30", "2013-04-07T03:00"), zone=SYDNEY)
    assert resolved.second.tolist() == [False, False, False]
    assert utc(resolved)[1] == "2013-04-06T15:30"


def test_each_series_has_its_own_passes():
    times = walls(*["2013-04-07T02:00"] * 4)
    series = np.array([0, 1, 0, 1], dtype=np.int32)
    assert resolve(times, zone=SYDNEY, series=series).second.tolist() == [False, False, True, True]


def test_newest_first_is_read_backwards():
    times = walls(
        "2013-04-07T03:00",
        "2013-04-07T02:30",
        "2013-04-07T02:00",
        "2013-04-07T02:30",
        "2013-04-07T02:00",
        "2013-04-07T01:30",
    )
    resolved = resolve(times, zone=SYDNEY)
    assert resolved.second.tolist() == [False, True, True, False, False, False]
    assert np.diff(resolved.instant_us).tolist() == [-30 * 60 * 10**6] * 5


def test_lord_howe_moves_its_clocks_by_half_an_hour():
    resolved = resolve(walls("2020-04-05T01:15", "2020-04-05T01:45", "2020-04-05T01:45"), zone=LORD_HOWE)
    assert resolved.repeated.tolist() == [False, True, True]
    assert np.diff(resolved.instant_us).tolist() == [30 * 60 * 10**6] * 2
    assert resolve(walls("2020-10-04T02:15"), zone=LORD_HOWE).nonexistent.tolist() == [True]
    assert resolve(walls("2020-10-04T02:30"), zone=LORD_HOWE).nonexistent.tolist() == [False]


def test_a_fixed_offset_has_no_doubtful_hour():
    times = walls("2013-10-06T02:00", "2013-04-07T02:00", "2013-04-07T02:00")
    resolved = resolve(times, zone=timezone(timedelta(hours=10)))
    assert not resolved.nonexistent.any()
    assert not resolved.repeated.any()
    assert utc(resolved)[0] == "2013-10-05T16:00"


def test_years_outside_the_calendar_do_no_harm():
    resolved = resolve(walls("0001-01-01T00:00", "9999-12-31T23:59", "2020-07-01T12:00"), zone=BERLIN)
    assert utc(resolved)[2] == "2020-07-01T10:00"


def test_nothing_gives_nothing():
    assert len(resolve(np.zeros(0, dtype=np.int64), zone=BERLIN).instant_us) == 0


@pytest.mark.parametrize(("seconds", "text"), [(36_000, "+10:00"), (-12_600, "-03:30"), (0, "+00:00")])
def test_offsets_are_written_as_files_write_them(seconds, text):
    assert offset_text(seconds) == text


def test_wall_times_are_written_as_people_do():
    assert wall_text(int(walls("2013-10-06T02:00")[0])) == "2013-10-06 02:00:00"
    assert wall_text(2**62).endswith("µs")


@given(
    zone=st.sampled_from([SYDNEY, LORD_HOWE, BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Africa/Casablanca")]),
    start=st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    step_min=st.sampled_from([15, 30, 60, 1440]),
    count=st.integers(1, 200),
)
def test_what_a_clock_showed_in_order_gives_back_its_instants(zone, start, step_min, count):
    first = int((start.replace(second=0, microsecond=0) - EPOCH) / timedelta(microseconds=1))
    instants = first + np.arange(count, dtype=np.int64) * step_min * 60 * 10**6
    shown = [(EPOCH + timedelta(microseconds=at)).astimezone(zone).replace(tzinfo=UTC) for at in instants.tolist()]
    wall = np.array([(each - EPOCH) // timedelta(microseconds=1) for each in shown], dtype=np.int64)
    resolved = resolve(wall, zone=zone)
    assert not resolved.nonexistent.any()
    # A series that begins between the passes looks like a first pass: that is the documented rule.
    clear = ~resolved.repeated
    assert (resolved.instant_us[clear] == instants[clear]).all()
    if resolved.second.any() or not resolved.repeated.any():
        assert (resolved.instant_us == instants).all()
