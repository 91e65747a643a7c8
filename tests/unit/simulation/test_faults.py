"""Faults that are switched on by name."""

import numpy as np
import pytest

from twinql.domain.simulation.faults import FaultName, Track, apply_faults, coolant_flow, switched_on
from twinql.errors import InvalidInputError

AT_S = np.arange(1000.0, 1600.0, 2.0)
TRUE = np.linspace(40.0, 45.0, AT_S.size)


def seen(name: FaultName, values: np.ndarray = TRUE, **options: float) -> Track:
    fault = switched_on(name, at_s=1200.0, signal="x", magnitude=options.get("magnitude"))
    changed, _ = apply_faults({"x": Track(AT_S, values), "y": Track(AT_S, values)}, [fault], seed=7)
    np.testing.assert_array_equal(changed["y"].values, values)
    np.testing.assert_array_equal(changed["x"].values[:100], values[:100])
    return changed["x"]


def test_no_fault_changes_nothing() -> None:
    changed, faults = apply_faults({"x": Track(AT_S, TRUE)}, [], seed=7)
    assert changed["x"].values is TRUE
    assert faults == ()


def test_a_stuck_sensor_repeats_its_value() -> None:
    assert np.all(seen(FaultName.STUCK_SENSOR).values[100:] == TRUE[100])


def test_a_stuck_sensor_remembers_its_value_from_call_to_call() -> None:
    faults = (switched_on(FaultName.STUCK_SENSOR, at_s=1200.0, signal="x"),)
    for index in range(AT_S.size):
        changed, faults = apply_faults({"x": Track(AT_S[index : index + 1], TRUE[index : index + 1])}, faults, seed=7)
    assert changed["x"].values[0] == TRUE[100]


def test_a_drift_grows_by_the_hour() -> None:
    drifted = seen(FaultName.DRIFT, magnitude=6.0).values - TRUE
    assert drifted[-1] == pytest.approx(6.0 * (AT_S[-1] - 1200.0) / 3600.0)


def test_a_few_values_spike_and_the_rest_are_true() -> None:
    at_s = np.arange(1200.0, 101_200.0, 2.0)
    fault = switched_on(FaultName.SPIKE, at_s=1200.0, signal="x", magnitude=25.0)
    changed, _ = apply_faults({"x": Track(at_s, np.zeros(at_s.size))}, [fault], seed=7)
    assert set(np.unique(changed["x"].values)) == {-25.0, 0.0, 25.0}
    assert np.mean(changed["x"].values != 0) == pytest.approx(0.03, abs=0.004)


def test_a_clock_an_hour_off_shifts_times_and_leaves_values() -> None:
    track = seen(FaultName.CLOCK_OFF)
    np.testing.assert_array_equal(track.at_s[100:], AT_S[100:] - 3599.0)
    np.testing.assert_array_equal(track.values, TRUE)


def test_coolant_fails_from_its_time_on() -> None:
    fault = switched_on(FaultName.COOLANT_FAILURE, at_s=1200.0)
    assert coolant_flow([fault], at_s=1199.0) == 1.0
    assert coolant_flow([fault], at_s=1200.0) == 0.0
    assert coolant_flow([], at_s=1200.0) == 1.0


def test_a_fault_of_a_signal_that_is_not_there_waits() -> None:
    fault = switched_on(FaultName.STUCK_SENSOR, at_s=1200.0, signal="z")
    _, faults = apply_faults({"x": Track(AT_S, TRUE)}, [fault], seed=7)
    assert faults == (fault,)


def test_a_fault_befalls_only_what_it_can() -> None:
    with pytest.raises(InvalidInputError, match="mill alone"):
        switched_on(FaultName.COOLANT_FAILURE, at_s=0.0, signal="x")
    with pytest.raises(InvalidInputError, match=r"house\.import_energy"):
        switched_on(FaultName.REGISTER_RESET, at_s=0.0, signal="x")
