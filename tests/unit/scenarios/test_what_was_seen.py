"""How far from its past a temperature is told."""

from dataclasses import replace

import numpy as np
import pytest

from twinql.domain.scenarios.outcome import outcome_of
from twinql.domain.scenarios.scenario import Course, ScenarioRefusal
from twinql.domain.scenarios.temperature import Supposition, TemperatureQuestion, Threshold, answered
from twinql.domain.thermal.drivers import Driver, DriverRole, ThermalPast

STEPS, MINUTES = 60, 1_000
QUESTION_STARTS_S = 1e9


@pytest.fixture(scope="module")
def question():
    """Ask of a lump of 200 s that 0 to 8 kW heat by 5 K each, and that is at 20 °C without."""
    rng = np.random.default_rng(1)
    power = np.repeat(rng.uniform(0.0, 8.0, MINUTES // 10), 10)
    kept, temperature, course = np.exp(-60.0 / 200.0), 20.0, []
    for each in power:
        temperature = kept * temperature + (1.0 - kept) * (20.0 + 5.0 * each)
        course.append(temperature)
    read = np.array(course) + 0.05 * rng.standard_normal(MINUTES)
    return TemperatureQuestion(
        past=ThermalPast(read, {"power": power}, 60.0, QUESTION_STARTS_S),
        past_steps=MINUTES - 15,
        drivers=[Driver("power", DriverRole.HEAT)],
        holding=frozenset(),
        supposed=[Supposition("power", 10.0)],
        setpoint=None,
        thermostat=None,
        steps=STEPS,
        told_every=1,
        horizon_step_s=60.0,
        level=0.8,
        thresholds=[Threshold(60.0)],
    )


def code(question, **more):
    found = answered(replace(question, **more))
    assert isinstance(found, ScenarioRefusal), found
    return found.code


def test_a_course_near_its_past_is_told_to_the_end(question):
    found = answered(question)
    assert found.told_s is None
    assert abs(found.alternative.median[-1] - 70.0) < 1.0
    assert found.alternative.beyond


def test_of_steps_that_are_not_told_crossings_are_still_found(question):
    every, fifth = answered(question), answered(replace(question, told_every=5))
    np.testing.assert_array_equal(fifth.alternative.median, every.alternative.median[4::5])
    assert (fifth.alternative.step_s, every.alternative.step_s) == (300.0, 60.0)
    assert fifth.alternative_crossings == every.alternative_crossings


def test_a_course_is_cut_off_where_it_is_far_from_all_that_was_seen(question, monkeypatch):
    monkeypatch.setattr("twinql.domain.scenarios.seen.SPANS_BEYOND", 0.05)
    found = answered(replace(question, thresholds=[Threshold(66.0)]))
    count = int(np.count_nonzero(~np.isnan(found.alternative.median)))
    assert 0 < count < 30
    assert found.told_s == 60.0 * count
    assert np.isnan(found.alternative.median[count:]).all()
    assert not np.isnan(found.baseline.median).any()
    monkeypatch.setattr("twinql.domain.scenarios.seen.SPANS_BEYOND", -0.6)
    assert code(question) == "OUT_OF_HISTORY"


def test_a_cut_course_is_compared_as_far_as_it_is_told():
    course = Course(np.array([9.0, np.nan]), np.array([10.0, np.nan]), np.array([11.0, np.nan]))
    told = outcome_of(course, np.array([12.0, 50.0]))
    assert (told.count, told.rmse, told.coverage) == (1, 2.0, 0.0)


@pytest.mark.parametrize(("value", "refused"), [(-3.8, False), (11.7, False), (-4.5, True), (13.0, True), (1e9, True)])
def test_a_value_may_leave_its_range_by_half_of_it(question, value, refused):
    found = answered(replace(question, supposed=[Supposition("power", value)]))
    assert isinstance(found, ScenarioRefusal) == refused


def test_steps_in_which_the_temperature_has_answered_are_refused(question):
    found = answered(replace(question, horizon_step_s=600.0))
    # The longest round step within 200 s is two minutes, and 1,440 of them are two days.
    assert (found.code, found.needed) == ("HORIZON_TOO_LONG", "A horizon of at most 48 hours.")
    assert answered(replace(question, horizon_step_s=120.0)) is None


def test_what_needs_no_fit_is_refused_before_one(question, monkeypatch):
    monkeypatch.setattr("twinql.domain.scenarios.temperature.fitted", None)
    gone = question.past.temperatures.copy()
    gone[-5:] = np.nan
    assert code(question, past=replace(question.past, temperatures=gone)) == "STALE"
    assert code(question, supposed=[Supposition("power", 1e6)]) == "UNSEEN_VALUE"


def test_a_fault_that_goes_on_is_not_taken_for_a_poor_balance(question):
    hot = question.past.temperatures.copy()
    hot[-30:] += np.linspace(5.0, 150.0, 30)
    amiss = replace(question, past=replace(question.past, temperatures=hot))
    assert code(amiss) == "UNEXPLAINED"
    other = np.random.default_rng(2).uniform(0.0, 8.0, MINUTES)
    assert code(replace(question, past=replace(question.past, drivers={"power": other}))) == "POOR_FIT"
