"""Readings in columns: which say the same, which came first, and in whose words."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.readings import (
    QUALITIES,
    QUALITY_CODE,
    Quality,
    ReadingStatus,
    StoredQuality,
    first_occurrences,
    from_us,
    months_of,
    quality_of,
    same_reading,
    status_of,
    stored_quality,
    to_us,
)


def code(name):
    return np.array([QUALITY_CODE[StoredQuality[name]]], dtype=np.int8)


def test_the_first_of_several_rows_for_one_instant_is_found():
    channel = np.array([1, 0, 1, 1, 0], dtype=np.int32)
    at = np.array([5, 5, 5, 6, 5], dtype=np.int64)
    firsts, own = first_occurrences(channel, at)
    assert firsts.tolist() == [0, 1, 3]
    assert own.tolist() == [0, 1, 0, 2, 1]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=40))
def test_every_row_points_to_the_first_row_like_it(rows):
    channel = np.array([row[0] for row in rows], dtype=np.int32)
    at = np.array([row[1] for row in rows], dtype=np.int64)
    firsts, own = first_occurrences(channel, at)
    assert firsts[own].tolist() == [rows.index(row) for row in rows]


@pytest.mark.parametrize(
    ("value", "quality", "other", "other_quality", "same"),
    [
        (1.0, "GOOD", 1.0, "UNCERTAIN", True),
        (1.0, "GOOD", 1.0, "EDITED", True),
        (1.0, "GOOD", 1.0, "ESTIMATED", False),
        (1.0, "GOOD", 2.0, "GOOD", False),
        (np.nan, "BAD", np.nan, "BAD", True),
        (1.0, "GOOD", 1.0, "BAD", False),
        (0.0, "GOOD", -0.0, "GOOD", True),
    ],
)
def test_what_tells_two_readings_apart(value, quality, other, other_quality, same):
    assert same_reading(np.array([value]), code(quality), np.array([other]), code(other_quality)).tolist() == [same]
    assert same_reading(np.array([other]), code(other_quality), np.array([value]), code(quality)).tolist() == [same]


def test_a_stored_quality_says_both_how_far_to_trust_and_where_from():
    assert (quality_of(StoredQuality.EDITED), status_of(StoredQuality.EDITED)) == (Quality.GOOD, ReadingStatus.EDITED)
    assert quality_of(StoredQuality.ESTIMATED) is Quality.UNCERTAIN
    assert status_of(StoredQuality.BAD) is ReadingStatus.ACTUAL


@pytest.mark.parametrize("stored", QUALITIES)
def test_quality_and_status_give_the_stored_one_back(stored):
    assert stored_quality(quality_of(stored), status_of(stored)) is stored


def test_a_bad_estimate_is_bad():
    assert stored_quality(Quality.BAD, ReadingStatus.ESTIMATED) is StoredQuality.BAD


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_keep_every_microsecond(instant):
    assert from_us(to_us(instant)) == instant


def test_months_are_those_of_utc():
    instants = [datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)]
    expected = {datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)}
    assert months_of(np.array([to_us(each) for each in instants], dtype=np.int64)) == expected
    assert months_of(np.array([], dtype=np.int64)) == set()
    before_1970 = np.array([to_us(datetime(1969, 12, 31, 23, tzinfo=UTC))], dtype=np.int64)
    assert months_of(before_1970) == {datetime(1969, 12, 1, tzinfo=UTC)}
