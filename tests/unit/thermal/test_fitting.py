"""A heat balance finds what made a past, in any unit, and says why where it cannot."""

import pickle
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.heated import FAN, FAN_LOSS, GAIN, HEATER, LOSS, OUTSIDE, drive, future_of, lump, past_of
from twinql.domain.thermal.drivers import Driver, DriverRole, Floats, ThermalPast
from twinql.domain.thermal.fit import fit
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.refusal import Refusal, RefusalCode
from twinql.domain.thermal.trajectory import Trajectory

ALL = (HEATER, OUTSIDE, FAN)


@cache
def usual() -> ThermalModel:
    """Fit the lump once for all who ask."""
    return fitted(past_of())


def fitted(past: ThermalPast, drivers: tuple[Driver, ...] = ALL) -> ThermalModel:
    found = fit(past, drivers)
    assert isinstance(found, ThermalModel)
    return found


def simulated(model: ThermalModel, past: ThermalPast, ahead: dict[str, Floats]) -> Trajectory:
    found = model.simulate(past, ahead)
    assert isinstance(found, Trajectory)
    return found


def refused(past: ThermalPast, drivers: tuple[Driver, ...] = ALL, moved: tuple[str, ...] = ()) -> Refusal:
    found = fit(past, drivers, moved=moved)
    assert isinstance(found, Refusal)
    assert found.message
    assert found.needed
    return found


def changed(past: ThermalPast, **drivers: Floats) -> ThermalPast:
    return replace(past, drivers={**past.drivers, **drivers})


def test_the_numbers_that_made_a_past_are_found_again() -> None:
    told = {each.name: each for each in usual().parameters}
    closed = next(each for name, each in told.items() if name.endswith("constant, paths closed"))
    assert closed.lower / 60.0 < 1.2 / LOSS
    assert closed.upper / 60.0 > 0.8 / LOSS
    gain = told["gain of heater"]
    assert gain.value == pytest.approx(GAIN / (LOSS + FAN_LOSS), rel=0.1)
    assert gain.lower < gain.value < gain.upper
    assert gain.unit == "K / unit of heater"


def test_it_goes_on_as_the_lump_does() -> None:
    past = past_of()
    ahead, truth = future_of()
    course = simulated(usual(), past, ahead)
    assert np.abs(course.median - truth).max() < 0.15
    assert ((course.lower <= truth) & (truth <= course.upper)).mean() > 0.6
    assert course.begins_s == 1_000.0 + 300 * 60.0


def test_it_ends_where_gains_and_losses_balance() -> None:
    past = past_of()
    still = {"heater": np.full(400, 2.0), "outside": np.full(400, 10.0), "fan": np.zeros(400)}
    course = simulated(usual(), past, still)
    assert course.median[-1] == pytest.approx(10.0 + 2.0 * GAIN / LOSS, abs=1.5)
    assert course.beyond == (course.median.max() > past.temperatures.max())


def test_it_says_more_cautiously_what_lies_farther_ahead() -> None:
    past, news = past_of(), np.random.default_rng(8).standard_normal(300) * 0.1
    error = np.zeros(300)
    for step in range(1, 300):
        error[step] = 0.95 * error[step - 1] + news[step]
    past = replace(past, temperatures=past.temperatures + error)
    ahead = {"heater": np.full(60, 2.0), "outside": np.full(60, 10.0), "fan": np.zeros(60)}
    course = simulated(fitted(past), past, ahead)
    width = course.upper - course.lower
    assert width[-20:].mean() > 2.0 * width[0]


@pytest.mark.parametrize(("factor", "offset"), [(1.8, 32.0), (1.0, 273.15)], ids=["°F", "K"])
def test_the_unit_of_temperature_makes_no_difference(factor: float, offset: float) -> None:
    past = past_of()
    ahead, _ = future_of()
    other = changed(past, outside=past.drivers["outside"] * factor + offset)
    other = replace(other, temperatures=past.temperatures * factor + offset)
    course_here = simulated(usual(), past, ahead)
    course = simulated(fitted(other), other, {**ahead, "outside": ahead["outside"] * factor + offset})
    assert np.allclose(course.median, course_here.median * factor + offset, atol=2e-3)
    assert np.allclose(course.upper, course_here.upper * factor + offset, atol=2e-3)


def test_the_unit_of_power_makes_no_difference() -> None:
    past = past_of()
    ahead, _ = future_of()
    watts = changed(past, heater=past.drivers["heater"] * 1000.0)
    course = fitted(watts)
    other = simulated(course, watts, {**ahead, "heater": ahead["heater"] * 1000.0})
    assert np.allclose(other.median, simulated(usual(), past, ahead).median)


def test_it_bridges_short_holes_and_leaves_long_ones_out() -> None:
    past = past_of(400)
    temperatures, heater = past.temperatures.copy(), past.drivers["heater"].copy()
    temperatures[[5, 6, 90, 200]] = np.nan
    temperatures[210:260] = np.nan
    heater[[33, 34]] = np.nan
    heater[150:190] = np.nan
    holed = replace(changed(past, heater=heater), temperatures=temperatures)
    ahead, truth = future_of(400)
    assert np.abs(simulated(fitted(holed), holed, ahead).median - truth).max() < 0.3


def test_a_second_lump_is_noticed() -> None:
    drivers = drive(500, seed=4)
    inside, wall, found = 18.0, 14.0, []
    for heater, outside in zip(drivers["heater"], drivers["outside"], strict=True):
        for _ in range(20):
            flow = inside - wall
            inside += (GAIN * heater - 0.4 * flow) / 20.0
            wall += (0.04 * flow + 0.02 * (outside - wall)) / 20.0
        found.append(inside)
    past = ThermalPast(np.asarray(found[:400]), {key: each[:400] for key, each in drivers.items()}, 60.0)
    model = fitted(past, (HEATER, OUTSIDE))
    assert model.goodness.order == 2
    course = simulated(model, past, {key: each[400:] for key, each in drivers.items()})
    assert np.abs(course.median - found[400:]).max() < 0.5


def test_friction_warms_by_more_than_its_proportion() -> None:
    rng = np.random.default_rng(5)
    speed = np.repeat(rng.uniform(0.0, 12_000.0, 60), 10)
    drivers = {**drive(600), "heater": (speed / 12_000.0) ** (5.0 / 3.0) * 2.0}
    past = ThermalPast(lump(drivers)[:500], {"speed": speed[:500], "outside": drivers["outside"][:500]}, 60.0)
    past = changed(past, fan=drivers["fan"][:500])
    model = fitted(past, (Driver("speed", DriverRole.FRICTION), OUTSIDE, FAN))
    ahead = {"speed": speed[500:], "outside": drivers["outside"][500:], "fan": drivers["fan"][500:]}
    assert np.abs(simulated(model, past, ahead).median - lump(drivers)[500:]).max() < 0.3


def test_a_model_can_be_kept() -> None:
    past = past_of()
    ahead, _ = future_of()
    model = usual()
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(simulated(again, past, ahead).median, simulated(model, past, ahead).median)


def test_an_actuator_that_never_moved_is_refused() -> None:
    drivers = {**drive(300), "fan": np.ones(300)}
    past = ThermalPast(lump(drivers), drivers, 60.0)
    assert refused(past, moved=("fan",)).code is RefusalCode.ACTUATOR_NEVER_MOVED
    # Nobody asks about it: then it does not stand in the way.
    assert [driver.key for driver in fitted(past).drivers] == ["heater", "outside"]


def test_an_actuator_without_effect_is_refused() -> None:
    past = changed(past_of(), lamp=np.repeat(np.random.default_rng(9).integers(0, 2, 30), 10).astype(np.float64))
    lamp = Driver("lamp", DriverRole.HEAT)
    assert refused(past, (*ALL, lamp), moved=("lamp",)).code is RefusalCode.NO_EFFECT


def test_too_little_is_refused() -> None:
    assert refused(past_of(10)).code is RefusalCode.INSUFFICIENT_HISTORY
    for values in (np.full(300, np.nan), np.where(np.arange(300) < 40, 20.0, np.nan)):
        assert refused(replace(past_of(), temperatures=values)).code is RefusalCode.INSUFFICIENT_HISTORY
    nothing = ThermalPast(np.empty(0), {each.key: np.empty(0) for each in ALL}, 60.0)
    assert refused(nothing).code is RefusalCode.INSUFFICIENT_HISTORY
    unknown = changed(past_of(), heater=np.where(np.arange(300) % 20 < 6, past_of().drivers["heater"], np.nan))
    assert refused(unknown).code is RefusalCode.INSUFFICIENT_HISTORY


def test_a_constant_temperature_is_refused() -> None:
    assert refused(replace(past_of(), temperatures=np.full(300, 21.5))).code is RefusalCode.CONSTANT


def test_without_drivers_nothing_is_said() -> None:
    assert refused(past_of(), ()).code is RefusalCode.NO_DRIVERS


def test_what_has_nothing_to_do_with_its_drivers_is_refused() -> None:
    wild = np.random.default_rng(2).standard_normal(300)
    found = refused(replace(past_of(), temperatures=wild))
    assert found.code is RefusalCode.POOR_FIT


def test_without_a_last_reading_there_is_no_start() -> None:
    past = past_of()
    ahead, _ = future_of()
    for gone in (
        replace(past, temperatures=np.where(np.arange(300) < 299, past.temperatures, np.nan)),
        changed(past, fan=np.where(np.arange(300) < 290, past.drivers["fan"], np.nan)),
    ):
        found = usual().simulate(gone, ahead)
        assert isinstance(found, Refusal)
        assert found.code is RefusalCode.STALE
