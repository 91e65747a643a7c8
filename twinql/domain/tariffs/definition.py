"""What people may say of a tariff as a whole, and which meters it fits."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from uuid import UUID

from twinql.domain.assets import Commodity
from twinql.domain.channels import FlowDirection
from twinql.domain.tariffs.money import check_currency
from twinql.domain.units import Quantity, Unit
from twinql.domain.wording import cleaned
from twinql.errors import InvalidInputError

_BY_VOLUME = (Commodity.GAS, Commodity.WATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffDefinition:
    """What people say of a tariff; what it costs stands in its revisions.

    Attributes:
        name: What they call it.
        direction: IMPORT for what is paid, EXPORT for what is earned.
        currency: ISO 4217, such as EUR.
        unit: What its prices and blocks are for: a unit of energy or of volume.
        supplier_id: Whose tariff it is; None where nobody said.
    """

    name: str
    direction: FlowDirection
    currency: str
    unit: Unit
    supplier_id: UUID | None = None

    def checked(self) -> Self:
        """Return the same with its name trimmed; its unit is checked with the terms.

        Raises:
            InvalidInputError: Something cannot be right; its path says what.
        """
        check_currency(self.currency)
        return replace(self, name=cleaned(self.name, "name", "name"))


def check_commodity(unit: Unit, commodity: Commodity) -> None:
    """Check that what a meter measures can be charged in the unit of a tariff.

    Raises:
        InvalidInputError: It cannot: electricity has no volume, and water no energy.
    """
    by_volume = unit in Quantity.VOLUME.units
    if by_volume and commodity not in _BY_VOLUME:
        message = f"This tariff is per {unit.name}, and the meter measures {commodity.value}; choose one per energy."
        raise InvalidInputError(message, path=("tariffId",))
    if not by_volume and commodity is Commodity.WATER:
        message = f"This tariff is per {unit.name}, and the meter measures WATER; choose one per volume."
        raise InvalidInputError(message, path=("tariffId",))


def check_validity(valid_from: date | None, valid_until: date | None) -> None:
    """Check that an agreement begins before it ends.

    Raises:
        InvalidInputError: It does not.
    """
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        message = (
            f"An agreement that begins with {valid_from} ends before a later day, and not before {valid_until}; "
            "mend one of the two, or leave validUntil out for an open end."
        )
        raise InvalidInputError(message, path=("validUntil",))
