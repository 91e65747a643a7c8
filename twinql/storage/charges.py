"""Finds what meters are charged by: agreements as they were known, or a tariff tried on in the place of some."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from twinql.domain.channels import FlowDirection
from twinql.domain.tariffs.cost import CostProblem, CostProblemCode
from twinql.domain.tariffs.rating import read_from
from twinql.domain.tariffs.terms import Agreement
from twinql.domain.tariffs.wish import CostWish
from twinql.domain.units import Quantity, Unit, to_billing_unit
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage.agreements import agreements_known
from twinql.storage.database import Connection
from twinql.storage.metering import BillingChannel, MeteredMeter
from twinql.storage.statements import load
from twinql.storage.tariffs import tariff_known

# How often a channel is taken to read that does not say it.
_UNSAID_S = 900
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Charge:
    """A meter with what it is charged by.

    Attributes:
        meter: The meter.
        agreements: What it is charged by, whenever that holds.
        channels: What counts in the directions that they speak of.
        begins: From when on readings are needed.
    """

    meter: MeteredMeter
    agreements: Sequence[Agreement]
    channels: Sequence[BillingChannel]
    begins: datetime

    @classmethod
    def of(cls, meter: MeteredMeter, agreements: Sequence[Agreement], wish: CostWish) -> "Charge":
        """Say what is needed to rate a meter."""
        begins = read_from(agreements, wish.first, ZoneInfo(meter.time_zone), meter.billing_day)
        directions = {each.tariff.direction for each in agreements}
        if any(each.id is not None for each in agreements):
            # What was taken in is to be paid for, whether or not somebody agreed on it.
            directions.add(FlowDirection.IMPORT)
        return cls(meter, agreements, [each for each in meter.channels if each.direction in directions], begins)

    @property
    def id(self) -> UUID:
        """Return the id of the meter."""
        return self.meter.meter_id

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone of its site."""
        return ZoneInfo(self.meter.time_zone)

    def readings(self, last: datetime) -> float:
        """Guess how many readings there are up to an instant."""
        elapsed_s = (last - self.begins).total_seconds()
        return sum(elapsed_s / (each.resolution_s or _UNSAID_S) for each in self.channels)

    def to_unit(self, unit: Unit) -> Fraction:
        """Return how many of a tariff's unit one unit is in which the meter counts: kWh, or m³.

        Raises:
            InvalidInputError: It cannot be known.
        """
        counted = Unit.CUBIC_METRE if any(each.quantity is Quantity.VOLUME for each in self.channels) else _KWH
        if unit.dimension == counted.dimension:
            return 1 / to_billing_unit(unit)
        gas = self.meter.gas
        if counted is _KWH or gas is None:
            what = "energy" if counted is _KWH else "a volume"
            message = f"This tariff is for {unit.name}, and the meter counts {what}; charge it by a tariff for that."
            raise InvalidInputError(message, path=("tariffId",))
        if gas.calorific_value is None:
            message = (
                f"This tariff is for {unit.name}, and the meter counts a volume of which nobody said what it holds; "
                "set its calorificValue."
            )
            raise InvalidInputError(message, path=("tariffId",))
        return gas.kilowatt_hours(unit) / to_billing_unit(unit)


_KWH = Unit.KILOWATT_HOUR


async def charged_by(
    connection: Connection, wish: CostWish, meters: Sequence[MeteredMeter]
) -> Mapping[UUID, Sequence[Agreement]]:
    """Return what each meter is charged by, whenever that holds: energy may flow from before its end until after it.

    A tariff that is tried on takes the place of the agreements of its direction; those of the other one stay.

    Raises:
        NotFoundError: There is no such tariff that the actor may see.
        InvalidInputError: It is archived.
    """
    agreed = await agreements_known(connection, [each.meter_id for each in meters], wish.as_of)
    if wish.tariff_id is None:
        return agreed
    archived = await connection.fetchval(load("costs")["tariff_to_try"], wish.tariff_id)
    tariff = None if archived is None else await tariff_known(connection, wish.tariff_id, wish.as_of)
    if tariff is None:
        message = "There is no tariff with this id that you may see; look it up with `tariffs`."
        raise NotFoundError(message, path=("tariffId",))
    if archived:
        message = f"The tariff {tariff.name} is archived; unarchive it first, or try another one."
        raise InvalidInputError(message, path=("tariffId",))
    return {
        meter: [
            Agreement(None, meter, tariff),
            *(each for each in stay if each.tariff.direction is not tariff.direction),
        ]
        for meter, stay in agreed.items()
    }


def uncounted(charge: Charge, wish: CostWish) -> list[CostProblem]:
    """Speak of what is charged and nothing counts.

    Raises:
        InvalidInputError: It is what a tariff that is tried on is for.
    """
    found = []
    for each in holding(charge, wish):
        ends = [of.until or wish.last for of in charge.channels if of.direction is each.tariff.direction]
        ceased = max(ends, default=wish.first)
        if ceased < wish.last:
            message = (
                f"The tariff {each.tariff.name} is for {each.tariff.direction.value}, which no channel of the meter"
            )
            if each.id is None and not ends:
                raise InvalidInputError(f"{message} counts; try one for what it counts.", path=("tariffId",))
            message = f"{message} counts; make a channel for it, or end the agreement."
            found.append(CostProblem(CostProblemCode.NO_REGISTER, message, max(wish.first, ceased), wish.last))
    return found


def holding(charge: Charge, wish: CostWish) -> list[Agreement]:
    """Return the agreements that hold on a day of the period, by the clock of the site."""
    first, last = wish.first.astimezone(charge.zone).date(), (wish.last - _INSTANT).astimezone(charge.zone).date()
    return [
        each
        for each in charge.agreements
        if (each.valid_from is None or each.valid_from <= last)
        and (each.valid_until is None or each.valid_until > first)
    ]
