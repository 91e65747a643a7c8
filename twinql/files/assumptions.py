"""Guesses what a series of a file measures, from its words and its values; whoever asks says what was assumed."""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from twinql.domain.assets import Commodity
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.readings import Floats, Instants
from twinql.domain.units import Quantity, Unit
from twinql.files.layout import slug, unit_in

LONGEST_STEP_S = 1 << 40
SECOND_US = 1_000_000
LONGEST_KEY = 63
_LEAST_READINGS = 3
_MOSTLY = 0.999
_COUNTS_FAR = 5.0

COUNTED = frozenset({Quantity.ENERGY, Quantity.REACTIVE_ENERGY, Quantity.APPARENT_ENERGY, Quantity.VOLUME})
"""What meters count."""
_WORDS = {
    Quantity.TEMPERATURE: ("temperature", "temp", "temperatur"),
    Quantity.HUMIDITY: ("humidity", "rh", "feuchte"),
    Quantity.PRESSURE: ("pressure", "druck"),
    Quantity.SPEED: ("wind", "velocity"),
    Quantity.ROTATIONAL_SPEED: ("rpm", "speed", "drehzahl"),
    Quantity.VIBRATION: ("vibration",),
    Quantity.LATENCY: ("latency", "ping"),
    Quantity.ERROR_RATE: ("error", "errors"),
    Quantity.EFFICIENCY: ("efficiency",),
    Quantity.WEAR: ("wear",),
    Quantity.LOAD: ("load",),
    Quantity.VOLTAGE: ("voltage", "volt", "volts"),
    Quantity.CURRENT: ("current", "amps", "ampere"),
    Quantity.FREQUENCY: ("frequency",),
    Quantity.FLOW: ("flow",),
    Quantity.VOLUME: ("volume", "gas", "water"),
    Quantity.POWER_FACTOR: ("pf", "cosphi"),
    Quantity.POWER: ("power", "demand", "leistung"),
    Quantity.ENERGY: ("energy", "consumption", "usage", "import", "export", "energie", "verbrauch"),
    Quantity.PRICE: ("price", "tariff"),
    Quantity.CARBON_INTENSITY: ("carbon",),
    Quantity.IRRADIANCE: ("irradiance", "solar"),
    Quantity.STATE: ("state", "status"),
    Quantity.COUNT: ("count",),
}
_COMMODITIES = {
    Commodity.GAS: ("gas", "erdgas"),
    Commodity.HEAT: ("heat", "heating", "waerme"),
    Commodity.COOLING: ("cooling", "chilled"),
    Commodity.WATER: ("water", "wasser"),
}
_REGISTERS = ("day", "night", "peak", "offpeak", "shoulder", "weekend", "t1", "t2", "t3", "ht", "nt")
_VAGUE = {"value", "reading", "consumption", "usage", "amount", "wert", "messwert", "reading_value"}


def words_of(*texts: str) -> set[str]:
    """Return the words of names such as `Spindle temperature [°C]` or `machineTemperature`."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", " ".join(texts))
    return set(slug(apart).split("_"))


def quantity_of(words: set[str], unit: Unit | None) -> Quantity | None:
    """Return the quantity that words or a unit speak of; a quantity that the unit does not fit is none."""
    for quantity, names in _WORDS.items():
        if words & set(names) and (unit is None or unit in quantity.units):
            return quantity
    if unit is None or unit in {Unit.ONE, Unit.RATIO, Unit.PERCENT}:
        return None
    fitting = [quantity for quantity in Quantity if unit in quantity.units]
    return next((quantity for quantity in fitting if quantity.units[0] is unit), fitting[0])


def commodity_of(words: set[str], quantity: Quantity) -> Commodity:
    """Return what a meter measures: electricity, unless a word or a volume says otherwise."""
    for commodity, names in _COMMODITIES.items():
        if words & set(names):
            return commodity
    return Commodity.WATER if quantity in {Quantity.VOLUME, Quantity.FLOW} else Commodity.ELECTRICITY


def direction_of(words: set[str], quantity: Quantity) -> FlowDirection | None:
    """Return which way energy or matter flows; it comes in unless a word says otherwise."""
    if quantity not in COUNTED:
        return None
    return FlowDirection.EXPORT if words & {"export", "exported", "generation", "feed"} else FlowDirection.IMPORT


def register_of(words: set[str], kind: ReadingKind) -> str | None:
    """Return which register of its meter a series is, where words name one of those that meters commonly have."""
    if "off" in words and "peak" in words:
        words = words - {"peak"} | {"offpeak"}
    named = [name for name in _REGISTERS if name in words]
    return named[0] if kind is ReadingKind.CUMULATIVE and len(named) == 1 else None


def kind_of(quantity: Quantity | None, time_us: Instants, value: Floats) -> ReadingKind | None:
    """Return how the values of a series are to be read: amounts that only ever grow are a register's.

    None where there are too few to tell.

    Args:
        quantity: What they measure.
        time_us: When, shape (n,). [µs]
        value: The values, shape (n,).
    """
    if quantity is Quantity.STATE:
        return ReadingKind.STATE
    if quantity not in COUNTED:
        return ReadingKind.INSTANTANEOUS
    ordered = value[np.argsort(time_us, kind="stable")]
    ordered = ordered[np.isfinite(ordered)]
    if len(ordered) < _LEAST_READINGS:
        return None
    # The greatest floats differ by more than a float can hold; infinitely far apart is as good an answer.
    with np.errstate(over="ignore"):
        steps = np.diff(ordered)
        grows = np.mean(steps >= 0) >= _MOSTLY and ordered[-1] > ordered[0]
        # A register stands far above what it counts from one reading to the next.
        far = np.median(np.abs(ordered)) > _COUNTS_FAR * np.median(np.abs(steps))
    return ReadingKind.CUMULATIVE if grows and far else ReadingKind.INTERVAL


def usual_steps_s(time_us: Instants, series_of: NDArray[np.int32]) -> Mapping[int, int]:
    """Return the most frequent time between two readings of each series; series without two readings are missing.

    Args:
        time_us: Shape (n,). [µs]
        series_of: Shape (n,).

    Returns:
        Whole seconds, at least 1, by series. [s]
    """
    order = np.lexsort((time_us, series_of))
    series, steps = series_of[order], np.diff(time_us[order])
    apart = (series[1:] == series[:-1]) & (steps >= SECOND_US)
    # As one number each, which is sorted ten times as quickly as a pair.
    pairs, counts = np.unique(
        series[1:][apart].astype(np.int64) * LONGEST_STEP_S + steps[apart] // SECOND_US, return_counts=True
    )
    usual: dict[int, int] = {}
    most: dict[int, int] = {}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        name, step = divmod(pair, LONGEST_STEP_S)
        if count > most.get(name, 0):
            usual[name], most[name] = step, count
    return usual


def is_vague(column: str) -> bool:
    """Say whether the name of a column is only a unit, or a word such as `value`: it names no channel then."""
    return slug(column) in _VAGUE or (unit_in(column) is not None and "_" not in slug(column)) or not slug(column)


def key_of(channel: str, column: str, quantity: Quantity) -> str:
    """Return the key of a new channel: what the file calls it, or the quantity where it says only a unit or `value`."""
    named = slug(channel) or ("" if is_vague(column) else slug(column)) or quantity.value.lower()
    return (named if named[0].isalpha() else f"c_{named}")[:LONGEST_KEY]


def title_of(key: str) -> str:
    """Write a key as people would: `spindle_temperature` becomes Spindle temperature."""
    return key.replace("_", " ").capitalize()
