"""Points are left out of a line so that its shape stays."""

import numpy as np

from twinql.domain.downsample import largest_triangles, thin


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
