"""A closed loop is fitted from how a channel followed its setpoint, and tells of overshoot where there was some."""

import numpy as np
import pytest

from twinql.domain.thermal.drivers import Floats, ThermalPast
from twinql.domain.thermal.loop import fit_loop
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.refusal import Refusal, RefusalCode
from twinql.domain.thermal.trajectory import Trajectory, overshoot


def followed(setpoint: Floats, *, damping: float, frequency: float = 0.3) -> Floats:
    """Solve x'' + 2 d f x' + f² x = f² setpoint in short steps."""
    place, speed, found = float(setpoint[0]), 0.0, []
    for wanted in setpoint:
        for _ in range(200):
            speed += (frequency**2 * (wanted - place) - 2.0 * damping * frequency * speed) / 200.0
            place += speed / 200.0
        found.append(place)
    return np.asarray(found) + 0.01 * np.random.default_rng(3).standard_normal(len(setpoint))


def stepped(damping: float) -> tuple[ThermalModel, ThermalPast]:
    setpoint = np.repeat([20.0, 24.0, 21.0, 25.0, 19.0, 22.0, 20.0, 23.0], 50)
    past = ThermalPast(followed(setpoint, damping=damping), {"setpoint": setpoint}, 10.0)
    model = fit_loop(past, setpoint="setpoint")
    assert isinstance(model, ThermalModel)
    return model, past


def test_a_swinging_loop_overshoots_by_what_its_damping_says() -> None:
    model, past = stepped(0.4)
    course = model.simulate(past, {"setpoint": np.full(60, 18.0)})
    assert isinstance(course, Trajectory)
    told = overshoot(course, setpoint=18.0, tolerance=0.1)
    # exp(-π d / √(1 - d²)) of a step of five kelvins.
    assert told.median == pytest.approx(5.0 * np.exp(-np.pi * 0.4 / np.sqrt(1.0 - 0.16)), rel=0.15)
    assert told.probability == 1.0


def test_a_damped_loop_does_not() -> None:
    model, past = stepped(1.5)
    course = model.simulate(past, {"setpoint": np.full(60, 18.0)})
    assert isinstance(course, Trajectory)
    assert overshoot(course, setpoint=18.0, tolerance=0.1).median < 0.1
    assert course.median[-1] == pytest.approx(18.0, abs=0.3)


def test_a_setpoint_that_never_moved_tells_nothing() -> None:
    past = ThermalPast(np.random.default_rng(1).standard_normal(200), {"setpoint": np.full(200, 20.0)}, 10.0)
    found = fit_loop(past, setpoint="setpoint")
    assert isinstance(found, Refusal)
    assert found.code is RefusalCode.SETPOINT_NEVER_MOVED


def test_what_does_not_follow_is_refused() -> None:
    setpoint = np.repeat([20.0, 24.0, 21.0, 25.0], 50)
    past = ThermalPast(np.random.default_rng(1).standard_normal(200), {"setpoint": setpoint}, 10.0)
    found = fit_loop(past, setpoint="setpoint")
    assert isinstance(found, Refusal)
    assert found.code is RefusalCode.POOR_FIT
