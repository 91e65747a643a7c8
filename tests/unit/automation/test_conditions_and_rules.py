"""Rules of people fire once when all they ask for has held, and never on what nobody knows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.automation.condition import Condition, ConditionComparison, ConditionMeasure, Found, Unknown, judge
from twinql.domain.automation.hours import Hours
from twinql.domain.automation.machine import AutomationOutcome as Outcome
from twinql.domain.automation.machine import Memory, Phase, Timing, step
from twinql.errors import InvalidInputError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")
CHANNEL = UUID(int=1)
HUMID = Condition(
    channel_id=CHANNEL,
    measure=ConditionMeasure.VALUE,
    comparison=ConditionComparison.ABOVE,
    threshold=70.0,
    hysteresis=5.0,
)


def found(number, *, at=NOON, **more):
    return Found(
        **{"key": "humidity", "name": "Humidity", "unit": "PERCENT", "number": number, "observed_at": at} | more
    )


def holds(condition, number, *, held=False):
    return judge(condition, found(number), held=held, now=NOON).holds


class Rule:
    """A rule that is looked at every so often."""

    def __init__(self, *conditions, **timing):
        self.conditions, self.timing = conditions or (HUMID,), Timing(**timing)
        self.memory, self.now = Memory(), NOON

    def look(self, *numbers, after=timedelta(seconds=10), age=timedelta()):
        self.now += after
        known = [found(each, at=self.now - age) for each in numbers]
        taken = step(self.timing, self.conditions, known, self.memory, now=self.now, zone=BERLIN)
        self.memory = taken.memory
        return taken.outcome


def test_a_threshold_is_crossed_beyond_it_and_left_only_beyond_the_hysteresis():
    assert [holds(HUMID, each) for each in (69.9, 70.0, 70.1)] == [False, False, True]
    assert [holds(HUMID, each, held=True) for each in (70.1, 65.1, 65.0)] == [True, True, False]
    low = Condition(
        channel_id=CHANNEL,
        measure=ConditionMeasure.VALUE,
        comparison=ConditionComparison.BELOW,
        threshold=10,
        hysteresis=2,
    )
    assert [holds(low, each) for each in (10.0, 9.9)] == [False, True]
    assert [holds(low, each, held=True) for each in (11.9, 12.0)] == [True, False]


def test_a_state_is_the_one_that_was_named_or_any_other():
    running = Condition(
        channel_id=CHANNEL, measure=ConditionMeasure.VALUE, comparison=ConditionComparison.IS, threshold=1.0
    )
    states = {0.0: "IDLE", 1.0: "RUNNING"}
    judged = judge(running, found(1.0, states=states), held=False, now=NOON)
    assert (judged.holds, judged.reason.message) == (True, "Humidity is RUNNING; asked for: RUNNING.")
    other = Condition(
        channel_id=CHANNEL, measure=ConditionMeasure.VALUE, comparison=ConditionComparison.IS_NOT, threshold=1.0
    )
    assert [judge(other, found(each), held=False, now=NOON).holds for each in (0.0, 1.0)] == [True, False]


def test_a_reason_carries_the_numbers_that_were_compared():
    reason = judge(HUMID, found(72.4), held=False, now=NOON).reason
    assert (reason.code, reason.value, reason.threshold, reason.unit) == ("CONDITION_HOLDS", 72.4, 70.0, "PERCENT")
    assert reason.message == "Humidity is 72.4 %; asked for: above 70 %."


@pytest.mark.parametrize(
    ("known", "why", "message"),
    [
        (found(None, at=None), Unknown.NEVER_READ, "Humidity has never been read; record a reading."),
        (
            found(99.0, at=NOON - timedelta(seconds=301)),
            Unknown.STALE,
            "Humidity was last read 5.02 min ago (allowed: 5 min).",
        ),
        (found(99.0, bad=True), Unknown.BAD, "The newest reading of Humidity is BAD."),
        (found(float("nan")), Unknown.NOT_KNOWN, "Nobody knows the VALUE of Humidity now."),
        (found(float("inf")), Unknown.NOT_KNOWN, "Nobody knows the VALUE of Humidity now."),
    ],
)
def test_what_is_missing_stale_or_bad_holds_nothing_and_says_why(known, why, message):
    judged = judge(HUMID, known, held=True, now=NOON)
    assert (judged.holds, judged.unknown, judged.reason.code) == (None, why, why.value)
    assert judged.reason.message == message


def test_how_old_a_reading_may_be_follows_the_resolution_unless_somebody_says():
    hourly = found(80.0, at=NOON - timedelta(hours=2), resolution_s=3600.0)
    assert judge(HUMID, hourly, held=False, now=NOON).holds is True
    strict = Condition(
        channel_id=CHANNEL,
        measure=ConditionMeasure.VALUE,
        comparison=ConditionComparison.ABOVE,
        threshold=70,
        max_age=timedelta(hours=1),
    )
    assert judge(strict, hourly, held=False, now=NOON).unknown is Unknown.STALE


def test_of_age_an_old_reading_is_what_is_looked_for():
    silent = Condition(
        channel_id=CHANNEL, measure=ConditionMeasure.AGE, comparison=ConditionComparison.ABOVE, threshold=600.0
    )
    judged = judge(silent, found(None, at=NOON - timedelta(minutes=15)), held=False, now=NOON)
    assert (judged.holds, judged.reason.value, judged.reason.unit) == (True, 900.0, "SECOND")
    assert judge(silent, found(None, at=None), held=False, now=NOON).unknown is Unknown.NEVER_READ


def test_a_forecast_that_is_refused_says_so():
    ahead = Condition(
        channel_id=CHANNEL,
        measure=ConditionMeasure.FORECAST,
        comparison=ConditionComparison.ABOVE,
        threshold=70,
        within=timedelta(minutes=5),
    )
    judged = judge(ahead, found(None, refusal="It has never been read."), held=False, now=NOON)
    assert (judged.unknown, judged.reason.message) == (Unknown.NOT_KNOWN, "It has never been read.")
    said = judge(ahead, found(73.0), held=False, now=NOON).reason.message
    assert said == "Humidity is expected to go to 73 % within 5 min; asked for: above 70 %."


def test_a_rule_fires_once_and_again_after_it_was_released():
    rule = Rule()
    seen = [rule.look(each) for each in (60, 71, 72, 66, 64, 69, 71)]
    assert seen == [
        Outcome.NOT_MET, Outcome.FIRES, Outcome.STANDS, Outcome.STANDS, Outcome.RELEASED, Outcome.NOT_MET,
        Outcome.FIRES,
    ]  # fmt: skip


def test_its_conditions_must_hold_for_long_enough_without_a_break():
    rule = Rule(holds_for=timedelta(seconds=20))
    assert [rule.look(each) for each in (71, 71, 71)] == [Outcome.HOLDS_TOO_BRIEFLY] * 2 + [Outcome.FIRES]
    rule = Rule(holds_for=timedelta(seconds=20))
    seen = [rule.look(each) for each in (71, 71, 60, 71, 71, 71)]
    assert seen[2:] == [
        Outcome.NOT_MET,
        Outcome.HOLDS_TOO_BRIEFLY,
        Outcome.HOLDS_TOO_BRIEFLY,
        Outcome.FIRES,
    ]


def test_what_nobody_knows_breaks_the_time_that_it_held_and_ends_nothing_that_stands():
    rule = Rule(holds_for=timedelta(seconds=20))
    rule.look(71), rule.look(71)
    assert rule.look(71, age=timedelta(hours=1)) is Outcome.UNKNOWN
    assert [rule.look(71) for _ in range(3)][-1] is Outcome.FIRES
    assert rule.look(0, age=timedelta(hours=1)) is Outcome.UNKNOWN
    assert rule.memory.phase is Phase.FIRED
    assert rule.look(72) is Outcome.STANDS
    assert rule.look(64) is Outcome.RELEASED


def test_all_conditions_must_hold_at_once():
    rule = Rule(HUMID, HUMID)
    assert [rule.look(*each) for each in ((71, 60), (60, 71), (71, 71))] == [Outcome.NOT_MET] * 2 + [Outcome.FIRES]
    assert rule.look(66, 64) is Outcome.RELEASED


def test_one_that_is_refuted_counts_beside_one_that_nobody_knows():
    known = [found(60.0), found(None, at=None)]
    taken = step(Timing(), (HUMID, HUMID), known, Memory(), now=NOON, zone=BERLIN)
    assert taken.outcome is Outcome.NOT_MET


def test_between_two_times_that_it_fires_lies_the_minimum():
    rule = Rule(minimum_between=timedelta(minutes=1))
    assert [rule.look(each) for each in (71, 60, 71)] == [
        Outcome.FIRES,
        Outcome.RELEASED,
        Outcome.TOO_SOON,
    ]
    assert rule.look(71, after=timedelta(seconds=39)) is Outcome.TOO_SOON
    assert rule.look(71, after=timedelta(seconds=1)) is Outcome.FIRES


def test_outside_of_its_hours_it_waits_and_what_stands_is_released():
    rule = Rule(hours=Hours(first_minute=13 * 60, last_minute=14 * 60))  # 12:00 to 13:00 UTC in winter
    assert rule.look(71) is Outcome.FIRES
    assert rule.look(71, after=timedelta(hours=1)) is Outcome.RELEASED
    assert rule.look(71) is Outcome.OUT_OF_HOURS
    assert rule.look(71, after=timedelta(hours=23)) is Outcome.FIRES


def test_hours_go_over_midnight_and_each_instant_counts_by_its_own_day():
    nights = Hours(weekdays=frozenset({1}), first_minute=22 * 60, last_minute=6 * 60)
    monday = datetime(2026, 3, 2, tzinfo=BERLIN)
    seen = [nights.include(monday + timedelta(hours=each), BERLIN) for each in (-1, 0, 5, 6, 21, 22, 24)]
    assert seen == [False, True, True, False, False, True, False]


def test_hours_follow_the_clock_of_the_site_where_it_changes():
    morning = Hours(first_minute=8 * 60, last_minute=9 * 60)
    winter, summer = datetime(2026, 3, 28, 7, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert morning.include(winter, BERLIN)
    assert morning.include(summer, BERLIN)
    assert not morning.include(summer + timedelta(hours=1), BERLIN)
    skipped = Hours(first_minute=2 * 60, last_minute=3 * 60)
    night = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight of the day whose third hour is skipped
    assert not any(skipped.include(night + timedelta(minutes=each), BERLIN) for each in range(0, 23 * 60, 5))


@pytest.mark.parametrize(
    ("given_hours", "path"),
    [
        (Hours(weekdays=frozenset()), "weekdays"),
        (Hours(first_minute=600, last_minute=600), "until"),
        (Hours(first_minute=1440, last_minute=1440), "from"),
    ],
)
def test_hours_that_hold_nothing_are_refused(given_hours, path):
    with pytest.raises(InvalidInputError) as raised:
        given_hours.checked("hours")
    assert raised.value.path == ("hours", path)


@given(st.lists(st.floats(65.01, 70.0), max_size=30), st.booleans())
def test_within_the_hysteresis_nothing_flickers(values, fired_before):
    rule = Rule()
    rule.look(71.0 if fired_before else 60.0)
    phase = rule.memory.phase
    for value in values:
        rule.look(value)
        assert rule.memory.phase is phase


@given(
    st.lists(st.tuples(st.floats(50, 90), st.sampled_from([0, 0, 0, 3600])), max_size=40),
    st.integers(0, 60),
    st.integers(0, 120),
)
def test_it_fires_only_on_fresh_readings_that_have_held_and_never_too_often(looks, holds_s, between_s):
    rule = Rule(holds_for=timedelta(seconds=holds_s), minimum_between=timedelta(seconds=between_s))
    fired, beyond_since = [], None
    for value, age_s in looks:
        outcome = rule.look(value, age=timedelta(seconds=age_s))
        fresh = age_s == 0
        was_held = rule.memory.held[0]
        beyond_since = (beyond_since or rule.now) if fresh and was_held else None
        if outcome is Outcome.FIRES:
            assert fresh
            assert value > 65.0
            assert rule.now - beyond_since >= timedelta(seconds=holds_s)
            assert not fired or rule.now - fired[-1] >= timedelta(seconds=between_s)
            fired.append(rule.now)
