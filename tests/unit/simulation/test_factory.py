"""The factory: mill, pump and store room together."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.simulation.factory import Factory, new_factory, observe_factory
from twinql.domain.simulation.mill import Actuators, Mill
from twinql.domain.simulation.programme import Execution, programme
from twinql.domain.simulation.weather import Place

USUAL = Actuators()
LISBON = Place(38.7, -9.1, ZoneInfo("Europe/Lisbon"))
START_S = datetime(2026, 9, 16, 9, 0, tzinfo=UTC).timestamp()


def observe(
    factory: Factory, at_s: np.ndarray, actuators: Actuators = USUAL, flow: float = 1.0, seed: int = 7
) -> tuple[Factory, dict[str, np.ndarray]]:
    return observe_factory(factory, seed=seed, place=LISBON, at_s=at_s, actuators=actuators, flow=flow)


def warm_factory(hours: float = 3.0) -> Factory:
    factory, _ = observe(new_factory(START_S - hours * 3600.0), np.array([START_S]))
    return factory


def minutes(count: int, step_s: float = 60.0) -> np.ndarray:
    return START_S + np.arange(step_s, count * 60.0 + 1.0, step_s)


@pytest.mark.parametrize("actuators", [Actuators(), Actuators(pump_on=False, speed_rpm=12_000.0, drying=False)])
def test_steps_of_two_seconds_lead_where_steps_of_a_minute_lead(actuators: Actuators) -> None:
    slow, by_minute = observe(warm_factory(), minutes(30), actuators)
    quick, by_two = observe(warm_factory(), minutes(30, 2.0), actuators)
    assert quick.mill.temperature_c == pytest.approx(slow.mill.temperature_c, abs=1e-3)
    assert quick.mill.wear_percent == pytest.approx(slow.mill.wear_percent, abs=1e-9)
    assert quick.air == pytest.approx(slow.air, abs=1e-9)
    assert (quick.drying, quick.mill.tripped) == (slow.drying, slow.mill.tripped)
    for signal, values in by_minute.items():
        np.testing.assert_allclose(by_two[signal][29::30], values, atol=2e-3, err_msg=signal)


def test_the_same_seed_is_the_same_factory_and_another_is_another() -> None:
    _, first = observe(warm_factory(), minutes(60))
    _, again = observe(warm_factory(), minutes(60))
    _, other = observe(warm_factory(), minutes(60), seed=8)
    assert all(np.array_equal(first[signal], again[signal]) for signal in first)
    assert not np.array_equal(first["mill.temperature"], other["mill.temperature"])


def test_with_the_pump_on_the_spindle_stays_in_its_band() -> None:
    _, seen = observe(warm_factory(), minutes(3 * 1440), Actuators(speed_rpm=12_000.0))
    assert 22.0 < seen["mill.temperature"].min() < seen["mill.temperature"].max() < 50.0


def test_the_pump_rests_where_shifts_change_and_the_machine_stands() -> None:
    at_s = minutes(1440)
    _, seen = observe(warm_factory(), at_s)
    rests = seen["pump.running"] == 0.0
    local_hours = (at_s[rests] / 3600.0 + 1.0) % 24.0
    assert rests.sum() == 15
    assert set(np.floor(local_hours)) == {6.0, 14.0, 22.0}
    assert np.all(seen["mill.execution"][rests] != Execution.RUNNING)
    assert np.all(seen["pump.power"][rests] == 0.0)
    # A switch of one's own goes before the programme.
    _, forced = observe(warm_factory(), at_s, Actuators(pump_on=True))
    assert np.all(forced["pump.running"] == 1.0)


def test_without_coolant_it_warms_at_once_and_crosses_its_limit_in_ten_minutes() -> None:
    off = Actuators(pump_on=False, speed_rpm=12_000.0)
    factory, before = observe(warm_factory(), minutes(2), Actuators(speed_rpm=12_000.0))
    at_s = START_S + 120.0 + np.arange(2.0, 601.0, 2.0)
    _, seen = observe(factory, at_s, off)
    assert seen["mill.temperature"][30] > before["mill.temperature"][-1] + 4.0
    crossed_s = float(at_s[seen["mill.temperature"] > 75.0][0]) - START_S - 120.0
    assert 240.0 < crossed_s < 600.0


def test_a_failed_coolant_is_as_bad_as_a_pump_that_is_off_but_the_pump_says_it_runs() -> None:
    off, dry = (
        observe(warm_factory(), minutes(8), Actuators(pump_on=False)),
        observe(warm_factory(), minutes(8), flow=0.0),
    )
    assert off[0].mill.temperature_c == dry[0].mill.temperature_c
    assert np.all(dry[1]["pump.running"] == 1.0)
    assert 0.3 < dry[1]["pump.power"].mean() < 0.5


def test_the_control_stops_a_spindle_that_is_too_hot_and_frees_it_when_it_is_cool() -> None:
    off = Actuators(pump_on=False, speed_rpm=12_000.0)
    factory, seen = observe(warm_factory(), minutes(30, 2.0), off)
    assert seen["mill.temperature"].max() < 96.5
    assert factory.mill.tripped
    assert seen["mill.execution"][-1] == Execution.FAULT
    later = START_S + 1800.0 + np.arange(2.0, 1200.0, 2.0)
    factory, seen = observe(factory, later, Actuators())
    assert not factory.mill.tripped
    assert np.any(seen["mill.execution"] == Execution.RUNNING)


def test_the_spindle_follows_its_setpoint_with_a_ramp() -> None:
    # Minute 1 of the cycle: the spindle starts from rest and reaches 6000 rpm after twelve seconds.
    start = next(s for s in range(int(START_S) // 60, int(START_S) // 60 + 12) if s % 12 == 1) * 60.0
    resting = replace(new_factory(start), mill=Mill(start, 30.0, 0.0, 0.0))
    at_s = start + np.arange(1.0, 60.0)
    _, seen = observe(resting, at_s, Actuators(speed_rpm=6000.0))
    assert seen["mill.spindle_speed"][5] == pytest.approx(3000.0, abs=10.0)
    assert seen["mill.spindle_speed"][20:] == pytest.approx(6000.0, abs=10.0)
    assert np.all(seen["mill.spindle_speed_setpoint"] == 6000.0)


def test_a_worn_tool_is_changed_when_the_work_piece_is() -> None:
    at_s = START_S + np.arange(60.0, 4 * 86_400.0, 60.0)
    _, seen = observe(warm_factory(), at_s)
    wear = seen["mill.tool_wear"]
    falls = np.flatnonzero(np.diff(wear) < 0)
    assert falls.size >= 2
    assert np.all(wear[falls] >= 84.9)
    assert np.all((at_s[falls] // 60) % 12 == 0)


def test_a_dehumidifier_held_off_lets_the_room_get_damp() -> None:
    _, dry = observe(warm_factory(), minutes(180))
    _, damp = observe(warm_factory(), minutes(180), Actuators(drying=False))
    assert dry["room.humidity"].max() < 57.0
    assert damp["room.humidity"][-1] > dry["room.humidity"][-1] + 10.0
    assert not damp["dehumidifier.power"].any()


def test_sixty_days_hold_running_idle_and_fault_in_sensible_shares() -> None:
    slots = (int(START_S) // 60 + np.arange(60 * 1440)).astype(np.int64)
    work = programme(seed=7, slots=slots, zone=LISBON.zone)
    share = {state: float(np.mean(work.execution == state)) for state in Execution}
    assert 0.82 < share[Execution.RUNNING] < 0.92
    assert 0.001 < share[Execution.FAULT] < 0.01
    assert set(np.unique(work.speed_rpm)) == {9000.0, 10_000.0, 11_000.0, 12_000.0}
    assert np.all(work.cutting[work.execution != Execution.RUNNING] == 0.0)


def test_every_value_is_a_number_that_can_be() -> None:
    _, seen = observe(warm_factory(), minutes(2880))
    assert all(np.isfinite(values).all() for values in seen.values())
    for signal in ("mill.error_rate", "mill.tool_wear", "room.humidity"):
        assert np.all((seen[signal] >= 0.0) & (seen[signal] <= 100.0)), signal
    assert seen["mill.network_latency"].min() > 4.0
    assert set(np.unique(seen["mill.efficiency"])) == {0.0, 1.0, 2.0}
