"""Chance that repeats itself."""

import numpy as np

from twinql.domain.simulation.noise import normal, smooth, uniform

INDEX = np.arange(200_000, dtype=np.int64)


def test_the_same_place_gives_the_same_number_alone_or_in_company() -> None:
    together = uniform(seed=7, name="x", index=INDEX)
    alone = uniform(seed=7, name="x", index=np.array([123_456]))
    assert alone[0] == together[123_456]


def test_seed_and_name_make_independent_numbers() -> None:
    first = uniform(seed=7, name="x", index=INDEX)
    for other in (uniform(seed=8, name="x", index=INDEX), uniform(seed=7, name="y", index=INDEX)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.01
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.01


def test_uniform_numbers_fill_their_range_evenly() -> None:
    drawn = uniform(seed=7, name="x", index=INDEX)
    counts, _ = np.histogram(drawn, bins=10, range=(0.0, 1.0))
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert np.all(np.abs(counts - 20_000) < 700)


def test_normal_numbers_have_mean_zero_and_deviation_one() -> None:
    drawn = normal(seed=7, name="x", index=INDEX)
    assert abs(drawn.mean()) < 0.01
    assert abs(drawn.std() - 1.0) < 0.01


def test_no_places_give_no_numbers() -> None:
    assert uniform(seed=7, name="x", index=INDEX[:0]).size == 0
    assert normal(seed=7, name="x", index=INDEX[:0]).size == 0


def test_times_before_1970_work_too() -> None:
    drawn = uniform(seed=7, name="x", index=np.array([-1, -2, -3], dtype=np.int64))
    assert np.all((drawn >= 0.0) & (drawn < 1.0))


def test_smooth_chance_does_not_jump() -> None:
    at_s = np.arange(0.0, 86_400.0)
    wander = smooth(seed=7, name="x", at_s=at_s, period_s=600.0)
    # Hermite's blend is steepest in the middle: 1.5 times the difference of at most 2 over a period.
    assert np.abs(np.diff(wander)).max() <= 1.5 * 2.0 / 600.0 + 1e-12
    assert np.abs(wander).max() <= 1.0
