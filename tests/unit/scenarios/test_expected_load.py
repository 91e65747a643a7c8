"""What a meter will probably count, laid behind what it has counted."""

from datetime import UTC, datetime, timedelta

import numpy as np

from twinql.domain.metering.intervals import BILLION, Flag, Intervals
from twinql.domain.readings import to_us
from twinql.domain.scenarios.expected_load import expected_load, in_steps, step_of
from twinql.domain.scenarios.scenario import ScenarioRefusal

MONDAY = datetime(2026, 1, 12, tzinfo=UTC)
DAY_US = 86_400_000_000


def days_of(profile, count):
    """Return half hours of days that are all alike. [kWh]."""
    values = np.tile(profile, count)
    edges = to_us(MONDAY) + np.arange(len(values) + 1) * 1_800_000_000
    flags, events = np.zeros(len(values), dtype=np.uint8), np.full(len(values), -1, dtype=np.int32)
    return Intervals(edges[:-1], edges[1:], np.rint(values * BILLION).astype(np.int64), flags, events)


PROFILE = 0.2 + 0.3 * (np.arange(48) >= 36)


def test_days_that_are_all_alike_go_on():
    counted = days_of(PROFILE, 10)
    until = int(counted.ends[-1]) + DAY_US
    found = expected_load(counted, until_us=until, step_s=1800, zone="UTC", level=0.8)
    assert found.from_us == int(counted.ends[-1])
    ahead = found.median.take(np.flatnonzero(found.median.starts >= found.from_us))
    np.testing.assert_allclose(ahead.amounts / BILLION, PROFILE, atol=0.02)
    assert ahead.marked(Flag.ESTIMATED).all()
    assert int(found.median.ends[-1]) == until
    # What was counted stays as it was counted.
    assert found.median.amounts[: len(counted)].tolist() == counted.amounts.tolist()
    assert (found.lower.amounts <= found.median.amounts).all()
    assert (found.lower.amounts >= 0).all()


def test_a_register_that_was_read_lately_is_expected_from_the_step_on_that_is_not_over():
    counted = days_of(PROFILE, 10).take(np.arange(10 * 48))
    ends = counted.ends.copy()
    ends[-1] -= 600_000_000  # the last half hour has only been read for twenty minutes
    counted = Intervals(counted.starts, ends, counted.amounts, counted.flags, counted.event)
    until = int(counted.starts[-1]) + DAY_US
    found = expected_load(counted, until_us=until, step_s=1800, zone="UTC", level=0.8)
    assert found.from_us == int(counted.starts[-1])
    assert len(found.median) == len(counted) - 1 + 48


def test_too_short_a_past_is_refused():
    for counted in (days_of(PROFILE, 0), days_of(PROFILE, 1)):
        until = to_us(MONDAY + timedelta(days=4))
        refused = expected_load(counted, until_us=until, step_s=1800, zone="UTC", level=0.8)
        assert isinstance(refused, ScenarioRefusal)
        assert refused.code == "INSUFFICIENT_HISTORY"


def test_a_step_that_is_not_known_throughout_is_not_known():
    counted = days_of(PROFILE, 1)
    holes = counted.take(np.delete(np.arange(48), 5))
    edges = to_us(MONDAY) + 3_600_000_000 * np.arange(25)
    found = in_steps(holes, edges)
    assert np.flatnonzero(np.isnan(found)).tolist() == [2]
    np.testing.assert_allclose(np.nansum(found), PROFILE.sum() - 2 * PROFILE[0], atol=1e-9)


def test_steps_hold_whole_intervals():
    assert [step_of(each) for each in (None, 60, 300, 900, 1200, 1800, 3600, 7200)] == [
        900, 900, 900, 900, 3600, 1800, 3600, 3600,
    ]  # fmt: skip
