"""The coolant of the demo's machine is really stopped: the what-if, fitted to its history, agrees with its physics."""

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.simulation.factory import new_factory, observe_factory
from twinql.domain.simulation.mill import Actuators
from twinql.domain.simulation.weather import Place
from twinql.domain.thermal.drivers import Driver, DriverRole, Floats, ThermalPast
from twinql.domain.thermal.fit import fit
from twinql.domain.thermal.futures import futures
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.refusal import Refusal, RefusalCode
from twinql.domain.thermal.trajectory import Trajectory, first_crossing

HERE = Place(38.74, -9.10, ZoneInfo("Europe/Lisbon"))
TEMPERATURE, THRESHOLD_C, TRIPS_C = "mill.temperature", 70.0, 90.0
DRIVERS = (
    Driver("mill.power", DriverRole.HEAT),
    Driver("mill.spindle_speed", DriverRole.FRICTION),
    Driver("factory.outside_temperature", DriverRole.SINK),
    Driver("pump.running", DriverRole.FLOW),
)
PAST_STEPS, STEPS = 2 * 1440, 20
STOPPED = Actuators(pump_on=False)


class Asked(NamedTuple):
    """What was foreseen, and what then happened: the temperature each minute, and when it crossed the threshold."""

    model: ThermalModel
    course: Trajectory
    truth_c: Floats
    crossed_s: float | None


def ask(seed: int, now_s: float) -> Asked:
    begins_s = now_s - PAST_STEPS * 60.0
    at_s = begins_s + 60.0 * np.arange(1, PAST_STEPS + 1)
    state, seen = observe_factory(new_factory(begins_s), seed=seed, place=HERE, at_s=at_s, actuators=Actuators())
    past = ThermalPast(seen[TEMPERATURE], {driver.key: seen[driver.key] for driver in DRIVERS}, 60.0, begins_s)
    model = fit(past, DRIVERS, moved=["pump.running"])
    assert isinstance(model, ThermalModel)
    ahead = {**futures(past, model.drivers, steps=STEPS), "pump.running": np.zeros(STEPS)}
    course = model.simulate(past, ahead)
    assert isinstance(course, Trajectory)
    fine_s = now_s + 10.0 * np.arange(1, 6 * STEPS + 1)
    _, then = observe_factory(state, seed=seed, place=HERE, at_s=fine_s, actuators=STOPPED)
    truth_c = then[TEMPERATURE]
    beyond = np.flatnonzero(truth_c >= THRESHOLD_C)
    return Asked(model, course, truth_c[5::6], float(fine_s[beyond[0]] - now_s) if len(beyond) else None)


def inside(asked: Asked) -> float:
    """Return the share of minutes within the bounds, until the control stops the spindle: no history has shown that."""
    until = int(np.argmax(asked.truth_c > TRIPS_C)) or len(asked.truth_c)
    return float(((asked.course.lower <= asked.truth_c) & (asked.truth_c <= asked.course.upper))[:until].mean())


def agrees(asked: Asked) -> bool:
    """Say whether the threshold was crossed between the earliest and the latest time."""
    told = first_crossing(asked.course, threshold=THRESHOLD_C)
    if asked.crossed_s is None:
        return told.latest_s is None
    return told.earliest_s is not None and told.earliest_s <= asked.crossed_s <= (told.latest_s or np.inf)


def test_the_temperature_goes_where_it_was_expected_and_gets_too_hot_when_it_was() -> None:
    rng = np.random.default_rng(20)
    first_s = datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    asked = [ask(int(rng.integers(1, 99)), first_s + 60.0 * int(rng.integers(0, 200 * 1440))) for _ in range(3)]
    assert np.mean([inside(each) for each in asked]) >= 0.7
    assert all(agrees(each) for each in asked)
    for each in asked:
        assert each.model.goodness.r2 > 0.9
        assert each.course.start < THRESHOLD_C - 20.0
        assert each.course.beyond
        told = {parameter.name: parameter for parameter in each.model.parameters}
        assert told["gain of pump.running"].upper < 0.0


def test_a_pump_that_never_rested_is_refused() -> None:
    begins_s = datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    at_s = begins_s + 60.0 * np.arange(1, 601)
    forced = Actuators(pump_on=True)
    _, seen = observe_factory(new_factory(begins_s), seed=3, place=HERE, at_s=at_s, actuators=forced)
    drivers = {driver.key: seen[driver.key] for driver in DRIVERS}
    found = fit(ThermalPast(seen[TEMPERATURE], drivers, 60.0, begins_s), DRIVERS, moved=["pump.running"])
    assert isinstance(found, Refusal)
    assert found.code is RefusalCode.ACTUATOR_NEVER_MOVED
