"""A household and its registers."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.simulation.house import Registers, count_energy, house_power
from twinql.domain.simulation.household import Household, observe_house
from twinql.domain.simulation.slots import local_time
from twinql.domain.simulation.weather import Place

LISBON = Place(38.7, -9.1, ZoneInfo("Europe/Lisbon"))
START_S = datetime(2026, 3, 20, tzinfo=UTC).timestamp()
FORTNIGHT = np.arange(START_S // 60, START_S // 60 + 14 * 1440).astype(np.int64)


def registers_at(at_s: np.ndarray, since_s: float = START_S) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return count_energy(
        seed=7, place=LISBON, peak_kw=5.0, registers=Registers(100.0, 50.0, 10.0), since_s=since_s, at_s=at_s
    )


def test_import_less_export_is_load_less_solar() -> None:
    power = house_power(seed=7, place=LISBON, slots=FORTNIGHT, peak_kw=5.0)
    np.testing.assert_allclose(power.imported_w - power.exported_w, power.load_w - power.solar_w, atol=1e-9)
    assert np.all(power.imported_w * power.exported_w == 0.0)
    assert power.load_w.min() >= 70.0


def test_registers_hold_the_energy_of_the_power() -> None:
    imported, exported, generated = registers_at(np.array([START_S + 14 * 86_400.0]))
    power = house_power(seed=7, place=LISBON, slots=FORTNIGHT, peak_kw=5.0)
    assert imported[0] - 100.0 == pytest.approx(power.imported_w.sum() / 60_000.0)
    assert exported[0] - 50.0 == pytest.approx(power.exported_w.sum() / 60_000.0)
    assert generated[0] - 10.0 == pytest.approx(power.solar_w.sum() / 60_000.0)


def test_registers_never_fall() -> None:
    imported, exported, generated = registers_at(START_S + np.arange(0.0, 3 * 86_400.0, 37.0))
    assert np.all(np.diff(imported) >= 0.0)
    assert np.all(np.diff(exported) >= 0.0)
    assert np.all(np.diff(generated) >= 0.0)


def test_how_often_one_looks_does_not_change_the_register() -> None:
    every = START_S + np.arange(2.0, 7201.0, 2.0)
    often, _, _ = registers_at(every)
    once, _, _ = registers_at(every[-1:])
    assert often[-1] == pytest.approx(once[0], abs=1e-9)


def test_a_restart_after_a_stop_counts_what_was_used_meanwhile() -> None:
    whole, _, _ = registers_at(np.array([START_S + 50_000.0]))
    house = Household(at_s=START_S, registers=Registers(100.0, 50.0, 10.0))
    house, _ = observe_house(house, seed=7, place=LISBON, peak_kw=5.0, at_s=np.array([START_S + 101.0]))
    house, _ = observe_house(house, seed=7, place=LISBON, peak_kw=5.0, at_s=np.array([START_S + 50_000.0]))
    assert house.registers.imported_kwh == pytest.approx(whole[0], abs=1e-9)


def test_reading_at_the_very_instant_of_the_state_adds_nothing() -> None:
    imported, exported, generated = registers_at(np.array([START_S]))
    assert (imported[0], exported[0], generated[0]) == (100.0, 50.0, 10.0)


def test_evenings_use_more_than_nights_and_days_differ() -> None:
    power = house_power(seed=7, place=LISBON, slots=FORTNIGHT, peak_kw=5.0)
    clock = local_time(FORTNIGHT, LISBON.zone)
    night = power.load_w[(clock.minute >= 120) & (clock.minute < 300)].mean()
    evening = power.load_w[(clock.minute >= 1110) & (clock.minute < 1290)].mean()
    assert evening > 3 * night
    daily = power.load_w.reshape(14, 1440).mean(axis=1)
    assert daily.std() > 20.0


def test_habits_follow_the_clock_through_the_change_to_summer_time() -> None:
    # Lisbon changes on 29 March 2026; dinner comes an hour of UTC earlier afterwards.
    def evening_peak_utc(first: datetime) -> float:
        slots = (int(first.timestamp()) // 60 + np.arange(7 * 1440)).astype(np.int64)
        load = house_power(seed=7, place=LISBON, slots=slots, peak_kw=0.0).load_w.reshape(7, 1440).mean(axis=0)
        evening = np.arange(1020, 1440)
        return float(np.average(evening, weights=load[evening] - load[evening].min()))

    before = evening_peak_utc(datetime(2026, 3, 16, tzinfo=UTC))
    after = evening_peak_utc(datetime(2026, 3, 30, tzinfo=UTC))
    assert before - after == pytest.approx(60.0, abs=30.0)


def test_history_and_live_say_the_same_at_the_same_second() -> None:
    at_s = START_S + np.arange(60.0, 601.0, 60.0)
    house = Household(at_s=START_S, registers=Registers(100.0, 50.0, 10.0))
    _, history = observe_house(house, seed=7, place=LISBON, peak_kw=5.0, at_s=at_s)
    for moment in (START_S + np.arange(2.0, 601.0, 2.0)).tolist():
        house, live = observe_house(house, seed=7, place=LISBON, peak_kw=5.0, at_s=np.array([moment]))
    for signal, values in history.items():
        assert live[signal][0] == pytest.approx(values[-1], abs=1e-9), signal
