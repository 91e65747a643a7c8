"""The mean of a quarter of an hour, foreseen while it runs: by hand, and that no single reading makes one."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twinql.domain.load_planning.quarter_hour import quarter_hour_of

BEGINS = datetime(2026, 1, 15, 20, tzinfo=UTC)


def foreseen(minutes, *known):
    """Return the quarter of an hour so long after it began, by readings so many minutes after that. [kW]."""
    at_s = np.array([BEGINS.timestamp() + 60.0 * at for at, _ in known])
    return quarter_hour_of(at_s, np.array([power for _, power in known]), now=BEGINS + timedelta(minutes=minutes))


def test_a_load_that_goes_on_is_weighed_with_what_was_before_it():
    # 5 minutes of 4 kW, half a minute of a rise to 10, and 9.5 minutes of 10.
    found = foreseen(7, (0, 4.0), (5, 4.0), (5.5, 10.0), (7, 10.0))
    assert found.mean_kw == pytest.approx((5 * 4 + 0.5 * 7 + 9.5 * 10) / 15)
    assert (found.steady_kw, found.left_s) == (10.0, 480.0)
    # To keep 7 kW on the mean, 0.9 kW less over 15 minutes have to go in the 8 that are left.
    assert found.excess_kw(7.0) == pytest.approx((found.mean_kw - 7.0) * 15 / 8)


@pytest.mark.parametrize("spike_at", [0.0, 3.0, 8.0])
def test_one_reading_alone_makes_no_quarter_of_an_hour(spike_at):
    course = [(minute, 1_000.0 if minute == spike_at else 5.0) for minute in np.arange(-1.0, 8.5, 0.5)]
    assert foreseen(8, *course).mean_kw == pytest.approx(5.0)
    assert foreseen(1, (0.5, 1_000.0)) is None


def test_what_was_read_for_less_than_a_minute_may_pass():
    course = [(-1.0, 5.0), (0.0, 5.0), (4.0, 5.0), (4.2, 50.0), (4.4, 50.0)]
    assert foreseen(4.4, *course).steady_kw == 5.0
    assert foreseen(5.3, *course, (4.8, 50.0), (5.2, 50.0)).steady_kw == 50.0


def test_a_meter_that_is_read_once_in_a_quarter_of_an_hour_counts_by_two_of_its_readings():
    assert foreseen(0.1, (-30, 5.0), (-15, 9.0), (0, 12.0)).mean_kw == pytest.approx(9.0, abs=0.1)
    assert foreseen(10, (-30, 5.0), (-15, 12.0), (0, 9.0)).mean_kw == pytest.approx(9.0)
    assert foreseen(0.1, (-15, 5.0), (0, 12.0)).mean_kw == pytest.approx(5.0, abs=0.1)


def test_in_the_last_two_minutes_the_next_one_is_looked_at():
    course = [(0, 20.0), (6, 20.0), (7, 2.0), (13, 2.0), (13.5, 2.0)]
    assert foreseen(12.5, *course[:-2], (12, 2.0)).mean_kw > 9.0
    late = foreseen(13.5, *course)
    assert (late.mean_kw, late.left_s) == (2.0, 900.0)


def test_what_is_fed_in_makes_up_for_nothing():
    assert foreseen(10, (0, -6.0), (5, -6.0), (5.01, 6.0), (10, 6.0)).mean_kw == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("seed", range(10))
def test_the_mean_lies_between_the_least_and_the_most_and_scales(seed):
    rng = np.random.default_rng(seed)
    at_s = BEGINS.timestamp() + np.sort(rng.uniform(-1_800.0, 900.0, rng.integers(2, 60)))
    power = rng.uniform(0.0, 20.0, len(at_s))
    now = datetime.fromtimestamp(at_s[-1], UTC) + timedelta(seconds=1)
    found = quarter_hour_of(at_s, power, now=now)
    assert power.min() <= found.mean_kw <= power.max()
    twice = quarter_hour_of(at_s, 2.0 * power, now=now)
    assert twice.mean_kw == pytest.approx(2.0 * found.mean_kw)
