"""What is guessed of a series from its words and values."""

import numpy as np
import pytest

from twinql.domain.assets import Commodity
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.units import Quantity, Unit
from twinql.files.assumptions import (
    commodity_of,
    direction_of,
    key_of,
    kind_of,
    quantity_of,
    register_of,
    usual_steps_s,
    words_of,
)
from twinql.files.layout import unit_in

HOUR_US = 3600 * 10**6


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("kwh", Unit.KILOWATT_HOUR),
        ("Usage_kWh", Unit.KILOWATT_HOUR),
        ("Temperature [°C]", Unit.DEGREE_CELSIUS),
        ("T (K)", Unit.KELVIN),
        ("power kW", Unit.KILOWATT),
        ("Wh", Unit.WATT_HOUR),
        ("heater_W", Unit.WATT),
        ("phase_A", None),
        ("value", None),
        ("series_a", None),
        ("CO2(tCO2)", None),
        ("torque [Nm]", None),
        ("reactive [kvarh]", Unit.KILOVAR_HOUR),
        ("flow (liters/hour)", Unit.LITRE_PER_HOUR),
        ("intensity (gCO2/kWh)", Unit.GRAM_PER_KILOWATT_HOUR),
    ],
)
def test_the_end_of_a_columns_name_may_be_a_unit(name, unit):
    assert unit_in(name) is unit


@pytest.mark.parametrize(
    ("name", "register"),
    [("import_day", "day"), ("Night kWh", "night"), ("off-peak", "offpeak"), ("peak", "peak"), ("T1", "t1"),
     ("import", None), ("day_and_night", None)],
)  # fmt: skip
def test_a_register_is_told_by_its_name(name, register):
    assert register_of(words_of(name), ReadingKind.CUMULATIVE) == register
    assert register_of(words_of(name), ReadingKind.INTERVAL) is None


@pytest.mark.parametrize(
    ("words", "unit", "quantity"),
    [
        ("machine_temperature", None, Quantity.TEMPERATURE),
        ("kwh", Unit.KILOWATT_HOUR, Quantity.ENERGY),
        ("heater", Unit.WATT, Quantity.POWER),
        ("room humidity", Unit.PERCENT, Quantity.HUMIDITY),
        ("something", Unit.PERCENT, None),
        ("spindleSpeed", Unit.REVOLUTION_PER_MINUTE, Quantity.ROTATIONAL_SPEED),
        ("power", Unit.KILOWATT_HOUR, Quantity.ENERGY),
        ("value", None, None),
        ("q1", Unit.KILOVAR_HOUR, Quantity.REACTIVE_ENERGY),
        ("u", Unit.REVOLUTION_PER_MINUTE, Quantity.ROTATIONAL_SPEED),
        ("u", Unit.MILLIMETRE_PER_SECOND, Quantity.VIBRATION),
        ("u", Unit.METRE_PER_SECOND, Quantity.SPEED),
    ],
)
def test_words_and_units_speak_of_quantities(words, unit, quantity):
    assert quantity_of(words_of(words), unit) is quantity


def test_amounts_that_only_grow_are_a_registers():
    times = np.arange(100) * HOUR_US
    use = np.abs(np.sin(np.arange(100.0)))
    assert kind_of(Quantity.ENERGY, times, use) is ReadingKind.INTERVAL
    assert kind_of(Quantity.ENERGY, times, 1000 + np.cumsum(use)) is ReadingKind.CUMULATIVE
    assert kind_of(Quantity.ENERGY, times[::-1], (1000 + np.cumsum(use))[::-1]) is ReadingKind.CUMULATIVE
    assert kind_of(Quantity.TEMPERATURE, times, np.cumsum(use)) is ReadingKind.INSTANTANEOUS
    assert kind_of(Quantity.ENERGY, times[:1], use[:1]) is None
    assert kind_of(Quantity.ENERGY, times, np.zeros(100)) is ReadingKind.INTERVAL
    assert kind_of(Quantity.ENERGY, times, np.array([1.7e308, -1.7e308] * 50)) is ReadingKind.INTERVAL


def test_the_usual_step_ignores_gaps_and_other_series():
    half_hour = HOUR_US // 2
    times = np.array([0, 1, 2, 9, 10, 0, 2, 4, 7]) * half_hour
    series = np.array([0] * 5 + [1] * 3 + [2], dtype=np.int32)
    assert usual_steps_s(times, series) == {0: 1800, 1: 3600}


def test_a_new_key_is_the_files_own_word_where_it_has_one():
    assert key_of("", "kwh", Quantity.ENERGY) == "energy"
    assert key_of("", "value", Quantity.TEMPERATURE) == "temperature"
    assert key_of("Spindle Temp", "value", Quantity.TEMPERATURE) == "spindle_temp"
    assert key_of("", "Usage_kWh", Quantity.ENERGY) == "usage_kwh"
    assert key_of("", "10006414", Quantity.ENERGY) == "c_10006414"
    assert len(key_of("", "x" * 200, Quantity.OTHER)) == 63


def test_commodity_and_direction_follow_words():
    assert commodity_of(words_of("gas_m3"), Quantity.VOLUME) is Commodity.GAS
    assert commodity_of(set(), Quantity.VOLUME) is Commodity.WATER
    assert commodity_of(set(), Quantity.ENERGY) is Commodity.ELECTRICITY
    assert direction_of(words_of("pv export"), Quantity.ENERGY) is FlowDirection.EXPORT
    assert direction_of(set(), Quantity.ENERGY) is FlowDirection.IMPORT
    assert direction_of(set(), Quantity.TEMPERATURE) is None
