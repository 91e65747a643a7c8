"""When thresholds are crossed, how far a setpoint is overshot, how drivers go on, and what a thermostat does."""

import numpy as np
import pytest

from tests.heated import FAN, GAIN, HEATER, LOSS, OUTSIDE, drive, past_of
from twinql.domain.thermal.control import Thermostat, controlled
from twinql.domain.thermal.drivers import Floats, ThermalPast
from twinql.domain.thermal.fit import fit
from twinql.domain.thermal.futures import futures
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.refusal import Refusal, RefusalCode
from twinql.domain.thermal.trajectory import Trajectory, first_crossing, overshoot


def going(paths: Floats, *, start: float = 20.0) -> Trajectory:
    lower, median, upper = np.quantile(paths, [0.1, 0.5, 0.9], axis=0)
    return Trajectory(start, lower, median, upper, paths, 0.8, 60.0, 0.0, beyond=False)


def test_a_straight_line_crosses_where_it_must() -> None:
    # 20 °C and a kelvin a step: 22.5 °C after two and a half steps.
    found = first_crossing(going(np.arange(21.0, 31.0)[None]), threshold=22.5)
    assert (found.earliest_s, found.median_s, found.latest_s) == (150.0, 150.0, 150.0)
    assert found.rising
    assert found.probability == 1.0


def test_of_eleven_paths_the_second_is_the_earliest_and_one_of_ten_never_crosses() -> None:
    slopes = np.arange(1.0, 12.0)
    found = first_crossing(going(20.0 + slopes[:, None] * np.arange(1, 13)), threshold=32.0)
    assert found.earliest_s == pytest.approx(12.0 / 10.0 * 60.0)
    assert found.median_s == pytest.approx(12.0 / 6.0 * 60.0)
    assert found.latest_s == pytest.approx(12.0 / 2.0 * 60.0)
    beyond = first_crossing(going(20.0 + slopes[:, None] * np.arange(1, 4)), threshold=32.0)
    assert beyond.latest_s is None
    assert beyond.probability == pytest.approx(8.0 / 11.0)


def test_it_may_also_be_crossed_downwards() -> None:
    found = first_crossing(going(20.0 - np.arange(1.0, 5.0)[None]), threshold=18.5)
    assert found.median_s == 90.0
    assert not found.rising


def test_what_is_never_reached_has_no_time_and_what_is_reached_already_has_none_left() -> None:
    flat = going(np.full((3, 5), 20.0))
    never = first_crossing(flat, threshold=30.0)
    assert (never.earliest_s, never.latest_s, never.probability) == (None, None, 0.0)
    assert first_crossing(flat, threshold=15.0, rising=True).latest_s == 0.0


def test_an_overshoot_is_the_farthest_beyond_the_setpoint() -> None:
    swings = going(np.array([[22.0, 25.0, 26.5, 24.0, 25.0]]))
    found = overshoot(swings, setpoint=25.0, tolerance=0.5)
    assert (found.median, found.probability) == (1.5, 1.0)
    assert found.reaches.median_s == 120.0
    down = overshoot(going(np.array([[19.0, 17.0, 16.2, 17.0]])), setpoint=17.0, tolerance=1.0)
    assert down.median == pytest.approx(0.8)
    assert down.probability == 0.0


def test_drivers_go_on_as_after_like_moments() -> None:
    # A cycle of twelve steps: whatever the phase now, it goes on.
    cycle = np.where(np.arange(400) % 12 < 2, 0.0, 5.0)
    past = ThermalPast(np.full(400, 20.0), {"heater": cycle}, 60.0)
    found = futures(past, [HEATER], steps=24)["heater"]
    assert found.shape[1] == 24
    assert np.array_equal(found[0], np.where(np.arange(400, 424) % 12 < 2, 0.0, 5.0))


def test_a_temperature_outside_goes_on_from_where_it_is() -> None:
    past = ThermalPast(np.full(300, 20.0), {"outside": np.arange(300.0)}, 60.0)
    assert np.allclose(futures(past, [OUTSIDE], steps=5)["outside"], [300.0, 301.0, 302.0, 303.0, 304.0])


def test_with_a_short_past_drivers_stay_as_they_are() -> None:
    for values in (np.array([3.0]), np.array([1.0, 3.0, np.nan])):
        past = ThermalPast(np.full(len(values), 20.0), {"heater": values}, 60.0)
        assert np.array_equal(futures(past, [HEATER], steps=4)["heater"], np.full((1, 4), 3.0))


def test_a_thermostat_keeps_a_lump_about_its_setpoint() -> None:
    past = past_of()
    model = fit(past, (HEATER, OUTSIDE, FAN))
    assert isinstance(model, ThermalModel)
    ahead = {"outside": np.full(200, 10.0), "fan": np.zeros(200)}
    heats = Thermostat("heater", setpoint=30.0, hysteresis=1.0, off=0.0, on=3.0, cools=False)
    found = controlled(model, past, ahead, heats, steps=200)
    assert isinstance(found, Trajectory)
    settled = found.paths[:, 150:]
    # Within a step it gains at most GAIN * 3 and loses at most LOSS * 21.
    assert settled.max() < 30.5 + GAIN * 3.0
    assert settled.min() > 29.5 - LOSS * 21.0
    told = overshoot(found, setpoint=30.0, tolerance=0.5)
    assert 0.5 < told.median < 0.5 + GAIN * 3.0
    weak = controlled(model, past, ahead, Thermostat("heater", 60.0, 1.0, 0.0, 1.0, cools=False), steps=200)
    assert isinstance(weak, Trajectory)
    assert overshoot(weak, setpoint=60.0).probability == 0.0


def test_what_never_moved_cannot_control() -> None:
    drivers = {**drive(300), "lamp": np.zeros(300)}
    past = ThermalPast(past_of().temperatures, drivers, 60.0)
    model = fit(past, (HEATER, OUTSIDE, FAN))
    assert isinstance(model, ThermalModel)
    found = controlled(model, past, {}, Thermostat("lamp", 30.0, 1.0, 0.0, 1.0, cools=False), steps=5)
    assert isinstance(found, Refusal)
    assert found.code is RefusalCode.ACTUATOR_NEVER_MOVED
