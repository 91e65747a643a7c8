"""What each unit is: how people write it, what it measures, and what pint calls it; scales and offsets are pint's."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pint

_DEFINITIONS = (
    # To pint, apparent and reactive power are watts; nobody who is billed for them would agree.
    "apparent_watt = [apparent_power]",
    "reactive_watt = [reactive_power]",
    "currency = [currency]",
    "cent = currency / 100",
    "hundred_cubic_feet = 100 * cubic_foot",
    "million_british_thermal_units = 1_000_000 * british_thermal_unit",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a unit is.

    Attributes:
        symbol: What stands behind a number: kWh, °C; empty for plain numbers.
        dimension: What it measures; units of one dimension convert into each other.
        expression: The same in pint's words.
    """

    symbol: str
    dimension: str
    expression: str


FACTS = {
    "KILOWATT_HOUR": Facts("kWh", "energy", "kilowatt * hour"),
    "WATT_HOUR": Facts("Wh", "energy", "watt_hour"),
    "MEGAWATT_HOUR": Facts("MWh", "energy", "megawatt_hour"),
    "GIGAWATT_HOUR": Facts("GWh", "energy", "gigawatt_hour"),
    "JOULE": Facts("J", "energy", "joule"),
    "KILOJOULE": Facts("kJ", "energy", "kilojoule"),
    "MEGAJOULE": Facts("MJ", "energy", "megajoule"),
    "GIGAJOULE": Facts("GJ", "energy", "gigajoule"),
    "THERM": Facts("therm", "energy", "therm"),
    "BRITISH_THERMAL_UNIT": Facts("BTU", "energy", "british_thermal_unit"),
    "MILLION_BRITISH_THERMAL_UNITS": Facts("MMBTU", "energy", "million_british_thermal_units"),
    "WATT": Facts("W", "power", "watt"),
    "KILOWATT": Facts("kW", "power", "kilowatt"),
    "MEGAWATT": Facts("MW", "power", "megawatt"),
    "GIGAWATT": Facts("GW", "power", "gigawatt"),
    "BRITISH_THERMAL_UNIT_PER_HOUR": Facts("BTU/h", "power", "british_thermal_unit / hour"),
    "VOLT_AMPERE": Facts("VA", "apparent power", "apparent_watt"),
    "KILOVOLT_AMPERE": Facts("kVA", "apparent power", "kiloapparent_watt"),
    "MEGAVOLT_AMPERE": Facts("MVA", "apparent power", "megaapparent_watt"),
    "KILOVOLT_AMPERE_HOUR": Facts("kVAh", "apparent energy", "kiloapparent_watt * hour"),
    "VAR": Facts("var", "reactive power", "reactive_watt"),
    "KILOVAR": Facts("kvar", "reactive power", "kiloreactive_watt"),
    "MEGAVAR": Facts("Mvar", "reactive power", "megareactive_watt"),
    "KILOVAR_HOUR": Facts("kvarh", "reactive energy", "kiloreactive_watt * hour"),
    "VAR_HOUR": Facts("varh", "reactive energy", "reactive_watt * hour"),
    "MEGAVAR_HOUR": Facts("Mvarh", "reactive energy", "megareactive_watt * hour"),
    "VOLT": Facts("V", "voltage", "volt"),
    "MILLIVOLT": Facts("mV", "voltage", "millivolt"),
    "KILOVOLT": Facts("kV", "voltage", "kilovolt"),
    "AMPERE": Facts("A", "current", "ampere"),
    "MILLIAMPERE": Facts("mA", "current", "milliampere"),
    "KILOAMPERE": Facts("kA", "current", "kiloampere"),
    "HERTZ": Facts("Hz", "frequency", "hertz"),
    "DEGREE_CELSIUS": Facts("°C", "temperature", "degree_Celsius"),
    "DEGREE_FAHRENHEIT": Facts("°F", "temperature", "degree_Fahrenheit"),
    "KELVIN": Facts("K", "temperature", "kelvin"),
    "PERCENT": Facts("%", "ratio", "percent"),
    "RATIO": Facts("", "ratio", "dimensionless"),
    "PASCAL": Facts("Pa", "pressure", "pascal"),
    "HECTOPASCAL": Facts("hPa", "pressure", "hectopascal"),
    "KILOPASCAL": Facts("kPa", "pressure", "kilopascal"),
    "MEGAPASCAL": Facts("MPa", "pressure", "megapascal"),
    "BAR": Facts("bar", "pressure", "bar"),
    "MILLIBAR": Facts("mbar", "pressure", "millibar"),
    "POUND_PER_SQUARE_INCH": Facts("psi", "pressure", "pound_force_per_square_inch"),
    "CUBIC_METRE": Facts("m³", "volume", "meter ** 3"),
    "LITRE": Facts("L", "volume", "liter"),
    "CUBIC_FOOT": Facts("ft³", "volume", "foot ** 3"),
    "HUNDRED_CUBIC_FEET": Facts("CCF", "volume", "hundred_cubic_feet"),
    "US_GALLON": Facts("US gal", "volume", "US_liquid_gallon"),
    "IMPERIAL_GALLON": Facts("imp gal", "volume", "imperial_gallon"),
    "CUBIC_METRE_PER_HOUR": Facts("m³/h", "flow", "meter ** 3 / hour"),
    "LITRE_PER_MINUTE": Facts("L/min", "flow", "liter / minute"),
    "LITRE_PER_HOUR": Facts("L/h", "flow", "liter / hour"),
    "LITRE_PER_SECOND": Facts("L/s", "flow", "liter / second"),
    "CUBIC_FOOT_PER_MINUTE": Facts("ft³/min", "flow", "foot ** 3 / minute"),
    "US_GALLON_PER_MINUTE": Facts("US gal/min", "flow", "US_liquid_gallon / minute"),
    # A revolution is an angle of 2π to pint, which no fraction says; here it is counted.
    "REVOLUTION_PER_MINUTE": Facts("rpm", "frequency", "minute ** -1"),
    "MILLIMETRE_PER_SECOND": Facts("mm/s", "velocity", "millimeter / second"),
    "METRE_PER_SECOND": Facts("m/s", "velocity", "meter / second"),
    "KILOMETRE_PER_HOUR": Facts("km/h", "velocity", "kilometer / hour"),
    "INCH_PER_SECOND": Facts("in/s", "velocity", "inch / second"),
    "MILLISECOND": Facts("ms", "duration", "millisecond"),
    "SECOND": Facts("s", "duration", "second"),
    "MINUTE": Facts("min", "duration", "minute"),
    "HOUR": Facts("h", "duration", "hour"),
    "WATT_PER_SQUARE_METRE": Facts("W/m²", "irradiance", "watt / meter ** 2"),
    "CURRENCY_PER_KILOWATT_HOUR": Facts("¤/kWh", "price", "currency / kilowatt_hour"),
    "CURRENCY_PER_MEGAWATT_HOUR": Facts("¤/MWh", "price", "currency / megawatt_hour"),
    "CENT_PER_KILOWATT_HOUR": Facts("ct/kWh", "price", "cent / kilowatt_hour"),
    "GRAM_PER_KILOWATT_HOUR": Facts("g/kWh", "carbon intensity", "gram / kilowatt_hour"),
    "KILOGRAM_PER_KILOWATT_HOUR": Facts("kg/kWh", "carbon intensity", "kilogram / kilowatt_hour"),
    "KILOGRAM_PER_MEGAWATT_HOUR": Facts("kg/MWh", "carbon intensity", "kilogram / megawatt_hour"),
    "POUND_PER_MEGAWATT_HOUR": Facts("lb/MWh", "carbon intensity", "pound / megawatt_hour"),
    "MEGAJOULE_PER_CUBIC_METRE": Facts("MJ/m³", "calorific value", "megajoule / meter ** 3"),
    "KILOWATT_HOUR_PER_CUBIC_METRE": Facts("kWh/m³", "calorific value", "kilowatt_hour / meter ** 3"),
    "ONE": Facts("", "number", "dimensionless"),
}
"""By the names of `Unit`; of each dimension the usual one first."""


@cache
def registry() -> "pint.UnitRegistry[Fraction]":
    """Return pint's registry, with exact fractions and the units that it lacks.

    It is loaded when something first converts: that takes a quarter of a second, which no start should wait for.
    """
    import pint  # noqa: PLC0415 - see above

    units: pint.UnitRegistry[Fraction] = pint.UnitRegistry(non_int_type=Fraction)
    for definition in _DEFINITIONS:
        units.define(definition)
    return units


@dataclass(frozen=True, slots=True)
class Measure:
    """What pint knows of a unit: value in the base unit of the SI = value · scale + offset.

    Attributes:
        scale: How many base units it is.
        offset: Where its zero lies, in base units; 0 but for temperatures.
        dimensions: Of what it is made, such as [length] ** 3.
        words: The units in which it is written, without prefixes: {watt, hour} for kW·h, but {watt_hour} for kWh.
    """

    scale: Fraction
    offset: Fraction
    dimensions: str
    words: frozenset[str]


def measured(expression: str) -> Measure:
    """Measure a unit that is written in pint's words.

    Raises:
        pint.errors.PintError: Pint knows no such unit.
        ValueError: It is none.
    """
    units = registry()
    unit = units.parse_units(expression)
    offset, one = (units.Quantity(Fraction(value), unit).to_base_units().magnitude for value in (0, 1))
    words = frozenset(units.parse_unit_name(word)[0][1] for word, _ in units.Quantity(1, unit).unit_items())
    dimensions = " ".join(f"{name} {power}" for name, power in sorted(unit.dimensionality.items()))
    return Measure(one - offset, offset, dimensions, words)


@cache
def measure(name: str) -> Measure:
    """Measure a unit by its name."""
    return measured(FACTS[name].expression)
