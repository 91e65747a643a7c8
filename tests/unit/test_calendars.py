"""Where buckets begin, by the clock of a zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinql.domain.calendar import billing_month, edges, midnight
from twinql.domain.readings import from_us, to_us
from twinql.domain.series import Bucket

BERLIN = ZoneInfo("Europe/Berlin")


def starts(bucket, first, last, zone=BERLIN):
    bounds = edges(bucket, datetime.fromisoformat(first), datetime.fromisoformat(last), zone)
    return [from_us(edge).astimezone(zone) for edge in bounds.tolist()]


def test_days_begin_at_local_midnight_and_have_the_hours_they_have():
    found = starts(Bucket.DAY, "2026-03-28T12:00:00+01:00", "2026-03-30T12:00:00+02:00")
    assert [each.isoformat() for each in found] == [
        "2026-03-28T00:00:00+01:00",
        "2026-03-29T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",
        "2026-03-31T00:00:00+02:00",
    ]


def test_weeks_begin_on_monday_and_months_on_the_first():
    weeks = starts(Bucket.WEEK, "2026-01-01T00:00:00Z", "2026-01-12T00:00:00Z")
    assert [each.strftime("%a %d") for each in weeks] == ["Mon 29", "Mon 05", "Mon 12", "Mon 19"]
    months = starts(Bucket.MONTH, "2026-01-15T00:00:00Z", "2026-03-01T00:00:00Z")
    assert [each.strftime("%d.%m. %H:%M") for each in months] == [
        "01.01. 00:00",
        "01.02. 00:00",
        "01.03. 00:00",
        "01.04. 00:00",
    ]


def test_an_hour_that_happens_twice_is_two():
    found = starts(Bucket.PT1H, "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z")
    assert [each.strftime("%H:%M%z") for each in found] == ["02:00+0200", "02:00+0100", "03:00+0100", "04:00+0100"]


def test_a_period_of_a_microsecond_touches_one_bucket():
    instant = datetime(2026, 5, 5, 10, 20, tzinfo=UTC)
    bounds = edges(Bucket.PT15M, instant, instant + timedelta(microseconds=1), BERLIN)
    assert [from_us(edge).minute for edge in bounds.tolist()] == [15, 30]


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "America/Havana"])
@pytest.mark.parametrize("bucket", list(Bucket))
def test_every_bucket_begins_where_its_clock_says(zone, bucket):
    found = starts(bucket, "2026-02-20T07:07:00Z", "2026-04-15T07:07:00Z", ZoneInfo(zone))
    minutes = {Bucket.PT15M: 15, Bucket.PT30M: 30, Bucket.PT1H: 60}.get(bucket, 60)
    assert all(each.minute % minutes == 0 for each in found)
    if bucket in {Bucket.DAY, Bucket.WEEK, Bucket.MONTH}:
        assert {each.hour for each in found} <= {0, 1}  # 1 where the zone's clocks skip midnight


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(available_timezones())),
    st.sampled_from(list(Bucket)),
    st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - the zone is given below
    st.integers(1, 40 * 24 * 60),
)
def test_buckets_cover_a_period_without_a_hole(zone, bucket, first, minutes):
    first = first.replace(tzinfo=UTC)
    last = first + timedelta(minutes=minutes)
    bounds = edges(bucket, first, last, ZoneInfo(zone))
    assert (np.diff(bounds) > 0).all()
    assert bounds[0] <= to_us(first) < bounds[1]
    assert bounds[-2] < to_us(last) <= bounds[-1]


def test_where_midnight_is_skipped_a_day_begins_with_the_change():
    # Havana's clocks went from 00:00 to 01:00 on 2026-03-08.
    day = midnight(datetime(2026, 3, 8, tzinfo=UTC).date(), ZoneInfo("America/Havana"))
    assert day == datetime(2026, 3, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "billing_day", "first", "last"),
    [
        ("2026-03-29T12:00", 1, "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
        ("2026-03-01T00:00", 1, "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
        ("2026-01-14T23:59", 15, "2025-12-15T00:00+01:00", "2026-01-15T00:00+01:00"),
        ("2026-01-15T00:00", 15, "2026-01-15T00:00+01:00", "2026-02-15T00:00+01:00"),
        ("2026-02-28T08:00", 28, "2026-02-28T00:00+01:00", "2026-03-28T00:00+01:00"),
    ],
)
def test_a_billing_month_begins_with_its_day(instant, billing_day, first, last):
    found = billing_month(datetime.fromisoformat(instant).replace(tzinfo=BERLIN), BERLIN, billing_day)
    assert found == (datetime.fromisoformat(first), datetime.fromisoformat(last))
