"""Alarm limits."""

import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Bounds, Cause, Watched
from twinql.domain.detection.limits import LimitDetector


def watched(**bounds):
    return Watched(ReadingKind.INSTANTANEOUS, "TEMPERATURE", "DEGREE_CELSIUS", 60.0, "UTC", bounds=Bounds(**bounds))


def edges(detector, values, first_s=0.0):
    found = [each for place, value in enumerate(values) for each in detector.update(first_s + 60.0 * place, value)]
    return [(each.cause, each.at_s, each.holds) for each in found]


def test_a_condition_begins_beyond_the_limit_and_ends_inside_by_the_deadband() -> None:
    detector = LimitDetector.of(watched(high=65.0, deadband=2.0))
    said = edges(detector, [65.0, 65.1, 64.0, 63.1, 63.0, 64.9, 66.0])
    assert said == [
        (Cause.LIMIT_HIGH, 60.0, True),
        (Cause.LIMIT_HIGH, 240.0, False),
        (Cause.LIMIT_HIGH, 360.0, True),
    ]


def test_without_a_deadband_a_value_at_the_limit_is_inside() -> None:
    detector = LimitDetector.of(watched(low=5.0))
    assert edges(detector, [4.9, 5.0, 5.0]) == [(Cause.LIMIT_LOW, 0.0, True), (Cause.LIMIT_LOW, 60.0, False)]


def test_beyond_the_outer_limit_both_conditions_hold() -> None:
    detector = LimitDetector.of(watched(low_low=0.0, low=5.0, high=65.0, high_high=75.0))
    assert edges(detector, [80.0, 70.0, -1.0]) == [
        (Cause.LIMIT_HIGH, 0.0, True),
        (Cause.LIMIT_HIGH_HIGH, 0.0, True),
        (Cause.LIMIT_HIGH_HIGH, 60.0, False),
        (Cause.LIMIT_LOW_LOW, 120.0, True),
        (Cause.LIMIT_LOW, 120.0, True),
        (Cause.LIMIT_HIGH, 120.0, False),
    ]


def test_a_finding_says_the_value_and_the_limit() -> None:
    (finding,) = LimitDetector.of(watched(low=5.0, high=65.0)).update(30.0, 71.0)
    (fact,) = finding.facts
    assert (fact.value, fact.threshold, fact.unit) == (71.0, 65.0, "DEGREE_CELSIUS")
    assert (fact.first_s, fact.last_s) == (30.0, 30.0)
    assert finding.score == pytest.approx(1.1)


def test_a_limit_that_is_moved_or_taken_away_ends_its_condition_with_the_next_reading() -> None:
    before = LimitDetector.of(watched(high=65.0))
    assert edges(before, [70.0]) == [(Cause.LIMIT_HIGH, 0.0, True)]
    for after in (watched(), watched(high=72.0)):
        detector = LimitDetector.of(after, before.memory())
        assert edges(detector, [70.0], 60.0) == [(Cause.LIMIT_HIGH, 60.0, False)]


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_the_unit_does_not_matter(factor) -> None:
    values = [1.0, 66.0, 64.0, 80.0, -3.0, 20.0]
    plain = LimitDetector.of(watched(low=5.0, high=65.0, high_high=75.0, deadband=1.0))
    scaled = LimitDetector.of(
        watched(low=5.0 * factor, high=65.0 * factor, high_high=75.0 * factor, deadband=1.0 * factor)
    )
    assert edges(plain, values) == edges(scaled, [each * factor for each in values])
