"""Forecasts that cross a limit become recommendations that say why."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from twinql.domain.decisions.limits import is_calm
from twinql.domain.decisions.limits import recommend as applied
from twinql.domain.decisions.measures import Actuator
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.outlook import Limit, Outlook, share_beyond

HIGH = Limit(70.0, is_high=True)
HIGHEST = Limit(85.0, is_high=True)
LOW = Limit(30.0, is_high=False)
CHANNEL, PUMP_ID, SPEED_ID = (UUID(int=place) for place in (1, 2, 3))
PUMP = Actuator(
    id=PUMP_ID, on_code=1.0, on_label="ON", key="running", name="Coolant pump", quantity="SWITCH", cools=True, value=0.0
)
SPEED = Actuator(
    id=SPEED_ID,
    minimum=0.0,
    maximum=12000.0,
    key="spindle_speed_setpoint",
    name="Spindle speed",
    quantity="ROTATIONAL_SPEED",
    cools=False,
    value=9e3,
)


def recommend(expected, **given):
    return applied(expected, channel_id=CHANNEL, **given)


def outlook(median, *, spread=2.0, last=45.0, step_s=60.0, quantity="TEMPERATURE", **more):
    middle = np.asarray(median, dtype=np.float64)
    return Outlook(
        quantity=quantity,
        unit="DEGREE_CELSIUS",
        last_value=last,
        lower=middle - spread,
        median=middle,
        upper=middle + spread,
        level=0.8,
        step_s=step_s,
        **more,
    )


def test_the_share_beyond_a_limit_is_half_at_the_median_and_a_tenth_at_the_bound():
    shares = share_beyond(outlook([70.0, 68.0, 72.0]), HIGH)
    assert shares == pytest.approx([0.5, 0.1, 0.9], abs=1e-9)


def test_the_share_below_a_low_limit_mirrors_the_share_above_a_high_one():
    shares = share_beyond(outlook([30.0, 32.0, 28.0]), LOW)
    assert shares == pytest.approx([0.5, 0.1, 0.9], abs=1e-9)
    assert share_beyond(outlook([32.0]), Limit(30.0, is_high=True)) + share_beyond(
        outlook([32.0]), LOW
    ) == pytest.approx(1)


def test_a_forecast_without_spread_is_beyond_or_is_not():
    assert share_beyond(outlook([69.9, 70.1], spread=0.0), HIGH).tolist() == [0.0, 1.0]


def test_a_skewed_forecast_is_judged_on_the_side_of_the_limit():
    skewed = Outlook("TEMPERATURE", "DEGREE_CELSIUS", 45.0, *(np.array([v]) for v in (69.0, 69.5, 79.5)), 0.8, 60.0)
    assert share_beyond(skewed, HIGH)[0] == pytest.approx(0.474, abs=0.002)


def test_a_load_is_lowered_for_a_reason_that_names_it_and_the_cooling_that_is_not_enough():
    on = replace(PUMP, value=1.0)
    speed = replace(SPEED, unit="REVOLUTION_PER_MINUTE")
    found = recommend(
        outlook([50.0, 60.0, 71.0], model=ForecastModel.LOCAL_TREND), limits=[HIGH], actuators=[speed, on]
    )
    assert found.action is DecisionAction.REDUCE_LOAD
    why = {reason.code: reason for reason in found.reasons}
    assert why["LOAD_CAN_BE_LOWERED"].channel_key == SPEED.key
    assert (why["LOAD_CAN_BE_LOWERED"].value, why["LOAD_CAN_BE_LOWERED"].unit) == (9e3, "REVOLUTION_PER_MINUTE")
    assert why["COOLING_IS_ON"].channel_key == "running"
    assert "slope of the last readings" in why["FORECAST_RESTS_ON"].message
    assert why["FORECAST_RESTS_ON"].value == 45.0


def test_where_nothing_can_be_set_the_reason_says_so():
    found = recommend(outlook([20.0]), limits=[LOW], actuators=[SPEED])
    assert found.action is DecisionAction.INSPECT
    assert "NO_MEASURE_KNOWN" in {reason.code for reason in found.reasons}


@pytest.mark.parametrize("model", ForecastModel)
def test_every_model_has_words_for_what_it_rests_on(model):
    found = recommend(outlook([71.0], model=model), limits=[HIGH], actuators=[])
    assert any(reason.code == "FORECAST_RESTS_ON" and reason.message.endswith(".") for reason in found.reasons)


def test_far_from_every_limit_there_is_nothing_to_decide():
    assert recommend(outlook([45.0, 46.0]), limits=[HIGH, LOW], actuators=[PUMP]) is None
    assert is_calm(outlook([45.0, 46.0]), [HIGH, LOW])


def test_without_limits_there_is_nothing_to_decide():
    assert recommend(outlook([1e6]), limits=[], actuators=[]) is None


def test_a_hot_spindle_whose_pump_is_off_needs_its_coolant_back():
    found = recommend(outlook([50.0, 60.0, 71.0, 80.0], mae=1.0, naive_mae=4.0), limits=[HIGH], actuators=[SPEED, PUMP])
    assert found.action is DecisionAction.RESTORE_COOLING
    assert found.urgency is Urgency.IMMEDIATE
    assert found.impact.time_to_threshold_s == 120.0
    assert found.impact.extreme_value == 80.0
    assert found.confidence > 0.99
    by_code = {reason.code: reason for reason in found.reasons}
    assert (by_code["FORECAST_CROSSES_LIMIT"].value, by_code["FORECAST_CROSSES_LIMIT"].threshold) == (80.0, 70.0)
    assert by_code["FORECAST_ERROR"].threshold == 4.0
    assert by_code["COOLING_IS_OFF"].channel_key == "running"
    assert [other.action for other in found.alternatives] == [
        DecisionAction.RAISE_COOLING,
        DecisionAction.REDUCE_LOAD,
        DecisionAction.INSPECT,
        DecisionAction.CONTINUE_MONITORING,
    ]


@pytest.mark.parametrize(
    ("actuators", "quantity", "action"),
    [
        ([PUMP, SPEED], "TEMPERATURE", DecisionAction.RESTORE_COOLING),
        ([replace(PUMP, value=1.0), SPEED], "TEMPERATURE", DecisionAction.REDUCE_LOAD),
        ([replace(PUMP, value=None)], "TEMPERATURE", DecisionAction.INSPECT),
        ([PUMP, SPEED], "VIBRATION", DecisionAction.REDUCE_LOAD),
        ([], "TEMPERATURE", DecisionAction.INSPECT),
    ],
)
def test_the_action_is_what_can_be_done_here(actuators, quantity, action):
    found = recommend(outlook([60.0, 75.0], quantity=quantity), limits=[HIGH], actuators=actuators)
    assert found.action is action
    assert action not in [other.action for other in found.alternatives]


def test_a_low_limit_is_not_met_by_doing_less():
    found = recommend(outlook([35.0, 25.0], last=40.0), limits=[LOW], actuators=[PUMP, SPEED])
    assert found.action is DecisionAction.INSPECT
    assert found.impact.extreme_value == 25.0


def test_what_may_happen_but_probably_will_not_is_no_decision():
    outlook_near = outlook([66.0, 69.0])
    assert 0.2 < share_beyond(outlook_near, HIGH).max() < 0.5
    assert recommend(outlook_near, limits=[HIGH], actuators=[PUMP]) is None


@pytest.mark.parametrize(
    ("step_s", "urgency"), [(1.0, "IMMEDIATE"), (300.0, "HIGH"), (1800.0, "MEDIUM"), (7200.0, "LOW")]
)
def test_urgency_is_the_time_that_is_left(step_s, urgency):
    found = recommend(outlook([50.0, 60.0, 75.0], step_s=step_s), limits=[HIGH], actuators=[])
    assert found.urgency is Urgency(urgency)


def test_a_limit_that_is_already_crossed_is_said_so():
    found = recommend(outlook([69.0, 60.0], last=72.0), limits=[HIGH], actuators=[])
    assert found.reasons[0].code == "LIMIT_CROSSED"
    assert (found.reasons[0].value, found.reasons[0].threshold) == (72.0, 70.0)
    assert found.urgency is Urgency.IMMEDIATE
    assert found.confidence == 1.0
    assert not is_calm(outlook([60.0], last=72.0), [HIGH])


def test_of_two_limits_the_one_that_is_crossed_first_is_named():
    found = recommend(outlook([80.0, 90.0]), limits=[HIGHEST, HIGH], actuators=[])
    assert found.reasons[0].threshold == 70.0


def test_of_two_limits_that_are_both_crossed_the_farther_one_is_named():
    found = recommend(outlook([90.0], last=90.0), limits=[HIGH, HIGHEST], actuators=[])
    assert found.reasons[0].threshold == 85.0


def test_an_open_recommendation_does_not_flicker_at_its_threshold():
    between = outlook([69.2])
    assert recommend(between, limits=[HIGH], actuators=[]) is None
    assert not is_calm(outlook([69.2]), [HIGH])


def test_no_figure_is_invented_where_nothing_was_measured():
    found = recommend(outlook([75.0]), limits=[HIGH], actuators=[])
    assert (found.impact.energy_kwh, found.impact.peak_kw, found.impact.cost) == (None, None, None)
    assert "FORECAST_ERROR" not in [reason.code for reason in found.reasons]
