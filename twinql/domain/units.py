"""Units of measurement: their symbols, which quantities they fit, and how to get from one to another."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from twinql.errors import InvalidInputError

Floats = NDArray[np.float64]


class Quantity(Enum):
    """What a channel measures or controls."""

    ENERGY = "ENERGY"
    POWER = "POWER"
    VOLTAGE = "VOLTAGE"
    CURRENT = "CURRENT"
    FREQUENCY = "FREQUENCY"
    TEMPERATURE = "TEMPERATURE"
    HUMIDITY = "HUMIDITY"
    PRESSURE = "PRESSURE"
    VOLUME = "VOLUME"
    FLOW = "FLOW"
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
    def units(self) -> tuple["Unit", ...]:
        """The units in which it can be stored, the usual one first."""
        fitting = _DIMENSIONS_OF[self]
        return tuple(unit for dimension in fitting for unit in Unit if _FACTS[unit].dimension == dimension)


class Unit(Enum):
    """A unit of measurement, by the name that the database and the graph give it."""

    KILOWATT_HOUR = "KILOWATT_HOUR"
    WATT_HOUR = "WATT_HOUR"
    MEGAWATT_HOUR = "MEGAWATT_HOUR"
    MEGAJOULE = "MEGAJOULE"
    WATT = "WATT"
    KILOWATT = "KILOWATT"
    MEGAWATT = "MEGAWATT"
    VOLT = "VOLT"
    AMPERE = "AMPERE"
    HERTZ = "HERTZ"
    DEGREE_CELSIUS = "DEGREE_CELSIUS"
    DEGREE_FAHRENHEIT = "DEGREE_FAHRENHEIT"
    KELVIN = "KELVIN"
    PERCENT = "PERCENT"
    RATIO = "RATIO"
    PASCAL = "PASCAL"
    BAR = "BAR"
    CUBIC_METRE = "CUBIC_METRE"
    LITRE = "LITRE"
    CUBIC_METRE_PER_HOUR = "CUBIC_METRE_PER_HOUR"
    LITRE_PER_MINUTE = "LITRE_PER_MINUTE"
    REVOLUTION_PER_MINUTE = "REVOLUTION_PER_MINUTE"
    MILLIMETRE_PER_SECOND = "MILLIMETRE_PER_SECOND"
    MILLISECOND = "MILLISECOND"
    SECOND = "SECOND"
    MINUTE = "MINUTE"
    HOUR = "HOUR"
    WATT_PER_SQUARE_METRE = "WATT_PER_SQUARE_METRE"
    CURRENCY_PER_KILOWATT_HOUR = "CURRENCY_PER_KILOWATT_HOUR"
    GRAM_PER_KILOWATT_HOUR = "GRAM_PER_KILOWATT_HOUR"
    ONE = "ONE"

    @property
    def symbol(self) -> str:
        """What stands behind a number: kWh, °C; empty for plain numbers."""
        return _FACTS[self].symbol


@dataclass(frozen=True, slots=True)
class _Facts:
    """A unit's place in its dimension: base value = (value - zero) · scale."""

    symbol: str
    dimension: str
    scale: Fraction
    zero: float = 0.0


def _facts(symbol: str, dimension: str, scale: Fraction | int = 1, zero: float = 0.0) -> _Facts:
    return _Facts(symbol, dimension, Fraction(scale), zero)


_FACTS = {
    Unit.KILOWATT_HOUR: _facts("kWh", "energy", 3_600_000),
    Unit.WATT_HOUR: _facts("Wh", "energy", 3_600),
    Unit.MEGAWATT_HOUR: _facts("MWh", "energy", 3_600_000_000),
    Unit.MEGAJOULE: _facts("MJ", "energy", 1_000_000),
    Unit.WATT: _facts("W", "power"),
    Unit.KILOWATT: _facts("kW", "power", 1_000),
    Unit.MEGAWATT: _facts("MW", "power", 1_000_000),
    Unit.VOLT: _facts("V", "voltage"),
    Unit.AMPERE: _facts("A", "current"),
    Unit.HERTZ: _facts("Hz", "frequency"),
    Unit.DEGREE_CELSIUS: _facts("°C", "temperature"),
    Unit.DEGREE_FAHRENHEIT: _facts("°F", "temperature", Fraction(5, 9), 32.0),
    Unit.KELVIN: _facts("K", "temperature", 1, 273.15),
    Unit.PERCENT: _facts("%", "ratio", Fraction(1, 100)),
    Unit.RATIO: _facts("", "ratio"),
    Unit.PASCAL: _facts("Pa", "pressure"),
    Unit.BAR: _facts("bar", "pressure", 100_000),
    Unit.CUBIC_METRE: _facts("m³", "volume"),
    Unit.LITRE: _facts("L", "volume", Fraction(1, 1000)),
    Unit.CUBIC_METRE_PER_HOUR: _facts("m³/h", "flow"),
    Unit.LITRE_PER_MINUTE: _facts("L/min", "flow", Fraction(60, 1000)),
    Unit.REVOLUTION_PER_MINUTE: _facts("rpm", "frequency", Fraction(1, 60)),
    Unit.MILLIMETRE_PER_SECOND: _facts("mm/s", "velocity"),
    Unit.MILLISECOND: _facts("ms", "duration", Fraction(1, 1000)),
    Unit.SECOND: _facts("s", "duration"),
    Unit.MINUTE: _facts("min", "duration", 60),
    Unit.HOUR: _facts("h", "duration", 3_600),
    Unit.WATT_PER_SQUARE_METRE: _facts("W/m²", "irradiance"),
    Unit.CURRENCY_PER_KILOWATT_HOUR: _facts("¤/kWh", "price"),
    Unit.GRAM_PER_KILOWATT_HOUR: _facts("g/kWh", "carbon intensity"),
    Unit.ONE: _facts("", "number"),
}

_DIMENSIONS_OF = {
    Quantity.ENERGY: ("energy",),
    Quantity.POWER: ("power",),
    Quantity.VOLTAGE: ("voltage",),
    Quantity.CURRENT: ("current",),
    Quantity.FREQUENCY: ("frequency",),
    Quantity.TEMPERATURE: ("temperature",),
    Quantity.HUMIDITY: ("ratio",),
    Quantity.PRESSURE: ("pressure",),
    Quantity.VOLUME: ("volume",),
    Quantity.FLOW: ("flow",),
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
    Quantity.OTHER: tuple(dict.fromkeys(facts.dimension for facts in _FACTS.values())),
}
_ADDITIVE = frozenset(
    {Quantity.ENERGY, Quantity.VOLUME, Quantity.DURATION, Quantity.COUNT, Quantity.WEAR, Quantity.OTHER}
)


def check_fit(quantity: Quantity, unit: Unit) -> None:
    """Check that a quantity can be stored in a unit.

    Raises:
        InvalidInputError: It cannot; the message lists the units that fit.
    """
    if unit not in quantity.units:
        fitting = ", ".join(fit.name for fit in quantity.units)
        message = f"{unit.name} is no unit of {quantity.name}; use {fitting}."
        raise InvalidInputError(message, path=("unit",))


def alike(unit: Unit) -> tuple[Unit, ...]:
    """Return the units of the same dimension, the unit itself included: values convert between them."""
    return tuple(each for each in Unit if _FACTS[each].dimension == _FACTS[unit].dimension)


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
        base = (value - zero) · scale in both units, with the scales of the SI and t/°C = (t/°F - 32) · 5/9.
    """
    if source is target:
        return values
    have, want = _FACTS[source], _FACTS[target]
    if have.dimension != want.dimension:
        fitting = ", ".join(unit.name for unit in alike(source))
        message = f"{target.name} does not fit a channel in {source.name}; ask for {fitting}."
        raise InvalidInputError(message, path=("unit",))
    ratio = have.scale / want.scale
    scaled = (values - (0.0 if difference else have.zero)) * ratio.numerator / ratio.denominator
    return np.asarray(scaled + (0.0 if difference else want.zero), dtype=np.float64)


def scale(unit: Unit) -> Fraction:
    """Return how many base units of its dimension one unit is, exactly: 3,600,000 for a kilowatt hour.

    The zero of a temperature scale is left aside: this is about differences.
    """
    return _FACTS[unit].scale


def to_billing_unit(unit: Unit) -> Fraction:
    """Return how many kilowatt hours (of a unit of energy) or cubic metres (of volume) one unit is, exactly.

    Raises:
        InvalidInputError: Nobody is billed in it.
    """
    facts = _FACTS[unit]
    billed = {"energy": Unit.KILOWATT_HOUR, "volume": Unit.CUBIC_METRE}.get(facts.dimension)
    if billed is None:
        message = f"{unit.name} is a unit of {facts.dimension}; only energy and volumes are billed."
        raise InvalidInputError(message, path=("unit",))
    return facts.scale / _FACTS[billed].scale


def unit_named(text: str) -> Unit:
    """Find the unit that a file or a person means by its name or its symbol, such as kWh, KILOWATT_HOUR or degC.

    Upper and lower case are told apart only where it matters: mW is not MW.

    Raises:
        InvalidInputError: No unit is called that.
    """
    wanted = text.strip()
    if wanted in _BY_SYMBOL:
        return _BY_SYMBOL[wanted]
    if wanted.upper() in Unit.__members__:
        return Unit[wanted.upper()]
    if wanted.casefold() in _BY_LOOSE_SYMBOL:
        return _BY_LOOSE_SYMBOL[wanted.casefold()]
    known = ", ".join(_BY_SYMBOL)
    message = f"{wanted!r} is no unit that TwinQL knows; use one of {known}."
    raise InvalidInputError(message, path=("unit",))


_BY_SYMBOL = {facts.symbol: unit for unit, facts in _FACTS.items() if facts.symbol}
_BY_LOOSE_SYMBOL = {
    **{symbol.casefold(): unit for symbol, unit in _BY_SYMBOL.items() if not symbol.startswith("M")},
    "degc": Unit.DEGREE_CELSIUS,
    "degf": Unit.DEGREE_FAHRENHEIT,
    "celsius": Unit.DEGREE_CELSIUS,
    "fahrenheit": Unit.DEGREE_FAHRENHEIT,
    "m3": Unit.CUBIC_METRE,
    "m3/h": Unit.CUBIC_METRE_PER_HOUR,
    "w/m2": Unit.WATT_PER_SQUARE_METRE,
    "1": Unit.ONE,
}
