"""Values that cannot be, and what registers counted."""

import pytest

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.detection.finding import Cause, Watched
from twinql.domain.detection.gathered import GatheredDetector
from twinql.domain.detection.possible import PossibleDetector

QUARTER_S = 900.0


def watched(**more):
    return Watched(ReadingKind.INSTANTANEOUS, "POWER", "KILOWATT", 60.0, "UTC", **more)


def run(detector, values, step_s=60.0):
    return [f for place, value in enumerate(values) for f in detector.update(step_s * place, float(value))]


def edges(found):
    return [(each.cause, each.at_s, each.holds) for each in found]


def test_a_value_that_cannot_be_is_found_at_once_and_flickering_is_one_finding() -> None:
    detector = PossibleDetector.of(watched(plausible_minimum=0.0, plausible_maximum=25.0))
    found = run(detector, [8.0, 33.0, 8.0, 8.0, 34.0, -17.0, 8.0, 8.0, 8.0, 8.0, 25.0, 0.0])
    assert edges(found) == [
        (Cause.SPIKE, 60.0, True),
        (Cause.DIP, 300.0, True),
        (Cause.SPIKE, 540.0, False),
        (Cause.DIP, 600.0, False),
    ]
    assert (found[0].score, found[0].facts[0].value, found[0].facts[0].threshold) == (pytest.approx(1.32), 33.0, 25.0)


def test_it_goes_on_from_its_memory_and_bounds_may_go() -> None:
    detector = PossibleDetector.of(watched(plausible_maximum=25.0))
    run(detector, [33.0, 8.0])
    assert edges(run(PossibleDetector.of(watched(), detector.memory()), [99.0] * 4)) == [(Cause.SPIKE, 180.0, False)]
    assert run(PossibleDetector.of(watched()), [1e9, -1e9]) == []


def register(resolution_s=QUARTER_S, **more):
    return Watched(ReadingKind.CUMULATIVE, "ENERGY", "KILOWATT_HOUR", resolution_s, "UTC", FlowDirection.IMPORT, **more)


def counted(days, step_s=QUARTER_S):
    """A register with a daily pattern; half of it by day, exactly the same every week."""
    values, total = [], 5000.0
    for place in range(int(days * 86_400 / step_s)):
        hour = place * step_s / 3600.0 % 24.0
        total += (0.3 + (0.5 if 7.0 <= hour < 22.0 else 0.0) + 0.01 * (place * 7919 % 11)) * step_s / 3600.0
        values.append(total)
    return values


@pytest.mark.parametrize("step_s", [60.0, QUARTER_S])
def test_energy_that_ceases_is_found_in_a_register_however_often_it_is_read(step_s) -> None:
    detector = GatheredDetector.of(register(resolution_s=step_s))
    values = counted(30, step_s)
    assert run(detector, values, step_s) == []
    values += [values[-1]] * int(86_400 / step_s)
    found = run(GatheredDetector.of(register(resolution_s=step_s)), values, step_s)
    assert Cause.DIP in {each.cause for each in found}
    assert found[0].at_s >= 30 * 86_400.0


def test_a_fall_and_a_hole_are_no_energy_and_without_a_resolution_nothing_is_looked_at() -> None:
    values = counted(30)
    falls = [each if place < 2500 else each - 5000.0 for place, each in enumerate(values)]
    assert run(GatheredDetector.of(register()), falls, QUARTER_S) == []
    detector = GatheredDetector.of(register())
    assert run(detector, values, QUARTER_S) == []
    assert detector.update(60 * 86_400.0, values[-1] + 3000.0) == []
    assert run(GatheredDetector.of(register(None)), values + [values[-1]] * 500, QUARTER_S) == []


@pytest.mark.parametrize("values", [[], [1.0], [7.0] * 5000])
def test_nothing_is_said_of_what_never_counted(values) -> None:
    assert run(GatheredDetector.of(register()), values, QUARTER_S) == []
