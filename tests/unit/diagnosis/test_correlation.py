"""Correlation with a lag, and what it is worth."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from twinql.domain.diagnosis.correlation import Correlation, _p_value, correlate, independent_pairs
from twinql.domain.diagnosis.reason import ReasonCode, too_few


def noise(seed, count=200):
    return np.random.default_rng(seed).normal(size=count)


def walk(seed, like_before=0.95, count=300):
    values = np.zeros(count)
    for place, news in enumerate(noise(seed, count)):
        values[place] = like_before * values[place - 1] + news
    return values


def test_without_a_lag_it_is_pearson_s():
    x, y = noise(1), 0.5 * noise(1) + noise(2)
    found = correlate(x, y)
    assert found.r == pytest.approx(pearsonr(x, y).statistic)
    assert (found.lag, found.pairs, found.ranked) == (0, 200, False)
    assert found.p_value < 0.001
    assert correlate(x, y, ranked=True).r == pytest.approx(spearmanr(x, y).statistic)
    codes = np.round(2 * x)
    assert correlate(codes, y, ranked=True).r == pytest.approx(spearmanr(codes, y).statistic)


@pytest.mark.parametrize("seed", range(4))
def test_of_independent_pairs_the_p_value_is_that_of_scipy(seed):
    x, y = noise(seed), 0.2 * noise(seed) + noise(seed + 1)
    expected = pearsonr(x, y)
    assert _p_value(float(expected.statistic), len(x)) == pytest.approx(expected.pvalue)


def test_the_lag_says_which_one_follows():
    x = noise(3, 220)
    found = correlate(x[10:], x[3:-7], most_lag=20)  # y tells 7 steps later what x told
    assert (found.lag, found.r) == (7, pytest.approx(1))
    assert correlate(x[3:-7], x[10:], most_lag=20).lag == -7


def test_units_and_zeros_change_nothing():
    x, y = noise(4), noise(4) + noise(5)
    one, other = correlate(x, y, most_lag=5), correlate(x * 1.8 + 32, y * -1e-6, most_lag=5)
    assert other.r == pytest.approx(-one.r)
    assert other.p_value == pytest.approx(one.p_value)
    assert other.effective == pytest.approx(one.effective)


def test_slow_series_are_worth_few_pairs_and_seldom_seem_to_go_together():
    assert independent_pairs(noise(6), noise(7)) > 100
    assert independent_pairs(walk(6), walk(7)) < 60
    found = [correlate(walk(2 * seed), walk(2 * seed + 1)) for seed in range(100)]
    chance = [each for each in found if isinstance(each, Correlation) and each.p_value < 0.05]
    assert len(chance) <= 12  # as many as 60 of them, were all 300 pairs taken for independent
    taken = [pearsonr(walk(2 * seed), walk(2 * seed + 1)).pvalue < 0.05 for seed in range(100)]
    assert sum(taken) > 40


def test_the_best_of_many_lags_is_no_find():
    found = [correlate(noise(seed), noise(seed + 500), most_lag=20) for seed in range(60)]
    assert sum(each.p_value < 0.05 for each in found) <= 6


@pytest.mark.parametrize(
    ("x", "y"), [([], []), ([1.0], [2.0]), (np.arange(29.0), np.arange(29.0)), ([np.nan] * 99,) * 2]
)
def test_too_few_pairs_have_no_correlation(x, y):
    pairs = int(np.isfinite(x).sum()) if len(x) else 0
    assert correlate(np.asarray(x, float), np.asarray(y, float)) == too_few(
        30, pairs, "pairs of readings at the same time"
    )


def test_what_never_changes_goes_with_nothing():
    assert correlate(np.full(50, 4.0), noise(1, 50)).code is ReasonCode.CONSTANT
    assert correlate(noise(1, 50), np.zeros(50), most_lag=3).code is ReasonCode.CONSTANT
    straight = np.arange(50.0)
    assert correlate(straight, straight).code is ReasonCode.INSUFFICIENT_HISTORY


def test_holes_are_left_out_in_pairs():
    x, y = noise(1), noise(1) + noise(2)
    x[::5], y[1::5] = np.nan, np.nan
    both = np.isfinite(x) & np.isfinite(y)
    found = correlate(x, y)
    assert (found.pairs, found.r) == (120, pytest.approx(pearsonr(x[both], y[both]).statistic))


def test_the_greatest_numbers_overflow_nothing():
    x = 1.7e308 * np.sign(noise(8))
    assert correlate(x, x).r == pytest.approx(1)
