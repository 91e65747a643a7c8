"""When readings come: clocks that are off, and channels that fall silent."""

import json

import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Bounds, Cause, Watched
from twinql.domain.detection.watch import ChannelWatch
from twinql.domain.readings import StoredQuality

GOOD = StoredQuality.GOOD
START_S = 1_790_000_000.0


def watched(kind=ReadingKind.INSTANTANEOUS, resolution_s=60.0, **more):
    return Watched(kind, "TEMPERATURE", "DEGREE_CELSIUS", resolution_s, "Europe/Lisbon", **more)


def live(watch, count, *, first_s=START_S, step_s=60.0, off_s=0.0, lag_s=0.5):
    """Let readings come, each when it was measured, by a clock that is off; look at the present beside them."""
    found = []
    for place in range(count):
        now_s = first_s + step_s * place
        found += watch.update(now_s + off_s, 20.0 + place % 7, GOOD, now_s + lag_s)
        found += watch.tick(now_s + lag_s + 1.0)
    return [(each.cause, round(each.at_s - first_s), each.holds) for each in found]


@pytest.mark.parametrize(("off_s", "step_s"), [(-3600.0, 2.0), (-3600.0, 60.0), (240.0, 60.0), (-3600.0, 900.0)])
def test_a_clock_that_goes_wrong_is_found_once_and_its_channel_is_not_silent(off_s, step_s) -> None:
    watch = ChannelWatch.of(watched(resolution_s=max(step_s, 60.0)))
    assert live(watch, 60, step_s=step_s) == []
    ((cause, delay_s, holds),) = live(watch, 30, first_s=START_S + 60 * step_s, step_s=step_s, off_s=off_s)
    assert (cause, holds) == (Cause.CLOCK_OFF, True)
    assert delay_s <= 8 * step_s + 40.0
    (fact,) = watch.holding[Cause.CLOCK_OFF].facts
    assert fact.value == pytest.approx(off_s, abs=2.0)
    assert fact.unit == "SECOND"
    back = live(watch, 10, first_s=START_S + 90 * step_s, step_s=step_s)
    assert [(cause, holds) for cause, _, holds in back] == [(Cause.CLOCK_OFF, False)]


def test_without_any_past_only_readings_of_the_future_are_strange() -> None:
    assert live(ChannelWatch.of(watched()), 40, off_s=-3600.0) == []
    assert live(ChannelWatch.of(watched()), 40, off_s=250.0)[0] == (Cause.CLOCK_OFF, 300, True)


def test_a_backlog_an_import_of_the_past_and_a_late_row_are_no_clock_that_is_off() -> None:
    watch = ChannelWatch.of(watched())
    assert live(watch, 60) == []
    now_s = START_S + 3600.0
    # A gateway was cut off for three hours and delivers what it kept, in one piece and then in many.
    for pieces in (1, 18):
        first_s, now_s = now_s, now_s + 3 * 3600.0
        assert [each.cause for each in watch.tick(now_s)] == [Cause.STALE]
        found = []
        for place in range(180):
            recorded_s = now_s + 2.0 * (place * pieces // 180)
            found += watch.update(first_s + 60.0 * place, 20.0 + place % 7, GOOD, recorded_s)
        now_s = first_s + 180 * 60.0 + 60.0
        found += watch.update(now_s, 21.0, GOOD, now_s + 0.5)
        assert [(each.cause, each.holds) for each in found] == [(Cause.STALE, False)]
        assert live(watch, 20, first_s=now_s + 60.0) == []
        now_s += 21 * 60.0
    # The past is imported in pieces while readings go on; then single rows come late.
    for place in range(60):
        assert watch.update(START_S - 1e6 + 600.0 * place, 20.0, GOOD, now_s + 0.2 * place) == []
    for place in range(8):
        assert live(watch, 5, first_s=now_s + 300.0 * (place + 1)) == []
        assert watch.update(START_S + 30.0 + place, 20.0, GOOD, now_s + 300.0 * (place + 1) + 245.0) == []
    assert watch.late == 68


def test_silence_is_found_after_three_resolutions_once_and_ends_with_the_next_reading() -> None:
    watch = ChannelWatch.of(watched())
    live(watch, 60)
    last_s = START_S + 59 * 60.0
    assert watch.tick(last_s + 180.0) == []
    (begins,) = watch.tick(last_s + 181.0)
    assert (begins.cause, begins.at_s, begins.holds) == (Cause.STALE, last_s + 181.0, True)
    assert (begins.facts[0].value, begins.facts[0].threshold) == (181.0, 180.0)
    assert watch.tick(last_s + 500.0) == []
    (ends,) = watch.update(last_s + 600.0, None, StoredQuality.BAD, last_s + 600.5)
    assert (ends.cause, ends.holds) == (Cause.STALE, False)
    assert not watch.holding


def test_a_channel_that_is_delivered_once_a_day_is_not_stale_every_day() -> None:
    watch = ChannelWatch.of(watched(ReadingKind.INTERVAL, resolution_s=1800.0))
    found = []
    for day in range(40):
        now_s = START_S + 86_400.0 * (day + 1) + 6 * 3600.0
        for place in range(48):
            found += watch.update(START_S + 86_400.0 * day + 1800.0 * place, 1.0 + place % 5, GOOD, now_s)
        for hour in range(1, 24):
            found += watch.tick(now_s + 3600.0 * hour)
    assert [each for each in found if each.cause is Cause.STALE] == []


def test_silence_of_what_speaks_on_change_says_nothing_unless_somebody_said_a_resolution() -> None:
    for kind, writable in ((ReadingKind.STATE, False), (ReadingKind.INSTANTANEOUS, True)):
        for resolution_s, expected in ((None, []), (60.0, [Cause.STALE])):
            watch = ChannelWatch.of(watched(kind, resolution_s, writable=writable))
            live(watch, 60)
            assert [each.cause for each in watch.tick(START_S + 86_400.0)] == expected


def test_without_a_resolution_the_rhythm_is_learned() -> None:
    watch = ChannelWatch.of(watched(resolution_s=None))
    live(watch, 10)
    assert watch.tick(START_S + 86_400.0) == []
    live(watch, 50, first_s=START_S + 600.0)
    last_s = START_S + 59 * 60.0
    assert watch.tick(last_s + 200.0) == []
    assert [each.cause for each in watch.tick(last_s + 300.0)] == [Cause.STALE]


@pytest.mark.parametrize("ahead_s", [20.0, 290.0, 86_000.0])
def test_a_reading_of_the_future_makes_nothing_deaf(ahead_s) -> None:
    watch = ChannelWatch.of(watched(resolution_s=1.0, bounds=Bounds(high=50.0)))
    assert live(watch, 200, step_s=1.0) == []
    now_s = START_S + 200.0
    assert watch.update(now_s + ahead_s, 20.0, GOOD, now_s) == []
    watch = ChannelWatch.of(watched(resolution_s=1.0, bounds=Bounds(high=50.0)), json.loads(json.dumps(watch.memory())))
    (begins,) = watch.update(now_s + 1.0, 90.0, GOOD, now_s + 1.5)
    assert (begins.cause, begins.at_s, begins.holds) == (Cause.LIMIT_HIGH, now_s + 1.0, True)
    assert watch.late == 0
    assert watch.last_s == now_s + 1.0
    (silent,) = watch.tick(now_s + 62.0)
    assert (silent.cause, silent.facts[0].value) == (Cause.STALE, 61.0)


def test_limits_are_looked_at_while_a_clock_is_ahead_and_silence_counts_from_the_recording() -> None:
    watch = ChannelWatch.of(watched(bounds=Bounds(high=50.0)))
    found = []
    for place in range(30):
        now_s = START_S + 60.0 * place
        found += watch.update(now_s + 290.0, 90.0 if 20 <= place < 25 else 20.0, GOOD, now_s)
        found += watch.tick(now_s + 1.0)
    assert [(each.cause, each.at_s - START_S, each.holds) for each in found] == [
        (Cause.CLOCK_OFF, 300.0, True), (Cause.LIMIT_HIGH, 1200.0, True), (Cause.LIMIT_HIGH, 1500.0, False),
    ]  # fmt: skip
    assert found[1].facts[0].first_s == START_S + 1490.0
    last_s = START_S + 29 * 60.0
    assert watch.tick(last_s + 180.0) == []
    assert [each.cause for each in watch.tick(last_s + 181.0)] == [Cause.STALE]


def test_readings_that_are_usually_a_little_ahead_are_looked_at_by_all() -> None:
    watch = ChannelWatch.of(watched(ReadingKind.INSTANTANEOUS))
    assert live(watch, 40, off_s=30.0) == []
    assert watch.last_s == START_S + 39 * 60.0 + 30.0


def test_a_channel_that_never_spoke_and_a_schedule_are_not_diagnosed() -> None:
    assert ChannelWatch.of(watched()).tick(START_S) == []
    watch = ChannelWatch.of(watched(ReadingKind.INTERVAL, 1800.0, schedule=True))
    assert live(watch, 60, off_s=86_400.0) == []
    assert watch.tick(START_S + 1e7) == []
    assert watch.last_s == START_S + 59 * 60.0 + 86_400.0
    assert json.loads(json.dumps(watch.memory())) == watch.memory()
