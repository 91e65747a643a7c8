"""Whatever is asked and however clocks run: what interlocks let pass keeps their promises."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.interlocks.plant import HEATER, NOON, PUMP, laid, seen
from twinql.domain.commands import CommandStatus
from twinql.domain.interlocks.definition import InterlockDefinition
from twinql.domain.interlocks.facts import Facts, LaidDown, Target, UnderWay
from twinql.domain.interlocks.inputs import CLOCKS_DIFFER
from twinql.domain.interlocks.judging import judge
from twinql.domain.interlocks.switching import is_on
from twinql.domain.interlocks.verdict import InterlockKind, Request, Stage

HOLD, MAX_AGE = timedelta(minutes=2), timedelta(minutes=1)
RATE, PER_HOUR = 10.0, 4
WAITS = st.one_of(st.integers(1, 20), st.integers(1, 90), st.integers(60, 200))
STEPS = st.lists(st.tuples(WAITS, st.sampled_from([PUMP, HEATER]), st.integers(-25, 25)), min_size=2, max_size=30)
LAGS = st.integers(0, 40)
OFF_BY = st.one_of(st.just(0), st.integers(-60, 60), st.integers(-3600, 3600))


@dataclass
class Plant:
    """A pump and a heater that do what they are sent, at once, and are read every five seconds, maybe late and wrong.

    Attributes:
        lag_s: How long a reading takes until it is recorded. [s]
        off_s: By how much the clock of the readings is ahead. [s]
        sent: Commands as they were sent: when, to which channel, which value. [s since the beginning]
    """

    lag_s: int
    off_s: int
    now_s: int = 7200
    sent: list = field(default_factory=list)

    def value(self, channel, at_s):
        return next((value for t, each, value in reversed(self.sent) if each == channel and t <= at_s), 0.0)

    def readings(self, channel):
        """The readings that are known now: observed, recorded, value."""
        known = range(self.now_s - 1200 - self.now_s % 5, self.now_s - self.lag_s + 1, 5)
        return [(t + self.off_s, t + self.lag_s, self.value(channel, t)) for t in known]

    def looked(self, channel):
        """What the database would tell of a channel, worked out the long way."""
        known, until = self.readings(channel), self.now_s + CLOCKS_DIFFER.total_seconds()
        usable = [each for each in known if each[0] <= until]
        ahead = [each for each in known if each[0] > until and (not usable or each[1] > usable[-1][1])]
        newest = usable[-1] if usable else (None, None, None)
        since, span = None, []
        if usable:
            run = []
            for each in reversed(usable):
                if is_on(each[2], 0.0) is not is_on(newest[2], 0.0):
                    break
                run.append(each)
            since = max(run[-1][:2])
            lately = [each for each in usable if max(each[:2]) > self.now_s - 60]
            span = [each[2] for each in (lately + usable[: len(usable) - len(lately)][-1:])]
        return newest, ahead, since, span

    def rule(self, kind, channel, **said):
        """An interlock that looks at a channel, with what is known of it now."""
        (observed, recorded, value), ahead, since, span = self.looked(channel)
        known = seen(
            value,
            channel,
            observed_at=observed and at(observed),
            recorded_at=recorded and at(recorded),
            ahead_until=at(max(each[0] for each in ahead)) if ahead else None,
        )
        beside = kind == "MUTUAL_EXCLUSION"
        definition = InterlockDefinition(name="Rule", kind=InterlockKind(kind), max_age=MAX_AGE, **said)
        return LaidDown(
            id=PUMP,
            definition=definition.checked(beside=beside),
            seen=known,
            since=since and at(since),
            lowest=min(span, default=None),
            highest=max(span, default=None),
            beside=beside,
        )

    def asks(self, channel, desired, *rules):
        """Ask to send a value now; where nothing stands in the way it is sent."""
        commands = [
            UnderWay(
                channel_id=each,
                desired=value,
                status=self.status(each, t),
                not_before=None,
                sent_at=at(t),
                expires_at=at(t + 300),
            )
            for t, each, value in self.sent
        ]
        facts = Facts(channel, PUMP, TARGET, None, rules, tuple(commands))
        passed = all(verdict.allowed for verdict in judge(facts, Request(desired, at(self.now_s), Stage.SENDING)))
        if passed:
            self.sent.append((self.now_s, channel, desired))
        return passed

    def status(self, channel, sent_s):
        """A command is verified when a reading that was taken after it is known."""
        shown = any(recorded <= self.now_s and recorded - self.lag_s >= sent_s
                    for _, recorded, _ in self.readings(channel))  # fmt: skip
        return CommandStatus.VERIFIED if shown else CommandStatus.EXECUTED


TARGET = Target("Pump", "ONE", True, False, None, None, {}, 0.0, NOON, False)


def at(second):
    return NOON + timedelta(seconds=second)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, lag=LAGS, off=OFF_BY)
@example(steps=[(1, PUMP, 9), (10, PUMP, -9), (10, HEATER, 9)], lag=40, off=0)
def test_what_is_switched_on_stays_on_for_its_time(steps, lag, off):
    plant = Plant(lag, off)
    for wait, _, value in steps:
        plant.now_s += wait
        rules = (plant.rule(f"MINIMUM_{side}_TIME", PUMP, hold_for=HOLD) for side in ("ON", "OFF"))
        plant.asks(PUMP, float(value > 0), *rules)
    turns = [(t, value) for t, _, value in plant.sent]
    switched = [now for before, now in zip([(None, 0.0), *turns], turns, strict=False) if before[1] != now[1]]
    assert all(later[0] - first[0] >= HOLD.total_seconds() for first, later in pairwise(switched))


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, lag=LAGS, off=OFF_BY)
@example(steps=[(1, PUMP, 9), (10, PUMP, -9), (10, HEATER, 9)], lag=40, off=0)
def test_a_value_never_moves_faster_than_its_rate(steps, lag, off):
    plant = Plant(lag, off)
    for wait, _, value in steps:
        plant.now_s += wait
        plant.asks(PUMP, float(value), plant.rule("RATE_OF_CHANGE", PUMP, rate_per_minute=RATE))
    course = [(0, 0.0), *((t, value) for t, _, value in plant.sent)]
    for place, (t, value) in enumerate(course):
        # What held until then, and everything that was sent in the minute before.
        near = [each for s, each in course[:place] if s > t - 60] + [v for s, v in course[:place] if s <= t - 60][-1:]
        assert all(abs(value - each) <= RATE + 1e-6 for each in near)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, lag=LAGS, off=OFF_BY)
@example(steps=[(1, PUMP, 9), (10, PUMP, -9), (10, HEATER, 9)], lag=40, off=0)
def test_two_that_exclude_each_other_are_never_on_together(steps, lag, off):
    plant = Plant(lag, off)
    other = {PUMP: HEATER, HEATER: PUMP}
    for wait, channel, value in steps:
        plant.now_s += wait
        plant.asks(channel, float(value > 0), plant.rule("MUTUAL_EXCLUSION", other[channel]))
    state = dict.fromkeys((PUMP, HEATER), 0.0)
    for _, channel, value in plant.sent:
        state[channel] = value
        assert sum(state.values()) <= 1.0


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_no_hour_sees_more_commands_than_it_may(steps):
    plant = Plant(0, 0)
    for wait, _, value in steps:
        plant.now_s += wait * 10
        plant.asks(PUMP, float(value), laid("COMMANDS_PER_HOUR", seen(0.0), per_hour=PER_HOUR))
    times = [t for t, _, _ in plant.sent]
    assert all(later - first >= 3600 for first, later in zip(times, times[PER_HOUR:], strict=False))
