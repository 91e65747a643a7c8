"""Registers that fall or jump."""

import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Cause, Watched
from twinql.domain.detection.steps import RegisterDetector

QUARTER_S = 900.0


def watched(**more):
    return Watched(ReadingKind.CUMULATIVE, "ENERGY", "KILOWATT_HOUR", QUARTER_S, "UTC", **more)


def run(detector, values, first_s=0.0, step_s=QUARTER_S):
    return [f for place, value in enumerate(values) for f in detector.update(first_s + step_s * place, float(value))]


def edges(found):
    return [(each.cause, each.at_s, each.holds) for each in found]


def test_a_register_that_falls_is_found_and_counts_on() -> None:
    detector = RegisterDetector.of(watched(register_maximum=1_000_000.0))
    found = run(detector, [8412.0, 8412.5, 17.25, 17.5, 18.0, 18.0, 18.5, 19.0])
    assert edges(found) == [(Cause.OUTLIER_TAMPER, 1800.0, True), (Cause.OUTLIER_TAMPER, 5400.0, False)]
    (fact,) = found[0].facts
    assert (fact.code, fact.value, fact.threshold) == ("REGISTER_FELL", 17.25, 8412.5)


def test_a_rollover_near_the_declared_maximum_is_right_and_counts_on() -> None:
    detector = RegisterDetector.of(watched(register_maximum=1000.0))
    assert run(detector, [998.5, 999.5, 0.75]) == []
    assert detector.counted == (pytest.approx(1.25), QUARTER_S)
    undeclared = RegisterDetector.of(watched())
    assert len(run(undeclared, [998.5, 999.5, 0.75])) == 1
    assert undeclared.counted is None


def test_one_wrong_reading_is_one_finding() -> None:
    found = run(RegisterDetector.of(watched()), [100.0, 101.0, 10.2, 103.0, 104.0, 105.0, 106.0, 107.0])
    assert [each.holds for each in found] == [True, False]


def test_an_impossible_rise_is_found_when_a_week_is_known() -> None:
    detector = RegisterDetector.of(watched())
    values = [100.0 + 0.5 * place for place in range(700)]
    assert run(detector, values) == []
    found = run(detector, [values[-1] + 10.0, values[-1] + 10.5], first_s=700 * QUARTER_S)
    assert [(each.cause, each.holds, each.facts[0].code) for each in found] == [
        (Cause.OUTLIER_TAMPER, True, "REGISTER_JUMPED")
    ]
    assert found[0].score == pytest.approx(2.5)
    # In the first week the same rise says nothing; nor does it after a long time without readings.
    assert run(RegisterDetector.of(watched()), [100.0, 100.5, 110.5]) == []
    detector = RegisterDetector.of(watched())
    run(detector, values)
    assert run(detector, [values[-1] + 300.0], first_s=900 * QUARTER_S) == []


def test_what_was_counted_is_told_and_rounding_is_no_fall() -> None:
    detector = RegisterDetector.of(watched())
    assert run(detector, [5000.0, 5000.25]) == []
    assert detector.counted == (0.25, QUARTER_S)
    assert run(detector, [5000.25 * (1.0 - 1e-12)], first_s=2 * QUARTER_S) == []
    assert detector.counted == (0.0, QUARTER_S)


@pytest.mark.parametrize("values", [[], [1.0], [7.0] * 2000])
def test_nothing_is_said_of_what_does_not_move(values) -> None:
    assert run(RegisterDetector.of(watched()), values) == []


def test_two_readings_in_a_second_may_have_a_unit_between_them() -> None:
    detector = RegisterDetector.of(watched())
    values = [float(place // 2) for place in range(700)]
    assert run(detector, values) == []
    last_s = 699 * QUARTER_S
    assert run(detector, [values[-1] + 1.0, values[-1] + 1.0], first_s=last_s + 1.0, step_s=1.0) == []


def test_a_declared_event_explains_a_fall() -> None:
    detector = RegisterDetector.of(watched(register_events_s=(1800.0,)))
    assert run(detector, [8412.0, 8412.5, 17.25]) == []
    assert detector.counted is None
    assert run(detector, [17.5], first_s=3 * QUARTER_S) == []
    assert detector.counted == (0.25, QUARTER_S)
    assert len(run(detector, [3.0], first_s=4 * QUARTER_S)) == 1
