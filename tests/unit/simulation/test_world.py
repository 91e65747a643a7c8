"""House and factory as one world."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.simulation.faults import FaultName, switched_on
from twinql.domain.simulation.mill import Actuators
from twinql.domain.simulation.weather import Place
from twinql.domain.simulation.world import Last, World, beginning, observe, recovered

ZONE = ZoneInfo("Europe/Lisbon")
WORLD = World(seed=7, house=Place(38.72, -9.14, ZONE), factory=Place(38.74, -9.10, ZONE))
START_S = datetime(2026, 10, 24, 12, 0, tzinfo=UTC).timestamp()
USUAL = Actuators()


def minutes(count, first_s=START_S):
    return first_s + np.arange(60.0, count * 60.0 + 1.0, 60.0)


def test_a_day_in_one_piece_is_a_day_in_two() -> None:
    at_s = minutes(1500)
    whole_state, whole, _ = observe(WORLD, beginning(START_S), at_s=at_s, actuators=USUAL)
    state, _, _ = observe(WORLD, beginning(START_S), at_s=at_s[:700], actuators=USUAL)
    state, rest, _ = observe(WORLD, state, at_s=at_s[700:], actuators=USUAL)
    assert state.at_s == whole_state.at_s
    for signal, track in rest.items():
        np.testing.assert_allclose(track.values, whole[signal].values[700:], atol=1e-6, err_msg=signal)


def test_a_register_reset_starts_from_a_value_that_is_not_zero_and_counts_on() -> None:
    fault = switched_on(FaultName.REGISTER_RESET, at_s=START_S + 3600.0)
    state, before, faults = observe(WORLD, beginning(START_S), at_s=minutes(60)[:-1], actuators=USUAL, faults=[fault])
    state, after, faults = observe(WORLD, state, at_s=minutes(60, START_S + 3540.0), actuators=USUAL, faults=faults)
    assert before["house.import_energy"].values[-1] > 8000.0
    assert 17.25 <= after["house.import_energy"].values[0] < 17.4
    assert np.all(np.diff(after["house.import_energy"].values) >= 0.0)
    assert faults[0].held == pytest.approx(before["house.import_energy"].values[-1])
    _, later, _ = observe(WORLD, state, at_s=minutes(60, state.at_s), actuators=USUAL, faults=faults)
    assert later["house.import_energy"].values[0] >= after["house.import_energy"].values[-1]


def test_a_coolant_failure_warms_the_spindle_and_only_that() -> None:
    state, _, _ = observe(WORLD, beginning(START_S), at_s=minutes(72), actuators=USUAL)
    fault = switched_on(FaultName.COOLANT_FAILURE, at_s=START_S)
    at_s = minutes(8, state.at_s)
    _, healthy, _ = observe(WORLD, state, at_s=at_s, actuators=USUAL)
    _, failed, _ = observe(WORLD, state, at_s=at_s, actuators=USUAL, faults=[fault])
    assert failed["mill.temperature"].values[-1] > healthy["mill.temperature"].values[-1] + 15.0
    assert failed["pump.running"].values[-1] == 1.0
    np.testing.assert_array_equal(failed["room.humidity"].values, healthy["room.humidity"].values)


def test_a_world_is_recovered_from_its_last_readings() -> None:
    held = Actuators(pump_on=False, speed_rpm=7500.0)
    state, seen, _ = observe(WORLD, beginning(START_S), at_s=minutes(120), actuators=held)
    last = {signal: Last(float(track.at_s[-1]), float(track.values[-1])) for signal, track in seen.items()}
    again, actuators = recovered(WORLD, last, at_s=state.at_s)
    assert actuators == held
    assert again.house == state.house
    assert again.factory.mill.temperature_c == pytest.approx(state.factory.mill.temperature_c, abs=0.5)
    assert again.factory.air.moisture_g_m3 == pytest.approx(state.factory.air.moisture_g_m3, abs=0.15)
    assert replace(again.factory.mill, temperature_c=0, speed_rpm=0) == replace(
        state.factory.mill, temperature_c=0, speed_rpm=0
    )


def test_a_pump_that_rests_by_its_programme_was_switched_off_by_nobody() -> None:
    # 14 o'clock in Lisbon, two minutes on.
    state, seen, _ = observe(WORLD, beginning(START_S), at_s=minutes(62), actuators=USUAL)
    last = {signal: Last(float(track.at_s[-1]), float(track.values[-1])) for signal, track in seen.items()}
    assert last["pump.running"].value == 0.0
    assert recovered(WORLD, last, at_s=state.at_s)[1] == USUAL
    forced = {**last, "pump.running": Last(last["pump.running"].at_s, 1.0)}
    assert recovered(WORLD, forced, at_s=state.at_s)[1].pump_on is True


def test_a_world_without_readings_begins_afresh() -> None:
    state, actuators = recovered(WORLD, {}, at_s=START_S)
    assert actuators == USUAL
    assert state.house == beginning(START_S).house
    assert state.factory == beginning(START_S).factory
