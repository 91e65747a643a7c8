"""Over which buckets readings reach, and where something is missing."""

import numpy as np
import pytest

from twinql.domain.metering.coverage import covered
from twinql.domain.metering.intervals import Fill, Flag, Intervals

HOUR_US = 3_600_000_000
LATER = 100 * HOUR_US


def hourly(*ends, late=0.0):
    """Return intervals of an hour that end so many hours after the beginning."""
    return stretches(*((end - 1 + late, end + late) for end in ends))


def stretches(*both, flags=None):
    starts, ends = (np.array([each[side] * HOUR_US for each in both], dtype=np.int64) for side in (0, 1))
    flags = np.array(flags or [0] * len(both), dtype=np.uint8)
    return Intervals(starts, ends, np.ones(len(both), dtype=np.int64), flags, np.full(len(both), -1, dtype=np.int32))


def told(intervals, *edges, fill=Fill.NONE, resolution_s=3_600, until=LATER):
    return covered(intervals, np.array(edges, dtype=np.int64) * HOUR_US, fill, resolution_s, int(until)).tolist()


def test_what_is_read_without_a_hole_is_covered_whatever_its_rhythm():
    assert told(hourly(1, 2, 3, 4), 0, 2, 4) == [True, True]
    assert told(hourly(0.2, 1.2, 2.2, 3.2), 0, 2, 4) == [True, True]
    assert told(hourly(1, 2, 3, 4, late=0.01), 0, 2, 4) == [True, True]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((2, 3, 4), [False, True]),
        ((1, 3, 4), [False, True]),
        ((1, 2, 4), [True, False]),
        ((1, 2, 3), [True, False]),
        ((1, 4), [False, False]),
        ((1, 2), [True, False]),
        ((), [False, False]),
    ],
)
def test_a_missing_hour_is_missing_in_its_bucket_alone(ends, expected):
    assert told(hourly(*ends), 0, 2, 4) == expected


def test_what_is_not_due_yet_is_not_missing():
    assert told(hourly(1, 2), 0, 2, 4, until=3.4 * HOUR_US) == [True, True]
    assert told(hourly(1, 2), 0, 2, 4, until=3.5 * HOUR_US) == [True, False]
    assert told(hourly(), 0, 2, 4, until=0) == [True, True]


def test_an_interval_that_lasts_too_long_covers_what_lies_within_its_bucket():
    within = stretches((0, 1), (1, 4), flags=[0, Flag.LONG])
    assert told(within, 0, 4) == [True]
    assert told(within, 0, 2, 4) == [False, False]
    assert told(within, 0, 2, 4, fill=Fill.LINEAR) == [True, True]
    beyond = stretches((0, 1), (1, 9), flags=[0, Flag.LONG])
    assert told(beyond, 0, 1, 4) == [True, False]
    assert told(beyond, 0, 1, 4, fill=Fill.LINEAR) == [True, True]


def test_what_is_unknown_covers_nothing():
    assert told(stretches((0, 1), (1, 2), flags=[0, Flag.UNKNOWN]), 0, 1, 2) == [True, False]


def test_without_a_resolution_every_hole_counts():
    by_hand = stretches((0, 8), (8, 23.9), flags=[Flag.LONG] * 2)
    assert told(by_hand, 0, 24, resolution_s=None) == [False]
    assert told(by_hand, 0, 24, resolution_s=None, until=23.9 * HOUR_US) == [True]
