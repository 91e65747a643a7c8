"""The M4 competition's scores, worked by hand."""

import numpy as np
import pytest

from tools.accuracy.m4 import measure, read
from tools.accuracy.m4_scoring import mase, msis, naive2, owa, scale, smape

DAY = np.arange(24.0) + 1.0


def test_smape_is_a_share_of_the_mean_of_both():
    assert smape(np.array([100.0, 50.0]), np.array([300.0, 50.0])) == pytest.approx(100.0 * (1.0 + 0.0) / 2)


def test_errors_are_multiples_of_the_change_from_day_to_day():
    past = np.concatenate([DAY, DAY + 2.0, DAY + 6.0])
    assert scale(past) == 3.0
    assert mase(past, np.array([5.0, 5.0]), np.array([2.0, 5.0])) == 0.5


def test_a_miss_costs_forty_times_its_distance():
    past = np.concatenate([DAY, DAY + 1.0])
    lower, upper = np.array([0.0, 0.0]), np.array([2.0, 2.0])
    assert msis(past, np.array([1.0, 1.0]), lower, upper) == 2.0
    assert msis(past, np.array([3.0, -0.5]), lower, upper) == pytest.approx(2.0 + 40.0 * 1.5 / 2)


def test_owa_is_one_for_naive_2_itself_and_the_mean_of_two_ratios():
    naive = [(10.0, 2.0), (30.0, 4.0)]
    assert owa(naive, naive) == 1.0
    assert owa([(5.0, 3.0), (15.0, 3.0)], naive) == pytest.approx((0.5 + 1.0) / 2)


def test_naive_2_repeats_a_clear_day_and_otherwise_the_last_value():
    strict = np.tile(DAY, 20)
    np.testing.assert_allclose(naive2(strict, 30), np.resize(DAY, 30))
    walk = np.cumsum(np.random.default_rng(4).standard_normal(300)) + 100.0
    assert naive2(walk[:60], 3).tolist() == [walk[59]] * 3


def test_a_folder_is_measured_as_a_whole_and_in_halves(tmp_path):
    rng = np.random.default_rng(1)
    rows = [np.resize(DAY, 500) * np.exp(0.05 * rng.standard_normal(500)) for _ in range(3)]
    for name, part in (("train.csv", slice(0, 452)), ("test.csv", slice(452, 500))):
        lines = [",".join([f"S{place}", *map(str, row[part])]) + ",," for place, row in enumerate(rows)]
        (tmp_path / name).write_text("\n".join(["id,V1,V2", *lines]), encoding="utf-8")
    assert [each.observed.size for each in read(tmp_path)] == [48, 48, 48]
    figures = measure(tmp_path)
    assert [figure.data for figure in figures] == [
        "m4_hourly, all: 3",
        "m4_hourly, odd lines: 2",
        "m4_hourly, even lines: 1",
    ]
    assert all(figure.got.startswith("OWA ") for figure in figures)
