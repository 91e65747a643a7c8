"""Changes that are too fast."""

import numpy as np
import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Cause, Watched
from twinql.domain.detection.rate import RateDetector

DAY_S = 86_400.0


def watched(**more):
    return Watched(ReadingKind.INSTANTANEOUS, "TEMPERATURE", "DEGREE_CELSIUS", 60.0, "UTC", **more)


def run(detector, values, *, first_s=0.0, step_s=60.0):
    return [f for place, value in enumerate(values) for f in detector.update(first_s + step_s * place, float(value))]


def edges(found):
    return [(each.cause, each.at_s, each.holds) for each in found]


def test_a_change_beyond_the_declared_rate_is_found_and_the_way_back_is_not_blamed() -> None:
    found = run(RateDetector.of(watched(rate_per_minute=5.0)), [20.0, 25.0, 31.0, 24.0, 24.0])
    assert edges(found) == [(Cause.RAPID_CHANGE, 120.0, True), (Cause.RAPID_CHANGE, 180.0, False)]
    (fact,) = found[0].facts
    assert (fact.value, fact.threshold, fact.first_s, fact.last_s) == (6.0, 5.0, 60.0, 120.0)
    assert found[0].score == pytest.approx(1.2)


def test_a_change_is_compared_with_what_was_possible_in_its_time() -> None:
    found = run(RateDetector.of(watched(rate_per_minute=60.0)), [30.0, 26.0], step_s=2.0)
    (fact,) = found[0].facts
    assert (fact.value, fact.threshold, fact.unit) == (4.0, 2.0, "DEGREE_CELSIUS")
    assert fact.message == "The value fell by more than the declared 60 °C per minute can be in 2 s."


def test_a_new_level_is_taken_when_time_enough_has_passed() -> None:
    found = run(RateDetector.of(watched(rate_per_minute=5.0)), [20.0, 34.0, 34.0, 34.0, 34.0])
    assert edges(found) == [(Cause.RAPID_CHANGE, 60.0, True), (Cause.RAPID_CHANGE, 180.0, False)]


def month(seed=3):
    return 20.0 + np.cumsum(np.random.default_rng(seed).choice([-0.5, 0.5], size=30 * 1440)) * 0.1


def test_a_step_beyond_all_that_the_channel_did_in_a_week_is_found_at_its_own_distance_in_time() -> None:
    detector = RateDetector.of(watched())
    values = month()[: 8 * 1440]
    assert run(detector, values) == []
    last = float(values[-1])
    found = run(detector, [last + 0.19, last + 0.40, last + 0.40], first_s=8 * DAY_S)
    assert edges(found) == [
        (Cause.RAPID_CHANGE, 8 * DAY_S + 60.0, True),
        (Cause.RAPID_CHANGE, 8 * DAY_S + 120.0, False),
    ]
    assert found[0].facts[0].threshold == pytest.approx(0.2)
    # After an hour without readings a step of that size is unheard of, but nothing is known of such steps.
    assert run(detector, [last + 9.0], first_s=8 * DAY_S + 3720.0) == []


def test_in_its_first_week_nothing_is_learned_well_enough() -> None:
    values = month()[: 6 * 1440]
    values[5 * 1440 :] += 50.0
    assert run(RateDetector.of(watched()), values) == []


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 20_000, [0.0, 1.0] * 5])
def test_nothing_is_said_of_what_never_moved(values) -> None:
    assert run(RateDetector.of(watched()), values) == []


def test_two_faults_of_the_past_do_not_spoil_the_measure_and_readiness_counts() -> None:
    values = month()[: 8 * 1440]
    values[3000] += 30.0
    detector = RateDetector.of(watched())
    run(detector, values)
    assert len(run(detector, [values[-1] + 3.0], first_s=8 * DAY_S)) == 1
    hesitant = RateDetector.of(watched(sensitivity={Cause.RAPID_CHANGE: 0.2}))
    run(hesitant, values)
    assert run(hesitant, [values[-1] + 0.8], first_s=8 * DAY_S) == []
    # That step is one of the three largest now.
    assert run(hesitant, [values[-1] + 2.8], first_s=8 * DAY_S + 60.0) == []


@pytest.mark.parametrize("factor", [1000.0, -1.0])
def test_unit_and_sign_do_not_matter(factor) -> None:
    values = month()[: 9 * 1440]
    values[8 * 1440 + 77] += 5.0
    plain = edges(run(RateDetector.of(watched()), values))
    assert len(plain) >= 2
    assert edges(run(RateDetector.of(watched()), values * factor + 7.0)) == plain
