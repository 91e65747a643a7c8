"""How long each reading of a price channel holds."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.channels import ReadingKind
from twinql.domain.tariffs.prices import price_points

MINUTE = 60_000_000
INTERVAL, INSTANTANEOUS = ReadingKind.INTERVAL, ReadingKind.INSTANTANEOUS


def points(minutes, values, *, kind, resolution_min, scale=Fraction(1)):
    """Return (start, end, price) of each point, in minutes and units per kWh."""
    found = price_points(
        np.array(minutes, dtype=np.int64) * MINUTE,
        np.array(values, dtype=np.float64),
        kind=kind,
        resolution_s=None if resolution_min is None else resolution_min * 60,
        scale=scale,
    )
    rows = zip(found.starts.tolist(), found.ends.tolist(), found.prices.tolist(), strict=True)
    return [(start // MINUTE, end // MINUTE, price / 1e9) for start, end, price in rows]


def test_a_price_of_an_interval_holds_before_its_stamp_and_one_of_an_instant_after_it():
    told = ([30, 60], [0.1, -0.2])
    assert points(*told, kind=INTERVAL, resolution_min=30) == [(0, 30, 0.1), (30, 60, -0.2)]
    assert points(*told, kind=INSTANTANEOUS, resolution_min=30) == [(30, 60, 0.1), (60, 90, -0.2)]


def test_a_missing_price_is_a_hole_and_a_late_one_is_none():
    told = ([30, 60, 120, 151], [1.0, 2.0, 3.0, 4.0])
    assert points(*told, kind=INTERVAL, resolution_min=30) == [(0, 30, 1), (30, 60, 2), (90, 120, 3), (120, 151, 4)]
    at = points(*told, kind=INSTANTANEOUS, resolution_min=30)
    assert at == [(30, 60, 1), (60, 90, 2), (120, 151, 3), (151, 181, 4)]


def test_without_a_resolution_a_price_reaches_to_its_neighbour():
    told = ([30, 60, 600], [1.0, 2.0, 3.0])
    assert points(*told, kind=INTERVAL, resolution_min=None) == [(30, 60, 2), (60, 600, 3)]
    *others, newest = points(*told, kind=INSTANTANEOUS, resolution_min=None)
    assert others == [(30, 60, 1), (60, 600, 2)]
    assert newest[0] == 600
    assert newest[1] > 1e9


def test_a_bad_price_holds_for_nothing_and_ends_the_one_before():
    told = ([30, 60, 600], [1.0, np.nan, 3.0])
    assert points(*told, kind=INSTANTANEOUS, resolution_min=None)[0] == (30, 60, 1)
    assert len(points(*told, kind=INSTANTANEOUS, resolution_min=None)) == 2
    assert points(*told, kind=INTERVAL, resolution_min=30) == [(0, 30, 1), (570, 600, 3)]


def test_a_unit_per_megawatt_hour_is_turned_into_one_per_kilowatt_hour():
    assert points([30], [85.5], kind=INTERVAL, resolution_min=30, scale=Fraction(1, 1000)) == [(0, 30, 0.0855)]


def test_nothing_told_is_nothing_known():
    for kind in (INTERVAL, INSTANTANEOUS):
        for resolution_min in (30, None):
            assert points([], [], kind=kind, resolution_min=resolution_min) == []


@given(
    st.lists(st.integers(0, 10_000), unique=True, max_size=30).map(sorted),
    st.sampled_from([INTERVAL, INSTANTANEOUS]),
    st.one_of(st.none(), st.integers(1, 600)),
)
def test_points_ascend_and_never_overlap(minutes, kind, resolution_min):
    found = points(minutes, [1.0] * len(minutes), kind=kind, resolution_min=resolution_min)
    assert all(start < end for start, end, _ in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
    if resolution_min is not None:
        assert len(found) == len(minutes)
