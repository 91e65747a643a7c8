"""Units: symbols, fits and conversions."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.units import Quantity, Unit, check_fit, convert, scale, to_billing_unit, unit_named
from twinql.errors import InvalidInputError

SCHEMA = (Path(__file__).parents[2] / "prisma" / "schema.prisma").read_text(encoding="utf-8")


@pytest.mark.parametrize(("enumeration", "name"), [(Unit, "Unit"), (Quantity, "Quantity")])
def test_the_names_are_those_of_the_database(enumeration, name):
    block = re.search(rf"^enum {name} \{{(.*?)^\}}", SCHEMA, re.DOTALL | re.MULTILINE)[1]
    assert [member.name for member in enumeration] == re.findall(r"^\s+([A-Z_]+)\b", block, re.MULTILINE)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1.5, Unit.KILOWATT_HOUR, Unit.WATT_HOUR, 1500.0),
        (1234.0, Unit.WATT_HOUR, Unit.KILOWATT_HOUR, 1.234),
        (1.0, Unit.KILOWATT_HOUR, Unit.MEGAJOULE, 3.6),
        (2.0, Unit.MEGAWATT_HOUR, Unit.KILOWATT_HOUR, 2000.0),
        (0.25, Unit.MEGAWATT, Unit.WATT, 250_000.0),
        (100.0, Unit.DEGREE_CELSIUS, Unit.DEGREE_FAHRENHEIT, 212.0),
        (-40.0, Unit.DEGREE_FAHRENHEIT, Unit.DEGREE_CELSIUS, -40.0),
        (0.0, Unit.DEGREE_CELSIUS, Unit.KELVIN, 273.15),
        (3.0, Unit.CUBIC_METRE, Unit.LITRE, 3000.0),
        (6.0, Unit.CUBIC_METRE_PER_HOUR, Unit.LITRE_PER_MINUTE, 100.0),
        (42.0, Unit.PERCENT, Unit.RATIO, 0.42),
        (3000.0, Unit.REVOLUTION_PER_MINUTE, Unit.HERTZ, 50.0),
        (1.5, Unit.HOUR, Unit.MINUTE, 90.0),
        (1.0, Unit.BAR, Unit.PASCAL, 100_000.0),
    ],
)
def test_a_value_worked_by_hand(value, source, target, expected):
    assert convert(np.array([value]), source=source, target=target)[0] == pytest.approx(expected, rel=1e-15)


def test_a_difference_of_temperatures_knows_no_zero():
    degrees = convert(np.array([10.0]), source=Unit.DEGREE_CELSIUS, target=Unit.DEGREE_FAHRENHEIT, difference=True)
    assert degrees.tolist() == [18.0]


def test_a_gap_stays_a_gap():
    assert np.isnan(convert(np.array([np.nan]), source=Unit.WATT, target=Unit.KILOWATT)).all()


def test_nothing_converts_to_nothing():
    assert convert(np.array([]), source=Unit.WATT, target=Unit.KILOWATT).shape == (0,)


@given(st.floats(-1e9, 1e9), st.sampled_from(list(Unit)), st.sampled_from(list(Unit)))
def test_there_and_back_is_where_it_began(value, source, target):
    try:
        there = convert(np.array([value]), source=source, target=target)
    except InvalidInputError:
        return
    back = convert(there, source=target, target=source)
    assert back[0] == pytest.approx(value, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("unit", "billed"),
    [
        (Unit.KILOWATT_HOUR, 1),
        (Unit.WATT_HOUR, Fraction(1, 1000)),
        (Unit.MEGAJOULE, Fraction(5, 18)),
        (Unit.LITRE, Fraction(1, 1000)),
        (Unit.CUBIC_METRE, 1),
    ],
)
def test_what_is_billed_has_an_exact_factor(unit, billed):
    assert to_billing_unit(unit) == billed


def test_power_is_not_billed():
    assert scale(Unit.KILOWATT) == 1000
    with pytest.raises(InvalidInputError, match="KILOWATT is a unit of power; only energy and volumes are billed"):
        to_billing_unit(Unit.KILOWATT)


def test_a_unit_that_does_not_fit_says_which_do():
    with pytest.raises(InvalidInputError, match="KILOWATT_HOUR does not fit a channel in DEGREE_CELSIUS") as caught:
        convert(np.array([1.0]), source=Unit.DEGREE_CELSIUS, target=Unit.KILOWATT_HOUR)
    assert caught.value.path == ("unit",)
    assert "KELVIN" in caught.value.message


def test_every_quantity_has_a_unit_and_says_which_fit():
    for quantity in Quantity:
        for unit in quantity.units:
            check_fit(quantity, unit)
    with pytest.raises(InvalidInputError, match="WATT is no unit of ENERGY; use KILOWATT_HOUR, WATT_HOUR"):
        check_fit(Quantity.ENERGY, Unit.WATT)


def test_energies_add_up_and_temperatures_do_not():
    assert Quantity.ENERGY.additive
    assert not Quantity.TEMPERATURE.additive
    assert not Quantity.LATENCY.additive


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("kWh", Unit.KILOWATT_HOUR),
        (" KWH ", Unit.KILOWATT_HOUR),
        ("kilowatt_hour", Unit.KILOWATT_HOUR),
        ("°C", Unit.DEGREE_CELSIUS),
        ("degC", Unit.DEGREE_CELSIUS),
        ("MW", Unit.MEGAWATT),
        ("m3", Unit.CUBIC_METRE),
        ("1", Unit.ONE),
    ],
)
def test_a_unit_is_found_by_name_and_by_symbol(text, unit):
    assert unit_named(text) is unit


@pytest.mark.parametrize("text", ["mW", "mwh", "", "furlong"])
def test_an_unknown_unit_is_not_guessed(text):
    with pytest.raises(InvalidInputError, match="is no unit that TwinQL knows"):
        unit_named(text)


def test_symbols_are_told_apart():
    symbols = [unit.symbol for unit in Unit if unit.symbol]
    assert len(symbols) == len(set(symbols))
