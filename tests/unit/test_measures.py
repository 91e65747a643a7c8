"""What is proposed before a limit is crossed: which channel, to what value, and by what it is verified."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinql.domain.decisions.measures import EXPIRES_S, KEEPS_FOR_S, Actuator, choose
from twinql.domain.decisions.vocabulary import DecisionAction
from twinql.domain.outlook import Limit, Outlook
from twinql.domain.verification import EffectDirection

SPINDLE, PUMP_ID, SPEED_ID = (UUID(int=place) for place in (1, 2, 3))
HIGH = Limit(65.0, is_high=True)
PUMP = Actuator(PUMP_ID, "running", "Coolant pump", "SWITCH", cools=True, value=1.0, on_code=1.0, on_label="ON")
SPEED = Actuator(
    SPEED_ID, "speed", "Spindle speed", "ROTATIONAL_SPEED", cools=False, value=12000.0, minimum=0.0, maximum=12000.0
)
FAN = replace(SPEED, id=UUID(int=4), key="fan", name="Cooling fan", cools=True, value=300.0, maximum=1500.0)


def rising(last=43.0, pace=0.1):
    median = last + pace * 10.0 * np.arange(1, 31)
    return Outlook("TEMPERATURE", "DEGREE_CELSIUS", last, median - 1.0, median, median + 1.0, 0.8, 10.0)


def chosen(*actuators, outlook=None, seconds=220.0):
    return choose(outlook or rising(), HIGH, seconds, channel_id=SPINDLE, actuators=actuators)


def test_a_load_is_lowered_so_far_that_the_limit_is_not_reached_for_a_quarter_of_an_hour():
    found = chosen(PUMP, SPEED)
    # 22 K are left, of which nine tenths may be used up within 900 s, where 0.1 K/s would take 90 K: 22 % stay.
    assert found.action is DecisionAction.REDUCE_LOAD
    assert found.proposal.channel_id == SPEED_ID
    assert found.proposal.desired == 2600.0
    assert found.lowered_to == pytest.approx(2600.0 / 12000.0)
    assert 43.0 + found.lowered_to * 0.1 * KEEPS_FOR_S < 65.0
    expect = found.proposal.expect
    assert (expect.channel_id, expect.direction, expect.within) == (
        SPINDLE,
        EffectDirection.FALLS,
        timedelta(seconds=45),
    )
    # A quarter of what 45 s at 0.1 K/s would bring, less by the share that stays.
    assert expect.by == pytest.approx(0.25 * (1.0 - 2600.0 / 12000.0) * 4.5, rel=0.01)
    assert expect.baseline == ((0.0, 43.0), (45.0, pytest.approx(47.5)))
    assert found.proposal.expires_in_s == EXPIRES_S
    why = {each.code: each for each in found.reasons}
    assert (why["PROPOSED_VALUE"].value, why["PROPOSED_VALUE"].threshold) == (2600.0, 12000.0)
    assert why["COOLING_IS_ON"].channel_key == "running"


@pytest.mark.parametrize("value", [0.0, 5e-324, 1e-300, 1e-6, -1e-9])
def test_a_load_that_does_next_to_nothing_is_none_and_somebody_has_to_look(value):
    found = chosen(replace(SPEED, value=value))
    assert (found.action, found.proposal) == (DecisionAction.INSPECT, None)


@given(value=st.floats(-1e100, 1e100), last=st.floats(-1e3, 1e3), pace=st.floats(-1e3, 1e3), seconds=st.floats(0, 1e6))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_whatever_is_read_there_is_a_measure_and_what_it_sets_lies_below_and_in_range(value, last, pace, seconds):
    for load in (replace(SPEED, value=value), replace(SPEED, value=value, minimum=None, maximum=None)):
        found = chosen(PUMP, load, outlook=rising(last, pace), seconds=seconds)
        assert found.action in {DecisionAction.REDUCE_LOAD, DecisionAction.INSPECT}
        if found.proposal is not None:
            assert 0.0 < found.proposal.desired < value
            assert load.maximum is None or found.proposal.desired <= load.maximum


def test_what_cools_and_is_off_is_switched_on_by_the_state_that_it_knows():
    found = chosen(replace(PUMP, value=0.0), SPEED)
    assert (found.action, found.proposal.channel_id) == (DecisionAction.RESTORE_COOLING, PUMP_ID)
    assert (found.proposal.desired, found.proposal.action) == (1.0, "ON")
    assert {each.action for each in found.alternatives} == {
        DecisionAction.RAISE_COOLING,
        DecisionAction.REDUCE_LOAD,
        DecisionAction.INSPECT,
        DecisionAction.CONTINUE_MONITORING,
    }


def test_what_cools_and_can_do_more_does_so_before_a_load_is_lowered():
    found = chosen(PUMP, FAN, SPEED)
    assert (found.action, found.proposal.desired) == (DecisionAction.RAISE_COOLING, 1500.0)
    assert chosen(replace(FAN, value=1500.0), SPEED).action is DecisionAction.REDUCE_LOAD


def test_nothing_is_proposed_where_nothing_can_be_set_or_its_value_is_not_known():
    found = chosen()
    assert (found.action, found.proposal) == (DecisionAction.INSPECT, None)
    found = chosen(replace(SPEED, value=None))
    assert (found.action, found.proposal) == (DecisionAction.REDUCE_LOAD, None)
    assert chosen(replace(SPEED, value=0.0)).action is DecisionAction.INSPECT
    assert chosen(replace(SPEED, minimum=12000.0)).proposal is None
    assert chosen(replace(PUMP, value=0.0, on_code=None)).proposal is None


def test_a_limit_that_is_crossed_already_takes_the_lowest_load_and_one_without_a_pace_half_of_it():
    assert chosen(SPEED, outlook=rising(last=70.0), seconds=0.0).proposal.desired == 1200.0
    still = chosen(SPEED, outlook=rising(last=70.0, pace=0.0), seconds=0.0)
    assert still.proposal.desired == 6000.0
    assert (still.proposal.expect.by, still.proposal.expect.baseline) == (None, None)


@pytest.mark.parametrize("pace", [0.03, 0.05, 0.1, 0.4])
def test_a_faster_rise_never_leaves_more_of_the_load(pace):
    slower, faster = (chosen(SPEED, outlook=rising(pace=each), seconds=22.0 / each) for each in (pace, 1.5 * pace))
    assert faster.proposal.desired <= slower.proposal.desired
