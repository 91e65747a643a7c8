"""Levels that go away slowly."""

import numpy as np
import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.drift import DriftDetector
from twinql.domain.detection.finding import Cause, Watched

DAY_S = 86_400.0
MINUTES = 1440


def watched(quantity="TEMPERATURE", unit="DEGREE_CELSIUS", **more):
    return Watched(ReadingKind.INSTANTANEOUS, quantity, unit, 60.0, "UTC", **more)


def machine(days, seed=1):
    """Two levels, 30 and 40, in turns of four hours as drawn, with pauses at 25 in every quarter of an hour."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.choice([30.0, 34.0, 40.0], size=days * 6), 240)
    level[np.arange(level.size) % 15 < 2] = 25.0
    return level + 0.1 * rng.normal(size=level.size)


def run(detector, values, first_s=0.0):
    return [f for place, value in enumerate(values) for f in detector.update(first_s + 60.0 * place, float(value))]


def edges(found):
    return [(each.cause, each.at_s, each.holds) for each in found]


def test_a_machine_in_programmes_does_not_drift_and_a_slow_departure_from_all_its_levels_does() -> None:
    detector = DriftDetector.of(watched())
    values = machine(10)
    start = 8 * MINUTES
    values[start:] += 6.0 / 60.0 * np.arange(values.size - start)
    found = run(detector, values[: start + 300])
    ((cause, at_s, holds),) = edges(found)
    assert (cause, holds) == (Cause.DRIFT, True)
    level, way = found[0].facts
    # 40 is the highest level and 10 the range, for pauses make no level: 42.5 is beyond, reached in 25 min to 2 h.
    assert level.threshold == pytest.approx(42.5, abs=0.3)
    assert start * 60.0 + 25 * 60.0 <= at_s <= start * 60.0 + 2.6 * 3600.0
    assert way.value is not None
    assert way.value > 2.0
    assert run(DriftDetector.of(watched()), machine(30)) == []


def test_it_ends_when_the_level_is_back() -> None:
    detector = DriftDetector.of(watched())
    values = machine(9)
    start = 8 * MINUTES
    values[start : start + 300] += 6.0 / 60.0 * np.arange(300)
    found = edges(run(detector, values))
    assert [(cause, holds) for cause, _, holds in found] == [(Cause.DRIFT, True), (Cause.DRIFT, False)]
    assert found[1][1] >= (start + 300) * 60.0


def test_a_jump_and_a_short_excursion_are_no_drift() -> None:
    for width in (25, 2 * MINUTES):
        values = machine(10)
        values[8 * MINUTES : 8 * MINUTES + width] += 30.0
        assert run(DriftDetector.of(watched()), values) == []


def test_weather_may_be_warmer_than_ever_by_as_much_as_days_differ() -> None:
    at = np.arange(30 * MINUTES) / MINUTES
    warmth = np.repeat(np.random.default_rng(5).normal(size=30) * 3.0, MINUTES)
    smooth = np.convolve(warmth, np.ones(1440) / 1440.0, mode="same")
    assert run(DriftDetector.of(watched()), 15.0 + 4.0 * np.sin(2 * np.pi * at) + smooth) == []


def test_what_is_drawn_at_will_may_be_more_than_ever() -> None:
    values = machine(9) / 10.0
    start = 8 * MINUTES
    values[start:] += 0.3 / 60.0 * np.arange(values.size - start)
    assert run(DriftDetector.of(watched("POWER", "KILOWATT")), values[: start + 180]) == []


@pytest.mark.parametrize("days", [0, 1, 2])
def test_fewer_than_three_days_say_nothing(days) -> None:
    values = np.concatenate([machine(days) if days else [], 30.0 + 0.1 * np.arange(1000.0)])
    assert run(DriftDetector.of(watched()), values) == []


@pytest.mark.parametrize("values", [np.empty(0), np.ones(1), np.full(20_000, 3.0)])
def test_nothing_is_said_of_nothing_and_of_what_never_moves(values) -> None:
    assert run(DriftDetector.of(watched()), values) == []


def test_holes_of_weeks_begin_the_way_anew() -> None:
    detector = DriftDetector.of(watched())
    run(detector, machine(8))
    assert run(detector, machine(1) + 30.0, first_s=50 * DAY_S) == []


@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (-1.0, 0.0), (1.8, 32.0)])
def test_unit_sign_and_zero_do_not_matter(factor, shift) -> None:
    values = machine(9)
    values[8 * MINUTES :] += 0.1 * np.arange(MINUTES)
    plain = edges(run(DriftDetector.of(watched()), values))
    assert plain
    assert edges(run(DriftDetector.of(watched()), values * factor + shift)) == plain
