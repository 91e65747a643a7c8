"""Times between failures, and what they say of the next one."""

import numpy as np
import pytest

from twinql.domain.diagnosis.failures import FailureModel, Uptimes, failure_within, uptimes_of
from twinql.domain.diagnosis.reason import ReasonCode, too_few

HOUR = 3_600.0


def uptimes(hours, running=0.0):
    return Uptimes(HOUR * np.array(hours, dtype=float), running * HOUR, len(hours) + 1, 0, 1e9, failed=False)


def test_times_between_failures_worked_by_hand():
    # Runs (for how long before, nobody knows), fails at 10 to 12, at 20 to 21, at 33 to 34; it is 40 now.
    at_s = np.array([0, 10, 12, 15, 20, 21, 33, 34, 36.0])
    codes = np.array([1, 2, 1, 0, 2, np.nan, 2, 1, 0])
    found = uptimes_of(at_s, codes, {2.0}, until_s=40)
    # What is unknown at 21 counts as the state before: one failure from 20 to 34.
    assert found.complete_s.tolist() == [8]
    assert (found.running_s, found.failures, found.failed) == (6, 2, False)
    assert (found.first_s, found.last_s) == (0, 40)
    assert (found.began_s.tolist(), found.ended_s.tolist()) == ([10, 20], [12, 34])
    codes[5] = 1
    assert uptimes_of(at_s, codes, {2.0}, until_s=40).complete_s.tolist() == [8, 12]


def test_one_that_has_failed_does_not_run():
    found = uptimes_of(np.array([0.0, 5, 6]), np.array([2.0, 1, 2]), {2.0}, until_s=9)
    assert (found.failures, found.failed, found.running_s, found.complete_s.tolist()) == (2, True, 0, [1])
    # One had begun before anybody looked, one goes on.
    assert (found.began_s.tolist(), found.ended_s.tolist()) == ([0, 6], [5, 9])
    assert uptimes_of(np.zeros(0), np.zeros(0), {2.0}, until_s=9) is None
    never = uptimes_of(np.array([0.0]), np.array([1.0]), {2.0}, until_s=9)
    assert (never.failures, never.running_s) == (0, 0)


def test_an_exponential_one_worked_by_hand():
    # 5 complete times of 20 h and 5 h that go on: λ = 5 / 25 h, and P(5 h) = 1 - exp(-1) whatever its age.
    found = failure_within(uptimes([1, 2, 3, 4, 10], running=5), 5 * HOUR)
    assert found.model is FailureModel.EXPONENTIAL
    assert found.mean_s == pytest.approx(5 * HOUR)
    assert found.probability == pytest.approx(1 - np.exp(-1))
    assert found.fit > 0.05


def test_wear_is_seen_and_age_then_counts():
    times = 100 * np.random.default_rng(3).weibull(4.0, 60)
    young, old = (failure_within(uptimes(times, running=age), 10 * HOUR) for age in (1, 90))
    assert young.model is FailureModel.WEIBULL
    assert young.shape == pytest.approx(4, rel=0.25)
    assert young.scale_s == pytest.approx(100 * HOUR, rel=0.1)
    assert old.probability > 5 * young.probability


def test_the_unit_of_time_changes_no_probability():
    times = 100 * np.random.default_rng(5).weibull(3.0, 30)
    slow, fast = (
        failure_within(uptimes(times, 20), 10 * HOUR),
        failure_within(uptimes(times / 1e6, 20 / 1e6), HOUR / 1e5),
    )
    assert fast.probability == pytest.approx(slow.probability)
    assert fast.shape == pytest.approx(slow.shape)


def test_what_no_model_fits_is_not_foretold():
    times = np.concatenate([np.full(40, 1.0), np.full(40, 1_000.0)]) + np.random.default_rng(1).uniform(0, 0.01, 80)
    assert failure_within(uptimes(times), HOUR).code is ReasonCode.NO_MODEL


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_failures_are_said_to_be_too_few(count):
    assert failure_within(uptimes([5.0] * count), HOUR) == too_few(5, count + 1, "failures")


def test_equal_times_and_a_failed_machine_are_no_accident():
    equal = failure_within(uptimes([7.0] * 6, running=1), HOUR)
    assert equal.code is ReasonCode.NO_MODEL or 0 <= equal.probability <= 1
    failed = Uptimes(np.full(6, HOUR), 0, 7, 0, 1, failed=True)
    assert failure_within(failed, HOUR).code is ReasonCode.NO_ACTIVITY


def test_a_longer_horizon_is_never_less_likely():
    times = uptimes(np.random.default_rng(9).exponential(10, 20), running=3)
    found = [failure_within(times, hours * HOUR).probability for hours in (1, 5, 50, 5_000)]
    assert found == sorted(found)
    assert found[-1] == pytest.approx(1)
