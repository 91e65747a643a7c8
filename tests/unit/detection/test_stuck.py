"""Sensors that repeat themselves."""

import numpy as np
import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Cause, Watched
from twinql.domain.detection.stuck import StuckDetector

DAY_S = 86_400.0


def watched(quantity="TEMPERATURE", unit="DEGREE_CELSIUS", resolution_s=60.0, **more):
    return Watched(ReadingKind.INSTANTANEOUS, quantity, unit, resolution_s, "UTC", **more)


def edges(detector, values, *, first_s=0.0, step_s=60.0):
    found = [f for place, value in enumerate(values) for f in detector.update(first_s + step_s * place, float(value))]
    return [(each.cause, each.at_s, each.holds) for each in found]


def noisy(count, seed=1):
    return 20.0 + np.random.default_rng(seed).normal(size=count)


def test_a_varying_channel_is_stuck_after_twelve_equal_readings_until_it_moves() -> None:
    detector = StuckDetector.of(watched())
    assert edges(detector, noisy(250)) == []
    first_s = 250 * 60.0
    assert edges(detector, [21.5] * 13 + [21.6], first_s=first_s) == [
        (Cause.STUCK, first_s + 12 * 60.0, True),
        (Cause.STUCK, first_s + 13 * 60.0, False),
    ]
    # A fault teaches nothing: the next one is found as soon.
    assert edges(detector, noisy(50), first_s=first_s + 3600.0) == []
    assert len(edges(detector, [21.5] * 13, first_s=first_s + 7200.0)) == 1


def test_a_fast_channel_must_be_stuck_for_two_minutes() -> None:
    detector = StuckDetector.of(watched())
    assert edges(detector, noisy(300), step_s=2.0) == []
    ((_, at_s, holds),) = edges(detector, [21.5] * 100, first_s=600.0, step_s=2.0)
    assert (at_s, holds) == (720.0, True)


def test_a_channel_that_is_flat_by_nature_is_stuck_only_after_three_times_its_longest_rest() -> None:
    detector = StuckDetector.of(watched("HUMIDITY", "PERCENT"))
    # Quantised: half an hour at each value, and two hours at night; ten days.
    day = np.concatenate([np.repeat(np.arange(44.0), 30), np.full(120, 60.0)])
    assert edges(detector, np.tile(day, 10)) == []
    first_s = 10 * DAY_S
    assert edges(detector, [47.5] * 361, first_s=first_s) == [(Cause.STUCK, first_s + 357 * 60.0, True)]


def test_in_its_first_week_a_flat_channel_is_left_alone() -> None:
    detector = StuckDetector.of(watched("HUMIDITY", "PERCENT"))
    assert edges(detector, np.repeat(np.arange(96.0), 60)) == []
    assert edges(detector, [47.5] * 1440, first_s=4 * DAY_S) == []


def test_what_is_switched_off_is_not_stuck() -> None:
    detector = StuckDetector.of(watched("POWER", "KILOWATT"))
    assert edges(detector, noisy(300)) == []
    assert edges(detector, [0.0] * 20_000, first_s=DAY_S) == []
    thermometer = StuckDetector.of(watched())
    assert edges(thermometer, noisy(300)) == []
    assert len(edges(thermometer, [0.0] * 20, first_s=DAY_S)) == 1


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 500, list(range(10)) + [9.0] * 100])
def test_too_little_is_known_to_say_anything(values) -> None:
    assert edges(StuckDetector.of(watched()), values) == []


def test_a_hole_is_no_rest() -> None:
    detector = StuckDetector.of(watched())
    assert edges(detector, noisy(300)) == []
    assert edges(detector, [21.5] * 3, first_s=DAY_S, step_s=DAY_S) == []


def test_the_unit_and_the_zero_of_a_thermometer_do_not_matter_and_readiness_does() -> None:
    values = np.concatenate([noisy(300), np.full(30, 21.5)])
    plain = edges(StuckDetector.of(watched()), values, step_s=10.0)
    assert plain == [(Cause.STUCK, 3000.0 + 120.0, True)]
    assert edges(StuckDetector.of(watched()), values * 1.8 + 32.0, step_s=10.0) == plain
    hesitant = StuckDetector.of(watched(sensitivity={Cause.STUCK: 0.5}))
    assert edges(hesitant, values, step_s=10.0) == [(Cause.STUCK, 3000.0 + 240.0, True)]


def test_a_faster_rhythm_is_learned_before_it_is_judged() -> None:
    detector = StuckDetector.of(watched("WEAR", "PERCENT"))
    # A tool wears while it cuts: every five minutes it is another value; looked at every minute, it also rests.
    assert edges(detector, np.arange(2000.0), step_s=300.0) == []
    cutting = np.arange(180.0) + 5000.0
    rests = np.concatenate([cutting[:10], np.repeat(cutting[10], 15), cutting[11:]])
    assert edges(detector, np.tile(rests, 4) + np.repeat(np.arange(4.0), rests.size) * 1000.0, first_s=700_000.0) == []


def test_a_rhythm_that_becomes_faster_hides_no_fault_for_long() -> None:
    detector = StuckDetector.of(watched())
    assert edges(detector, noisy(3000)) == []
    assert edges(detector, noisy(300), first_s=200_000.0, step_s=2.0) == []
    assert len(edges(detector, [21.5] * 100, first_s=200_600.0, step_s=2.0)) == 1


def test_what_the_slower_rhythm_told_holds_until_the_faster_one_is_known() -> None:
    detector = StuckDetector.of(watched())
    assert edges(detector, noisy(300)) == []
    first_s = 300 * 60.0
    assert edges(detector, noisy(30), first_s=first_s, step_s=2.0) == []
    # Between two readings by the minute no rest could be seen: three such minutes are none.
    stuck_s = first_s + 60.0
    found = edges(detector, [21.5] * 200, first_s=stuck_s, step_s=2.0)
    assert found == [(Cause.STUCK, stuck_s + 180.0, True)]


def test_a_memory_keeps_what_the_slower_rhythm_told() -> None:
    detector = StuckDetector.of(watched())
    edges(detector, noisy(300))
    edges(detector, noisy(30), first_s=18_000.0, step_s=2.0)
    again = StuckDetector.of(watched(), detector.memory())
    assert edges(again, [21.5] * 200, first_s=18_060.0, step_s=2.0) == [(Cause.STUCK, 18_240.0, True)]
