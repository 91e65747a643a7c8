"""Bridges between units of different dimensions: from energy to power over a length of time, from gas to its energy."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache

import numpy as np

from twinql.domain.readings import Floats, Instants, to_us
from twinql.domain.series import Aggregate, Subject
from twinql.domain.units import Unit, convert, scale
from twinql.errors import InvalidInputError

_AMOUNT_OF = {
    "power": "energy",
    "reactive power": "reactive energy",
    "apparent power": "apparent energy",
    "flow": "volume",
}
"""What a rate amounts to over a length of time."""
_RATE_OF = {amount: rate for rate, amount in _AMOUNT_OF.items()}
_VOLUMES = frozenset({"volume", "flow"})
_GAS = frozenset({"volume", "energy"})
_HOUR_S, _HOUR_US = 3600, 3_600_000_000


def across(unit: Unit) -> tuple[Unit, ...]:
    """Return the units from which a length of time leads to a unit: rates to an amount, amounts to a rate."""
    other = _AMOUNT_OF.get(unit.dimension) or _RATE_OF.get(unit.dimension)
    return tuple(each for each in Unit if each.dimension == other)


def over_an_hour(source: Unit, target: Unit) -> tuple[Fraction, bool]:
    """Return what a rate over an hour amounts to, or an amount in an hour is as a rate, and whether it is a rate.

    Args:
        source: The unit of the values.
        target: One of another dimension, `across` from it.

    Returns:
        A factor: the amount over n hours is n times as much, the rate an n-th. [target / source]
    """
    is_rate = source.dimension in _AMOUNT_OF
    return scale(source) / scale(target) * (_HOUR_S if is_rate else Fraction(1, _HOUR_S)), is_rate


def passed_h(starts: Instants, *, first: datetime, end_us: int) -> Floats:
    """Return how much of each bucket has passed within a period.

    Args:
        starts: Where they begin, shape (n,), ascending. [µs since 1970]
        first: Where the period begins, later than the first bucket where it cuts it.
        end_us: Up to when time has passed. [µs since 1970]

    Returns:
        Shape (n,), NaN for what lies ahead. [h]
    """
    begin = np.maximum(starts, to_us(first))
    passed = np.minimum(np.append(starts[1:], end_us), end_us) - begin
    return np.where(passed > 0, passed, np.nan) / _HOUR_US


@dataclass(frozen=True, slots=True)
class Gas:
    """What a cubic metre that a gas meter counts is worth.

    Attributes:
        calorific_value: The energy of a cubic metre at standard conditions; None where nobody said. [MJ/m³]
        volume_correction: What a volume as counted is multiplied by to get there.
    """

    calorific_value: Decimal | None
    volume_correction: Decimal

    def kilowatt_hours(self, unit: Unit) -> Fraction:
        """Return the energy of a cubic metre as counted, in kWh, exactly.

        Args:
            unit: What is asked for, which the message names.

        Raises:
            InvalidInputError: Nobody said the calorific value.

        Source:
            kWh = m³ · correction · calorific value / 3.6, as gas bills print it.
        """
        if self.calorific_value is None:
            message = f"Nobody said what this gas is worth, so it cannot be told in {unit.name}; "
            raise InvalidInputError(f"{message}set calorificValue on its meter.", path=("unit",))
        return Fraction(self.volume_correction) * Fraction(self.calorific_value) * Fraction(10, 36)


@cache
def fitting(unit: Unit, *, gas: bool = False) -> tuple[Unit, ...]:
    """Return the units in which values of a unit can be told, those of its own dimension first.

    Args:
        unit: The unit of the values.
        gas: Whether they are of a gas meter, where volumes are worth energy.
    """
    amount = _AMOUNT_OF.get(unit.dimension, unit.dimension)
    amounts = [amount, *(_GAS - {amount} if gas and amount in _GAS else ())]
    reached = [unit.dimension, *amounts, *(_RATE_OF[each] for each in amounts if each in _RATE_OF)]
    return tuple(each for dimension in dict.fromkeys(reached) for each in Unit if each.dimension == dimension)


def worth_of_gas(source: Unit, target: Unit) -> bool:
    """Say whether only what gas is worth leads from one unit to the other."""
    return {_AMOUNT_OF.get(unit.dimension, unit.dimension) for unit in (source, target)} == _GAS


def told_in(
    values: Floats,
    *,
    source: Unit,
    target: Unit,
    hours: Floats | float | None = None,
    gas: Gas | None = None,
    difference: bool = False,
) -> Floats:
    """Tell values in a unit, over a bridge where it is of another dimension.

    Args:
        values: Shape (n,); NaN stays NaN. [source]
        source: The unit of `values`.
        target: The unit wanted.
        hours: How long each amount took to flow, or each mean rate lasted, above 0, shape (n,) or one for all; None
            where values are of instants, or what a register shows. [h]
        gas: What gas is worth; None unless they are of a gas meter.
        difference: Whether the values are differences, as a standard deviation is.

    Returns:
        Shape (n,). [target]

    Raises:
        InvalidInputError: The unit does not fit, or needs what is missing; one sentence says what.

    Source:
        P = E / t, the definition of mean power; for gas see `Gas.kilowatt_hours`.
    """
    if source.dimension == target.dimension:
        return convert(values, source=source, target=target, difference=difference)
    if target not in fitting(source, gas=gas is not None):
        names = ", ".join(unit.name for unit in fitting(source, gas=gas is not None))
        raise InvalidInputError(
            f"{target.name} does not fit a channel in {source.name}; ask for {names}.", path=("unit",)
        )
    factor = scale(source) / scale(target)
    if gas is not None and worth_of_gas(source, target):
        joules = gas.kilowatt_hours(target) * scale(Unit.KILOWATT_HOUR)
        factor *= joules if source.dimension in _VOLUMES else 1 / joules
    from_rate, to_rate = (unit.dimension in _AMOUNT_OF for unit in (source, target))
    if from_rate is to_rate:
        return np.asarray(values * float(factor), dtype=np.float64)
    if hours is None:
        message = f"Values of instants and of registers have no length of time, so {source.name} cannot be told in "
        raise InvalidInputError(
            f"{message}{target.name}; ask for a series in buckets, without an aggregate.", path=("unit",)
        )
    factor *= _HOUR_S if from_rate else Fraction(1, _HOUR_S)
    scaled = values * float(factor.numerator) / float(factor.denominator)
    return np.asarray(scaled * hours if from_rate else scaled / hours, dtype=np.float64)


def interval_h(subject: Subject) -> float | None:
    """Return how long each reading of a channel lasts; None where it is of an instant, or of a register. [h]."""
    return subject.resolution_s / _HOUR_S if subject.by_end and subject.resolution_s is not None else None


def lengths(
    subject: Subject, aggregate: Aggregate | None, starts: Instants, *, first: datetime, last: datetime, now: datetime
) -> Floats | float | None:
    """Return over how long each value of a series was counted or is the mean; None where values have no length.

    Args:
        subject: The channel.
        aggregate: What became of the readings of each bucket; None for the readings themselves.
        starts: Where buckets begin, shape (n,), ascending. [µs since 1970]
        first: Where the period begins, later than the first bucket where it cuts it.
        last: Where it ends.
        now: Of a bucket that is not over, and no schedule, only what has passed counts.

    Returns:
        Shape (n,) for buckets, with NaN for what lies ahead; one number for intervals. [h]
    """
    rate = subject.unit.dimension in _AMOUNT_OF
    if subject.by_end and not (aggregate is Aggregate.SUM or (rate and aggregate is Aggregate.MEAN)):
        return interval_h(subject)
    if aggregate not in {Aggregate.SUM, Aggregate.DELTA} and not (rate and aggregate is Aggregate.MEAN):
        return None
    end = to_us(last) if subject.schedule else min(to_us(last), to_us(now))
    return passed_h(starts, first=first, end_us=end)
