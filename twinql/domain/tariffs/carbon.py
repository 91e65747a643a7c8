"""What energy emitted: its carbon intensity is a price in grams, told by a channel, and so it is rated as a cost is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from twinql.domain.channels import FlowDirection
from twinql.domain.tariffs.cost import Cost
from twinql.domain.tariffs.terms import Agreement, Band, Dynamic, Revision, Tariff, Terms
from twinql.domain.units import Unit

_ALWAYS = date(1800, 1, 1)
_LONG_AGO = datetime(1800, 1, 1, tzinfo=UTC)
_GRAMS = "GRAMS"


@dataclass(frozen=True, slots=True)
class Carbon:
    """The carbon dioxide that energy emitted that was taken in.

    Attributes:
        kg: What the energy emitted whose amount and intensity are known. [kg]
        energy_kwh: That energy. [kWh]
        unrated_kwh: Energy whose amount is known, and whose intensity is not; it is in no sum. [kWh]
        complete: Whether amount and intensity of all energy are known.
        channels: The channels that told the intensity.
        expected: How many intensities the period should have, up to now; None where a channel has no resolution.
        actual: How many it has.
    """

    kg: Decimal
    energy_kwh: Decimal
    unrated_kwh: Decimal
    complete: bool
    channels: tuple[UUID, ...]
    expected: int | None
    actual: int


def carbon_agreement(meter_id: UUID, channel_id: UUID) -> Agreement:
    """Return what rates a meter's energy in grams by the channel that tells them."""
    terms = Terms(bands=(Band("carbon", dynamic=Dynamic(channel_id)),))
    tariff = Tariff(
        id=channel_id,
        name="Carbon intensity",
        direction=FlowDirection.IMPORT,
        currency=_GRAMS,
        unit=Unit.KILOWATT_HOUR,
        revisions=(Revision(channel_id, _ALWAYS, _LONG_AGO, terms),),
    )
    return Agreement(None, meter_id, tariff)


def carbon_of(rated: Cost, channel_id: UUID, *, expected: int | None, actual: int) -> Carbon:
    """Read what was emitted off energy that was rated in grams.

    Args:
        rated: What rating by `carbon_agreement` gave.
        channel_id: The channel of the intensity.
        expected: How many intensities the period should have; None without a resolution.
        actual: How many it has.
    """
    unrated = (each.quantity for each in rated.problems if each.quantity is not None)
    return Carbon(
        kg=rated.energy.scaleb(-3),
        energy_kwh=sum((each.quantity for each in rated.lines), Decimal(0)),
        unrated_kwh=sum(unrated, Decimal(0)),
        complete=not rated.problems,
        channels=(channel_id,),
        expected=expected,
        actual=actual,
    )


def together(carbons: Iterable[Carbon]) -> Carbon | None:
    """Return what several meters emitted together, a shared channel counted once; None where nobody tells of any."""
    found = list(carbons)
    if not found:
        return None
    told = {each.channels: each for each in found}.values()
    expected = [each.expected for each in told]
    return Carbon(
        kg=sum((each.kg for each in found), Decimal(0)),
        energy_kwh=sum((each.energy_kwh for each in found), Decimal(0)),
        unrated_kwh=sum((each.unrated_kwh for each in found), Decimal(0)),
        complete=all(each.complete for each in found),
        channels=tuple(dict.fromkeys(channel for each in told for channel in each.channels)),
        expected=None if None in expected else sum(each for each in expected if each is not None),
        actual=sum(each.actual for each in told),
    )
