"""Units: symbols, fits and conversions."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.unit_facts import measure
from twinql.domain.units import Quantity, Unit, alike, check_fit, convert, scale, to_billing_unit
from twinql.errors import InvalidInputError

ROOT = Path(__file__).parents[2]
SCHEMA = (ROOT / "prisma" / "schema.prisma").read_text(encoding="utf-8")


@pytest.mark.parametrize(("enumeration", "name"), [(Unit, "Unit"), (Quantity, "Quantity")])
def test_the_names_are_those_of_the_database(enumeration, name):
    block = re.search(rf"^enum {name} \{{(.*?)^\}}", SCHEMA, re.DOTALL | re.MULTILINE)[1]
    assert [member.name for member in enumeration] == re.findall(r"^\s+([A-Z_]+)\b", block, re.MULTILINE)


def test_the_docs_list_the_quantities_that_are_never_negative():
    docs = (ROOT / "docs" / "forecasts.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"Never below zero are ([A-Z_,\sand]+)\.", docs)
    assert set(re.findall(r"[A-Z_]{2,}", listed)) == {each.name for each in Quantity if each.never_negative}


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
        (1.0, Unit.POUND_PER_SQUARE_INCH, Unit.KILOPASCAL, 6.894757293168361),  # 4.4482216152605 N / (0.0254 m)²
        (1013.25, Unit.MILLIBAR, Unit.HECTOPASCAL, 1013.25),
        (212.0, Unit.DEGREE_FAHRENHEIT, Unit.KELVIN, 373.15),
        (1.0, Unit.GIGAJOULE, Unit.KILOWATT_HOUR, 277.77777777777777),
        (1.0, Unit.THERM, Unit.KILOWATT_HOUR, 29.307111111111111),  # 105.5056 MJ / 3.6
        (1.0, Unit.MILLION_BRITISH_THERMAL_UNITS, Unit.THERM, 10.0),
        (12_000.0, Unit.BRITISH_THERMAL_UNIT_PER_HOUR, Unit.KILOWATT, 3.5168533333333334),  # a ton of refrigeration
        (1.0, Unit.HUNDRED_CUBIC_FEET, Unit.CUBIC_METRE, 2.8316846592),  # (0.3048 m)³ · 100
        (1.0, Unit.US_GALLON, Unit.LITRE, 3.785411784),
        (1.0, Unit.IMPERIAL_GALLON, Unit.LITRE, 4.54609),
        (90.0, Unit.LITRE_PER_HOUR, Unit.LITRE_PER_MINUTE, 1.5),
        (36.0, Unit.KILOMETRE_PER_HOUR, Unit.METRE_PER_SECOND, 10.0),
        (1.0, Unit.INCH_PER_SECOND, Unit.MILLIMETRE_PER_SECOND, 25.4),
        (0.25, Unit.KILOVAR, Unit.VAR, 250.0),
        (1500.0, Unit.VAR_HOUR, Unit.KILOVAR_HOUR, 1.5),
        (230.0, Unit.VOLT, Unit.KILOVOLT, 0.23),
        (85.0, Unit.CURRENCY_PER_MEGAWATT_HOUR, Unit.CURRENCY_PER_KILOWATT_HOUR, 0.085),
        (28.62, Unit.CENT_PER_KILOWATT_HOUR, Unit.CURRENCY_PER_KILOWATT_HOUR, 0.2862),
        (0.19338, Unit.KILOGRAM_PER_KILOWATT_HOUR, Unit.KILOGRAM_PER_MEGAWATT_HOUR, 193.38),
        (215.0, Unit.GRAM_PER_KILOWATT_HOUR, Unit.KILOGRAM_PER_MEGAWATT_HOUR, 215.0),
        (1000.0, Unit.POUND_PER_MEGAWATT_HOUR, Unit.KILOGRAM_PER_MEGAWATT_HOUR, 453.59237),
        (39.6, Unit.MEGAJOULE_PER_CUBIC_METRE, Unit.KILOWATT_HOUR_PER_CUBIC_METRE, 11.0),
    ],
)
def test_a_value_worked_by_hand(value, source, target, expected):
    assert convert(np.array([value]), source=source, target=target)[0] == pytest.approx(expected, rel=1e-15)


def test_units_of_one_dimension_are_of_one_kind_to_pint():
    for unit in Unit:
        assert {measure(each.name).dimensions for each in alike(unit)} == {measure(unit.name).dimensions}


def test_apparent_and_reactive_power_are_no_watts():
    for unit in (Unit.VOLT_AMPERE, Unit.VAR):
        with pytest.raises(InvalidInputError, match="does not fit"):
            convert(np.array([1.0]), source=unit, target=Unit.WATT)
    assert Unit.MEGAWATT not in Quantity.REACTIVE_POWER.units


def test_nothing_that_starts_waits_for_pint():
    asked = "import sys, twinql.app.application, twinql.cli.parser, schema.vocabulary; sys.exit('pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False, cwd=ROOT).returncode == 0


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
        assert quantity.units
        for unit in quantity.units:
            check_fit(quantity, unit)
    assert Quantity.SPEED.units[0] is Unit.METRE_PER_SECOND
    with pytest.raises(InvalidInputError, match="WATT is no unit of ENERGY; use KILOWATT_HOUR, WATT_HOUR"):
        check_fit(Quantity.ENERGY, Unit.WATT)


def test_energies_add_up_and_temperatures_do_not():
    assert Quantity.ENERGY.additive
    assert not Quantity.TEMPERATURE.additive
    assert not Quantity.LATENCY.additive


def test_symbols_are_told_apart():
    symbols = [unit.symbol for unit in Unit if unit.symbol]
    assert len(symbols) == len(set(symbols))
