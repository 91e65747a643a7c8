"""Points are left out of a line so that its shape stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.downsample import changes, largest_triangles, thin


def test_of_five_points_the_peak_stays():
    at = np.arange(5, dtype=np.int64)
    assert largest_triangles(at, np.array([0.0, 0.1, 5.0, 0.2, 0.0]), most=3).tolist() == [0, 2, 4]


def test_few_points_stay_as_they_are():
    at = np.arange(3, dtype=np.int64)
    assert largest_triangles(at, np.zeros(3), most=10).tolist() == [0, 1, 2]
    assert thin(np.arange(0, dtype=np.int64), np.zeros(0), most=10).tolist() == []


def test_neither_shift_nor_scale_changes_which_points_stay():
    rng = np.random.default_rng(5)
    at, value = np.arange(2000, dtype=np.int64), rng.normal(size=2000).cumsum()
    chosen = largest_triangles(at, value, most=100)
    assert len(chosen) == 100
    assert (np.diff(chosen) > 0).all()
    assert chosen.tolist() == largest_triangles(at * 60_000_000 + 10**15, value * 8.0 + 64.0, most=100).tolist()


def test_a_hole_stays_a_hole():
    at, value = np.arange(1000, dtype=np.int64), np.ones(1000)
    value[400:600] = np.nan
    kept = thin(at, value, most=50)
    assert len(kept) <= 50
    assert np.isnan(value[kept]).sum() == 1
    assert kept[np.isnan(value[kept])].tolist() == [400]


def test_the_triangles_worked_by_hand():
    # Of {1, 2, 3} the spike at 2 spans the largest triangle. With it and the last point, 4 spans |45 - 18| = 27,
    # 5 spans |45 - 27| = 18 and 6 spans |40 - 36| = 4, which are twice the areas.
    at, value = np.arange(8, dtype=np.int64), np.array([0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    assert largest_triangles(at, value, most=4).tolist() == [0, 2, 4, 7]


def test_the_greatest_floats_are_no_error():
    at, value = np.arange(100, dtype=np.int64), np.array([1.7e308, -1.7e308] * 50)
    assert len(largest_triangles(at, value, most=10)) == 10


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), max_size=200), st.integers(2, 50))
def test_no_more_points_stay_than_are_wanted_and_the_ends_of_a_line_do(values, most):
    at, value = np.arange(len(values), dtype=np.int64), np.array(values, dtype=np.float64)
    kept = thin(at, value, most=most).tolist()
    assert len(kept) <= most
    assert kept == sorted(set(kept))
    if len(values) > 1 and not np.isnan(value).any():
        assert len(kept) == min(most, len(values))
        assert (kept[0], kept[-1]) == (0, len(values) - 1)


@pytest.mark.parametrize(
    ("codes", "kept"),
    [([], []), ([1], [0]), ([1, 1, 1, 2, 2, 1], [0, 3, 5]), ([1, 1, np.nan, np.nan, 1, 1], [0, 2, 4, 5])],
)
def test_a_state_that_does_not_change_says_nothing_new(codes, kept):
    assert changes(np.array(codes, dtype=np.float64)).tolist() == kept
