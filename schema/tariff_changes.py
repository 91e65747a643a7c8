"""Changes of tariffs."""

from datetime import date
from typing import Any

import strawberry

from schema.changes import key_at, written
from schema.payload import Payload
from schema.tariff import Tariff
from schema.tariff_revision import TariffRevision
from schema.tariff_terms_input import TariffTermsInput
from twinql.domain.channels import FlowDirection
from twinql.domain.tariffs.definition import TariffDefinition
from twinql.domain.units import Unit


@strawberry.input(description="A new tariff, with what it says first.")
class CreateTariffInput:
    """What is said of it."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    supplier_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose tariff it is, a supplier in use."
    )
    direction: FlowDirection = strawberry.field(
        default=FlowDirection.IMPORT, description="IMPORT for what is paid, EXPORT for what is earned."
    )
    currency: str = strawberry.field(description="ISO 4217, such as EUR.")
    unit: Unit = strawberry.field(
        default=Unit.KILOWATT_HOUR,
        description="What its prices and blocks are for: a unit of energy, or of volume for water and gas.",
    )
    valid_from: date = strawberry.field(description="The local day from which on the terms hold.")
    terms: TariffTermsInput = strawberry.field(description="What it says from then on.")
    reason: str | None = strawberry.field(
        default=None, description="Why it says so, in your own words, at most 1,000 characters."
    )

    def to_domain(self) -> TariffDefinition:
        """Say it in the words of the domain."""
        return TariffDefinition(
            name=self.name,
            supplier_id=key_at(self.supplier_id, "supplierId", "Supplier"),
            direction=self.direction,
            currency=self.currency,
            unit=self.unit,
        )


@strawberry.input(
    description="Changes of a tariff; what is left out stays as it is. Another direction, currency or unit is another "
    "tariff; other prices are a revision."
)
class UpdateTariffInput:
    """What is said differently."""

    id: strawberry.ID = strawberry.field(description="The tariff.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    supplier_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Whose tariff it is, a supplier in use; null forgets it."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        said = written(self, leave=("id",), never_null=("name",))
        if "supplier_id" in said:
            said["supplier_id"] = key_at(said["supplier_id"], "supplierId", "Supplier")
        return said


@strawberry.input(
    description="What a tariff says from a day on. For a day of which it said something already, this corrects that; "
    "for another day, it is the price list from then on."
)
class ReviseTariffInput:
    """The new terms."""

    id: strawberry.ID = strawberry.field(description="The tariff.")
    valid_from: date = strawberry.field(
        description="The local day from which on the terms hold, of the past or of the future."
    )
    terms: TariffTermsInput = strawberry.field(description="All that it says from then on.")
    reason: str | None = strawberry.field(
        default=None, description="Why it is revised, in your own words, at most 1,000 characters."
    )


@strawberry.input(description="A revision that shall not count.")
class WithdrawTariffRevisionInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The revision, one that counts.")
    reason: str | None = strawberry.field(
        default=None, description="Why it is withdrawn, in your own words, at most 1,000 characters."
    )


@strawberry.input(description="A tariff to take out of use.")
class ArchiveTariffInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The tariff.")


@strawberry.input(description="A tariff to take back into use.")
class UnarchiveTariffInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The tariff.")


@strawberry.type(description="What became of a tariff to be made.")
class CreateTariffPayload(Payload):
    """The outcome of `createTariff`."""

    tariff: Tariff | None = strawberry.field(
        default=None, description="The new tariff; null where the input was not taken."
    )


@strawberry.type(description="What became of a tariff to be changed.")
class UpdateTariffPayload(Payload):
    """The outcome of `updateTariff`."""

    tariff: Tariff | None = strawberry.field(
        default=None, description="The tariff as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a tariff to be revised.")
class ReviseTariffPayload(Payload):
    """The outcome of `reviseTariff`."""

    revision: TariffRevision | None = strawberry.field(
        default=None, description="The new revision; null where the input was not taken."
    )


@strawberry.type(description="What became of a revision to be withdrawn.")
class WithdrawTariffRevisionPayload(Payload):
    """The outcome of `withdrawTariffRevision`."""

    revision: TariffRevision | None = strawberry.field(
        default=None, description="The revision without terms that withdraws it; null where the input was not taken."
    )


@strawberry.type(description="What became of a tariff to be taken out of use.")
class ArchiveTariffPayload(Payload):
    """The outcome of `archiveTariff`."""

    tariff: Tariff | None = strawberry.field(
        default=None, description="The tariff; null where the input was not taken."
    )


@strawberry.type(description="What became of a tariff to be taken back into use.")
class UnarchiveTariffPayload(Payload):
    """The outcome of `unarchiveTariff`."""

    tariff: Tariff | None = strawberry.field(
        default=None, description="The tariff; null where the input was not taken."
    )
