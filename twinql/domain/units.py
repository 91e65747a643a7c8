"""Units of measurement: which quantities they fit, and how to get from one to another."""

from enum import Enum
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twinql.domain.unit_facts import FACTS, measure
from twinql.errors import InvalidInputError

Floats = NDArray[np.float64]


class Quantity(Enum):
    """What a channel measures or controls."""

    ENERGY = "ENERGY"
    REACTIVE_ENERGY = "REACTIVE_ENERGY"
    APPARENT_ENERGY = "APPARENT_ENERGY"
    POWER = "POWER"
    REACTIVE_POWER = "REACTIVE_POWER"
    APPARENT_POWER = "APPARENT_POWER"
    POWER_FACTOR = "POWER_FACTOR"
    VOLTAGE = "VOLTAGE"
    CURRENT = "CURRENT"
    FREQUENCY = "FREQUENCY"
    TEMPERATURE = "TEMPERATURE"
    HUMIDITY = "HUMIDITY"
    PRESSURE = "PRESSURE"
    VOLUME = "VOLUME"
    FLOW = "FLOW"
    CALORIFIC_VALUE = "CALORIFIC_VALUE"
    SPEED = "SPEED"
    ROTATIONAL_SPEED = "ROTATIONAL_SPEED"
    VIBRATION = "VIBRATION"
    LATENCY = "LATENCY"
    ERROR_RATE = "ERROR_RATE"
    EFFICIENCY = "EFFICIENCY"
    WEAR = "WEAR"
    LOAD = "LOAD"
    DURATION = "DURATION"
    STATE = "STATE"
    SWITCH = "SWITCH"
    PRICE = "PRICE"
    CARBON_INTENSITY = "CARBON_INTENSITY"
    IRRADIANCE = "IRRADIANCE"
    COUNT = "COUNT"
    OTHER = "OTHER"

    @property
    def additive(self) -> bool:
        """Whether the amounts of two intervals add up, as energies do and temperatures do not."""
        return self in _ADDITIVE

    @property
    def never_negative(self) -> bool:
        """Whether it is never below zero, whatever a model says."""
        return self not in _EITHER_SIGN

    @property
    def units(self) -> tuple["Unit", ...]:
        """The units in which it can be stored, the usual one first."""
        return _units_of(self)


class Unit(Enum):
    """A unit of measurement, by the name that the database and the graph give it."""

    KILOWATT_HOUR = "KILOWATT_HOUR"
    WATT_HOUR = "WATT_HOUR"
    MEGAWATT_HOUR = "MEGAWATT_HOUR"
    GIGAWATT_HOUR = "GIGAWATT_HOUR"
    JOULE = "JOULE"
    KILOJOULE = "KILOJOULE"
    MEGAJOULE = "MEGAJOULE"
    GIGAJOULE = "GIGAJOULE"
    THERM = "THERM"
    BRITISH_THERMAL_UNIT = "BRITISH_THERMAL_UNIT"
    MILLION_BRITISH_THERMAL_UNITS = "MILLION_BRITISH_THERMAL_UNITS"
    WATT = "WATT"
    KILOWATT = "KILOWATT"
    MEGAWATT = "MEGAWATT"
    GIGAWATT = "GIGAWATT"
    BRITISH_THERMAL_UNIT_PER_HOUR = "BRITISH_THERMAL_UNIT_PER_HOUR"
    VOLT_AMPERE = "VOLT_AMPERE"
    KILOVOLT_AMPERE = "KILOVOLT_AMPERE"
    MEGAVOLT_AMPERE = "MEGAVOLT_AMPERE"
    KILOVOLT_AMPERE_HOUR = "KILOVOLT_AMPERE_HOUR"
    VAR = "VAR"
    KILOVAR = "KILOVAR"
    MEGAVAR = "MEGAVAR"
    KILOVAR_HOUR = "KILOVAR_HOUR"
    VAR_HOUR = "VAR_HOUR"
    MEGAVAR_HOUR = "MEGAVAR_HOUR"
    VOLT = "VOLT"
    MILLIVOLT = "MILLIVOLT"
    KILOVOLT = "KILOVOLT"
    AMPERE = "AMPERE"
    MILLIAMPERE = "MILLIAMPERE"
    KILOAMPERE = "KILOAMPERE"
    HERTZ = "HERTZ"
    DEGREE_CELSIUS = "DEGREE_CELSIUS"
    DEGREE_FAHRENHEIT = "DEGREE_FAHRENHEIT"
    KELVIN = "KELVIN"
    PERCENT = "PERCENT"
    RATIO = "RATIO"
    PASCAL = "PASCAL"
    HECTOPASCAL = "HECTOPASCAL"
    KILOPASCAL = "KILOPASCAL"
    MEGAPASCAL = "MEGAPASCAL"
    BAR = "BAR"
    MILLIBAR = "MILLIBAR"
    POUND_PER_SQUARE_INCH = "POUND_PER_SQUARE_INCH"
    CUBIC_METRE = "CUBIC_METRE"
    LITRE = "LITRE"
    CUBIC_FOOT = "CUBIC_FOOT"
    HUNDRED_CUBIC_FEET = "HUNDRED_CUBIC_FEET"
    US_GALLON = "US_GALLON"
    IMPERIAL_GALLON = "IMPERIAL_GALLON"
    CUBIC_METRE_PER_HOUR = "CUBIC_METRE_PER_HOUR"
    LITRE_PER_MINUTE = "LITRE_PER_MINUTE"
    LITRE_PER_HOUR = "LITRE_PER_HOUR"
    LITRE_PER_SECOND = "LITRE_PER_SECOND"
    CUBIC_FOOT_PER_MINUTE = "CUBIC_FOOT_PER_MINUTE"
    US_GALLON_PER_MINUTE = "US_GALLON_PER_MINUTE"
    REVOLUTION_PER_MINUTE = "REVOLUTION_PER_MINUTE"
    MILLIMETRE_PER_SECOND = "MILLIMETRE_PER_SECOND"
    METRE_PER_SECOND = "METRE_PER_SECOND"
    KILOMETRE_PER_HOUR = "KILOMETRE_PER_HOUR"
    INCH_PER_SECOND = "INCH_PER_SECOND"
    MILLISECOND = "MILLISECOND"
    SECOND = "SECOND"
    MINUTE = "MINUTE"
    HOUR = "HOUR"
    WATT_PER_SQUARE_METRE = "WATT_PER_SQUARE_METRE"
    CURRENCY_PER_KILOWATT_HOUR = "CURRENCY_PER_KILOWATT_HOUR"
    CURRENCY_PER_MEGAWATT_HOUR = "CURRENCY_PER_MEGAWATT_HOUR"
    CENT_PER_KILOWATT_HOUR = "CENT_PER_KILOWATT_HOUR"
    GRAM_PER_KILOWATT_HOUR = "GRAM_PER_KILOWATT_HOUR"
    KILOGRAM_PER_KILOWATT_HOUR = "KILOGRAM_PER_KILOWATT_HOUR"
    KILOGRAM_PER_MEGAWATT_HOUR = "KILOGRAM_PER_MEGAWATT_HOUR"
    POUND_PER_MEGAWATT_HOUR = "POUND_PER_MEGAWATT_HOUR"
    MEGAJOULE_PER_CUBIC_METRE = "MEGAJOULE_PER_CUBIC_METRE"
    KILOWATT_HOUR_PER_CUBIC_METRE = "KILOWATT_HOUR_PER_CUBIC_METRE"
    ONE = "ONE"

    @property
    def symbol(self) -> str:
        """What stands behind a number: kWh, °C; empty for plain numbers."""
        return FACTS[self.name].symbol

    @property
    def dimension(self) -> str:
        """What it measures; units of one dimension convert into each other."""
        return FACTS[self.name].dimension


_DIMENSIONS_OF = {
    Quantity.ENERGY: ("energy",),
    Quantity.REACTIVE_ENERGY: ("reactive energy",),
    Quantity.APPARENT_ENERGY: ("apparent energy",),
    Quantity.POWER: ("power",),
    Quantity.REACTIVE_POWER: ("reactive power",),
    Quantity.APPARENT_POWER: ("apparent power",),
    Quantity.POWER_FACTOR: ("ratio", "number"),
    Quantity.VOLTAGE: ("voltage",),
    Quantity.CURRENT: ("current",),
    Quantity.FREQUENCY: ("frequency",),
    Quantity.TEMPERATURE: ("temperature",),
    Quantity.HUMIDITY: ("ratio",),
    Quantity.PRESSURE: ("pressure",),
    Quantity.VOLUME: ("volume",),
    Quantity.FLOW: ("flow",),
    Quantity.CALORIFIC_VALUE: ("calorific value",),
    Quantity.SPEED: ("velocity",),
    Quantity.ROTATIONAL_SPEED: ("frequency",),
    Quantity.VIBRATION: ("velocity",),
    Quantity.LATENCY: ("duration",),
    Quantity.ERROR_RATE: ("ratio", "frequency", "number"),
    Quantity.EFFICIENCY: ("ratio", "number"),
    Quantity.WEAR: ("ratio", "number", "duration"),
    Quantity.LOAD: ("ratio", "power", "number"),
    Quantity.DURATION: ("duration",),
    Quantity.STATE: ("number",),
    Quantity.SWITCH: ("number",),
    Quantity.PRICE: ("price",),
    Quantity.CARBON_INTENSITY: ("carbon intensity",),
    Quantity.IRRADIANCE: ("irradiance",),
    Quantity.COUNT: ("number",),
    Quantity.OTHER: tuple(dict.fromkeys(facts.dimension for facts in FACTS.values())),
}
_USUAL = {Quantity.SPEED: Unit.METRE_PER_SECOND, Quantity.ROTATIONAL_SPEED: Unit.REVOLUTION_PER_MINUTE}
"""Where the first unit of the dimension is not."""
_ADDITIVE = frozenset(
    {
        *(Quantity.ENERGY, Quantity.REACTIVE_ENERGY, Quantity.APPARENT_ENERGY, Quantity.VOLUME),
        *(Quantity.DURATION, Quantity.COUNT, Quantity.WEAR, Quantity.OTHER),
    }
)
_EITHER_SIGN = frozenset(
    {
        *(Quantity.POWER, Quantity.REACTIVE_POWER, Quantity.POWER_FACTOR, Quantity.LOAD, Quantity.CURRENT),
        *(Quantity.REACTIVE_ENERGY, Quantity.VOLTAGE, Quantity.TEMPERATURE, Quantity.PRESSURE, Quantity.FLOW),
        *(Quantity.SPEED, Quantity.ROTATIONAL_SPEED, Quantity.PRICE, Quantity.CARBON_INTENSITY),
        *(Quantity.STATE, Quantity.SWITCH, Quantity.OTHER),
    }
)
"""Directions of a flow, gauges, prices, credits; energy counts each direction in a channel of its own, vibration is a
root mean square. docs/forecasts.md tells which others are never negative."""


@cache
def _units_of(quantity: Quantity) -> tuple[Unit, ...]:
    units = [unit for dimension in _DIMENSIONS_OF[quantity] for unit in Unit if unit.dimension == dimension]
    return tuple(sorted(units, key=lambda unit: unit is not _USUAL.get(quantity)))


def check_fit(quantity: Quantity, unit: Unit) -> None:
    """Check that a quantity can be stored in a unit.

    Raises:
        InvalidInputError: It cannot; the message lists the units that fit.
    """
    if unit not in quantity.units:
        fitting = ", ".join(fit.name for fit in quantity.units)
        message = f"{unit.name} is no unit of {quantity.name}; use {fitting}."
        raise InvalidInputError(message, path=("unit",))


@cache
def alike(unit: Unit) -> tuple[Unit, ...]:
    """Return the units of the same dimension, the unit itself included: values convert between them."""
    return tuple(each for each in Unit if each.dimension == unit.dimension)


def convert(values: Floats, *, source: Unit, target: Unit, difference: bool = False) -> Floats:
    """Convert values from one unit to another of the same dimension.

    Args:
        values: Any shape; NaN stays NaN. [source]
        source: The unit of `values`.
        target: The unit wanted.
        difference: Whether the values are differences, to which the zero of a temperature scale does not apply.

    Returns:
        The same shape. [target]

    Raises:
        InvalidInputError: The units measure different things.

    Source:
        base = value · scale + offset in both units, as pint has them.
    """
    if source is target:
        return values
    if source.dimension != target.dimension:
        fitting = ", ".join(unit.name for unit in alike(source))
        message = f"{target.name} does not fit a channel in {source.name}; ask for {fitting}."
        raise InvalidInputError(message, path=("unit",))
    before, numerator, denominator, after = line(source, target, difference)
    return np.asarray((values + before) * numerator / denominator + after, dtype=np.float64)


@cache
def line(source: Unit, target: Unit, difference: bool) -> tuple[float, float, float, float]:  # noqa: FBT001 - a key
    """Return what a value is shifted by, multiplied by, divided by, and shifted by at last."""
    have, want = measure(source.name), measure(target.name)
    apart = Fraction(0) if difference else have.offset - want.offset
    # 32 °F are taken off before or put on after the scaling, whichever a float holds exactly.
    before = apart / have.scale if Fraction(float(apart / have.scale)) == apart / have.scale else Fraction(0)
    after = (apart - before * have.scale) / want.scale
    ratio = have.scale / want.scale
    return float(before), float(ratio.numerator), float(ratio.denominator), float(after)


def scale(unit: Unit) -> Fraction:
    """Return how many base units of the SI one unit is, exactly: 3,600,000 (joules) for a kilowatt hour.

    The zero of a temperature scale is left aside: this is about differences.
    """
    return measure(unit.name).scale


def to_billing_unit(unit: Unit) -> Fraction:
    """Return how many kilowatt hours (of a unit of energy) or cubic metres (of volume) one unit is, exactly.

    Raises:
        InvalidInputError: Nobody is billed in it.
    """
    billed = {"energy": Unit.KILOWATT_HOUR, "volume": Unit.CUBIC_METRE}.get(unit.dimension)
    if billed is None:
        message = f"{unit.name} is a unit of {unit.dimension}; only energy and volumes are billed."
        raise InvalidInputError(message, path=("unit",))
    return scale(unit) / scale(billed)
