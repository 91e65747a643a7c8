"""On-delay and off-delay, in observed time, whenever readings come."""

import json
from dataclasses import replace

import pytest

from twinql.domain.alarms.pending import Now, Pending
from twinql.domain.alarms.policy import STANDARD
from twinql.domain.detection.finding import Cause, Fact, Finding

HIGH = Cause.LIMIT_HIGH
POLICIES = {
    **STANDARD,
    HIGH: replace(STANDARD[HIGH], on_delay_s=10.0, off_delay_s=60.0),
    Cause.STALE: replace(STANDARD[Cause.STALE], on_delay_s=0.0, off_delay_s=0.0),
}
FACT = Fact("VALUE", "The value is above the high limit.", 71.0, 70.0, "DEGREE_CELSIUS", 100.0, 100.0)


class Following:
    """Readings of one channel, each with when it was recorded; `kept` goes through JSON between any two."""

    def __init__(self, *, kept=False, policies=POLICIES, oldest_s=0.0):
        self.pending, self.kept, self.policies, self.oldest_s = Pending(), kept, policies, oldest_s
        self.newest_s = None

    def told(self, at_s=None, holds=None, *, seen_s=None, cause=HIGH):
        """Tell of a reading, or of the present alone, and say what is due: (cause, began or ended, when)."""
        found = [] if holds is None else [Finding(cause, at_s if at_s is not None else seen_s, holds, facts=(FACT,))]
        self.newest_s = self.newest_s if at_s is None else at_s
        now = Now(self.newest_s, at_s if seen_s is None else seen_s, self.oldest_s)
        if self.kept:
            self.pending = Pending.of(json.loads(json.dumps(self.pending.memory())))
        due = self.pending.advance(found, self.policies, now)
        return [(each.finding.cause, each.finding.holds, each.finding.at_s) for each in due]


@pytest.fixture(params=[False, True], ids=["living", "remembered"])
def following(request):
    return Following(kept=request.param)


def test_a_condition_that_lasts_is_raised_once_its_delay_is_over(following):
    assert following.told(100.0, holds=True) == []
    assert following.told(109.0) == []
    assert following.told(110.0) == [(HIGH, True, 100.0)]
    assert following.told(111.0) == []


def test_a_condition_that_ends_within_its_on_delay_never_alarms(following):
    assert following.told(100.0, holds=True) == []
    assert following.told(109.0, holds=False) == []
    assert following.told(500.0) == []
    assert len(following.pending) == 0


def test_where_nothing_newer_comes_the_present_goes_on(following):
    assert following.told(100.0, holds=True, seen_s=160.0) == []
    assert following.told(seen_s=169.0) == []
    assert following.told(seen_s=170.0) == [(HIGH, True, 100.0)]


def test_readings_that_come_all_together_alarm_as_those_that_come_one_by_one(following):
    assert following.told(100.0, holds=True, seen_s=5000.0) == []
    assert following.told(108.0, holds=False, seen_s=5000.0) == []
    assert following.told(200.0, holds=True, seen_s=5000.0) == []
    assert following.told(230.0, holds=False, seen_s=5000.0) == [(HIGH, True, 200.0)]
    assert following.told(290.0, seen_s=5000.0) == [(HIGH, False, 230.0)]


def test_one_that_comes_again_within_its_off_delay_is_still_the_same(following):
    following.told(100.0, holds=True)
    assert following.told(110.0) == [(HIGH, True, 100.0)]
    assert following.told(120.0, holds=False) == []
    assert following.told(150.0, holds=True) == []
    assert following.told(200.0, holds=False) == []
    assert following.told(259.0) == []
    assert following.told(260.0) == [(HIGH, False, 200.0)]


def test_without_delays_it_is_told_at_once(following):
    stale = Cause.STALE
    assert following.told(seen_s=700.0, holds=True, cause=stale) == [(stale, True, 700.0)]
    assert following.told(710.0, holds=False, cause=stale) == [(stale, False, 710.0)]


def test_what_is_found_in_old_readings_raises_nothing_unless_it_holds_up_to_now():
    following = Following(oldest_s=1000.0)
    assert following.told(100.0, holds=True, seen_s=90_000.0) == []
    assert following.told(400.0, holds=False, seen_s=90_000.0) == []
    assert following.told(500.0, holds=True, seen_s=90_000.0) == []
    assert following.told(seen_s=99_000.0) == []
    assert following.told(1000.0, seen_s=99_000.0) == [(HIGH, True, 500.0)]


def test_a_rule_that_is_switched_off_lets_the_alarm_return_and_on_again_raises_it():
    following = Following()
    following.told(100.0, holds=True)
    assert following.told(110.0) == [(HIGH, True, 100.0)]
    following.policies = {**POLICIES, HIGH: replace(POLICIES[HIGH], enabled=False)}
    assert following.told(seen_s=130.0) == [(HIGH, False, 130.0)]
    assert following.told(seen_s=131.0) == []
    following.policies = POLICIES
    assert following.told(seen_s=140.0) == [(HIGH, True, 100.0)]


def test_settling_follows_what_holds_and_what_is_open():
    following = Following()
    now = Now(100.0, 100.0, 0.0)
    low = Finding(Cause.LIMIT_LOW, 40.0, holds=True)
    high = Finding(HIGH, 95.0, holds=True)
    following.newest_s = 100.0
    following.pending.settle({HIGH: high, Cause.LIMIT_LOW: low}, [Cause.LIMIT_LOW, Cause.STALE], now)
    assert following.told(seen_s=100.0) == [(Cause.STALE, False, 100.0)]
    assert following.told(seen_s=110.0) == [(HIGH, True, 95.0)]
    following.pending.settle({}, [HIGH], Now(100.0, 200.0, 0.0))
    assert following.told(seen_s=259.0) == []
    assert following.told(seen_s=260.0) == [(HIGH, False, 200.0)]


def test_settling_again_changes_nothing_of_what_is_under_way():
    following = Following()
    following.told(100.0, holds=True)
    following.told(110.0)
    following.told(120.0, holds=False)
    following.pending.settle({}, [HIGH], Now(120.0, 150.0, 0.0))
    assert following.told(seen_s=180.0) == [(HIGH, False, 120.0)]
