"""What a question about a temperature is made of: inputs that are found, grids, suppositions, and what came true."""

from uuid import uuid4

import numpy as np
import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.scenarios.findings import written
from twinql.domain.scenarios.inputs import Candidate, Place, drivers, found, nearest, role_of
from twinql.domain.scenarios.outcome import outcome_of
from twinql.domain.scenarios.scenario import Course
from twinql.domain.scenarios.stretch import held, stretches_for
from twinql.domain.scenarios.temperature import Supposition, TemperatureAnswer, with_supposition
from twinql.domain.thermal.drivers import DriverRole
from twinql.domain.thermal.model import Goodness, Parameter
from twinql.domain.thermal.trajectory import Trajectory
from twinql.domain.units import Quantity, Unit
from twinql.errors import RangeTooLargeError


def candidate(name, quantity, place=Place.OWN, **more):
    given = {"kind": ReadingKind.INSTANTANEOUS, "exports": False, "writable": False, "labels": {}} | more
    return Candidate(
        id=uuid4(), number=1, name=name, words=name, quantity=quantity, unit=Unit.ONE, place=place, **given
    )


NOTHING = np.empty(0)
COURSE = Trajectory(20.0, NOTHING, NOTHING, NOTHING, np.empty((0, 0)), 0.8, 60.0, 0.0, beyond=False)
ANSWER = TemperatureAnswer(
    baseline=COURSE,
    alternative=COURSE,
    told_s=None,
    baseline_crossings=[],
    alternative_crossings=[],
    overshoot=None,
    drivers=[],
    goodness=Goodness(1, 0.1, 0.9, 1.0, 100, 0.0, 60.0, trusted=True),
    parameters=[Parameter("a", 1.0, 0.0, 2.0, each) for each in ("s", "K", "K / unit of K 4")],
)
SWITCH = {"kind": ReadingKind.STATE, "labels": {"OFF": 0.0, "ON": 1.0}}


def test_what_moves_a_spindle_is_found_by_quantity_place_and_name():
    near = [
        (candidate("power", Quantity.POWER), DriverRole.HEAT),
        (candidate("fed in", Quantity.POWER, exports=True), None),
        (candidate("Pump: power", Quantity.POWER, Place.PART), None),
        (candidate("spindle speed", Quantity.ROTATIONAL_SPEED), DriverRole.FRICTION),
        (candidate("speed setpoint", Quantity.ROTATIONAL_SPEED, writable=True), None),
        (candidate("Coolant pump: running", Quantity.SWITCH, Place.PART, **SWITCH), DriverRole.FLOW),
        (candidate("Oil heater", Quantity.SWITCH, **SWITCH), DriverRole.HEAT),
        (candidate("weather", Quantity.TEMPERATURE, Place.SITE), DriverRole.SINK),
        (candidate("coolant temperature", Quantity.TEMPERATURE), DriverRole.SINK),
        (candidate("motor temperature", Quantity.TEMPERATURE), None),
        (candidate("irradiance", Quantity.IRRADIANCE, Place.SITE), DriverRole.HEAT),
        (candidate("latency", Quantity.LATENCY), None),
    ]
    roles = found([each for each, _ in near])
    assert [roles.get(each.id) for each, _ in near] == [role for _, role in near]
    assert found([]) == {}


def test_what_is_named_may_stand_anywhere():
    elsewhere = candidate("Other hall: power", Quantity.POWER, Place.ELSEWHERE)
    assert found([elsewhere]) == {}
    assert role_of(elsewhere) is DriverRole.HEAT


def test_a_flow_knows_the_temperature_to_which_it_leads():
    pump, coolant = candidate("pump", Quantity.SWITCH, **SWITCH), candidate("coolant", Quantity.TEMPERATURE)
    roles = {pump.id: DriverRole.FLOW, coolant.id: DriverRole.SINK}
    first, second = drivers([pump, coolant], roles, {pump.id: coolant.id})
    assert (first.key, first.role, first.sink, second.sink) == ("pump", DriverRole.FLOW, "coolant", None)


@pytest.mark.parametrize(
    ("horizon_s", "spacing_s", "sparse_s", "found"),
    [
        (3_600, 2.0, 60, (60, 60, 1)),  # live seconds behind which there are minutes
        (900, 2.0, 1, (10, 90, 1)),
        (86_400, 60.0, 60, (60, 1_440, 15)),
        (604_800, 60.0, 60, (600, 1_008, 12)),
        (10, 60.0, 60, (60, 1, 1)),
        (604_800, 10_000.0, 1, (10_800, 56, 1)),
    ],
)
def test_steps_are_round_few_and_no_finer_than_what_is_read(horizon_s, spacing_s, sparse_s, found):
    *finer, stretch = stretches_for(horizon_s=horizon_s, spacing_s=spacing_s, sparse_s=sparse_s)
    assert (stretch.step_s, stretch.steps, stretch.told_every) == found
    assert [each.step_s for each in finer] == ([60] if stretch.step_s == 600 else [])


def test_what_was_set_holds_until_it_is_set_anew():
    nan = np.nan
    np.testing.assert_array_equal(held(np.array([nan, 1.0, nan, 0.0, nan]), 0.0), [0.0, 1.0, 1.0, 0.0, 0.0])
    np.testing.assert_array_equal(held(np.array([nan, 1.0, nan]), None), [nan, 1.0, 1.0])
    np.testing.assert_array_equal(held(np.array([nan, nan]), 2.0), [2.0, 2.0])
    assert held(np.array([]), 1.0).size == 0


def test_a_supposition_takes_its_share_of_a_step():
    usual = np.ones((2, 4))
    off = with_supposition(usual, Supposition("pump", 0.0, after_s=15.0, until_s=35.0), 10.0)
    np.testing.assert_array_equal(off, [[1.0, 0.5, 0.0, 0.5]] * 2)
    np.testing.assert_array_equal(with_supposition(usual, Supposition("pump", 3.0), 10.0), np.full((2, 4), 3.0))


def test_a_course_is_compared_with_what_was_read():
    course = Course(np.array([9.0, 9.0, 9.0]), np.array([10.0, 10.0, 10.0]), np.array([11.0, 11.0, 11.0]))
    told = outcome_of(course, np.array([10.0, np.nan, 14.0]))
    assert (told.count, told.rmse, told.coverage) == (2, np.sqrt(8.0), 0.5)
    nothing = outcome_of(course, np.array([np.nan]))
    assert (nothing.count, nothing.rmse, nothing.coverage) == (0, None, None)
    assert outcome_of(Course(None, course.median, None), np.array([11.0])).coverage is None


def test_no_more_is_fitted_than_there_is_time_for():
    near = [candidate(f"switch {place}", Quantity.SWITCH, Place.PARENT, **SWITCH) for place in range(12)]
    own, named = candidate("power", Quantity.POWER), candidate("other", Quantity.POWER, Place.ELSEWHERE)
    every = [*near, own, named]
    roles = {each.id: role_of(each) for each in every}
    kept = nearest(every, roles, [named.id], most=10)
    assert len(kept) == 10
    assert {own.id, named.id} <= kept.keys()
    assert nearest([own], {own.id: DriverRole.HEAT}, [], most=10) == {own.id: DriverRole.HEAT}
    with pytest.raises(RangeTooLargeError, match="At most 10"):
        nearest(every, roles, [each.id for each in near], most=10)


def test_gains_are_told_in_the_degrees_of_the_channel():
    told = {
        unit: [each["unit"] for each in written(ANSWER, {}, unit)["fit"]["parameters"]]
        for unit in (Unit.DEGREE_CELSIUS, Unit.DEGREE_FAHRENHEIT)
    }
    assert told[Unit.DEGREE_CELSIUS] == ["s", "K", "K / unit of K 4"]
    assert told[Unit.DEGREE_FAHRENHEIT] == ["s", "°F", "°F / unit of K 4"]
