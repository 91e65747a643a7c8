"""The pieces that a remaining life is told from, each by hand."""

import numpy as np
import pytest

from twinql.domain.remaining_life.fusion import Fusion, fuse
from twinql.domain.remaining_life.kernel import Kernel, choose_kernel, fit_process
from twinql.domain.remaining_life.lines import features_of
from twinql.domain.remaining_life.proof import Tries
from twinql.domain.remaining_life.runs import ObservedRun

ONE = Fusion(np.array([0]), np.array([0.0]), np.array([1.0]), np.array([[1.0]]))
"""One channel that is its own factor."""


def _run(values):
    return ObservedRun(values, failed=True)


def test_a_straight_line_is_told_by_its_level_its_rise_where_it_began_and_its_age():
    rows = features_of(_run(np.arange(10.0)[:, None] / 10), ONE, [5])
    assert rows.at.tolist() == [4, 5, 6, 7, 8, 9]
    # Level now, rise over five steps, the mean of the first ten (as far as seen), logarithm of the age.
    assert rows.features[0] == pytest.approx([0.4, 0.5, 0.2, np.log(5)])
    assert rows.features[-1] == pytest.approx([0.9, 0.5, 0.45, np.log(10)])


def test_a_line_goes_over_gaps_until_half_of_its_window_is_missing():
    values = np.arange(20.0)[:, None] / 20
    values[[8, 9, 13, 14, 15]] = np.nan
    rows = features_of(_run(values), ONE, [5])
    assert {8, 9, 10, 11, 12, 13, 14, 18, 19} <= set(rows.at.tolist())
    assert not {15, 16, 17} & set(rows.at.tolist())
    assert rows.features[rows.at == 9][0, :2] == pytest.approx([0.45, 0.25])


def test_nothing_is_told_of_a_run_without_rows_or_readings():
    assert features_of(_run(np.empty((0, 1))), ONE, [5]).at.size == 0
    assert features_of(_run(np.full((9, 1), np.nan)), ONE, [5]).at.size == 0


def test_what_two_noisy_channels_share_is_one_factor_with_noise_of_variance_one():
    rng = np.random.default_rng(1)
    runs = [np.linspace(0, 1, 200)[:, None] * [10.0, -3.0] + rng.normal(size=(200, 2)) * [1.0, 0.3] for _ in range(5)]
    fusion = fuse(runs)
    assert isinstance(fusion, Fusion)
    assert fusion.weights.shape == (2, 1)
    factor = fusion.standardised(runs[0]) @ fusion.weights
    assert np.diff(factor[:, 0]).std() / 2**0.5 == pytest.approx(1, abs=0.15)
    # Both are as clear as each other, so both count alike, against each other.
    assert fusion.weights[0, 0] == pytest.approx(-fusion.weights[1, 0], rel=0.2)


def test_what_is_expected_of_a_run_is_what_a_process_without_it_expects():
    rng = np.random.default_rng(2)
    rows, runs = rng.normal(size=(12, 2)), np.repeat([0, 1, 2], 4)
    targets = rows.sum(axis=1)
    # Its mean is that of all runs, so equal means make both the same.
    for run in range(3):
        targets[runs == run] -= targets[runs == run].mean()
    kernel = Kernel(np.array([0, 1]), 1.0, 0.1)
    _, expected = fit_process(kernel, rows, targets, runs)
    others = runs != 1
    alone, _ = fit_process(kernel, rows[others], targets[others], runs[others])
    assert expected[runs == 1] == pytest.approx(alone.expect(rows[runs == 1]))


def test_features_without_which_runs_are_told_better_are_left_out():
    rng = np.random.default_rng(3)
    rows, runs = rng.normal(size=(120, 2)), np.repeat(np.arange(12), 10)
    groups = [np.array([0]), np.array([1])]
    kernel = choose_kernel(groups, rows, np.sin(rows[:, 0]), runs, lengths=[1.0], noises=[0.01])
    assert kernel.columns.tolist() == [0]


def test_an_interval_is_what_became_of_those_of_which_as_much_was_expected():
    of = np.repeat(np.arange(20), 2)
    expected = np.tile([20.0, 80.0], 20)
    truth = expected + np.repeat(np.linspace(-9.5, 9.5, 20), 2)
    life = Tries(expected, truth, of).around(20.0, 100.0)
    # Errors go from -9.5 to 9.5; one in ten, and a little less for 20 runs, are beyond.
    assert (life.p10, life.p50, life.p90) == pytest.approx((20 - 8.455, 20, 20 + 8.455), abs=0.1)
