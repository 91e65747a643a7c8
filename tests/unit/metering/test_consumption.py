"""Registers that add up, and what is left beneath a meter."""

import numpy as np

from twinql.domain.metering.buckets import Bucketed, joined
from twinql.domain.metering.consumption import NOTHING, Consumption, of_registers, residual

GOOD, UNCERTAIN, BAD = 0, 1, 2


def buckets(amounts, *, known=None, unknown=None, doubtful=None, bad=None, covered=None):
    none = np.zeros(len(amounts), dtype=np.int64)
    return Bucketed(
        np.array(amounts, dtype=np.int64),
        known=np.ones(len(amounts), dtype=np.int64) if known is None else np.array(known),
        unknown=none if unknown is None else np.array(unknown),
        doubtful=none > 0 if doubtful is None else np.array(doubtful),
        bad=none > 0 if bad is None else np.array(bad),
        covered=none == 0 if covered is None else np.array(covered),
    )


def consumed(amounts, quality, covered=None):
    quality = np.array(quality, dtype=np.int8)
    covered = np.ones(len(amounts), dtype=bool) if covered is None else np.array(covered)
    return Consumption(np.array(amounts, dtype=np.int64), np.isin(quality, [GOOD, UNCERTAIN]), quality, covered)


def test_registers_add_up_and_one_doubt_is_the_doubt_of_all():
    found = of_registers([buckets([1, 2]), buckets([10, 20], doubtful=[False, True])])
    assert found.amounts.tolist() == [11, 22]
    assert found.quality.tolist() == [GOOD, UNCERTAIN]


def test_a_register_that_tells_nothing_makes_the_sum_uncertain_and_none_that_tells_makes_it_nothing():
    found = of_registers(
        [buckets([1, 0, 0], known=[1, 0, 0]), buckets([0, 0, 0], known=[0] * 3, bad=[True, True, False])]
    )
    assert found.known.tolist() == [True, False, False]
    assert found.quality.tolist() == [UNCERTAIN, BAD, NOTHING]


def test_a_register_that_was_out_of_use_leaves_no_doubt():
    over = [np.array([False, False]), np.array([False, True])]
    found = of_registers([buckets([1, 2]), buckets([0, 0], known=[0, 0])], over)
    assert found.quality.tolist() == [UNCERTAIN, GOOD]


def test_what_is_unknown_is_uncertain_and_no_amount():
    found = of_registers([buckets([0], known=[0], unknown=[1], doubtful=[True])])
    assert (found.known.tolist(), found.quality.tolist()) == ([False], [UNCERTAIN])


def test_what_is_left_is_known_only_where_all_is():
    left = residual(consumed([10, 10, 10], [GOOD] * 3), [consumed([4, 12, 0], [GOOD, UNCERTAIN, NOTHING])])
    assert left.amounts.tolist() == [6, -2, 0]
    assert left.known.tolist() == [True, True, False]
    assert left.quality.tolist() == [GOOD, UNCERTAIN, NOTHING]


def test_what_is_left_is_uncertain_where_a_part_misses_something_and_below_zero():
    main, all_of_it = consumed([10, 10, 10, 0], [GOOD, GOOD, GOOD, NOTHING]), consumed([1, 1, 12, 0], [GOOD] * 4)
    some = consumed([4, 4, 4, 4], [GOOD] * 4, covered=[True, False, True, False])
    assert residual(main, [all_of_it, some]).quality.tolist() == [GOOD, UNCERTAIN, UNCERTAIN, NOTHING]
    half_read = consumed([10] * 4, [GOOD] * 4, covered=[False, True, True, True])
    assert residual(half_read, [all_of_it]).quality.tolist() == [UNCERTAIN, GOOD, UNCERTAIN, GOOD]


def test_a_register_that_misses_a_part_of_a_bucket_lets_all_of_them_miss_it():
    found = of_registers([buckets([1, 2]), buckets([10, 20], covered=[True, False])])
    assert found.covered.tolist() == [True, False]


def test_without_meters_beneath_all_is_left():
    main = consumed([10], [UNCERTAIN])
    assert residual(main, []) is main


def test_parts_of_a_period_follow_each_other():
    whole = joined([buckets([1, 2]), buckets([3], doubtful=[True])])
    assert (whole.amounts.tolist(), whole.doubtful.tolist()) == ([1, 2, 3], [False, False, True])
